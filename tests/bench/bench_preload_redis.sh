#!/bin/bash
# SPDX-License-Identifier: MIT
# What the shipped rule does to eight Redis servers under a paced load: two groups of them, one with the plugin, are loaded in turn.
# Needs redis-server, python3; the tool and the plugin, built. BENCH_RUNS: how many pairs (7); BENCH_DIR: on the disk to try.

command -v redis-check-rdb redis-cli python3 >/dev/null || { echo "no Redis here"; exit 0; }
PRELOAD_HOST=$PWD/tests/bench/bench_preload_call
. "${srcdir:-.}/tests/process/preload_lib.sh"
top=$(cd "${srcdir:-.}" && pwd)
servers=8 rate=100 size=4096 seconds=12 skipped=4 pids=
end()
{
	[ -z "$pids" ] || kill -9 $pids 2>/dev/null
	wait 2>/dev/null
	rm -rf "$ENTRAIN_DIR" "$work" "$disk"
}
disk=$(mktemp -d "${BENCH_DIR:-/var/tmp}/entrain-bench-redis.XXXXXX") || exit 99
trap end EXIT
trap 'exit 1' INT TERM HUP
cp "$top/etc/rules/redis.ini" "$ENTRAIN_CONFIG" || exit 99
cd "$disk" || exit 99
ln -s "$(command -v redis-server || command -v redis-check-rdb)" redis-server || exit 99

declare -A ports plugged
for ((i = 0; i < 2 * servers; i++)); do
	how=without run=
	[ $((i % 2)) -eq 0 ] || { how=with; run="$entrainctl run --"; }
	mkdir "s$i"
	for ((tries = 0; tries < 20; tries++)); do
		port=$((20000 + (RANDOM * 32768 + RANDOM) % 40000))
		$run ./redis-server --port $port --bind 127.0.0.1 --dir "$disk/s$i" --appendonly yes --appendfsync everysec --save "" \
			--auto-aof-rewrite-percentage 0 >"s$i/log" 2>&1 &
		pid=$!
		for ((looks = 0; looks < 500; looks++)); do
			grep -qs 'Ready to accept' "s$i/log" && break 2
			kill -0 $pid 2>/dev/null || break
			sleep .02
		done
	done
	pids="$pids $pid" ports[$how]="${ports[$how]} $port" plugged[$how]="${plugged[$how]} $pid"
done

load()
{
	python3 "$top/tests/bench/redis_open_loop.py" $rate $size $seconds $skipped ${ports[$1]}
}

runs=${BENCH_RUNS:-7}
load without >/dev/null
load with >/dev/null
for ((run = 0; run < runs; run++)); do
	order='without with'
	[ $((run % 2)) -eq 0 ] || order='with without'
	for how in $order; do load $how | sed "s/^/$run $how /"; done
done >"$work/results"
echo "$servers Redis servers, $rate SETs a second of $size bytes on each, open loop; runs of $((seconds - skipped)) s;" \
	"machine load $(cut -d' ' -f1-3 /proc/loadavg)"
python3 "$top/tests/bench/pairs.py" <"$work/results"
for pid in ${plugged[with]}; do "$entrainctl" check "$pid" --json; done >json
python3 - json <<'TEXT'
import re, sys
text = open(sys.argv[1]).read()
total = {key: sum(map(int, re.findall('"%s": (\\d+)' % key, text))) for key in ("bursts", "held", "held_ns")}
print("with the plugin %(held)d of %(bursts)d flushes were held" % total +
      ", for %.0f ms on average" % (total["held_ns"] / 1e6 / max(1, total["held"])))
TEXT
