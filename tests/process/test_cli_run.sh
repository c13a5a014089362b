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

: >empty.ini
printf '#!/bin/sh\necho ${ENTRAIN_SWARM-unset}\n' >preload_host && chmod +x preload_host

# ---- what the program is given -------------------------------------------------------------------

gives 0 "^LD_PRELOAD=$library:?" run -- sh -c 'env; exit 0'
gives 7 '' run -- sh -c 'exit 7'
gives 0 '^ok -- --json$' run -- echo ok -- --json
LD_PRELOAD=${runtime:+$runtime:}libm.so.6 gives 0 "^LD_PRELOAD=$library:.*libm.so.6\$" run -- env
LD_PRELOAD=${runtime:+$runtime:}$library gives 0 "^LD_PRELOAD=${runtime:+$runtime:}$library\$" run -- env
LD_PRELOAD=${runtime:+$runtime:}$library.old gives 0 "^LD_PRELOAD=$library:.*$library.old\$" run -- env
gives 0 '^ENTRAIN_MODE=observe$' run --observe -- env
gives 0 '^ENTRAIN_SWARM=default$' run --observe -- env
ENTRAIN_MODE=observe gives 0 '^ENTRAIN_SWARM=default$' run -- env
gives 0 '^unset$' run --observe -- "$work/preload_host"
gives 0 '^ENTRAIN_MAX_DELAY=30ms$' run --max-delay 30ms -- env
gives 0 '^ENTRAIN_GOAL=batch$' run --goal batch -- env
mkdir sub && cd sub || exit 99
ENTRAIN_CONFIG=../entrain.ini gives 0 "^ENTRAIN_CONFIG=$work/entrain.ini\$" run -- env
cd .. || exit 99
gives 0 '^unset$' run -- sh -c 'echo ${ENTRAIN_SWARM-unset}'

# ---- swarms ---------------------------------------------------------------------------------------

tool rm disk
tool rm default
gives 0 '' run -- "$host" values
gives 0 'period 700 ms.*kind|kind relative' status disk
gives 3 'no such swarm' status default
tool rm disk
gives 0 '^ENTRAIN_SWARM=other$' run --swarm other --max-delay 50ms -- env
gives 0 'max delay 50 ms' status other
gives 3 'no such swarm' status disk
# not those of rules for other programs
gives 0 '' run -- env
gives 3 'no such swarm' status disk
ENTRAIN_SWARM=mine gives 0 '^ENTRAIN_SWARM=mine$' run -- env
gives 0 'kind taken' status mine
ENTRAIN_SWARM=mine gives 0 '^ENTRAIN_SWARM=other$' run --swarm other -- env
ENTRAIN_CONFIG=$work/empty.ini ENTRAIN_SWARM=mine gives 0 '^ENTRAIN_SWARM=mine$' run -- env
tool set other max-delay=60ms
gives 0 '' run --swarm other --max-delay 50ms -- true
[ ! -s out ] || no "something is said of a swarm that is used as it is: $(cat out)"
gives 0 'max delay 60 ms' status other
ENTRAIN_CONFIG=$work/empty.ini gives 0 '^ENTRAIN_SWARM=default$' run -- env
gives 0 'kind taken' status default

# the environment's goal is that of a swarm that is created, and goes before the file's; no option goes after it
printf '[swarm goals]\ngoal = reach-consensus\ntarget = .7\n' >goals.ini
for wish in 'reach-consensus reach-consensus 0.7' 'batch minimize-api-calls 0.95' 'batch save-energy [0-9.]+ --goal=save-energy'; do
	set -- $wish
	ENTRAIN_CONFIG=$work/goals.ini ENTRAIN_GOAL=$1 gives 0 '^there$' run --swarm goals ${4-} -- echo there
	[ "$(wc -l <out)" -eq 1 ] || no "ENTRAIN_GOAL=$1: $(cat out)"
	gives 0 "^ *\"goal\": \"$2\"" status goals --json
	grep -qE "^ *\"target\": $3,?\$" out || no "ENTRAIN_GOAL=$1: $(cat out)"
	tool rm goals
done
# one that is there keeps its own, and that is said once
ENTRAIN_GOAL=batch gives 0 '' run --swarm goals -- true
ENTRAIN_GOAL=batch gives 0 '^there$' run --swarm goals -- echo there
[ "$(wc -l <out)" -eq 1 ] || no "the goal is the swarm's: $(cat out)"
ENTRAIN_GOAL=spread gives 0 '^entrainctl: .*: swarm goals keeps its goal, minimize-api-calls, whatever ENTRAIN_GOAL says; try: entrainctl set goals goal=distribute-load$' \
	run --swarm goals -- echo there
