#!/bin/bash
# SPDX-License-Identifier: MIT
# What hosts do with themselves stays as it is under the plugin: cancellation in every call, trees of children, daemon(), storms of
# vfork() and posix_spawn(), handlers that flush and forks among threads that do; the plugin opened and closed; administrators that
# are stopped or killed at their work; limits.
# Needs tests/process/preload_host, the tool and the plugin, all built.

. "${srcdir:-.}/tests/process/preload_lib.sh"
pids=
end()
{
	[ -z "$pids" ] || kill -9 $pids 2>/dev/null
	rm -rf "$ENTRAIN_DIR" "$work"
}
trap end EXIT
trap 'exit 1' INT TERM HUP
cd "$work" || exit 99
PRELOAD_LIBRARY=$library
export PRELOAD_LIBRARY

scenarios='daemonized spawns crowd'
# a sanitizer takes its time to fork, and does not know stacks that a cancellation unwound
[ -n "$runtime" ] || scenarios="cancels $scenarios tree"
for scenario in $scenarios reopened; do "$host" $scenario >bare.$scenario 2>/dev/null || no "$scenario fails by itself"; done
[ -n "$runtime" ] || [ "$(grep -c 'sleep: cancelled, cancelled, cleaned 11' bare.cancels)" -eq 32 ] || no "cancels: $(cat bare.cancels)"
[ -n "$runtime" ] || yes_or grep -q '^tree 0$' bare.tree
yes_or grep -q '^daemon: 4 bytes, 0, caller 0$' bare.daemonized
yes_or grep -q '^spawns 0$' bare.spawns
yes_or grep -q '^crowd 0$' bare.crowd
yes_or grep -q '^reopened, 0 failed$' bare.reopened

for action in 'observe' 'stagger
max_delay = 5ms' 'pace
max_delay = 5ms'; do
	printf '[rule host]\nexe = */preload_host\nswarm = web\naction = %s\n' "$action" >"$ENTRAIN_CONFIG"
	what=${action%%$'\n'*}
	tool create web --period 50ms --kind relative --capacity 4096 || no "create"
	for scenario in $scenarios; do
		under "$host" $scenario >out 2>err || no "$scenario ends with $? ($what)"
		yes_or diff bare.$scenario out
		[ "$(cat err)" = loaded ] || no "$scenario: $(cat err) ($what)"
	done
	taken=$("$entrainctl" status web --json | sed -n 's/^ *"agents[a-z_]*": \([0-9]*\).*/\1/p' | sort -n | tail -1)
	[ "${taken:-0}" -ge 1 ] || no "$what: nobody is in the swarm: $("$entrainctl" status web --json | grep agents)"
	tool rm web
done

# Opened and closed by a host that knows of it, and by one that has it anyway.
printf '[rule host]\nexe = */preload_host\nswarm = web\naction = observe\n' >"$ENTRAIN_CONFIG"
tool create web --period 50ms --kind relative
LD_PRELOAD=$runtime ENTRAIN_LOG=$work/log "$host" reopened >out 2>err || no "reopened ends with $?"
yes_or diff bare.reopened out
under "$host" reopened >out 2>err || no "reopened, and preloaded, ends with $?"
yes_or diff bare.reopened out
[ "$("$entrainctl" events web | grep -c ' joined as ')" -eq 1 ] || no "the one that was preloaded did not join, or the other did"

# Limits that leave room for the host, but not for a swarm: it runs, and the log says why it runs alone.
for limit in '-v 30000' '-n 4'; do
	[ -z "$runtime" ] || break
	(ulimit $limit && exec "$host" jumping) >bare.limited 2>/dev/null || no "ulimit $limit is too tight for the host itself"
	(ulimit $limit && LD_PRELOAD=$library ENTRAIN_LOG=$work/limited exec "$host" jumping) >out 2>err || no "ulimit $limit: $?"
	yes_or diff bare.limited out
	yes_or grep -q 'a limit of this process is in the way' limited
	rm -f limited
done

# An administrator that has the lock and is stopped; then others that are killed at their work, sooner or later.
python3 - "$ENTRAIN_DIR" <<'TEXT' >locked 2>&1 &
import fcntl, glob, os, signal, sys
for name in glob.glob(sys.argv[1] + "/*"):
    fd = os.open(name, os.O_RDWR)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        fcntl.lockf(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        print(error)
print("locked", flush=True)
os.kill(os.getpid(), signal.SIGSTOP)
TEXT
pids=$!
for ((tries = 0; tries < 1000; tries++)); do
	grep -q '^State:.*stopped' "/proc/$pids/status" 2>/dev/null && break
	sleep .01
done
yes_or grep -q locked locked
"$host" values >bare.values 2>/dev/null
timeout 60 env LD_PRELOAD="${runtime:+$runtime:}$library" ENTRAIN_LOG="$work/log" "$host" values >out 2>err || no "values: $? with a stopped administrator"
yes_or diff bare.values out
kill -9 $pids
wait $pids 2>/dev/null
pids=
if strace -qq -o trace true 2>/dev/null; then
	for call in fallocate:when=1 getdents64:when=1 pread64:when=7 pread64:when=9 pread64:when=11; do
		capacity=$((capacity + 700))
		{
			strace -qq -o trace -e "inject=${call%:*}:signal=SIGKILL:${call#*:}" "$entrainctl" resize web --capacity $((4096 + capacity))
		} >/dev/null 2>&1
		grep -q 'killed by SIGKILL' trace && killed=$((killed + 1))
		under "$host" values >out 2>err || no "values ends with $? after an administrator was killed"
		yes_or diff bare.values out
	done
	[ "${killed:-0}" -eq 5 ] || no "only ${killed:-0} administrators were killed"
fi
[ ! -e log ] || no "something was logged: $(cat log)"
finish
