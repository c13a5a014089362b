#!/bin/bash
# SPDX-License-Identifier: MIT
# Programs that act whenever they like, in a swarm of kind drifting: unchanged, in C and Python, they overlap; under a rule they queue,
# each burst is held once, never longer than was allowed, and what they print and how they end is the same. Nobody stands in the
# way for longer than he has booked, and `mode=off` lets all go.
# Needs tests/process/preload_drift and preload_flush, python3; the tool and the plugin, built.

command -v python3 >/dev/null || exit 77
. "${srcdir:-.}/tests/process/preload_lib.sh"
# What is slowed several times keeps no time.
[ -z "$runtime" ] || { echo "not with a sanitizer"; exit 0; }
drift=${host%preload_host}preload_drift
flush=${host%preload_host}preload_flush
program=$(cd "${srcdir:-.}" && pwd)/tests/process/preload_drift.py
pids=
end()
{
	[ -z "$pids" ] || kill $pids 2>/dev/null
	rm -rf "$ENTRAIN_DIR" "$work"
}
trap end EXIT
trap 'exit 1' INT TERM HUP
cd "$work" || exit 99

cat >"$ENTRAIN_CONFIG" <<'TEXT'
[swarm door]
period = 1s
kind = drifting
max_delay = 300ms

[swarm tight]
period = 1s
kind = drifting
max_delay = 30ms

[swarm together]
period = 1s
kind = drifting
goal = batch

[swarm asked]
period = 5s
kind = drifting
max_delay = 3s

[rule asked]
exe = */preload_flush
call = usleep
swarm = asked
action = stagger

[rule tight]
exe = */preload_drift
role = * tight*
call = fsync, fdatasync
swarm = tight
action = stagger

[rule batch]
exe = */preload_drift
role = * batch*
call = fsync, fdatasync
swarm = door
action = batch

[rule together]
exe = */preload_drift
role = * together*
call = fsync, fdatasync
swarm = together
action = stagger

[rule flushes]
exe = *
role = * with*
call = fsync, fdatasync
swarm = door
action = stagger

[rule sleeps]
exe = */python3*
role = * paced * with*
call = nanosleep, clock_nanosleep
swarm = door
action = pace
TEXT
yes_or "$entrainctl" check --config "$ENTRAIN_CONFIG"
for swarm in door tight together asked; do tool create $swarm || no "create $swarm"; done

# start NAME PLUGIN COMMAND...: in the background
start()
{
	local name=$1 plugin=$2
	shift 2
	LD_PRELOAD=$plugin ENTRAIN_LOG=$work/log "$@" "$name" >"$name.out" 2>"$name.err" &
	pid[$name]=$!
	pids="$pids $!"
}
declare -A pid

# wait_for NAME LINES: until it has acted so often
wait_for()
{
	for ((tries = 0; tries < 3000; tries++)); do
		[ "$(cat "$1.log" 2>/dev/null | wc -l)" -ge "$2" ] && return
		sleep .01
	done
	no "$1 does not come to action $2: $(cat "$1.err")"
}

# Twelve programs, without and with the plugin: six in C, three in Python, three that work between two sleeps.
all='0 1 2 3 4 5 6 7 8 9 10 11' actions=24
cp "$drift" "$program" .
for i in $all; do
	case $((i % 4)) in
	0 | 1) command=./preload_drift ;;
	2) command='python3 preload_drift.py flushing' ;;
	3) command='python3 preload_drift.py paced' ;;
	esac
	start bare$i '' $command 400 24 6 $actions $i
	start with$i "$library" $command 400 24 6 $actions $i
done
# Six that have more to do than there is time, at a door that is never free.
for i in 0 1 2 3 4 5; do start tight$i "$library" ./preload_drift 60 40 8 50 $i; done
# One that waits for the common turn, where there is none; two in a swarm that shall be together.
start batch "$library" ./preload_drift 100 24 6 40 1
for i in 0 1; do start together$i "$library" ./preload_drift 100 24 6 40 1$i; done

for one in batch together0; do
	wait_for $one 32
	"$entrainctl" check "${pid[$one]}" >$one.check
done
for i in 0 2 3; do
	wait_for with$i 10
	"$entrainctl" check "${pid[with$i]}" --json >with$i.json || no "with$i is not covered: $(cat with$i.json)"
	"$entrainctl" check "${pid[with$i]}" >with$i.check
done
for i in $all; do wait_for with$i 7; done
"$entrainctl" status door >status.text
"$entrainctl" status door --json >status.json
python3 preload_drift.py asked "$library" "$flush" "$entrainctl" asked >asked.out 2>&1 || no "asked: $(cat asked.out)"
cat asked.out
for name in "${!pid[@]}"; do
	wait "${pid[$name]}"
	echo $? >"$name.status"