grep -q '^there$' out && [ "$(wc -l <out)" -eq 2 ] || no "another goal: $(cat out)"
gives 0 'keeps its goal, minimize-api-calls, whatever --goal says; try: entrainctl set goals goal=save-energy$' \
	run --swarm goals --goal save-energy -- true
gives 0 'goal minimize-api-calls' status goals
ENTRAIN_GOAL=spread ENTRAIN_LOG=$work/log gives 0 '' run --swarm goals -- true
[ "$(grep -c 'ENTRAIN_GOAL: swarm goals keeps its goal, minimize-api-calls, not distribute-load' log)" -eq 1 ] || no "the log: $(cat log)"

# ---- what is wrong ----------------------------------------------------------------------------------

gives 2 'no program is given' run
gives 0 '^usage: entrainctl run \[OPTION...\] -- CMD...$' run --help
gives 0 '^usage: entrainctl check \[SWARM\|PID...\] \[OPTION...\]$' check --help
gives 2 'goal' run --goal none -- true
gives 2 'max-delay' run --max-delay 10 -- true
gives 5 'there is no such program' run -- "$work/none"
PATH=/usr/bin:/bin gives 5 'there is no such program' run -- entrain-no-such-program
gives 5 'there is no such program' run -- ''
printf '#!/no/such/interpreter\n' >orphan && chmod +x orphan
gives 5 'orphan: the interpreter that it names is missing' run -- ./orphan
echo 'echo "$0 got $1 $2"; exit 3' >bare && chmod +x bare
gives 3 '^./bare got one two  three$' run -- ./bare one 'two  three'
touch plain
gives 4 'denied' run -- ./plain
echo 'oops = 1' >wrong.ini
gives 2 'no name of a swarm' run --swarm 'No Name' -- true

# whatever is wrong with entrain, the program runs, and one line says what is
runs()
{
	local pattern="^entrainctl: /[^ ]*sh: it runs without $1"
	shift
	gives 7 "$pattern" run "$@" -- sh -c 'echo it ran; exit 7'
	grep -q '^it ran$' out && [ "$(wc -l <out)" -eq 2 ] || no "run $*: $(cat out)"
}

ENTRAIN_CONFIG=$work/wrong.ini runs 'entrain: .*/wrong.ini:1: .*; try: '
ENTRAIN_CONFIG=$work/none.ini runs 'entrain: .*/none.ini: there is no such file.*; try: '
ENTRAIN_DIR=$work/none runs 'swarm other: .*/none: there is no such directory' --swarm other
: >"$ENTRAIN_DIR/entrain.bad.control"
runs 'swarm bad: .*half-way; try: .*create bad' --swarm bad
head -c 20000 /dev/urandom >"$ENTRAIN_DIR/entrain.bad.control"
runs 'swarm bad: ' --swarm bad
rm -f "$ENTRAIN_DIR/entrain.bad.control"
ENTRAIN_SWARM='No Name' runs 'swarm No Name: '
ENTRAIN_MODE=banana runs "entrain: ENTRAIN_MODE: 'banana' is none of off, observe, act; try: "
ENTRAIN_GOAL=99 runs "entrain: ENTRAIN_GOAL: '99' is no goal; goals are .*; try: "
ENTRAIN_MAX_DELAY=abc runs "entrain: ENTRAIN_MAX_DELAY: 'abc' is not a duration.*; try: "
ENTRAIN_LOG=$work/none/log runs 'a log: ENTRAIN_LOG: .*/none/log: No such file or directory; try: '
ENTRAIN_LOG=$work runs 'a log: ENTRAIN_LOG: .*: Is a directory; try: '
# each of them once, and what is wrong makes no swarm
ENTRAIN_GOAL=99 ENTRAIN_MAX_DELAY=1 gives 7 'ENTRAIN_GOAL: ' run --swarm wrong -- sh -c 'echo it ran; exit 7'
grep -q 'ENTRAIN_MAX_DELAY: ' out && [ "$(wc -l <out)" -eq 3 ] || no "two wrong values: $(cat out)"
gives 3 'no such swarm' status wrong
# what is not looked at is not wrong: the plugin is off; and options go before the environment
for fine in ENTRAIN_MODE=off ENTRAIN_LOG=stderr "ENTRAIN_LOG=$work/not-there-yet"; do
	env "$fine" ENTRAIN_GOAL=99 "$entrainctl" run --goal spread -- echo it ran >out 2>&1 || no "$fine: $?"
	[ "$(cat out)" = 'it ran' ] || no "$fine: $(cat out)"
