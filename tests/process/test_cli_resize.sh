#!/bin/sh
# SPDX-License-Identifier: MIT
# entrainctl resize as users meet it: what it says, waits for, refuses.
# shellcheck source=tests/process/cli_fixture.sh
. "${srcdir:-.}/tests/process/cli_fixture.sh"

run 3 resize web --capacity 8
run 0 create web --period 300ms --capacity 8 --topology ring:2
for i in 1 2 3; do
	"$agent" web "worker$i" label 1 >/dev/null 2>&1 &
	pids="$pids $!"
	last=$!
done
tries=0
until [ "$("$tool" status web --json | grep -c '"name": "worker')" = 3 ]; do
	tries=$((tries + 1))
	[ $tries -lt 500 ] || exit 1
	sleep 0.02
done

run 2 resize web
complains 'capacity.*topology'
run 2 resize web --topology ring:3
complains 'even K'
run 2 resize web --capacity 4
complains 'never shrinks'
run 2 resize web --capacity 65537
run 2 resize web --timeout 5 --topology star
printf '0 1\n# far\n1 1\n' >"$work/edges"
run 2 resize web --topology "file:$work/edges"
complains "$work/edges:3: .*own neighbour"
run 0 status web
says 'topology ring:2, generation 1'

run 0 resize web --capacity 16 --topology star
says '^swarm web: 16 slots, topology star, generation 2; 3 of 3 agents follow$'
[ ! -s "$work/err" ]
judge $? "$ran: a progress line where there is no terminal"
printf '0 1\n1 2\n' >"$work/edges"
run 0 resize web --topology "file:$work/edges" --json
says '"capacity": 16'
says '"topology": {"kind": "file:.*edges", "generation": 3, "acknowledged": 3, "cannot_follow": 0}'
says '"behind": \[\]'
run 0 check web
run 0 status web --json
says '"kind": "file:.*edges", "generation": 3, "acknowledged": 3'
run 0 list
says '^web .* act  *file:'
run 0 list --json
says '"topology": {"kind": "file:.*edges", "generation": 3}'

# a slot that nobody can act from holds nobody up
spoil web 9
run 0 resize web --topology star
says 'generation 4; 3 of 3 agents follow, 1 implausible$'
run 0 resize web --topology "file:$work/edges" --json
says '^ *"implausible": 1,$'
says '"behind": \[\]'
run 0 set web max-delay=20% --wait
clear web 9

# stopped just now: not stale yet, so it is waited for, and named
run 0 set web period=20s --wait
run 0 resize web --topology ring:2 --no-wait
says 'generation 6; 0 of 3 agents follow'
run 1 resize web --topology full --timeout 50ms
complains 'it is published, but 3 agents have not taken it yet: slot 0 pid [0-9]* worker[1-3], slot 1 '
run 1 resize web --capacity 32 --timeout 50ms --json
says '"behind": \[$'
says '{"slot": 2, "pid": [0-9]*, "name": "worker[1-3]"}'

# of two administrators one wins, and the other is told
"$tool" resize web --topology star --timeout 3s >"$work/first" 2>&1 &
first=$!
tries=0
until "$tool" status web | grep -q 'topology star'; do
	tries=$((tries + 1))
	[ $tries -lt 150 ] || break
	sleep 0.02
done
run 0 resize web --topology ring:4 --no-wait
wait $first
judge $((! $?)) "the administrator whose topology was replaced: exit status 0"
grep -q 'another administrator has published ring:4 since' "$work/first"
judge $? "the administrator whose topology was replaced is told: $(cat "$work/first")"
run 0 check web
for pid in $pids; do
	kill -9 "$pid"
done
pids=
run 0 reap web
run 0 resize web --topology ring:4
says '32 slots, topology ring:4, generation 10; 0 of 0 agents follow'
run 0 rm web
[ -z "$(ls "$ENTRAIN_DIR")" ]
judge $? "something is left: $(ls "$ENTRAIN_DIR")"

finish 46
