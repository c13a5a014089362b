#!/bin/sh
# SPDX-License-Identifier: MIT
# What a turn costs: no system call while nobody is overdue, no allocation; what a swarm costs: 256 bytes an agent and 64 KiB,
# with everything, also when it has grown.
# Needs tests/process/cost_agent and the tool ($ENTRAINCTL, else ./entrainctl), both built.

entrainctl=${ENTRAINCTL:-./entrainctl}
agent=${COST_AGENT:-./tests/process/cost_agent}
agents=8
turns=500

ENTRAIN_DIR=$(mktemp -d /dev/shm/entrain-test-costs.XXXXXX) || exit 99
export ENTRAIN_DIR
trap 'rm -rf "$ENTRAIN_DIR"' EXIT
trap 'exit 1' INT TERM HUP
: >"$ENTRAIN_DIR/empty.ini"
ENTRAIN_CONFIG=$ENTRAIN_DIR/empty.ini
export ENTRAIN_CONFIG
# The leak check of AddressSanitizer traces the process itself, which strace does already.
ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0
export ASAN_OPTIONS

failed=0
no()
{
	failed=1
	echo "FAILED: $*"
}

tool()
{
	"$entrainctl" "$@" >/dev/null
}

# memory NAME CAPACITY: all objects of the swarm together, and what the kernel has reserved for them
memory()
{
	size=0 reserved=0
	for object in "$ENTRAIN_DIR/entrain.$1."*; do
		size=$((size + $(stat -c %s "$object")))
		reserved=$((reserved + $(stat -c '%b * %B' "$object")))
	done
	[ "$size" -eq $((256 * $2 + 65536)) ] || no "capacity $2 takes $size bytes"
	# whole pages
	[ "$reserved" -ge "$size" ] && [ "$reserved" -lt $((size + 2 * 4096)) ] ||
		no "capacity $2: $reserved bytes are reserved for $size"
}

for capacity in 1 16 64 200 1024 65536; do
	tool create "memory$capacity" --capacity "$capacity" || no "create --capacity $capacity"
	memory "memory$capacity" "$capacity"
	tool rm "memory$capacity" || no "rm memory$capacity"
done
tool create grown --capacity 8 || no "create --capacity 8"
tool resize grown --capacity 5000 || no "resize --capacity 5000"
memory grown 5000
tool rm grown || no "rm grown"

# A period so long that nobody is overdue, whatever else the machine does.
tool create costs --period 1h --capacity 16 || no "create costs"

got=$("$agent" costs "$agents" "$turns") || no "cost_agent failed"
[ "$got" = "allocations 0" ] || no "$got in $((agents * turns)) turns"

# calls FILE: the system calls between the two marks
calls()
{
	sed -n '/write(-1, "turns begin"/,/write(-1, "turns end"/p' "$1" | grep -v 'write(-1, "turns '
}

# traced ARGUMENT...: run cost_agent, leave the calls between its marks in $ENTRAIN_DIR/calls
traced()
{
	strace -o "$ENTRAIN_DIR/trace" "$agent" "$@" >/dev/null || no "cost_agent $* under strace"
	[ "$(grep -c 'write(-1, "turns ' "$ENTRAIN_DIR/trace")" -eq 2 ] ||
		no "the marks are not in the trace"
	sed -n '/write(-1, "turns begin"/,/write(-1, "turns end"/p' "$ENTRAIN_DIR/trace" |
		grep -v 'write(-1, "turns ' >"$ENTRAIN_DIR/calls"
}

if ! strace -o "$ENTRAIN_DIR/trace" true 2>/dev/null; then
	echo "strace is missing or not permitted: system calls are not counted"
else
	traced costs "$agents" "$turns"
	if [ -s "$ENTRAIN_DIR/calls" ]; then
		no "system calls in $((agents * turns)) turns:"
		sort "$ENTRAIN_DIR/calls" | uniq -c | sort -rn | head -5
	fi
	# One that is overdue is looked up once, and then it is gone: at most a handful of calls.
	tool create overdue --period 10ms --capacity 16 || no "create overdue"
	traced overdue 1 1 30
	grep -q pidfd_open "$ENTRAIN_DIR/calls" || no "a dead agent was not looked up"
	[ "$(wc -l <"$ENTRAIN_DIR/calls")" -le 6 ] || no "more than one look-up in a turn"
	tool rm overdue || no "rm overdue"
	rm -f "$ENTRAIN_DIR/trace" "$ENTRAIN_DIR/calls"
fi

tool rm costs || no "rm costs"
rm -f "$ENTRAIN_DIR/empty.ini"
left=$(ls -A "$ENTRAIN_DIR")
[ -z "$left" ] || no "left behind: $left"
[ "$failed" -eq 0 ] && echo "ok: $((agents * turns)) turns"
exit "$failed"
