#!/bin/sh
# SPDX-License-Identifier: MIT
# entrainctl demo: its figures on this very disk, its refusals, and that nothing is ever left behind.
# Needs the tool ($ENTRAINCTL, else ./entrainctl), and a directory on a disk ($DEMO_DIR, else /var/tmp).

tool=${ENTRAINCTL:-./entrainctl}
here=${srcdir:-.}/tests/process

is_memory()
{
	case $(stat -f -c %T "$1" 2>/dev/null) in
	tmpfs | ramfs | '') return 0 ;;
	esac
	return 1
}

base=
for candidate in "$DEMO_DIR" /var/tmp "$PWD"; do
	if [ -n "$candidate" ] && [ -w "$candidate" ] && ! is_memory "$candidate"; then
		base=$candidate
		break
	fi
done
if [ -z "$base" ]; then
	echo "SKIPPED: no directory on a disk; name one with DEMO_DIR"
	exit 77
fi

ENTRAIN_DIR=$(mktemp -d /dev/shm/entrain-test-demo.XXXXXX) || exit 99
export ENTRAIN_DIR
files=$(mktemp -d "$base/entrain-test-demo.XXXXXX") || exit 99
work=$(mktemp -d) || exit 99
demo=
passed=0
failed=0

cleanup()
{
	[ -z "$demo" ] || kill -9 "$demo" 2>/dev/null
	rm -rf "$ENTRAIN_DIR" "$files" "$work"
}
trap cleanup EXIT
trap 'exit 1' INT TERM HUP

ok()
{
	passed=$((passed + 1))
}

no()
{
	failed=$((failed + 1))
	echo "FAILED: $*"
	sed 's/^/    out: /' "$work/out" | head -30
	sed 's/^/    err: /' "$work/err" | head -20
}

# is WHAT COMMAND...: the command must succeed
is()
{
	what=$1
	shift
	if "$@" >/dev/null 2>&1; then ok; else no "$what"; fi
}

# Until the command succeeds, at most 30 s. Returns 1 if it never did.
await()
{
	tries=600
	until "$@" >/dev/null 2>&1; do
		tries=$((tries - 1))
		[ $tries -gt 0 ] || return 1
		sleep .05
	done
}

nothing_left()
{
	[ -z "$(ls -A "$files")" ] && [ -z "$(ls -A "$ENTRAIN_DIR")" ]
}

run_demo()
{
	"$tool" demo --dir "$files" "$@" >"$work/out" 2>"$work/err"
	status=$?
	is "nothing is left after: demo $*" nothing_left
}

# value RUN KEY: of the last output, as JSON has it
value()
{
	awk -v run="^  \"$1\": \\{" -v key="\"$2\": " '
		$0 ~ run { inside = 1 }
		inside && (at = index($0, key)) {
			line = substr($0, at + length(key))
			sub(/,$/, "", line)
			print line
			exit
		}
		/^  }/ { inside = 0 }' "$work/out"
}

# holds WHAT EXPRESSION: in awk's arithmetic
holds()
{
	if awk "BEGIN { exit !($2) }" 2>>"$work/err"; then ok; else no "$1: $2"; fi
}

numbers()
{
	echo "$1" | tr -cd '0-9., ' | awk -F, '{ print NF }'
}

# ---- the figures ------------------------------------------------------------------------
# 8 cycles of 400 ms, whose actions are to take a fifth of the time.
#
# That is reckoned from a few writes beforehand. Where others are at the disk, the actions of a run may take many times as long:
# then they meet under any rule, since their sum / the time (`duty`) is the least overlap there can be. Of 16 runs beside
# writers who kept the disk busy, all with a duty of up to .7 had a median overlap of 1 or 2; from 1.2 on it was 2 to 8.
# So a run is judged by what the disk gave it: the first of three in which the actions took less than .6 of the time. And who takes
# longer than the others gets a longer gap: beside the same writers the evenness of 20 runs was .6 to .85 where an action took 90 ms
# or more, .82 to 1 where all took less than 40. And whoever is late by half a period begins anew, so all do where the machine stood
# still for so long, which the bystander tells.

usable()
{
	awk "BEGIN { exit !($(value swarm duty) < .6) }"
}

alike()
{
	usable && awk "BEGIN { exit !($(value swarm p99 | sed 's/,.*//') < 40e6 && $(value swarm max_ns) < 200e6) }"
}