done
pids=

# What they print, what they have written and how they end is the same.
for i in $all; do
	yes_or diff bare$i.out with$i.out
	yes_or diff bare$i with$i
	[ "$(cat bare$i.status with$i.status | tr '\n' ' ')" = "$actions $actions " ] ||
		no "bare$i, with$i end with $(cat bare$i.status with$i.status): $(cat bare$i.err with$i.err)"
done
[ "$(cat bare0.out | wc -l)" -eq $actions ] || no "bare0 printed $(cat bare0.out)"

# They overlap, and do no more.
read -r bare_peak bare_share <<<"$(python3 preload_drift.py overlaps bare?.log bare1?.log)"
read -r with_peak with_share <<<"$(python3 preload_drift.py overlaps with?.log with1?.log)"
echo "at once: $bare_peak without, $with_peak with; share of the busy time in which several act: $bare_share without, $with_share with"
# The door keeps apart what takes as long as it did and begins when it is told to, which is the machine's part.
slow=$(python3 preload_drift.py slow 24 bare?.log bare1?.log)
if awk "BEGIN { exit !($slow < 4) }"; then
	awk -v bare="$bare_share" -v with="$with_share" 'BEGIN { exit !(bare > .15 && with < bare / 2) }' || no "they still overlap"
else
	echo "SKIPPED: this machine is busy: by themselves actions of 24 ms take $slow ms longer; how many overlap is not judged"
fi
# Never longer than was allowed.
python3 preload_drift.py waits 340 with?.log with1?.log >waits 2>&1 || no "max delay 300 ms: $(cat waits)"
echo "max delay 300 ms: $(cat waits)"
python3 preload_drift.py waits 70 tight?.log >waits 2>&1 || no "max delay 30 ms: $(cat waits)"
echo "max delay 30 ms: $(cat waits)"
# Once for each burst: what comes after its first call takes as long as by itself, though the door is not free.
python3 preload_drift.py once 40 24 bare0.log,bare1.log,bare4.log,bare5.log,bare8.log,bare9.log tight?.log >once 2>&1 || no "more than the first call of a burst is held: $(cat once)"
# ... and so does what lies between two sleeps that are no mere pauses.
python3 preload_drift.py once 24 24 bare3.log,bare7.log,bare11.log with3.log with7.log with11.log >once 2>&1 || no "work is held: $(cat once)"

# What there is to see while they run.
for i in 0 2 3; do
	python3 - with$i.json <<-'TEXT' >told 2>&1 || no "check of with$i: $(cat told with$i.json)"
		import json, sys
		told = json.load(open(sys.argv[1]))
		rule, = [rule for rule in told["rules"] if rule["stand"] == "joined"]
		assert rule["swarm"] == "door" and rule["rhythm"] == "drifting" and rule["why"] == "", rule
		assert 0 < rule["held"] <= rule["bursts"], rule
		assert 0 < rule["held_ns"] <= rule["held"] * rule["held_max_ns"], rule
		assert rule["held_max_ns"] <= 340e6, rule
	TEXT
	grep -q 'held [0-9]* times*, .* on average, .* at most' with$i.check || no "check of with$i: $(cat with$i.check)"
done
for i in 0 2; do
	# a burst is one action, from its first call to its last
	awk '/an action takes/ { exit !($5 ~ /ms$/ && $4 + 0 >= 12) }' with$i.check || no "actions of with$i: $(cat with$i.check)"
done
grep -q 'joined: in a swarm of kind drifting there is no common turn to wait for, so it only watches' batch.check ||
	no "batch: $(cat batch.check)"
grep -q "joined: its swarm's goal is to be together, for which a swarm of kind drifting holds nobody" together0.check ||
	no "together: $(cat together0.check)"
yes_or [ -z "$(grep -h held batch.check together0.check)" ]
python3 - status.json <<-'TEXT' >told 2>&1 || no "status: $(cat told status.json)"
	import json, sys
	told = json.load(open(sys.argv[1]))
	assert told["kind"] == "drifting" and told["mode"] == "act" and told["agents_off_beat"] == 0, told
	delayed = [agent for agent in told["agents"] if agent["delay_ns"]["total"] > 0]
	assert len(told["agents"]) >= 12 and len(delayed) >= 6, delayed
	assert max(agent["delay_ns"]["max"] for agent in told["agents"]) <= 340e6, told
TEXT
grep -q drifting status.text || no "status: $(cat status.text)"
[ ! -e log ] || no "something was logged: $(cat log)"
finish
