#!/bin/bash
# SPDX-License-Identifier: MIT
# What the shipped rule does to four PostgreSQL clusters under a paced load with checkpoints: two groups of them, one with the plugin,
# are loaded in turn. Checkpoints are asked for at whole periods of 4 s.
# Needs postgresql, python3; the tool and the plugin, built. BENCH_RUNS: how many pairs (7); BENCH_DIR: on the disk to try.

PRELOAD_HOST=$PWD/tests/bench/bench_preload_call
TMPDIR=${BENCH_DIR:-/var/tmp}
clusters=8 period=4 seconds=16 skipped=4
plugin=([0]='' [2]='' [4]='' [6]='')
. "${srcdir:-.}/tests/hosts/postgresql_lib.sh"

for ((i = 0; i < clusters; i++)); do server_start $i; done
servers_await
for ((i = 0; i < clusters; i++)); do load_make $i 3; done

# load without|with: an open loop (-R) on four of them; the log has each transaction's wait from when it was due
load()
{
	local i
	[ "$1" = without ] && i=0 || i=1
	rm -f transactions*
	jobs=
	for (( ; i < clusters; i += 2)); do
		load_start $i $seconds -n -R 100 -c 4
		checkpoints_start $i $((seconds / period))
	done
	wait $jobs
	jobs=
	cat transactions* | python3 "$top/tests/bench/pgbench_waits.py" $seconds $skipped
}

runs=${BENCH_RUNS:-7}
load without >/dev/null
load with >/dev/null
for ((run = 0; run < runs; run++)); do
	order='without with'
	[ $((run % 2)) -eq 0 ] || order='with without'
	for how in $order; do load $how | sed "s/^/$run $how /"; done
done >"$work/results"
echo "$((clusters / 2)) PostgreSQL clusters, 100 transactions a second on each, open loop, a checkpoint every $period s; runs of" \
	"$((seconds - skipped)) s; machine load $(cut -d' ' -f1-3 /proc/loadavg)"
python3 "$top/tests/bench/pairs.py" <"$work/results"
for ((i = 1; i < clusters; i += 2)); do
	"$entrainctl" check "$(ask $i -c "select pid from pg_stat_activity where backend_type = 'checkpointer'")" --json
done | python3 -c '
import re, sys
text = sys.stdin.read()
total = {key: sum(map(int, re.findall("\"%s\": (\\d+)" % key, text))) for key in ("bursts", "held", "held_ns")}
print("with the plugin %(held)d of %(bursts)d checkpoints were held" % total +
      ", for %.0f ms on average" % (total["held_ns"] / 1e6 / max(1, total["held"])))'
for ((i = 0; i < clusters; i++)); do "${as[@]}" "$bin/pg_ctl" stop -m fast -w -D "$disk/c$i" >stop.log 2>&1; done
