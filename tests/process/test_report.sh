#!/bin/bash
# SPDX-License-Identifier: MIT
# What `report` and `status` say of hosts that are only watched, against what the hosts log themselves: periods, how many at once;
# that what they forecast is what happens when the swarm then acts; that the lines which they give are right, and spread the hosts.
# Needs tests/process/preload_flush and preload_loop, python3; the tool and the plugin, built.

command -v python3 >/dev/null || exit 77
. "${srcdir:-.}/tests/process/preload_lib.sh"
# What is slowed several times keeps no time.
[ -z "$runtime" ] || { echo "not with a sanitizer"; exit 0; }
flush=${host%preload_host}preload_flush
loop=${host%preload_host}preload_loop
judge=$(cd "${srcdir:-.}" && pwd)/tests/process/report_judge.py
pids=
end()
{
	[ -z "$pids" ] || kill $pids 2>/dev/null
	rm -rf "$ENTRAIN_DIR" "$work"
}
trap end EXIT
trap 'exit 1' INT TERM HUP
cd "$work" || exit 99

# start SWARM NUMBER COMMAND...: in the background, its log is SWARM.NUMBER
start()
{
	local swarm=$1 number=$2
	shift 2
	LD_PRELOAD=$library ENTRAIN_LOG=$work/log ENTRAIN_CONFIG=$work/$swarm.ini \
		"$@" >"$swarm.$number" 2>"$swarm.$number.err" &
	pids="$pids $!"
}

# rule SWARM LINE...: its configuration
rule()
{
	local swarm=$1
	shift
	printf '%s\n' "[rule flush-$swarm]" 'exe = */preload_flush' 'call = usleep' "swarm = $swarm" "$@" >"$swarm.ini"
}

# cycles SWARM NUMBER: until the first host of a swarm has come so often
cycles()
{
	for ((tries = 0; tries < 3000; tries++)); do
		[ "$(cat "$1.0" 2>/dev/null | wc -l)" -ge "$2" ] && return
		sleep .02
	done
	no "$1 does not come to cycle $2: $(cat "$1.0.err")"
}

# watch SWARM CYCLES: after so many, what the report says is what the hosts log. A busy machine has its moments: three tries.
watch()
{
	cycles "$1" "$2"
	for tries in 1 2 3; do
		ENTRAIN_CONFIG=$work/$1.ini "$entrainctl" report "$1" --for 5s --json >"$1.json" || echo "report failed"
		python3 "$judge" watched "$1.json" "$1".? >"$1.judged" 2>&1 && return
	done
	cat "$1.judged" "$1.json"
}

# comes_true SWARM WHICH CYCLES [LAST]: in the last six (or so many) cycles before that from now what was forecast happens; or in as
# many after, or after these
comes_true()
{
	local from last=${4:-6}
	from=$(wc -l <"$1.0")
	for step in $(($3)) $(($3 + last)) $(($3 + 2 * last)); do
		cycles "$1" $((from + step))
		python3 "$judge" acting "$1.json" "$2" "$last" "$1".? >"$1.judged" 2>&1 && return
	done
	cat "$1.judged" "$1.json"
}

# let_act SWARM CYCLES: watched; forecast; then let act, and see
let_act()
{
	local swarm=$1
	watch "$swarm" 6
	ENTRAIN_CONFIG=$work/$swarm.ini "$entrainctl" report "$swarm" --for 1s --text >"$swarm.text" || echo "report --text failed"
	grep -q "entrainctl set $swarm mode=act" "$swarm.text" || echo "the command is not told: $(cat "$swarm.text")"
	tool set "$swarm" mode=act || echo "set failed"
	comes_true "$swarm" acting_as_set "$2"
}

# take_advice SWARM KIND CYCLES LAST "RHYTHM" PID...: the lines that are given for hosts that are watched in a swarm which is not theirs.
take_advice()
{
	local swarm=$1 kind=$2 cycles=$3 last=$4 rhythm=$5 number=0
	shift 5
	# Of eight rests of a sleep one may be late by an eighth: a busy machine has its moments, and they pass.
	for tries in 1 2 3; do
		watch "$swarm" 13
		python3 "$judge" lines "$swarm.json" >"$swarm.new"
		grep -q "^kind = $kind\$" "$swarm.new" && break
	done
	"$entrainctl" check --config "$swarm.new" >"$swarm.out" 2>&1 || echo "the lines are wrong: $(cat "$swarm.out" "$swarm.new")"
	grep -q "^kind = $kind\$" "$swarm.new" && grep -q '^action = stagger$' "$swarm.new" || echo "lines: $(cat "$swarm.new")"
	# They are no children of this shell: their end is awaited by their slots, and their logs are begun anew.
	kill "$@"
	rm -f "$swarm".?
	tool rm "$swarm" || echo "rm failed"
	cp "$swarm.new" "$swarm.ini"
	ENTRAIN_CONFIG=$work/$swarm.ini tool create "$swarm" || echo "create failed"
	pids=
	trap 'kill $pids' EXIT
	for pid; do start "$swarm" $((number++)) "$flush" $rhythm; done
	comes_true "$swarm" acting_advised $cycles $last
}

