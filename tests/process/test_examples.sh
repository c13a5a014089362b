#!/bin/sh
# SPDX-License-Identifier: MIT
# The example programs do what their first lines say: turns spread, an end of their own, nothing left behind.
# Needs ./entrainctl and examples/*, built.

tool=${ENTRAINCTL:-./entrainctl}
examples=${EXAMPLES:-./examples}
here=${srcdir:-.}/tests/process

ENTRAIN_DIR=$(mktemp -d /dev/shm/entrain-test-examples.XXXXXX) || exit 99
export ENTRAIN_DIR
work=$(mktemp -d) || exit 99
: >"$work/empty.ini"
ENTRAIN_CONFIG=$work/empty.ini
export ENTRAIN_CONFIG
pids=
failed=0

cleanup()
{
	for pid in $pids; do
		kill -9 "$pid" 2>/dev/null
	done
	rm -rf "$ENTRAIN_DIR" "$work"
}
trap cleanup EXIT
trap 'exit 1' INT TERM HUP PIPE

no()
{
	failed=$((failed + 1))
	echo "FAILED: $*"
	tail -n 20 "$work/out" "$work/err" 2>/dev/null
}

# same WHAT ONE OTHER
same()
{
	[ "$2" = "$3" ] || no "$1: '$2', not '$3'"
}

# await COMMAND...: true within ten seconds
await()
{
	tries=0
	until "$@"; do
		tries=$((tries + 1))
		[ $tries -lt 500 ] || return 1
		sleep 0.02
	done
}

# begin PROGRAM ARGUMENT...: in the background; its pid in $begun
begin()
{
	program=$1
	shift
	"$examples/$program" "$@" >>"$work/out" 2>>"$work/err" </dev/null &
	begun=$!
	pids="$pids $begun"
}

gone()
{
	! [ -d "/proc/$1" ] || grep -qs '^State:.Z' "/proc/$1/status"
}

# ended STATUS PID: it ends by itself, with this status
ended()
{
	await gone "$2" || { no "$program: does not end"; kill -9 "$2"; }
	wait "$2"
	same "$program: exit status" $? "$1"
}

fresh()
{
	# what is begun in the background empties its file later
	rm -f "$work/out".* "$work/err".*
	: >"$work/out"
	: >"$work/err"
}

# spread AGENTS PERIOD_MS FILE...: the turns in these files came evenly. All at once is AGENTS, random
# offsets are 2 or more; 1.5 leaves room for a loaded machine.
spread()
{
	agents=$1
	period=$2
	shift 2
	gap=$(awk -v AGENTS="$agents" -v PERIOD="$period" -f "$here/turns_spread.awk" "$@")
	echo "  $program: largest gap $gap times an equal share"
	awk -v gap="$gap" 'BEGIN { exit !(gap > 0 && gap < 1.5) }' || no "$program: not spread: gap $gap"
}

objects()
{
	ls -A "$ENTRAIN_DIR" | tr '\n' ' '
}

create()
{
	"$tool" create "$@" >/dev/null || no "cannot create swarm $1"
}

# Half of them are judged, and half a dozen make good a moment in which the machine stood still.
turns=16

# ---- the programs ------------------------------------------------------------------------

five_lines_take_turns()
{
	fresh
	create five --period 300ms
	started=
	for i in 1 2 3 4; do
		"$examples/five_lines" five $turns >"$work/out.$i" 2>>"$work/err" &
		started="$started $!"
	done
	pids="$pids $started"
	program=five_lines
	for pid in $started; do
		ended 0 "$pid"
	done
	for i in 1 2 3 4; do
		same "five_lines: turns" "$(grep -c 'turn .* at' "$work/out.$i")" $turns
		sed "s/^five_lines/worker $i/" "$work/out.$i" >>"$work/out"
	done
	spread 4 300 "$work/out"
	"$tool" rm five --when-empty >/dev/null || no "five_lines: somebody is left in the swarm"
	begin five_lines five 10
	ended 3 "$begun"
	grep -q '^try: create it: entrainctl create' "$work/err" || no "five_lines: no hint without a swarm"
}

