#!/bin/bash
# SPDX-License-Identifier: MIT
# What the preload plugin adds to a call: interleaved runs of the same loop, bare and under rules that match and do not.
# Needs tests/bench/bench_preload_call, the tool and the plugin, built. BENCH_RUNS: how many of each.

PRELOAD_HOST=$PWD/tests/bench/bench_preload_call
. "${srcdir:-.}/tests/process/preload_lib.sh"
trap 'rm -rf "$ENTRAIN_DIR" "$work"' EXIT
runs=${BENCH_RUNS:-9}
# a period so long that all calls are one burst: those that need not wait
tool create bench --period 1h --kind relative
# one so short that after a pause there is another burst, whose calls are parts of one action
tool create grid --period 30ms --kind grid
tool create sleep --period 30ms --kind relative
tool create drift --period 30ms --kind drifting

# variant NAME [LINE...]: a configuration; no line: no rule
variant()
{
	local name=$1
	shift
	: >"$work/$name.ini"
	[ $# -eq 0 ] || printf '%s\n' '[rule bench]' 'exe = */bench_preload_call' 'swarm = bench' "$@" >"$work/$name.ini"
}
variant none
variant call 'action = stagger' 'call = fsync, nanosleep'
variant role 'action = stagger' 'role = postgres: *checkpointer*'
variant thread 'action = stagger' 'thread = bio_aof_fsync'
variant observe 'action = observe'
variant stagger 'action = stagger'
variant bursts 'action = observe' 'call = fdatasync'

for ((run = 0; run < runs; run++)); do
	"$host" >>"$work/bare"
	for name in none call role thread observe stagger; do
		ENTRAIN_CONFIG=$work/$name.ini under "$host" >>"$work/$name"
	done
	for name in grid sleep drift; do
		ENTRAIN_CONFIG=$work/bursts.ini ENTRAIN_SWARM=$name under "$host" 20 >>"$work/$name"
	done
done

median()
{
	sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'
}
printf '%-42s %10s %10s   of %d runs; machine load %s\n' 'ns a call' 'least' 'median' "$runs" "$(cut -d' ' -f1-3 /proc/loadavg)"
bare_least=$(cut -d' ' -f1 "$work/bare" | median) bare_median=$(cut -d' ' -f2 "$work/bare" | median)
while read -r name text; do
	awk -v name="$text" -v l="$(cut -d' ' -f1 "$work/$name" | median)" -v m="$(cut -d' ' -f2 "$work/$name" | median)" \
		-v bl="$bare_least" -v bm="$bare_median" \
		'BEGIN { printf "%-42s %10.0f %10.0f   +%.0f +%.0f\n", name, l, m, l - bl, m - bm }'
done <<TEXT
bare without the plugin
none no rule for the executable
call a rule for other calls
role a rule for another role
thread a rule for another thread
observe a rule that observes
stagger a rule that staggers, no wait
grid a further call of an action, grid
sleep a further call of an action, relative
drift a further call of an action, drifting
TEXT
