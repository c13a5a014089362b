#!/bin/bash
# SPDX-License-Identifier: MIT
# What the PostgreSQL extension costs and brings: four clusters on one disk, each under a paced pgbench, with the extension off (all
# checkpoint by the server's timer, started together) and on, in turns. Latencies count from when a transaction was due.
# BENCH_RUNS: rounds, of three minutes each. BENCH_DIR: a folder on the disk to try. BENCH_SCALE, BENCH_RATE: of each cluster.

TMPDIR=${BENCH_DIR:-/var/tmp}
export TMPDIR
. "${srcdir:-.}/tests/hosts/postgres_fixture.sh"
rounds=${BENCH_RUNS:-4} scale=${BENCH_SCALE:-20} rate=${BENCH_RATE:-100} settle=30 measure=60
names="one two three four"
for name in $names; do
	cluster "$name" "entrain.swarm = 'db-host'" "entrain.enabled = off" "entrain.period = '24s'" "checkpoint_timeout = 30s" \
		"checkpoint_completion_target = .6" "shared_buffers = 64MB" "max_wal_size = 4GB"
	server_start "$name"
	"$bin/pgbench" -h "$home" -p "$(port $name)" -U owner -i -s "$scale" -q postgres >pgbench.init 2>&1 ||
		{ cat pgbench.init; exit 1; }
	server_stop "$name" fast
done
# As a host boots: all at once, so that their timers go together.
for name in $names; do server_start "$name" & done
wait
for name in $names; do
	mkdir "$name.load" && cd "$name.load" || exit 99
	"$bin/pgbench" -h "$home" -p "$(port $name)" -U owner -n -N -c 4 -j 1 -R "$rate" -T 100000 -l postgres >out 2>&1 &
	helpers="$helpers $!"
	cd "$home" || exit 99
done

# mode on|off: a round of it; where its time begins goes to the file of rounds
mode()
{
	for name in $names; do
		configure "$name" "entrain.enabled = $1"
		server_reload "$name"
	done
	# Without it all timers are to count from the same moment, as after a start.
	[ "$1" = on ] || for name in $names; do ask "$name" CHECKPOINT & done
	sleep $settle
	echo "$1 $(date +%s) $(($(date +%s) + measure))" >>rounds
	sleep $measure
}
for ((round = 0; round < rounds; round++)); do
	if ((round % 2)); then mode on && mode off; else mode off && mode on; fi
done
kill $helpers
wait $helpers 2>/dev/null
helpers=
echo "4 clusters, pgbench -N at $rate a second each, scale $scale, checkpoint_timeout 30s, entrain.period 24s; $rounds rounds of" \
	"$measure s each; load $(cut -d' ' -f1-3 /proc/loadavg)"
python3 "$top/tests/bench/postgres_rounds.py" rounds ./*.load/pgbench_log.* -- $(printf '%s.log ' $names)
