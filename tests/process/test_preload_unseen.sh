#!/bin/bash
# SPDX-License-Identifier: MIT
# What no preload sees: raw system calls, io_uring, descriptors opened with O_SYNC or O_DSYNC, static programs, those of another word
# size; `check PID` shows what of it can be seen from outside, and the manual names all of it.
# Needs tests/process/preload_host, the tool and the plugin, all built; gcc-multilib for the other word size.

. "${srcdir:-.}/tests/process/preload_lib.sh"
top=$(cd "${srcdir:-.}" && pwd)
pids=
end()
{
	[ -z "$pids" ] || kill -9 $pids 2>/dev/null
	rm -rf "$ENTRAIN_DIR" "$work"
}
trap end EXIT
trap 'exit 1' INT TERM HUP
cd "$work" || exit 99

printf '[rule host]\nexe = */preload_host\nswarm = web\naction = observe\n' >"$ENTRAIN_CONFIG"
tool create web --period 1s || no "create"
LD_PRELOAD=${runtime:+$runtime:}$library ENTRAIN_LOG=$work/log "$host" unseen >ready 2>err &
pids=$!
disown
for ((tries = 0; tries < 1000; tries++)); do
	[ ! -s ready ] || break
	sleep .01
done
rings=$(grep -c ring ready)
"$entrainctl" check $pids >text || no "not covered: $(cat text)"
"$entrainctl" check $pids --json >json
# of six flushes it saw the one that was made by calling the C library
yes_or grep -q '^calls seen: fdatasync 1$' text
yes_or grep -q '"fsync": 0, "fdatasync": 1,' json
yes_or grep -q 'not seen by any preload: writes to 2 descriptors opened with O_SYNC or O_DSYNC' text
yes_or grep -q '"descriptors_synchronous": 2,' json
yes_or grep -q "\"io_urings\": $rings" json
if [ "$rings" -eq 1 ]; then
	yes_or grep -q 'not seen by any preload: flushes through 1 io_uring$' text
else
	echo "this kernel lets nobody have an io_uring"
fi

# A static program, which waits for somebody to write to what it reads.
if [ -x /sbin/ldconfig ] && ldd /sbin/ldconfig 2>&1 | grep -q 'statically\|not a dynamic'; then
	mkfifo cache
	LD_PRELOAD=$library /sbin/ldconfig -p -C "$work/cache" >/dev/null 2>&1 &
	pids="$pids $!"
	disown
	for ((tries = 0; tries < 1000; tries++)); do
		[ "$(readlink "/proc/$!/exe")" = "$(readlink -f /sbin/ldconfig)" ] && break
		sleep .01
	done
	"$entrainctl" check $! >text && no "a static program is covered"
	yes_or grep -q 'not covered: its program is linked statically, so nothing can be preloaded' text
fi

# One of another word size, whose loader would complain on its stderr: it runs, without the plugin.
cat >short.c <<-'TEXT'
	#include <stdio.h>
	#include <unistd.h>
	int main(int count, char **arguments)
	{
		puts(arguments[count - 1]);
		fflush(stdout);
		return count > 2 ? (int)sleep(60) : 0;
	}
TEXT
if gcc -m32 -o short short.c 2>/dev/null && [ "$(./short alone)" = alone ]; then
	"$entrainctl" run -- ./short ran >text 2>err || no "a program of 32 bits ends with $?"
	yes_or grep -qx ran text
	yes_or grep -q 'short: it runs without entrain: it is built for another word size' err
	[ "$(wc -l <err)" -eq 1 ] || no "of a program of 32 bits is said: $(cat err)"
	LD_PRELOAD=$library ./short waits on >ready 2>/dev/null &
	pids="$pids $!"
	disown
	for ((tries = 0; tries < 1000; tries++)); do
		[ ! -s ready ] || break
		sleep .01
	done
	"$entrainctl" check $! >text && no "a program of 32 bits is covered"
	yes_or grep -q 'not covered: its program is built for another word size or processor than the plugin' text
else
	echo "no 32-bit programs can be made and run here: install gcc-multilib"
fi

for word in 'syscall(SYS_fsync)' io_uring O_DSYNC 'Static programs' 'another word size'; do
	yes_or grep -qF "$word" "$top/doc/preload.md"
done
[ ! -e log ] || no "something was logged: $(cat log)"
finish
