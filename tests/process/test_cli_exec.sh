#!/bin/bash
# SPDX-License-Identifier: MIT
# `entrainctl exec` runs a program at each turn, apart from others; with its exit status, signals and runs that take too long.
# Needs the tool and tests/process/preload_host, built.

. "${srcdir:-.}/tests/process/preload_lib.sh"
pids=
end()
{
	[ -z "$pids" ] || kill $pids 2>/dev/null
	rm -rf "$ENTRAIN_DIR" "$work"
}
trap end EXIT
trap 'exit 1' INT TERM HUP
cd "$work" || exit 99

# gives STATUS PATTERN COMMAND...
gives()
{
	local status=$1 pattern=$2
	shift 2
	"$@" >out 2>&1
	local got=$?
	if [ $got -eq "$status" ] && { [ -z "$pattern" ] || grep -qE -- "$pattern" out; }; then
		passed=$((passed + 1))
	else
		no "$*: $got, not $status with '$pattern': $(cat out)"
	fi
}

lines()
{
	for ((i = 0; i < 3000; i++)); do
		[ "$(cat "$2" 2>/dev/null | wc -l)" -ge "$1" ] && return
		sleep .01
	done
	no "$2 has $(wc -l <"$2") lines, not $1"
}

# tells PATTERN FILE: until a line of it is like this; a busy machine may have it say more
tells()
{
	for ((i = 0; i < 3000; i++)); do
		grep -q -- "$1" "$2" 2>/dev/null && return
		sleep .01
	done
	no "$2 does not say '$1': $(cat "$2")"
}

gives 2 'every is missing' "$entrainctl" exec -- true
gives 2 'no program' "$entrainctl" exec --every 1s
gives 2 'unit' "$entrainctl" exec --every 1 -- true
PATH=/usr/bin:/bin gives 5 'no such program' "$entrainctl" exec --every 1s -- entrain-no-such-program
gives 0 '^one$' "$entrainctl" exec --swarm once --every 20ms --once -- echo one
gives 0 'period 20 ms' "$entrainctl" status once
gives 7 '' "$entrainctl" exec --swarm once --every 20ms --once -- sh -c 'exit 7'
gives 7 '' python3 -c 'import os, signal, sys
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
os.execv(sys.argv[1], sys.argv[1:])' "$entrainctl" exec --swarm once --every 20ms --once -- sh -c 'exit 7'
echo 'exit 9' >bare && chmod +x bare
gives 9 '' "$entrainctl" exec --swarm once --every 20ms --once -- ./bare
gives 143 '' "$entrainctl" exec --swarm once --every 20ms --once -- sh -c 'kill -TERM $$'
gives 0 'off-beat' "$entrainctl" exec --swarm once --every 40ms --once -- true
"$entrainctl" create door --kind drifting || no "create door"
gives 2 'no turns to run a program at' "$entrainctl" exec --swarm door --every 20ms -- true
"$entrainctl" rm door || no "rm door"
gives 0 '^0 of' sh -c "'$entrainctl' status once --json | sed -n 's/.*\"agents_alive\": \([0-9]*\).*/\1 of/p'"

# A period that is changed live is said, once in each way.
"$entrainctl" exec --swarm beat --every 50ms -- true 2>beat &
pid=$!
pids="$pids $pid"
await_joined() { "$entrainctl" status beat --json 2>/dev/null | grep -q '"agents_alive": 1,'; }
for ((i = 0; i < 1000; i++)); do await_joined && break; sleep .01; done
"$entrainctl" set beat period=1s >out || no "set beat: $(cat out)"
tells "another, 1 s: this agent is off-beat" beat
"$entrainctl" set beat period=50ms >out || no "set beat: $(cat out)"
tells "on the swarm's beat again" beat
kill $pid
wait $pid
[ "$(grep -c beat beat)" -eq 2 ] && passed=$((passed + 1)) || no "said more than once: $(cat beat)"

# apart: three of them, from the instants that they write themselves
for i in 0 1 2; do
	"$entrainctl" exec --swarm apart --every 300ms -- sh -c "date +%s%N >>run$i" 2>err$i &
	pids="$pids $!"
done
for i in 0 1 2; do lines 12 run$i; done
kill $pids
for pid in $pids; do
	wait "$pid"
	[ $? -eq 143 ] || no "exec does not end by SIGTERM"
done
pids=
python3 - run0 run1 run2 <<-'TEXT' || no "three programs are not apart"
	import statistics, sys
	period = 300e6
	runs = [[int(line) for line in open(name)][5:12] for name in sys.argv[1:]]
	phases = sorted(statistics.median((at - runs[0][0] + period / 2) % period for at in run) for run in runs)
	gaps = [(b - a) % period for a, b in zip(phases, phases[1:] + phases[:1])]
	assert max(gaps) < .55 * period, [gap / period for gap in gaps]
	pace = statistics.median(b - a for run in runs for a, b in zip(run, run[1:]))
	assert .95 < pace / period < 1.15, pace / period
TEXT

# what it runs is told to end, and waited for
"$entrainctl" exec --swarm once --every 20ms -- sh -c 'trap "echo told >>told; exit 3" TERM; echo up >>up; while :; do sleep .01; done' &
pids=$!
lines 1 up
kill $pids
wait $pids
[ $? -eq 143 ] || no "it does not end by the signal"
pids=
[ "$(cat told)" = told ] || no "what ran was not told to end"

# what it runs is removed meanwhile
printf '#!/bin/sh\necho run >>fading.runs\n' >fading && chmod +x fading
"$entrainctl" exec --swarm once --every 20ms -- ./fading 2>faded &
pids=$!
lines 1 fading.runs
rm fading
tells 'exit status 127' faded
kill $pids
wait $pids 2>/dev/null
pids=
grep -q '^entrainctl: ./fading: there is no such program$' faded || no "of a program that was removed it says $(cat faded)"

# its swarm goes, and comes again
"$entrainctl" exec --swarm fleeting --every 20ms -- sh -c 'echo run >>fleeting' 2>lost &
pids=$!
lines 1 fleeting
"$entrainctl" rm fleeting || no "rm fleeting"
tells 'not in the swarm any more: that was removed' lost
"$entrainctl" create fleeting --period 20ms >/dev/null || no "create fleeting"
tells 'in the swarm again' lost
kill $pids
wait $pids 2>/dev/null
pids=
[ "$(grep -c 'in the swarm' lost)" -eq 2 ] || no "of its swarm it says $(cat lost)"

# ... or comes again as one that has no turns
timeout 20 "$entrainctl" exec --swarm turned --every 20ms -- sh -c 'echo run >>turned' 2>turning &
pids=$!
lines 1 turned
"$entrainctl" rm turned && "$entrainctl" create turned --kind drifting --period 20ms || no "turn it"
wait $pids
[ $? -eq 2 ] || no "in a swarm that came again without turns it does not end"
pids=
grep -q 'no turns to run' turning || no "in a swarm that came again without turns it says $(cat turning)"

# a run that takes too long, and one that fails
"$entrainctl" exec --swarm once --every 20ms -- sh -c 'echo run >>long; sleep .1; exit 5' 2>late &
pids=$!
lines 3 long
kill $pids
wait $pids 2>/dev/null
pids=
grep -q 'turns are left out' late || no "a long run says $(cat late)"
grep -q 'exit status 5' late || no "a failed run says $(cat late)"
finish
