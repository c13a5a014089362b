#!/bin/bash
# SPDX-License-Identifier: MIT
# What the nginx module does to requests: two servers with eight workers each and buffered logs on a disk, one with the module and one
# without, asked in turns by an open loop. BENCH_RUNS: rounds, of 20 s each. BENCH_DIR: a folder on the disk to try.

. "${srcdir:-.}/tests/hosts/nginx_lib.sh"
bench=$(cd "${srcdir:-.}/tests/bench" && pwd)
disk=$(mktemp -d "${BENCH_DIR:-/var/tmp}/entrain-bench-nginx.XXXXXX") || exit 99
chmod 755 "$disk"
trap 'end; work=$other end; rm -rf "$disk"' EXIT
flush=2300ms other=$work
log() { printf 'access_log %s combined buffer=256k flush=%s;' "$disk/$1.log" $flush; }
server_start 8 "" "" "$(log without)"
without=$port
work=$(mktemp -d /dev/shm/entrain-test-nginx-work.XXXXXX)
chmod 755 "$work"
server_start 8 "entrain swarm=web period=2s dir=$ENTRAIN_DIR;" "" "$(log with)"
await alive 8
sleep 6 # let it come to rest: nothing is judged by this
python3 "$bench/nginx_rounds.py" "$without" "$port" "${BENCH_RUNS:-12}" 10 400
echo "evenness as acted $(number evenness_actual), peak overlap $(number peak_overlap); load $(cut -d' ' -f1-3 /proc/loadavg)"
