#!/bin/bash
# SPDX-License-Identifier: MIT
# Beside a library whose constructor makes every call before the plugin's has run, and which counts what is allocated: all is as
# with that library alone, in both orders; no call allocates anything; at start there are the system calls that are documented.
# Needs tests/process/preload_host, libpreload_early.so, the tool and the plugin, all built.

. "${srcdir:-.}/tests/process/preload_lib.sh"
early=${PRELOAD_EARLY:-${host%/*}/.libs/libpreload_early.so}
[ -e "$early" ] || exit 99
# A sanitizer has an allocator of its own.
[ -z "$runtime" ] || { echo "not with a sanitizer"; exit 0; }
trap 'exit 1' INT TERM HUP
cd "$work" || exit 99

tool create web --period 1h --kind relative --capacity 512 || no "create"
none=''
other=$'exe = */preload_host\naction = stagger\nrole = somebody else'
observe=$'exe = */preload_host\naction = observe'
stagger=$'exe = */preload_host\naction = stagger\nmax_delay = 10ms'
pace=$'exe = */preload_host\naction = pace\ncall = nanosleep\nmax_delay = 10ms'

for scenario in counted values forks; do
	LD_PRELOAD=$early "$host" $scenario >bare.$scenario 2>/dev/null || no "$scenario fails by itself"
done
yes_or diff bare.counted - <<<$'before main: 10 right, counted\nallocations 0'
for rule in none other observe stagger pace; do
	: >"$ENTRAIN_CONFIG"
	[ $rule = none ] || printf '[rule host]\nswarm = web\n%s\n' "${!rule}" >"$ENTRAIN_CONFIG"
	for order in "$library:$early" "$early:$library"; do
		for scenario in counted values forks; do
			LD_PRELOAD=$order ENTRAIN_LOG=$work/log "$host" $scenario >out 2>err || no "$scenario ends with $? ($rule, $order)"
			yes_or diff bare.$scenario out
			[ "$(cat err)" = loaded ] || no "$scenario: $(cat err) ($rule, $order)"
		done
	done
done
[ ! -e log ] || no "something was logged: $(cat log)"
joined=$("$entrainctl" events web | grep -c ' joined as ')
[ "$joined" -ge 100 ] || no "only $joined processes joined"

# ---- at start ------------------------------------------------------------------------------------------

# started OUT COMMAND...: names of system calls before the first mark, and all after the last one
started()
{
	local out=$1
	shift
	strace -qq -o trace "$@" >/dev/null 2>&1
	sed '/write(-1, "calls begin"/,$d; s/(.*//' trace | sort | uniq -c | awk '{ print $2, $1 }' | sort >"$out"
	sed '1,/write(-1, "calls end"/d; s/(.*//' trace >"$out.end"
}

# documented RULE CALL...: what there is more of than without the plugin is among these
documented()
{
	local rule=$1 extra
	shift
	: >"$ENTRAIN_CONFIG"
	[ "$rule" = none ] || printf '[rule host]\nswarm = web\n%s\n' "${!rule}" >"$ENTRAIN_CONFIG"
	started with.start env LD_PRELOAD="$library" "$host" calls
	extra=$(join -a 2 -o 0,1.2,2.2 -e 0 bare.start with.start | awk '$3 > $2 { print $1 }')
	echo "$rule: $(join -a 2 -o 0,1.2,2.2 -e 0 bare.start with.start | awk '$3 > $2 { printf "%s %d, ", $1, $3 - $2 }')"
	for call in $extra; do
		[[ " $* " == *" $call "* ]] || no "$rule: $call at start, which is not documented"
	done
	yes_or diff bare.start.end with.start.end
}

if strace -qq -o trace true 2>/dev/null; then
	started bare.start env LD_PRELOAD= "$host" calls
	[ "$(wc -l <bare.start)" -ge 10 ] || no "strace saw little: $(cat bare.start)"
	# the loader's work for the library and what it needs, liburcu's constructor, which program this is, entrain.ini
	plain='openat read newfstatat pread64 mmap mprotect munmap close membarrier readlink'
	documented none $plain
	# and for a rule what a join makes: who am I, the swarm's objects, a random number, pages that a child gets empty
	documented observe $plain getpid getppid geteuid getrandom madvise futex
fi
finish