# Workers of the daemon that write by their own interval are not in the swarm.
module_loop_takes_turns()
{
	fresh
	begin module_loop loops $turns
	ended 0 "$begun"
	same "module_loop: turns" "$(grep -c ': turn .* at' "$work/out")" $((3 * turns))
	same "module_loop: by its interval" "$(grep -c ': interval' "$work/out")" 0
	spread 3 300 "$work/out"
	begin module_loop loops 100
	await alive_in loops 3 || no "module_loop: three do not join"
	"$tool" status loops --json | sed -n 's/.*"pid": \([0-9]*\).*/\1/p' >"$work/pids"
	kill -9 "$(head -n 1 "$work/pids")"
	await replaced_in loops 3 "$(head -n 1 "$work/pids")" || no "module_loop: who is killed is not replaced"
	"$tool" set loops mode=observe >/dev/null
	await grep -q ': interval' "$work/out" || no "module_loop: its own interval does nothing while the swarm only observes"
	kill -TERM "$begun"
	ended 0 "$begun"
	"$tool" rm loops --when-empty >/dev/null || no "module_loop: somebody is left in the swarm"
	"$examples/module_loop" x >"$work/out" 2>"$work/err"
	grep -q '^usage: module_loop SWARM TURNS' "$work/err" || no "module_loop: no usage"
	ENTRAIN_DIR=$work/none "$examples/module_loop" loops 2 >"$work/out" 2>"$work/err" || no "module_loop: ends without a swarm"
	same "module_loop: its own interval without a swarm" "$(grep -c ': interval' "$work/out")" 6
}

# alive_in SWARM AGENTS
alive_in()
{
	"$tool" status "$1" --json 2>/dev/null | grep -q "\"agents_alive\": $2,"
}

# replaced_in SWARM AGENTS PID: so many, and this one is not among them
replaced_in()
{
	alive_in "$1" "$2" && ! "$tool" status "$1" --json | grep -q "\"pid\": $3,"
}

# pid of worker 2, as the master said last
second()
{
	sed -n 's/^worker 2: pid //p' "$work/out" | tail -n 1
}

flushed()
{
	[ "$(grep -c "^worker $1: turn" "$work/out")" -ge "$2" ]
}

replaced()
{
	[ "$(second)" != "$1" ]
}

prefork_server_restarts_the_dead()
{
	fresh
	begin prefork_server prefork 20
	await flushed 2 2 || no "prefork_server: worker 2 takes no turns"
	victim=$(second)
	kill -9 "$victim"
	await replaced "$victim" || no "prefork_server: the dead worker is not replaced"
	ended 0 "$begun"
	# killed after two turns or a few more; the one that followed had all of its own
	lives=$(grep -c '^worker 2: turn' "$work/out")
	[ "$lives" -ge 22 ] || no "prefork_server: worker 2 had $lives turns in its two lives"
	for i in 1 3 4; do
		same "prefork_server: turns of worker $i" "$(grep -c "^worker $i: turn" "$work/out")" 20
		grep -q "^worker $i: a request" "$work/out" || no "prefork_server: worker $i served nothing"
	done
	grep -q '^master: turn .* evenness' "$work/out" || no "prefork_server: the master had no turn"
	# once all are there: on a busy machine it is noticed late that one is dead
	sed -n "/^worker 2: pid $(second)\$/,\$p" "$work/out" >"$work/replaced"
	spread 5 300 "$work/replaced"
	same "prefork_server: removes what it made" "$(objects)" ''
}

prefork_server_ends_on_a_signal()
{
	fresh
	create prefork --period 300ms
	begin prefork_server prefork 100000
	await flushed 4 1 || no "prefork_server: worker 4 takes no turns"
	kill -TERM "$begun"
	ended 0 "$begun"
	same "prefork_server: leaves what was there" "$(objects)" \
		'entrain.prefork.agents entrain.prefork.control '
	"$tool" rm prefork --when-empty >/dev/null || no "prefork_server: a worker is left in the swarm"
}

copied()
{
	[ "$(grep -c . "$work/out.1")" -ge "$1" ]
}

event_loop_serves_and_takes_turns()
{
	fresh
	create loop --period 300ms
	mkfifo "$work/input"
	program=event_loop
	"$examples/event_loop" loop $turns <"$work/input" >"$work/out.1" 2>"$work/err.1" &
	first=$!
	pids="$pids $first"
	exec 3>"$work/input"
	for i in 2 3; do
		"$examples/event_loop" loop $turns </dev/null >"$work/out.$i" 2>"$work/err.$i" &
		pids="$pids $!"
		eval "other$i=$!"
	done
	printf 'one\ntwo\n' >&3
	await copied 2 || no "event_loop: what came in did not go out"
	printf 'three\n' >&3
	await copied 3 || no "event_loop: what came in later did not go out"
	exec 3>&-
	ended 0 $first
	ended 0 $other2
	ended 0 $other3
	same "event_loop: output" "$(tr '\n' ' ' <"$work/out.1")" 'one two three '
	for i in 1 2 3; do
		same "event_loop: turns" "$(grep -c 'turn .* at' "$work/err.$i")" $turns
		sed "s/^event_loop/loop $i/" "$work/err.$i" >>"$work/out"
	done
	spread 3 300 "$work/out"
	"$tool" rm loop --when-empty >/dev/null || no "event_loop: somebody is left in the swarm"
}

