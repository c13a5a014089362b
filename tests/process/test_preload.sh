#!/bin/bash
# SPDX-License-Identifier: MIT
# The plugin does no harm: a host prints the same with and without it, whatever it does to itself, with and without a rule, and
# whatever is wrong with the swarm or the configuration.
# Needs tests/process/preload_host, the tool and the plugin, all built.

. "${srcdir:-.}/tests/process/preload_lib.sh"
trap 'rm -rf "$ENTRAIN_DIR" "$work"' EXIT
trap 'exit 1' INT TERM HUP
cd "$work" || exit 99

# rule ACTION [LINE...]: in swarm $of
of=web
rule()
{
	printf '[rule host]\nexe = */preload_host\naction = %s\nswarm = %s\n' "$1" $of >"$ENTRAIN_CONFIG"
	shift
	[ $# -eq 0 ] || printf '%s\n' "$@" >>"$ENTRAIN_CONFIG"
}

# same SCENARIO...: as without
same()
{
	local scenario
	for scenario; do
		rm -rf empty
		"$host" "$scenario" >bare.out 2>bare.err || { no "$scenario fails by itself"; continue; }
		rm -rf empty log
		under "$host" "$scenario" >out 2>err || no "$scenario ends with $? under the plugin ($what)"
		yes_or diff bare.out out
		[ "$(cat bare.err) $(cat err)" = 'bare loaded' ] ||
			no "$scenario: $(cat bare.err), then $(cat err) ($what)"
	done
}

logged()
{
	[ "$(wc -l <"$work/log")" -eq "$1" ] || no "$what: $(wc -l <"$work/log") lines in the log, not $1"
	[ "$1" -eq 0 ] || grep -q "$2" "$work/log" || no "$what: the log says $(cat "$work/log")"
}

quick='values forks closed cancelled'
# a sanitizer's runtime makes calls of its own
[ -n "$runtime" ] || quick="$quick filtered"
[ "$(id -u)" -ne 0 ] || quick="$quick jailed"

what='no rule'
same $quick
[ ! -e log ] || no "$what: something was logged: $(cat log)"

what='a rule that observes'
tool create web --period 200ms --kind relative --capacity 512 || no "create"
rule observe
same $quick jumping
[ ! -e log ] || no "$what: something was logged: $(cat log)"
joined=$("$entrainctl" events web 2>/dev/null | grep -c ' joined as ')
# 40 children of fork in `forks`, all but the raw ones join, and at least one process in each of the others
[ "${joined:-0}" -ge 45 ] || no "$what: only ${joined:-0} processes joined"

what='a rule that staggers, for calls that never fit'
rule stagger 'max_delay = 10ms'
same $quick jumping
# who was born without a system call is known to be dead all the same
tool reap web || no "reap web"
yes_or "$entrainctl" check web
tool rm web

what='no swarm'
same values forks
logged 1 'swarm web'

what='a swarm that is not one'
for object in control agents; do head -c 65536 /dev/urandom >"$ENTRAIN_DIR/entrain.web.$object"; done
same values
logged 1 'swarm web'
rm -f "$ENTRAIN_DIR"/entrain.web.*

what='a swarm that was cut off'
tool create web
truncate -s 100 "$ENTRAIN_DIR/entrain.web.agents"
same values
logged 1 'swarm web'
rm -f "$ENTRAIN_DIR"/entrain.web.*

what="somebody else's swarm"
if [ "$(id -u)" -eq 0 ]; then
	tool create web
	chown 65534 "$ENTRAIN_DIR"/entrain.web.*
	same values
	logged 1 'swarm web'
	rm -f "$ENTRAIN_DIR"/entrain.web.*
fi

what='a full swarm'
tool create web --capacity 1 --kind relative
rule observe
same forks
[ ! -e log ] || no "$what: something was logged: $(cat log)"
tool rm web

what='a wrong configuration'
echo 'nonsense = 1' >>"$ENTRAIN_CONFIG"
same values
logged 1 ':5'
rule observe
for wrong in ENTRAIN_MODE=acts ENTRAIN_MAX_DELAY=10 ENTRAIN_GOAL=none ENTRAIN_CONFIG=/nonexistent; do
	what=$wrong
	export "${wrong?}"
	same values
	logged 1 "${wrong%=*}\|nonexistent"
	unset ENTRAIN_MODE ENTRAIN_MAX_DELAY ENTRAIN_GOAL
	export ENTRAIN_CONFIG="$work/entrain.ini"
done

what='a goal that is not the swarm'"'"'s'
tool create web --period 200ms
export ENTRAIN_GOAL=batch
same values
logged 1 'ENTRAIN_GOAL: swarm web keeps its goal, distribute-load, not minimize-api-calls'
what='a goal that is'
export ENTRAIN_GOAL=spread
same values
[ ! -e log ] || no "$what: something was logged: $(cat log)"
unset ENTRAIN_GOAL
tool rm web

# ---- the same system calls -------------------------------------------------------------------------

# traced OUT COMMAND...: its system calls between the marks
traced()
{
	local out=$1
	shift
	strace -f -qq -o trace "$@" >/dev/null 2>&1
	sed -n '/write(-1, "calls begin"/,/write(-1, "calls end"/p' trace |
		sed 's/^[0-9]* *//; s/0x[0-9a-f]*/ADDRESS/g' | cut -d= -f1 >"$out"
}

if command -v strace >/dev/null; then
	traced bare.trace "$host" calls
	[ "$(wc -l <bare.trace)" -ge 122 ] || no "strace saw $(wc -l <bare.trace) lines only"
	: >"$ENTRAIN_CONFIG"
	traced none.trace env LD_PRELOAD="${runtime:+$runtime:}$library" "$host" calls
	yes_or diff bare.trace none.trace
	# a period so long that all is one burst, and nobody is overdue
	tool create web --period 1h --kind relative
	for action in observe stagger; do
		rule $action
		traced rule.trace env LD_PRELOAD="${runtime:+$runtime:}$library" "$host" calls
		yes_or diff bare.trace rule.trace
	done
	"$entrainctl" events web | grep -q ' joined as ' || no "strace: the plugin did not join"
	# at a door, where whoever would have to wait goes at once
	tool create door --period 1h --kind drifting
	of=door
	for action in observe stagger pace; do
		rule $action 'max_delay = 1us'
		traced rule.trace env LD_PRELOAD="${runtime:+$runtime:}$library" "$host" calls
		yes_or diff bare.trace rule.trace
	done
	"$entrainctl" events door | grep -q ' joined as ' || no "strace: the plugin did not join at the door"
	of=web
	# rules that match none of the calls
	for line in 'role = somebody else' 'call = msync'; do
		rule stagger "$line"
		traced rule.trace env LD_PRELOAD="${runtime:+$runtime:}$library" "$host" calls
		yes_or diff bare.trace rule.trace
	done
	# what is documented: a name at calls 1, 2, 4, 8, 16, and a path at each that may matter
	rule observe 'thread = preload_host' 'path = */preload_host.data' 'call = fsync'
	traced rule.trace env LD_PRELOAD="${runtime:+$runtime:}$library" "$host" calls
	[ "$(grep -c PR_GET_NAME rule.trace)" -eq 5 ] || no "$(grep -c PR_GET_NAME rule.trace) x PR_GET_NAME"
	[ "$(grep -c readlink rule.trace)" -eq 40 ] || no "$(grep -c readlink rule.trace) x readlink"
	grep -v -e PR_GET_NAME -e readlink rule.trace >rest.trace
	yes_or diff bare.trace rest.trace
fi
finish