figures()
{
	for _ in 1 2 3; do
		run_demo --json --workers 8 --period 400ms --duration 3200ms --duty 20% --size 32KB --seed 7
		{ [ "$status" -eq 0 ] && ! alike; } || break
	done
	is "demo --json ends with 0" [ "$status" -eq 0 ]
	is "demo --json says nothing on stderr" [ ! -s "$work/err" ]
	is "demo --json is JSON" awk -f "$here/json_check.awk" "$work/out"
	[ "$status" -eq 0 ] || return

	for run in together random_offset swarm; do
		is "$run: 8 cycles of overlap" [ "$(numbers "$(value $run overlap_by_cycle)")" -eq 8 ]
		is "$run: 8 cycles of evenness" [ "$(numbers "$(value $run evenness_by_cycle)")" -eq 8 ]
		holds "$run: each worker acts once a cycle" \
			"$(value $run actions) >= 8 * 6 && $(value $run actions) <= 8 * 8"
		holds "$run: the bystander did all that was due" "$(value $run operations) == 800"
		holds "$run: its quantiles are in order" "$(value $run p50_ns) > 0 &&
			$(value $run p50_ns) <= $(value $run p99_ns) &&
			$(value $run p99_ns) <= $(value $run p999_ns) &&
			$(value $run p999_ns) <= $(value $run max_ns)"
	done
	holds "together they meet" "$(value together peak_overlap) >= 6"
	holds "together is not even" "$(value together evenness) < .3"
	is "together never gets even" [ "$(value together cycles_to_even)" = null ]
	# Seed 7 draws the same offsets on every machine; their largest gap is .318 of the period.
	holds "random offsets are those of the seed" \
		"$(value random_offset evenness) > .33 && $(value random_offset evenness) < .45"
	if ! usable; then
		echo "SKIPPED: others are at this disk; the swarm's actions took $(value swarm duty) of the time"
		return
	fi
	holds "as a swarm they do not meet" "$(value swarm median_overlap) <= 2"
	if alike; then
		holds "the swarm is even" "$(value swarm evenness) > .6"
	else
		echo "SKIPPED: others are at this disk; one of the swarm's actions took $(value swarm p99 | sed 's/,.*//') ns, one of the" \
			"bystander's $(value swarm max_ns) ns"
	fi
	holds "the swarm is more even than the draw" \
		"$(value swarm evenness) > $(value random_offset evenness)"
}

text()
{
	run_demo --workers 3 --period 100ms --duration 800ms --duty 10% --size 8KB --svg "$work/runs.svg"
	is "demo ends with 0" [ "$status" -eq 0 ]
	for words in 'This writes .* to disk' '^together, the last two cycles' '^swarm, the last two' \
		'bystander waits  p50' 'share of time    over 10 ms' '^Random offsets had\|^With goal'; do
		is "demo says: $words" grep -q -e "$words" "$work/out"
	done
	is "no escape sequences on a pipe" sh -c "! grep -q '$(printf '\033')' '$work/out'"
	is "a row a worker in each timeline" [ "$(grep -c '^ *[123] [#.]* [#.]*$' "$work/out")" -eq 9 ]
	is "the picture is whole" sh -c "head -1 '$work/runs.svg' | grep -q '^<svg ' &&
		tail -1 '$work/runs.svg' | grep -q '</svg>'"
	is "the picture has all actions" [ "$(grep -c '^<rect' "$work/runs.svg")" -gt 30 ]
}

# ---- what it refuses --------------------------------------------------------------------

refusals()
{
	run_demo --dir "$ENTRAIN_DIR"
	is "tmpfs is refused with 5" [ "$status" -eq 5 ]
	is "and it says why" grep -q 'tmpfs' "$work/err"
	is "and what to do" grep -q '^try: --dir' "$work/err"

	run_demo --workers 2 --period 100ms --duration 20h --duty 80% --size 256KB
	is "more than 8 GB are refused with 2" [ "$status" -eq 2 ]
	is "and it says why" grep -q 'more than 8 GB' "$work/err"
	is "and what to do" grep -q '^try: --yes' "$work/err"

	run_demo --period 1s --duration 2s
	is "too few cycles are refused with 2" [ "$status" -eq 2 ]
	run_demo --goal nonsense
	is "a goal that does not exist is refused with 2" [ "$status" -eq 2 ]
}

# ---- when it is stopped half-way --------------------------------------------------------

has_worker_file()
{
	[ -e "$(echo "$files"/entrain-demo.*/worker.3)" ]
}

has_swarm_of_four()
{
	[ -n "$(ls -A "$ENTRAIN_DIR")" ] && is_swarm_phase
}

is_swarm_phase()
{
	grep -q '^  random offsets' "$work/out"
}

start_demo()
{
	# A shell ignores SIGINT for what it puts into the background.
	env --default-signal=INT "$tool" demo --dir "$files" --workers 4 --period 200ms --duration 2s \
		--duty 10% --size 8KB >"$work/out" 2>"$work/err" &
	demo=$!
}