threads_take_turns()
{
	fresh
	begin threads threads $turns
	ended 0 "$begun"
	same "threads: turns" "$(grep -c '^thread .: turn' "$work/out")" $((4 * turns))
	spread 4 300 "$work/out"
	same "threads: removes what it made" "$(objects)" ''
}

threads_end_on_a_signal()
{
	fresh
	create threads --period 60s
	begin threads threads 100000
	# when the threads are there, so is the handler; their waits are of up to a minute
	await running "$begun" 4 || no "threads: they do not start"
	kill -TERM "$begun"
	ended 0 "$begun"
	same "threads: leaves what was there" "$(objects)" 'entrain.threads.agents entrain.threads.control '
	"$tool" rm threads --when-empty >/dev/null || no "threads: a slot was not given back"
}

own()
{
	[ "$("$tool" status own --json | grep -o '"strategy": "own"' | wc -l)" -eq "$1" ]
}

own_strategy_is_asked()
{
	fresh
	create own --period 300ms
	started=
	for i in 1 2 3; do
		"$examples/own_strategy" own $turns >"$work/out.$i" 2>>"$work/err" &
		started="$started $!"
	done
	pids="$pids $started"
	program=own_strategy
	await own 3 || no "own_strategy: status does not show it"
	for pid in $started; do
		ended 0 "$pid"
	done
	for i in 1 2 3; do
		same "own_strategy: turns" "$(grep -c 'turn .* at' "$work/out.$i")" $turns
		sed "s/^own_strategy/worker $i/" "$work/out.$i" >>"$work/out"
	done
	spread 3 300 "$work/out"
	"$tool" rm own --when-empty >/dev/null || no "own_strategy: somebody is left in the swarm"
}

# Each of two daemons serves 100 connections, in less than half of the time that the turns take; one loses the process that writes
# out, and starts it again
module_process_takes_turns()
{
	fresh
	program=module_process
	for i in 1 2; do
		for burst in 1 2 3 4 5 6 7 8 9 10; do
			printf '%10s' '' | tr ' ' '\n'
			sleep 0.2
		done | "$examples/module_process" daemons 16 >"$work/out.$i" 2>>"$work/err" &
		eval "daemon$i=$!"
		pids="$pids $!"
	done
	await grep -qs 'turn [2-9] ' "$work/out.1" || no "module_process: no turns"
	writer=$("$tool" status daemons --json | sed -n 's/.*"pid": \([0-9]*\).*/\1/p' | head -n 1)
	kill -9 "$writer" || no "module_process: no agent to kill"
	ended 0 "$daemon1"
	ended 0 "$daemon2"
	for i in 1 2; do
		sed -n "s/^module_process: turn .*, \([0-9]*\) served/\1/p" "$work/out.$i" |
			awk '{ all += $1 } END { print all }' >"$work/served.$i"
		sed "s/^module_process/daemon $i/" "$work/out.$i" >>"$work/out"
	done
	# the one that was started again counts from the beginning
	grep -qx 100 "$work/served.1" || grep -qx 100 "$work/served.2" || no "module_process: connections are not all written out"
	"$tool" rm daemons --when-empty >/dev/null || no "module_process: somebody is left in the swarm"
}

# running PID N: it has so many threads besides the first
running()
{
	[ "$(ls "/proc/$1/task" 2>/dev/null | wc -l)" -gt "$2" ]
}

usage_is_told()
{
	for program in five_lines prefork_server event_loop threads own_strategy module_process; do
		for arguments in '' x 'x 0' 'x many'; do
			"$examples/$program" $arguments >"$work/out" 2>"$work/err"
			same "$program $arguments: exit status" $? 2
			grep -q "^usage: $program SWARM TURNS" "$work/err" || no "$program $arguments: no usage"
		done
	done
}

for test in five_lines_take_turns module_loop_takes_turns prefork_server_restarts_the_dead prefork_server_ends_on_a_signal \
	event_loop_serves_and_takes_turns threads_take_turns threads_end_on_a_signal own_strategy_is_asked \
	module_process_takes_turns \
	usage_is_told; do
	before=$failed
	$test
	[ $failed -eq $before ] && echo "ok $test" || echo "not ok $test"
done

same "left in the directory" "$(objects)" ''
[ $failed -eq 0 ]
