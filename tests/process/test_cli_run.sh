#!/bin/bash
# SPDX-License-Identifier: MIT
# `entrainctl run` gives a program the plugin, its swarm and its settings, or says why it cannot; `entrainctl check PID` says
# what became of it.
# Needs tests/process/preload_host, the tool and the plugin, all built.

. "${srcdir:-.}/tests/process/preload_lib.sh"
pids=
end()
{
	[ -z "$pids" ] || kill $pids 2>/dev/null
	rm -rf "$ENTRAIN_DIR" "$work"
}
trap end EXIT
trap 'exit 1' INT TERM HUP
cd "$work" || exit 99
[ -z "$runtime" ] || export LD_PRELOAD=$runtime

# gives STATUS PATTERN ARGUMENT...: exit status, and what it prints on either stream
gives()
{
	local status=$1 pattern=$2
	shift 2
	"$entrainctl" "$@" >out 2>&1
	local got=$?
	if [ $got -eq "$status" ] && { [ -z "$pattern" ] || grep -qE -- "$pattern" out; }; then
		passed=$((passed + 1))
	else
		no "entrainctl $*: $got, not $status with '$pattern':"
		sed 's/^/	/' out
	fi
}

# waits FILE: until there is something in it
waits()
{
	for ((i = 0; i < 1000; i++)); do
		[ -s "$1" ] && return
		sleep .01
	done
	no "nothing came in $1"
}

cat >"$ENTRAIN_CONFIG" <<TEXT
[swarm disk]
period = 700ms
kind = relative

[rule host]
exe = */preload_host
swarm = disk
action = stagger
TEXT

# ---- what the program is given -------------------------------------------------------------------

gives 0 "^LD_PRELOAD=$library:?" run -- sh -c 'env; exit 0'
gives 7 '' run -- sh -c 'exit 7'
gives 0 '^ok -- --json$' run -- echo ok -- --json
LD_PRELOAD=${runtime:+$runtime:}libm.so.6 gives 0 "^LD_PRELOAD=$library:.*libm.so.6\$" run -- env
LD_PRELOAD=${runtime:+$runtime:}$library gives 0 "^LD_PRELOAD=${runtime:+$runtime:}$library\$" run -- env
gives 0 '^ENTRAIN_MODE=observe$' run --observe -- env
gives 0 '^ENTRAIN_MAX_DELAY=30ms$' run --max-delay 30ms -- env
gives 0 '^ENTRAIN_GOAL=batch$' run --goal batch -- env
mkdir sub && cd sub || exit 99
ENTRAIN_CONFIG=../entrain.ini gives 0 "^ENTRAIN_CONFIG=$work/entrain.ini\$" run -- env
cd .. || exit 99
gives 0 '^unset$' run -- sh -c 'echo ${ENTRAIN_SWARM-unset}'

# ---- swarms ---------------------------------------------------------------------------------------

tool rm disk
gives 0 '' run -- "$host" values
gives 0 'period 700 ms.*kind|kind relative' status disk
gives 3 'no such swarm' status default
tool rm disk
gives 0 '^ENTRAIN_SWARM=other$' run --swarm other --max-delay 50ms -- env
gives 0 'max delay 50 ms' status other
gives 3 'no such swarm' status disk
tool set other max-delay=60ms
gives 0 '' run --swarm other --max-delay 50ms -- true
gives 0 'max delay 60 ms' status other
: >empty.ini
ENTRAIN_CONFIG=$work/empty.ini gives 0 '^ENTRAIN_SWARM=default$' run -- env
gives 0 'kind taken' status default

# ---- what is wrong ----------------------------------------------------------------------------------

gives 2 'no program is given' run
gives 2 'goal' run --goal none -- true
gives 2 'max-delay' run --max-delay 10 -- true
gives 5 'there is no such program' run -- "$work/none"
gives 5 'there is no such program' run -- entrain-no-such-program
touch plain
gives 4 'denied' run -- ./plain
echo 'oops = 1' >wrong.ini
ENTRAIN_CONFIG=$work/wrong.ini gives 2 'wrong.ini:1' run -- true
: >"$ENTRAIN_DIR/entrain.bad.control"
gives 1 'half-way' run --swarm bad -- true
rm -f "$ENTRAIN_DIR/entrain.bad.control"
if [ -x /sbin/ldconfig ] && [ "$(ldd /sbin/ldconfig 2>&1 | grep -c 'statically\|not a dynamic')" -eq 1 ]; then
	gives 0 'ldconfig: it runs without entrain: it is linked statically' run -- /sbin/ldconfig --version
	grep -q 'GLIBC' out || no "ldconfig did not run"
fi
sed 's:/lib64/ld-linux-x86-64.so.2:/lib/ld-musl-x86_64.so.1\x00\x00\x00:' /bin/true >musl && chmod +x musl
if grep -q ld-musl musl; then
	gives 5 'built for musl' run -- ./musl
fi
if [ "$(id -u)" -eq 0 ] && command -v setpriv >/dev/null; then
	cp /bin/true setuid && chmod 4755 setuid && chmod 755 "$work"
	setpriv --reuid=65534 --clear-groups "$entrainctl" run -- "$work/setuid" >out 2>&1
	grep -q 'more rights than its caller' out || no "setuid: $(cat out)"
fi

# ---- check PID ---------------------------------------------------------------------------------------

"$entrainctl" run -- "$host" staying >ready 2>err &
pids="$pids $!"
waits ready
gives 0 'covered$' check $!
for line in 'rule host: stagger in swarm disk: joined' 'calls matched 4, in 1 burst' \
	'calls seen: fsync 4$' 'writes to 1 descriptor opened'; do
	grep -q "$line" out || no "check PID does not say '$line'"
done
"$entrainctl" check $! --json >json && python3 - json <<-'TEXT' || no "check PID --json: $(cat json)"
	import json, sys
	told = json.load(open(sys.argv[1]))
	rule = told["rules"][0]
	assert told["covered"] and told["loaded"] and told["why"] == "" and told["descriptors_synchronous"] == 1
	assert rule["rule"] == "host" and rule["stand"] == "joined" and rule["matched"] == 4 and rule["held"] == 0
	assert told["calls"]["fsync"] == 4 and 0 < rule["took_max_ns"] <= rule["took_ns"]
TEXT
"$host" staying >ready2 2>err &
pids="$pids $!"
waits ready2
gives 1 'not covered: the plugin was not in LD_PRELOAD' check $!
ENTRAIN_MODE=off "$entrainctl" run -- "$host" staying >ready3 2>err &
pids="$pids $!"
waits ready3
gives 1 'not covered: the plugin is there, but off: ENTRAIN_MODE=off' check $!
gives 1 'there is no such process' check 99999999
# digits are a process, whatever swarm there is
tool create 99999999 && gives 1 "there is no such process" check 99999999
finish
