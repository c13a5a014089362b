#!/bin/bash
# SPDX-License-Identifier: MIT
# A primary and its standby on one host: the standby's restartpoints take turns with the primary's checkpoints, writing spread over
# more than a second; promoted, it goes on with checkpoints, beside the former primary and without it.
# Needs postgresql-15, python3; the tool and the extension, built.

command -v python3 >/dev/null || exit 77
. "${srcdir:-.}/tests/hosts/postgres_fixture.sh"

period=4
cluster primary "entrain.swarm = 'db-host'" "entrain.period = '${period}s'" "checkpoint_timeout = 30s" \
	"checkpoint_completion_target = .05" "autovacuum = off" "wal_init_zero = off" "hot_standby = on"
server_start primary
ask primary 'CREATE EXTENSION entrain'
"$bin/pgbench" -h "$home" -p "$(port primary)" -U owner -i -q postgres >pgbench.init 2>&1 || no "pgbench -i: $(tail -2 pgbench.init)"
cluster_names="$cluster_names standby"
yes_or "${as[@]}" "$bin/pg_basebackup" -h "$home" -p "$(port primary)" -U owner -D "$home/standby" -c fast -R
configure standby
"$bin/pgbench" -h "$home" -p "$(port primary)" -U owner -n -c 1 -R 30 -T 1000 postgres >load 2>&1 &
helpers=$!
server_start standby
yes_or until_ 10 in_swarm standby
yes_or says standby 'SELECT pg_is_in_recovery()' t
yes_or says standby "SELECT count(*) FROM entrain_agents" 2

# judged FIRST WHAT NAME...: since then every cluster has made one each period, evenly apart from the others
judged()
{
	local first=$1 what=$2 got evenness most fewest least
	shift 2
	least=$((($(date +%s) - first) / period - 1))
	got=$(python3 "$top/tests/hosts/checkpoint_turns.py" "$period" "$first" 0 "${@/%/.log}" 2>judged) ||
		{ no "$what: $got $(cat judged)"; return; }
	echo "$what: evenness, most at once, fewest: $got (at least $least)"
	sed 's/^/	/' judged
	read -r evenness most fewest <<<"$got"
	# to the second in which the server begins to count: half of one, of a gap of two
	yes_or awk "BEGIN { exit !($evenness >= .6) }"
	yes_or [ "$most" -eq 1 ]
	yes_or [ "$fewest" -ge "$least" ]
}

# The first turns find nothing replayed yet, or a server that has just begun.
sleep $((period * 2))
first=$(date +%s)
sleep $((period * 4))
judged "$first" "primary and standby" primary standby
yes_or says standby "SELECT bool_and(kind = 'restartpoint') FROM entrain_checkpoint_turns()" t
yes_or says standby "SELECT checkpoints_timed FROM pg_stat_bgwriter" 0
yes_or log_has standby 'restartpoint starting: time'

pid=$(worker standby)
yes_or "${as[@]}" "$bin/pg_ctl" -D standby -w promote
server_kill primary
kill $helpers 2>/dev/null
wait $helpers 2>/dev/null
"$bin/pgbench" -h "$home" -p "$(port standby)" -U owner -n -c 1 -R 30 -T 1000 postgres >load 2>&1 &
helpers=$!
yes_or [ "$(worker standby)" = "$pid" ]
# the checkpoint that the promotion makes is not ours
sleep $((period * 2))
first=$(date +%s)
sleep $((period * 3))
judged "$first" "promoted" standby
yes_or says standby "SELECT kind, asked IS NOT NULL FROM entrain_checkpoint_turns() ORDER BY started DESC LIMIT 1" 'checkpoint|t'
yes_or says standby "SELECT count(*) FROM entrain_agents WHERE state IN ('idle', 'acting')" 1
finish