done
ENTRAIN_MODE=off ENTRAIN_GOAL=99 ENTRAIN_LOG=$work/none/log gives 0 '^it ran$' run -- echo it ran
[ "$(wc -l <out)" -eq 1 ] || no "ENTRAIN_MODE=off: $(cat out)"
[ ! -e not-there-yet ] || no "a log was made, and nothing was wrong"
printf '[swarm theirs]\ngroup = entrain-no-such-group\n[rule it]\nexe = */%s\nswarm = theirs\naction = stagger\n' \
	"$(basename "$(readlink -f "$(command -v sh)")")" >theirs.ini
ENTRAIN_CONFIG=$work/theirs.ini runs 'swarm theirs: .*entrain-no-such-group'
ENTRAIN_CONFIG=$work/theirs.ini gives 0 '^LD_PRELOAD=' run -- env
! grep '^entrainctl' out || no "something is said of others' swarms"
for ((i = 0; i < 17; i++)); do
	printf '[rule %d]\nexe = *sh\nswarm = other\naction = stagger\n' $i
done >many.ini
ENTRAIN_CONFIG=$work/many.ini runs 'entrain: 17 rules name it'
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
	tool create private --mode 0600
	chmod 755 "$ENTRAIN_DIR"
	setpriv --reuid=65534 --clear-groups "$entrainctl" run --swarm private -- echo it ran >out 2>&1 || no "private: status $?"
	grep -q 'it runs without swarm private: .*; try: ' out && grep -q '^it ran$' out || no "private: $(cat out)"
fi

# a build whose path has a blank: no loader takes it
if [ -x "${library%/*}/entrainctl" ]; then
	mkdir 'a b' && cp "${library%/*}/entrainctl" "$library" 'a b' || exit 99
	LD_LIBRARY_PATH=${library%/*} 'a b/entrainctl' run -- sh -c 'echo it ran' >out 2>&1
	grep -q 'it runs without entrain: .*has a blank or a colon' out && [ "$(wc -l <out)" -eq 2 ] && grep -q '^it ran$' out ||
		no "a path with a blank: $(cat out)"
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
sed 's/preload_host/another/' "$ENTRAIN_CONFIG" >another.ini
ENTRAIN_CONFIG=$work/another.ini "$entrainctl" run --observe -- "$host" staying >ready4 2>err &
pids="$pids $!"
waits ready4
gives 0 'rule watch: observe in swarm default' check $!
grep -q 'calls seen: fsync 4$' out || no "run --observe, where rules are for others: $(cat out)"
# who waits for the common turn of a swarm that has none only watches
sed 's/stagger/batch/' "$ENTRAIN_CONFIG" >batch.ini
ENTRAIN_CONFIG=$work/batch.ini "$entrainctl" run -- "$host" staying >ready5 2>err &
pids="$pids $!"
waits ready5
gives 0 'batch in swarm disk: joined: its swarm.s goal is not to be together, so it only watches' check $!
tool set disk goal=batch
gives 0 'batch in swarm disk: joined$' check $!
tool set disk goal=spread
gives 2 'repair is for swarms, not for processes' check $! --repair
# several, each of them
gives 0 'rule host: stagger' check $! $(echo $pids | cut -d' ' -f1)
[ "$(grep -c '^process .*: covered$' out)" -eq 2 ] || no "check of two: $(cat out)"
gives 1 'not covered' check $pids
[ "$(grep -c '^process ' out)" -eq 5 ] || no "check of five: $(cat out)"
gives 1 '' check --json $pids
grep -c '"covered"' out | grep -qx 5 || no "check --json of five: $(cat out)"
gives 2 '"web" is one argument too many' check $! web
gives 2 "\"$!\" is one argument too many" check web $!
gives 2 'no name of a swarm' check ''
gives 1 'there is no such process' check 99999999
gives 1 'process 99999999999999: there is no such process' check 99999999999999
gives 1 'there is no such process' check $((4294967296 + $!))
gives 1 'there is no such process' check 99999999999999999999999
# what has no program: ended and not waited for; and, where they can be seen, threads of the kernel
python3 -c 'import os, time
child = os.fork()
if not child: os._exit(0)
os.waitid(os.P_PID, child, os.WEXITED | os.WNOWAIT)
print(child, flush=True)
time.sleep(600)' >zombie &
pids="$pids $!"
waits zombie
gives 1 "process $(cat zombie) .*: not covered: it has ended" check "$(cat zombie)"
[ "$(cat /proc/2/comm 2>/dev/null)" != kthreadd ] || gives 1 'kthreadd.*a thread of the kernel' check 2
# digits are a process, whatever swarm there is
tool create 99999999 && gives 1 "there is no such process" check 99999999
finish
