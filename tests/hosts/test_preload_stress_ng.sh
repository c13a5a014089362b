#!/bin/bash
# SPDX-License-Identifier: MIT
# stress-ng, which verifies what it does, comes to the same verdicts with the plugin in front of it, acting on every flush and sleep:
# for its stressors of sync, sleep, fork, signal, thread and memory kinds. Nothing is left behind.
# Needs stress-ng, python3, setpriv; the tool and the plugin, built.

command -v stress-ng python3 setpriv >/dev/null || { echo "no stress-ng"; exit 77; }
. "${srcdir:-.}/tests/process/preload_lib.sh"
top=$(cd "${srcdir:-.}" && pwd)
# What is slowed several times and has a runtime of its own is another program.
[ -z "$runtime" ] || { echo "not with a sanitizer"; exit 0; }
sync_kinds='sync-file msync io hdd aio fallocate'
sleep_kinds='nanosleep sleep clock alarm itimer timer'
other_kinds='fork vfork spawn exec clone daemon signal kill sigsuspend sigq sigrt sigsegv sigabrt sigchld sigpending signest
	pthread mutex futex sem malloc mmap mremap brk vm stack memfd mprotect'
# small, for others are at work on this machine
small='--hdd-bytes 4M --hdd-opts fsync,fdatasync --sync-file-bytes 2M --fallocate-bytes 4M --msync-bytes 4M --malloc-bytes 8M
	--mmap-bytes 8M --mremap-bytes 8M --memfd-bytes 8M --vm-bytes 16M --pthread-max 64 --sleep-max 64 --clone-max 64'

# ours [KIND]: the processes that have the plugin from here, or from this kind's folder here; they give themselves other names
ours()
{
	grep -lsF "$work/lib${1:+.$1/}" /proc/[0-9]*/maps | cut -d/ -f3
}

end()
{
	local pids
	pids="$(pgrep -f "temp-path $work/") $(ours)"
	[ "$pids" = ' ' ] || kill -9 $pids 2>/dev/null
	rm -rf "$ENTRAIN_DIR" "$work"
}
trap end EXIT
trap 'exit 1' INT TERM HUP
cd "$work" || exit 99

# As nobody: some of its stressors refuse root.
as=() group=
[ "$(id -u)" -ne 0 ] || { as=(setpriv --reuid=65534 --regid=65534 --clear-groups) group='group = nogroup'; }
cat >"$ENTRAIN_CONFIG" <<TEXT
[swarm stress]
period = 20ms
kind = relative
capacity = 8192
$group

[rule flush]
exe = */stress-ng
call = fsync, fdatasync, sync_file_range, msync, syncfs, sync
swarm = stress
action = stagger
max_delay = 10%

[rule sleep]
exe = */stress-ng
call = nanosleep, clock_nanosleep, usleep, sleep
swarm = stress
action = pace
max_delay = 10%
TEXT
tool create stress || no "create"
cp "$library" libentrain-preload.so
chmod 755 "$work" "$ENTRAIN_DIR"
chmod 644 "$ENTRAIN_CONFIG"
objects=$(ls /dev/shm | grep -i stress)

# verdict FILE: what was said but for numbers, and how it ended
verdict()
{
	grep -E 'fail:|error:|warn:|skipp|ended with|killed' "$1" | sed 's/\[[0-9]*\]//; s/[0-9]\+/N/g' | sort -u
	tail -1 "$1"
}

# stress KIND HOW [SECONDS]: to the file HOW.KIND
stress()
{
	local loader=
	[ "$2" = bare ] || loader="LD_PRELOAD=$work/lib.$1/libentrain-preload.so ENTRAIN_LOG=$work/log"
	mkdir -p "tmp.$2.$1"
	[ "$(id -u)" -ne 0 ] || chown 65534 "tmp.$2.$1"
	(
		cd "tmp.$2.$1" || exit 99
		"${as[@]}" env $loader nice -n 10 stress-ng --verify -t "${3:-1}s" "--$1" 1 $small --temp-path "$work/tmp.$2.$1" 2>&1
		echo "exit status $?"
	) >"$2.$1"
}

# not through libtool's script, which takes as long as a process here lives
direct=${entrainctl%/*}/.libs/entrainctl
[ -x "$direct" ] || direct=$entrainctl
watch()
{
	coproc watching { LD_LIBRARY_PATH=${entrainctl%/*}/.libs python3 "$top/tests/hosts/plugin_seen.py" "$direct" "$work" $sync_kinds $sleep_kinds >>seen; }
	watcher=$watching_PID
}

watched()
{
	exec {watching[1]}>&-
	wait $watcher
}

watch
running=0
for kind in $sync_kinds $sleep_kinds $other_kinds; do
	stress-ng --stressors | tr ' ' '\n' | grep -qx -- "$kind" || { no "stress-ng has no $kind"; continue; }
	mkdir "lib.$kind" && ln libentrain-preload.so "lib.$kind/"
	for how in bare under; do
		stress "$kind" "$how" &
		stressed="$stressed $!"
	done
	[ $((++running % 3)) -ne 0 ] || { wait $stressed; stressed=; }
done
wait $stressed
watched
# All must be seen, and of those kinds that flush or sleep that they did: on a busy machine it may take another, longer look.
for kind in $sync_kinds $sleep_kinds $other_kinds; do
	wanted="^$kind "
	[[ " $other_kinds " == *[[:space:]]"$kind"[[:space:]]* ]] || wanted="^$kind [a-z]"
	for seconds in 3 10; do
		grep -q "$wanted" seen && break
		watch
		stress "$kind" under $seconds
		watched
	done
	grep -q "$wanted" seen || no "$kind: it was not seen to call anything, or at all"
done
for kind in $sync_kinds $sleep_kinds $other_kinds; do
	# Some of its checks are races that a busy machine loses now and then, with or without the plugin: a difference stays one.
	for tries in 1 2 3; do
		[ $tries -eq 1 ] || { stress "$kind" bare & stress "$kind" under; wait $!; }
		verdict "bare.$kind" >bare.verdict
		verdict "under.$kind" >under.verdict
		diff bare.verdict under.verdict && grep -q 'successful run' "bare.$kind" && break
	done
	yes_or diff bare.verdict under.verdict
	grep -q 'successful run' "bare.$kind" || no "$kind does not succeed by itself: $(cat "bare.$kind")"
done
sort seen
echo "$("$entrainctl" events stress | grep -c ' joined as ') processes joined"
[ ! -e log ] || no "the plugin logged: $(sort -u log | head -3)"
for ((tries = 0; tries < 250; tries++)); do
	[ -n "$(ours)" ] || break
	sleep .02
done
[ $tries -lt 250 ] || no "left behind: $(ps -o pid,args -p "$(ours | paste -sd,)")"
[ "$(ls /dev/shm | grep -i stress)" = "$objects" ] || no "in /dev/shm: $(ls /dev/shm)"
finish
