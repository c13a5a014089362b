#!/bin/bash
# SPDX-License-Identifier: MIT
# The extension's regression tests, by the server's own means: make installcheck through PGXS, on a server that has it loaded.
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
# without the library loaded at start it says what is missing, and the server serves
configure regress "shared_preload_libraries = ''"
server_stop regress fast
server_start regress
ask regress 'CREATE EXTENSION entrain' || no "CREATE EXTENSION without the library loaded"
ask regress 'SELECT entrain_status()' >out 2>&1 && no "status without the library loaded"
yes_or grep -q 'must be loaded via shared_preload_libraries' out
yes_or says regress 'SELECT 1' 1
finish
