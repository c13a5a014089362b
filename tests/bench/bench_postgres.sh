#!/bin/bash
# SPDX-License-Identifier: MIT
# What the PostgreSQL extension costs and brings: four clusters on one disk, each under a paced pgbench, with the extension off (all
# checkpoint by the server's timer) and on, in turns. Latencies count from when a transaction was due.
# BENCH_RUNS: rounds, of four minutes each. BENCH_DIR: a folder on the disk to try. BENCH_SCALE, BENCH_RATE: of each cluster.

TMPDIR=${BENCH_DIR:-/var/tmp}
export TMPDIR
. "${srcdir:-.}/tests/hosts/postgres_fixture.sh"
rounds=${BENCH_RUNS:-4} scale=${BENCH_SCALE:-20} rate=${BENCH_RATE:-100} settle=50 measure=60
names="one two three four"
for name in $names; do
	cluster "$name" "entrain.swarm = 'db-host'" "entrain.enabled = off" "entrain.period = '24s'" "checkpoint_timeout = 30s" \
		"checkpoint_completion_target = .6" "shared_buffers = 64MB" "max_wal_size = 4GB"
	server_start "$name"
	"$bin/pgbench" -h "$home" -p "$(port $name)" -U owner -i -s "$scale" -q postgres >pgbench.init 2>&1 ||
		{ cat pgbench.init; exit 1; }
	server_stop "$name" fast
done

# mode on|off: a round of it. All start at once, as when a host boots; the first checkpoints are not looked at.
mode()
{
	for name in $names; do
		configure "$name" "entrain.enabled = $1"
		server_start "$name" &
	done
	wait
	for name in $names; do
		mkdir -p "$name.load" && cd "$name.load" || exit 99
		"$bin/pgbench" -h "$home" -p "$(port $name)" -U owner -n -N -c 4 -j 1 -R "$rate" -T $((settle + measure + 3)) -l \
			postgres >out 2>&1 &
		helpers="$helpers $!"
		cd "$home" || exit 99
	done
	sleep $settle
	echo "$1 $(date +%s) $(($(date +%s) + measure))" >>rounds
	wait $helpers
	helpers=
	for name in $names; do server_stop "$name" fast & done
	wait
}
for ((round = 0; round < rounds; round++)); do
	if ((round % 2)); then mode on && mode off; else mode off && mode on; fi
done
echo "4 clusters, pgbench -N at $rate a second each, scale $scale, checkpoint_timeout 30s, entrain.period 24s; $rounds rounds of" \
	"$measure s each; load $(cut -d' ' -f1-3 /proc/loadavg)"
python3 "$top/tests/bench/postgres_rounds.py" rounds ./*.load/pgbench_log.* -- $(printf '%s.log ' $names)
