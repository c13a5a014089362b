#!/bin/bash
# SPDX-License-Identifier: MIT
# The picture of doc/postgresql.md, from a run of five minutes: four clusters started together checkpoint as they are, then with entrain.
# From the build's folder: srcdir=SOURCES SOURCES/tests/hosts/postgres_picture.sh FILE.svg

file=$(realpath "${1:?FILE.svg}")
. "${srcdir:-.}/tests/hosts/postgres_fixture.sh"
names="accounts billing search archive"
for name in $names; do
	cluster "$name" "entrain.swarm = 'db-host'" "entrain.enabled = off" "entrain.period = '24s'" "checkpoint_timeout = 30s" \
		"checkpoint_completion_target = .6" "autovacuum = off" "shared_buffers = 32MB"
	server_start "$name"
done
scale=2
for name in $names; do
	"$bin/pgbench" -h "$home" -p "$(port $name)" -U owner -i -s $scale -q postgres >pgbench.init 2>&1 || exit 1
	scale=$((scale * 2))
done
for name in $names; do server_stop "$name" fast & done
wait
for name in $names; do : >"$name.log"; done
for name in $names; do server_start "$name" & done
wait
for name in $names; do
	"$bin/pgbench" -h "$home" -p "$(port $name)" -U owner -n -c 2 -R 80 -T 1000 postgres >"$name.load" 2>&1 &
	helpers="$helpers $!"
done
sleep 115
for name in $names; do
	configure "$name" "entrain.enabled = on"
	server_reload "$name"
done
sleep 190
python3 "$top/tests/hosts/checkpoint_turns.py" --svg "$file" 24 0 0 $(printf '%s.log ' $names)
