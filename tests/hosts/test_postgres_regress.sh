#!/bin/bash
# SPDX-License-Identifier: MIT
# The extension's regression tests, by the server's own means: make installcheck through PGXS, on a server that has it loaded; and
# pg_upgrade of a cluster that has it.
# Needs postgresql-15, postgresql-server-dev-15; the extension, built.

. "${srcdir:-.}/tests/hosts/postgres_fixture.sh"
[ -e "$("$pg_config" --pgxs)" ] || { echo "no PGXS: postgresql-server-dev-15 is missing"; exit 77; }

cluster regress "entrain.swarm = 'db-host'" "checkpoint_completion_target = .7"
server_start regress
yes_or until_ 10 log_has regress 'in swarm db-host'
mkdir work && cp -r "$top"/plugin/postgres/{Makefile,entrain.control,sql,expected} work
# pkg-config may not know entrain yet: nothing is built here
if PGHOST=$home PGPORT=$(port regress) PGUSER=owner make -s -C work PG_CONFIG="$pg_config" installcheck >out 2>&1; then
	passed=$((passed + 1))
else
	no "installcheck"
	cat out work/regression.diffs 2>/dev/null
	[ -z "${ENTRAIN_KEEP:-}" ] || cp work/results/*.out "$ENTRAIN_KEEP"
fi

# What was made of it is there in the new cluster, and nobody joined meanwhile.
cp "$bindir"/pg_{upgrade,dump,dumpall,restore,controldata,resetwal} "$bindir/vacuumdb" "$bin"
ask regress 'CREATE EXTENSION entrain; CREATE VIEW ours AS SELECT cluster, next_turn FROM entrain_agents; GRANT SELECT ON entrain_agents TO PUBLIC'
server_stop regress fast
cluster upgraded "entrain.swarm = 'db-host'" "checkpoint_completion_target = .7"
mkdir upgrade && cd upgrade && { [ "$(id -u)" -ne 0 ] || chown 65534:65534 .; }
joined=$("$entrainctl" events db-host | grep -c joined)
"${as[@]}" "$bin/pg_upgrade" -b "$bin" -B "$bin" -d "$home/regress" -D "$home/upgraded" -U owner -s "$home" >out 2>&1 ||
	{ no "pg_upgrade"; cat out "$home"/upgraded/pg_upgrade_output.d/*/log/*.log | tail -30; }
cd "$home" || exit 99
yes_or [ "$("$entrainctl" events db-host | grep -c joined)" -eq "$joined" ]
server_start upgraded
yes_or until_ 10 in_swarm upgraded
yes_or says upgraded 'SELECT cluster FROM ours' upgraded
yes_or says upgraded "SELECT has_table_privilege('pg_monitor', 'entrain_agents', 'SELECT') AND has_table_privilege('public', 'entrain_agents', 'SELECT')" t
server_stop upgraded fast
server_start regress
ask regress 'DROP EXTENSION entrain CASCADE' 2>/dev/null
# without the library loaded at start it says what is missing, and the server serves
configure regress "shared_preload_libraries = ''"
server_stop regress fast
server_start regress
ask regress 'CREATE EXTENSION entrain' || no "CREATE EXTENSION without the library loaded"
ask regress 'SELECT entrain_status()' >out 2>&1 && no "status without the library loaded"
yes_or grep -q 'must be loaded via shared_preload_libraries' out
yes_or says regress 'SELECT 1' 1
finish
