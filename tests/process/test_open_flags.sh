#!/bin/sh
# SPDX-License-Identifier: MIT
# fs.protected_regular: in a sticky directory that anybody may write, as /dev/shm is, O_CREAT on somebody else's file is refused,
# even to root, unless with O_EXCL, which says that it exists. So what is there is opened without O_CREAT, and what is made is made
# with O_EXCL: seen in every open of a swarm's objects, by the tool and by workers. Where the setting is on and we are root, another user's swarm is used as well.
# Needs strace.

. "${srcdir:-.}/tests/process/cli_fixture.sh"

# The leak check of AddressSanitizer traces the process itself, which strace does already.
ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0
export ASAN_OPTIONS
if ! strace -o "$work/trace" true 2>/dev/null; then
	echo "strace is missing or not permitted: nobody sees how objects are opened"
	exit 77
fi

# traced ARGUMENT...: run the tool, add what it opens to $work/opens
traced()
{
	strace -f -e trace=open,openat,openat2,creat -o "$work/trace" "$tool" "$@" \
		>"$work/out" 2>"$work/err"
	judge $? "entrainctl $* under strace"
	cat "$work/trace" >>"$work/opens"
}

# opened PATTERN: how often a swarm's object was opened so
opened()
{
	grep -F "$ENTRAIN_DIR/entrain." "$work/opens" | grep -c -e "$1"
}

: >"$work/opens"
traced create flags --period 50ms --capacity 16 --topology ring:2
made=$(opened 'O_CREAT.*= [0-9]')
[ "$made" -ge 3 ]
judge $? "create made $made objects in sight of strace: not control, agents and topology"
traced create flags --period 50ms --capacity 16 --topology ring:2 --if-missing
same "objects made by a second create" "$(opened 'O_CREAT.*= [0-9]')" "$made"

# A worker under strace, beside which the tool does all that it can do with a swarm.
strace -f -e trace=open,openat,openat2,creat -o "$work/joined.trace" \
	"$agent" flags worker label 0 >"$work/joined" 2>>"$work/agents" &
pids="$pids $!"
await grep -q joined "$work/joined"
judge $? "a worker under strace did not join"
for command in list "status flags" "events flags" "set flags target=0.8" "disrupt flags --fraction 0.5" \
	"resize flags --topology ring:4 --capacity 32" "check flags" "reap flags" "rm flags"; do
	traced $command
done
cat "$work/joined.trace" >>"$work/opens"

[ "$(opened .)" -ge 20 ]
judge $? "strace saw only $(opened .) opens"
[ "$(opened 'O_CREAT')" -gt "$made" ]
judge $? "resize made no topology"
same "opens that would make what is not there without O_EXCL" \
	"$(grep -F "$ENTRAIN_DIR/entrain." "$work/opens" | grep O_CREAT | grep -vc O_EXCL)" 0
same "creat()" "$(opened 'creat(')" 0
# A worker makes nothing, nor does it ask for it.
same "opens of a worker that ask for a new object" \
	"$(grep -F "$ENTRAIN_DIR/entrain." "$work/joined.trace" | grep -c O_CREAT)" 0
[ "$(grep -cF "$ENTRAIN_DIR/entrain." "$work/joined.trace")" -ge 2 ]
judge $? "the worker opened nothing in sight of strace"

# foreign ARGUMENT...: as root, on a swarm that nobody made in /dev/shm itself, where the setting matters
foreign()
{
	ENTRAIN_DIR=/dev/shm "$tool" "$@" >"$work/out" 2>"$work/err"
	judge $? "root, fs.protected_regular = $protected: entrainctl $*"
}

protected=$(cat /proc/sys/fs/protected_regular 2>/dev/null)
nobody='setpriv --reuid=65534 --regid=65534 --clear-groups'
chmod 755 "$work"
chmod 644 "$work/empty.ini"
if [ "${protected:-0}" -gt 0 ] && $nobody "$tool" version >/dev/null 2>&1; then
	swarm=protected$$
	trap 'rm -f /dev/shm/entrain.$swarm.*; cleanup' EXIT
	ENTRAIN_DIR=/dev/shm $nobody "$tool" create "$swarm" --period 1h >"$work/out" 2>"$work/err"
	judge $? "nobody cannot create a swarm"
	foreign status "$swarm"
	foreign set "$swarm" target=0.8
	foreign create "$swarm" --period 1h --if-missing
	foreign rm "$swarm"
else
	echo "fs.protected_regular is ${protected:-unknown}, or we are not root: another user's swarm was not tried"
fi

finish 19