# stopped SIGNAL STATUS CONDITION: by a signal as soon as the condition holds
stopped()
{
	start_demo
	await "$3" || no "SIG$1: the demo did not get as far as $3"
	kill -s "$1" "$demo"
	wait "$demo" 2>/dev/null
	status=$?
	demo=
	is "SIG$1 ends it with $2, not $status" [ "$status" -eq "$2" ]
	if await nothing_left; then ok; else no "SIG$1: something is left: $(ls "$files" "$ENTRAIN_DIR")"; fi
}

last_child()
{
	child=$(awk '{ if (NF >= 6) print $NF }' "/proc/$demo/task/$demo/children")
	[ -n "$child" ]
}

# A worker that dies during a run: the demo must not pretend that all went well.
worker_killed()
{
	if [ ! -e /proc/self/task/self/children ] && [ ! -e "/proc/$$/task/$$/children" ]; then
		echo "SKIPPED: this kernel does not list children; a killed worker is not tried"
		return
	fi
	start_demo
	# The tidier, the bystander and four workers; ready or not makes no difference.
	await last_child || no "the demo has no workers"
	kill -9 "$child"
	wait "$demo"
	status=$?
	demo=
	is "a killed worker ends it with 1, not $status" [ "$status" -eq 1 ]
	is "and it says so" grep -q 'worker 3 was killed by signal 9' "$work/err"
	is "nothing is left after a killed worker" nothing_left
}

# The tidier itself is killed: the demo goes on, and cleans up in its place.
tidier_killed()
{
	[ -e /proc/self/task/self/children ] || [ -e "/proc/$$/task/$$/children" ] || return
	start_demo
	await last_child || no "the demo has no workers"
	kill -9 "$(awk '{ print $1 }' "/proc/$demo/task/$demo/children")"
	wait "$demo"
	status=$?
	demo=
	is "a demo whose tidier was killed ends with 0, not $status" [ "$status" -eq 0 ]
	is "nothing is left where the tidier was killed" nothing_left
}

# All of them at once: the next demo finds nobody alive in what they left, and removes it.
all_killed()
{
	[ -e /proc/self/task/self/children ] || [ -e "/proc/$$/task/$$/children" ] || return
	start_demo
	await has_swarm_of_four || no "the demo has no swarm of four"
	# Stopped first, so that the tidier does not see the others die.
	all="$demo $(cat "/proc/$demo/task/$demo/children")"
	kill -STOP $all
	kill -9 $all
	wait "$demo" 2>/dev/null
	demo=
	is "killed all at once it leaves something" [ -n "$(ls -A "$files")" ]
	# Who removes it is killed, too, again and again.
	for again in 1 2 3 4 5 6; do
		sweep_under_strace unlinkat KILL 2
	done
	mkdir "$files/entrain-demo.abcdef" && : >"$files/entrain-demo.abcdef/notes"
	"$tool" demo --dir "$files" --workers 2 --period 100ms --duration 1s --duty 10% --size 8KB >/dev/null 2>&1
	is "what is no demo's stays" rm "$files/entrain-demo.abcdef/notes"
	rmdir "$files/entrain-demo.abcdef"
	is "the next one removes what was left" nothing_left
}

# under_strace CALL SIGNAL N OPTION...: a demo that gets the signal at its Nth such call
under_strace()
{
	inject="$1:signal=$2:when=$3" call=$1
	shift 3
	ASAN_OPTIONS=detect_leaks=0 env --default-signal=INT strace -o /dev/null -e "trace=$call" -e "inject=$inject" \
		"$tool" demo --dir "$files" --period 10s --duration 50s "$@" >"$work/out" 2>"$work/err"
}

# One that finds no room: it only sweeps.
sweep_under_strace()
{
	under_strace "$@" --workers 2000 --size 1GB
}

# Before there is any process but itself, while it tries the disk.
stopped_early()
{
	if ! strace -o /dev/null true 2>/dev/null; then
		echo "strace is missing or not permitted: a demo that is stopped at once is not tried"
		return
	fi
	under_strace fsync INT 2 --workers 2
	status=$?
	is "SIGINT while it tries the disk ends it with 130, not $status" [ "$status" -eq 130 ]
	is "and leaves nothing" nothing_left
	under_strace fsync KILL 2 --workers 2
	is "SIGKILL while it tries the disk leaves something" [ -n "$(ls -A "$files")" ]
	sweep_under_strace fsync INT 1000
	is "that the next one removes" nothing_left
}

figures
text
refusals
stopped_early
stopped INT 130 has_worker_file
stopped TERM 143 has_swarm_of_four
stopped KILL 137 has_swarm_of_four
worker_killed
tidier_killed
all_killed

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
