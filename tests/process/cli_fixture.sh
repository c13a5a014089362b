# SPDX-License-Identifier: MIT
# What the shell tests of entrainctl share, sourced by them: directories of their own, workers that are ended whatever
# happens, and judgements that are counted. The tool is $ENTRAINCTL, else ./entrainctl; tests/process/cli_agent is built.

tool=${ENTRAINCTL:-./entrainctl}
agent=${CLI_AGENT:-./tests/process/cli_agent}
here=${srcdir:-.}/tests/process

for needed in "$tool" "$agent"; do
	[ -x "$needed" ] || { echo "$needed is not built"; exit 99; }
done

# The configuration and the swarms of the machine are none of a test's business.
unset NO_COLOR
ENTRAIN_DIR=$(mktemp -d /dev/shm/entrain-test-cli.XXXXXX) || exit 99
work=$(mktemp -d) || exit 99
: >"$work/empty.ini"
ENTRAIN_CONFIG=$work/empty.ini
export ENTRAIN_DIR ENTRAIN_CONFIG
pids=
passed=0
failed=0

cleanup()
{
	for pid in $pids; do
		kill -9 "$pid" 2>/dev/null
	done
	chmod -R u+rwx "$ENTRAIN_DIR" 2>/dev/null
	rm -rf "$ENTRAIN_DIR" "$work"
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
	sed 's/^/    out: /' "$work/out" | head -20
	sed 's/^/    err: /' "$work/err" | head -20
}

# judge STATUS TEXT: of the last command: was it true? (Not $? in here: making the text may change it.)
judge()
{
	if [ "$1" -eq 0 ]; then ok; else no "$2"; fi
}

# run STATUS ARGUMENT...: the tool ends with this status, errors are said as promised
run()
{
	wanted=$1
	shift
	ran="entrainctl $*"
	"$tool" "$@" >"$work/out" 2>"$work/err"
	got=$?
	if [ "$got" -ne "$wanted" ]; then
		no "$ran: exit status $got, not $wanted"
	elif [ "$wanted" -eq 0 ] && [ -s "$work/err" ]; then
		no "$ran: done, but something on stderr"
	elif [ "$wanted" -ge 2 ] && ! grep -q '^entrainctl: .*: .' "$work/err"; then
		no "$ran: no line 'entrainctl: what: why' on stderr"
	else
		ok
	fi
}

# says PATTERN, complains PATTERN: what the last run printed (basic regular expressions)
says()
{
	grep -q -e "$1" "$work/out"
	judge $? "$ran: does not say '$1'"
}

says_not()
{
	! grep -q -e "$1" "$work/out" "$work/err"
	judge $? "$ran: says '$1'"
}

complains()
{
	grep -q -e "$1" "$work/err"
	judge $? "$ran: stderr does not say '$1'"
}

# is_json [FILE]: by default the last run's output
is_json()
{
	json=${1:-$work/out}
	if ! awk -f "$here/json_check.awk" "$json" 2>>"$work/err"; then
		no "$ran: not JSON (awk)"
	elif command -v python3 >/dev/null && ! python3 -m json.tool "$json" >/dev/null 2>>"$work/err"; then
		no "$ran: not JSON (python)"
	else
		ok
	fi
}

# same WHAT ONE OTHER
same()
{
	[ "$2" = "$3" ]
	judge $? "$1: '$2', not '$3'"
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

# start SWARM NAME LABEL ACTION_MS: a worker, joined; its pid in $started
start()
{
	: >"$work/joined"
	"$agent" "$@" >"$work/joined" 2>>"$work/agents" &
	started=$!
	pids="$pids $started"
	await grep -q joined "$work/joined" || no "agent $* did not join"
}

# forget PID: it has ended, its number may become another's
forget()
{
	left=
	for pid in $pids; do
		[ "$pid" = "$1" ] || left="$left $pid"
	done
	pids=$left
}

# end PID SIGNAL: waits until it is gone
end()
{
	kill "-$2" "$1" && wait "$1" 2>/dev/null
	forget "$1"
}

# spoil SWARM SLOT: words there that cannot be, in the name of a process that lives (that of slot 0); clear SWARM SLOT: free
spoil()
{
	dd if="$ENTRAIN_DIR/entrain.$1.agents" of="$ENTRAIN_DIR/entrain.$1.agents" bs=8 count=1 \
		skip=7680 seek=$((7680 + 32 * $2)) conv=notrunc 2>/dev/null
}

clear()
{
	dd if=/dev/zero of="$ENTRAIN_DIR/entrain.$1.agents" bs=256 count=1 \
		seek=$((61440 + 256 * $2)) oflag=seek_bytes conv=notrunc 2>/dev/null
}

objects()
{
	ls -A "$ENTRAIN_DIR" | tr '\n' ' '
}

# number KEY: of the last run's JSON
number()
{
	sed -n "s/^ *\"$1\": \\([-0-9.e+]*\\),*\$/\\1/p" "$work/out" | head -1
}

# finish LEAST: the last line of a test; at least so many judgements
finish()
{
	echo "$passed passed, $failed failed"
	[ "$failed" -eq 0 ] && [ "$passed" -ge "$1" ]
}
