#!/bin/sh
# SPDX-License-Identifier: MIT
# A hostile process, of another user where we are root, writes what it likes into the slots while workers turn and the tool looks,
# on all topologies: nobody crashes or hangs, control is not its to write, and once it is gone the swarm is sound.
# Needs the tool, tests/process/cli_agent and tests/process/hostile_writer.

. "${srcdir:-.}/tests/process/cli_fixture.sh"

writer=${HOSTILE_WRITER:-./tests/process/hostile_writer}
workers=6
as_other=
if [ "$(id -u)" -eq 0 ]; then
	as_other='setpriv --reuid=65534 --regid=65534 --clear-groups'
	chmod 755 "$ENTRAIN_DIR"
	$as_other "$writer" >/dev/null 2>&1
	# 2: it runs, and wants arguments
	[ $? -eq 2 ] || { echo "user 65534 cannot run $writer here"; as_other=; }
fi

# survives COMMAND...: it ends, by itself, in time
survives()
{
	timeout -k 2 20 "$tool" "$@" >"$work/out" 2>"$work/err"
	got=$?
	[ "$got" -lt 124 ]
	judge $? "entrainctl $*, beside a hostile writer: status $got"
}

alive()
{
	for worker in $team; do
		kill -0 "$worker" 2>/dev/null || return 1
	done
}

# seen: how many agents are alive, as status says
seen()
{
	"$tool" status hostile --json >"$work/out" 2>"$work/err"
	number agents_alive
}

if [ -n "$as_other" ]; then
	run 0 create hostile --period 50ms --capacity 48 --group 65534 --mode 0660
else
	run 0 create hostile --period 50ms --capacity 48
fi
team=
for worker in $(seq $workers); do
	start hostile "worker$worker" label 0
	team="$team $started"
done

$as_other "$writer" "$ENTRAIN_DIR" hostile $$ >"$work/writer" 2>&1 &
enemy=$!
pids="$pids $enemy"
await grep -q writing "$work/writer"
judge $? "the hostile writer cannot write: $(cat "$work/writer")"
if [ -n "$as_other" ]; then
	grep -q 'control refused' "$work/writer"
	judge $? "another user may write control"
fi

for topology in full ring:4 star small-world:4:0.2 full ring:8; do
	survives resize hostile --topology $topology --timeout 500ms
	for round in 1 2 3; do
		survives status hostile
		survives status hostile --json
		survives list
		survives events hostile
		survives check hostile
		survives reap hostile
		survives set hostile target=0.$((5 + round))
	done
	alive
	judge $? "a worker ended beside a hostile writer, topology $topology"
done

# Gone, it leaves slots of a dead process, and no harm.
kill -9 "$enemy" && wait "$enemy" 2>/dev/null
forget "$enemy"
settled()
{
	"$tool" reap hostile >/dev/null 2>&1
	[ "$(seen)" = "$workers" ]
}
await settled
judge $? "of $workers workers $(seen) are alive once the writer is gone"
alive
judge $? "a worker ended"
for worker in $team; do
	end "$worker" TERM
done
run 0 rm hostile
same "left behind" "$(objects)" ''
finish 130