# ---- the hosts ---------------------------------------------------------------------------------------

tool create clock --period 800ms --kind grid --max-delay 90% || no "create clock"
tool create tight --period 800ms --kind grid --max-delay 90% || no "create tight"
tool create loops --period 800ms --kind relative || no "create loops"
tool create wrong || no "create wrong"
tool create wild || no "create wild"
tool create queue || no "create queue"
tool create skewed || no "create skewed"
tool create liar --period 200ms --kind grid || no "create liar"
for swarm in clock tight loops; do tool set $swarm mode=observe || no "set $swarm"; done
rule clock 'action = stagger' 'max_delay = 90%'
# a third of the period: less than eight of these actions need one after the other
rule tight 'action = stagger' 'max_delay = 30%'
rule wrong 'action = observe'
rule wild 'action = observe'
rule queue 'action = observe'
rule liar 'action = observe'
printf '%s\n' '[rule loops]' 'exe = */preload_loop' 'call = nanosleep' 'swarm = loops' 'action = pace' >loops.ini
for i in 0 1 2 3 4 5 6 7; do
	start clock $i "$flush" clock 800 40 4
	[ $i -gt 0 ] || bursts=$!
	start tight $i "$flush" clock 800 48 3
done
before=$pids
for i in 0 1 2 3 4 5 6 7; do start wrong $i "$flush" sleep 600 21 3; done
wrong=${pids#"$before"}
before=$pids
for i in 0 1 2 3 4 5; do start queue $i "$flush" random 250 30 3; done
queue=${pids#"$before"}
for i in 0 1 2 3; do start liar $i "$flush" clock 200 20 2; done
for i in 0 1 2 3; do start wild $i "$flush" random 500 30 3; done
wild=$!
printf '%s\n' '[rule skewed]' 'exe = *python3*' 'call = fsync' 'swarm = skewed' 'action = observe' >skewed.ini
start skewed 0 python3 -c 'import os, time
file = os.open("skewed.data", os.O_RDWR | os.O_CREAT)
while True:
    for rest in .3, .45, .35, 1.57:
        os.fsync(file)
        time.sleep(rest)'
for ((i = 0; i < 16; i++)); do start loops $i "$loop" nanosleep $((790000 + i * 1000)) 1000000; done

(let_act clock 16) >clock.told 2>&1 &
one=$!
(let_act tight 16) >tight.told 2>&1 &
two=$!
started=$pids
(take_advice wrong relative 30 6 "sleep 600 21 3" $wrong) >wrong.told 2>&1 &
three=$!
(take_advice queue drifting 24 18 "random 250 30 3" $queue) >queue.told 2>&1 &
four=$!

# ---- sleeps, and what has no rhythm ------------------------------------------------------------------

cycles loops 8
"$entrainctl" report loops --for 4s --json >loops.json || no "report loops"
yes_or python3 "$judge" loops loops.json loops.? loops.1?
"$entrainctl" status loops --json >status.json || no "status loops"
yes_or python3 "$judge" status status.json loops.? loops.1?
"$entrainctl" status loops >status.text || no "status loops"
grep -q '^only watched' status.text && grep -q '^now: ' status.text || no "status: $(cat status.text)"
"$entrainctl" report skewed --for 8s --json >skewed.json &
skewed=$!
"$entrainctl" report wild --for 6s --json >wild.json || no "report wild"
yes_or python3 "$judge" wild wild.json
wait $skewed || no "report skewed"
# four in 2.67 s
yes_or python3 "$judge" skewed skewed.json 65 120

# ---- whoever may write the slots ------------------------------------------------------------------------

python3 "$judge" spoil "$ENTRAIN_DIR/entrain.liar.agents" 4 &
liar=$!
pids="$pids $liar"
while kill -0 $liar 2>/dev/null; do
	timeout 20 "$entrainctl" report liar --for 500ms --json >liar.json || no "report of garbage: $?"
	python3 -m json.tool liar.json >/dev/null || no "report of garbage is no JSON"
	timeout 20 "$entrainctl" status liar >liar.text || no "status of garbage: $?"
done

# ---- bursts, as check PID counts them; a swarm that is removed -----------------------------------------

"$entrainctl" check $bursts --json >bursts.check || no "check $bursts"
yes_or python3 "$judge" bursts bursts.check 4 40000000
tool rm wild
tool create wild
for ((tries = 0; tries < 500; tries++)); do
	"$entrainctl" check $wild >wild.check
	grep -q 'out: its swarm was removed' wild.check && break
	sleep .02
done
grep -q 'out: its swarm was removed' wild.check || no "a swarm that was removed: $(cat wild.check)"

wait $one $two $three $four
for told in clock tight wrong queue; do
	[ -s $told.told ] && no "$told: $(cat $told.told)" || passed=$((passed + 1))
done
yes_or [ ! -e log ]
finish
