#!/bin/bash
# SPDX-License-Identifier: MIT
# Eight Redis servers with the shipped rule: their flushes, which fall together without it, are apart; nothing is delayed by more
# than was allowed, no request waits for it, and what is on the disk after SIGKILL is whole.
# Needs redis-tools, strace, python3; the tool and the plugin, built.

command -v redis-check-rdb redis-check-aof redis-cli strace python3 >/dev/null || exit 77
. "${srcdir:-.}/tests/process/preload_lib.sh"
top=$(cd "${srcdir:-.}" && pwd)
# Redis has an allocator of its own, which no sanitizer's runtime goes with.
[ -z "$runtime" ] || { echo "not with a sanitizer"; exit 0; }
servers=8 pids= loading=
end()
{
	[ -z "$pids$loading" ] || kill -9 $pids $loading 2>/dev/null
	wait 2>/dev/null
	rm -rf "$ENTRAIN_DIR" "$work" "$disk"
}
disk=$(mktemp -d "${TMPDIR:-/tmp}/entrain-test-redis.XXXXXX") || exit 99
trap end EXIT
trap 'exit 1' INT TERM HUP
cp "$top/etc/rules/redis.ini" "$ENTRAIN_CONFIG" || exit 99
cd "$disk" || exit 99
# In Debian the server is in redis-tools, under another name: redis-server is a link to it, and starts a service when installed.
ln -s "$(command -v redis-server || command -v redis-check-rdb)" redis-server || exit 99

ask()
{
	redis-cli -p "${port[$1]}" "${@:2}"
}

# Ports that nobody listens on now; a server that finds its own taken takes another.
server_start()
{
	local i=$1 tries
	mkdir -p "s$i"
	for ((tries = 0; tries < 20; tries++)); do
		port[$i]=$((20000 + (RANDOM * 32768 + RANDOM) % 40000))
		"$entrainctl" run -- ./redis-server --port "${port[$i]}" --bind 127.0.0.1 --dir "$disk/s$i" \
			--appendonly yes --appendfsync everysec --save "" >"s$i/log" 2>&1 &
		server[$i]=$!
		for ((looks = 0; looks < 500; looks++)); do
			grep -qs "Ready to accept" "s$i/log" && break
			kill -0 "${server[$i]}" 2>/dev/null || break
			sleep .02
		done
		grep -q 'Ready to accept' "s$i/log" && { pids="$pids ${server[$i]}"; return; }
	done
	no "server $i does not start: $(tail -3 "s$i/log")"
	finish
}

for ((i = 0; i < servers; i++)); do server_start $i; done
for ((i = 0; i < servers; i++)); do
	strace -f -q -ttt -T -e trace=fdatasync --seccomp-bpf -o "s$i/trace" -p "${server[$i]}" 2>/dev/null &
	tracers="$tracers $!"
done

# Four flushes until it is clear that a clock drives them, and three for the order to settle; then what counts.
first=$(($(date +%s) + 8)) last=$(($(date +%s) + 16))
slowest=$(python3 "$top/tests/hosts/redis_load.py" 100 17 "${port[@]}") || no "the load broke off"
got=$(python3 "$top/tests/hosts/flush_phases.py" "$first" "$last" s*/trace 2>phases) || no "$got"
echo "evenness, peak: $got; $(cat phases); slowest reply $slowest ms"
read -r evenness peak <<<"$got"
yes_or awk "BEGIN { exit !($evenness >= .85) }"
[ "$peak" -le 2 ] || no "$peak flushes at once in most seconds"
held=0
# Who came at two of eight cycles when no clock had him come is off-beat until these are forgotten: on a machine that held it up so
# it is looked at again until then.
python3 "$top/tests/hosts/redis_load.py" 100 60 "${port[@]}" >/dev/null 2>&1 &
loading=$!
check_joined()
{
	"$entrainctl" check "${server[$1]}" --json >"s$1/json" || return
	grep -q '"stand": "joined"' "s$1/json" && grep -q '"rhythm": "grid"' "s$1/json"
}
for ((i = 0; i < servers; i++)); do
	for ((looks = 0; looks < 100; looks++)); do
		check_joined $i && break
		sleep .2
	done
	delayed=$(ask $i info persistence | tr -d '\r' | sed -n 's/^aof_delayed_fsync://p')
	[ "$delayed" = 0 ] || no "server $i: aof_delayed_fsync is $delayed"
	told=$(python3 - "s$i/json" "$slowest" <<-'TEXT'
		import json, sys
		told = json.load(open(sys.argv[1]))
		rule = told["rules"][0]
		assert rule["stand"] == "joined" and rule["rhythm"] == "grid", rule
		# 900 ms of the longest hold are the plugin's; a late wakeup is the machine's, which the slowest reply tells
		assert rule["held_max_ns"] < 1000000000 + float(sys.argv[2]) * 1e6, rule
		print(rule["held"])
	TEXT
	) || no "server $i: $(cat "s$i/json")"
	held=$((held + ${told:-0}))
done
kill $loading 2>/dev/null
wait $loading 2>/dev/null
loading=
# one of them is the first, and need not wait
[ "$held" -ge $((6 * (servers - 1))) ] || no "only $held flushes were held"

kill -9 $pids
{ wait $pids; } 2>/dev/null
pids=
for ((i = 0; i < servers; i++)); do
	yes_or redis-check-aof "s$i/appendonlydir/appendonly.aof.manifest"
done
wait
finish
