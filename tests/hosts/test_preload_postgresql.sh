#!/bin/bash
# SPDX-License-Identifier: MIT
# Four PostgreSQL clusters with the shipped rule: their checkpoints, which flush together without it, flush one after the other, each
# held once; no flush of WAL is ever held, whatever call it is; and what is on the disk after SIGKILL is recovered, with all that was acknowledged.
# Needs postgresql-15, strace, python3, setpriv; the tool and the plugin, built. The checkpoints are asked for by SQL at whole periods of
# the wall clock in all clusters, since checkpoint_timeout cannot be below 30 s; the rule's period is shortened to that.

clusters=4 period=3
. "${srcdir:-.}/tests/hosts/postgresql_lib.sh"

# Its WAL goes through the call that the rule names.
echo "wal_sync_method = fsync" >>c0/postgresql.conf
for ((i = 0; i < clusters; i++)); do
	server_start $i strace -f -y -q -ttt -T --seccomp-bpf -e trace=fsync,fdatasync,futex -o "$disk/trace$i"
done
servers_await
for ((i = 0; i < clusters; i++)); do
	load_make $i
	checkpointer[$i]=$(ask $i -c "select pid from pg_stat_activity where backend_type = 'checkpointer'")
done

for ((i = 0; i < clusters; i++)); do
	load_start $i 600
	checkpoints_start $i 600
done
# Three are watched, and in two more the order settles; then three or four that count.
began=$(date +%s)
first=$((began / period + 6)) last=$((began / period + 10))
sleep $((last * period - began - period / 2))

# What is known from outside, and what the plugin says of itself.
judged=$(python3 "$top/tests/hosts/checkpoint_bursts.py" $period $((first * period)) .04 \
	$(for ((i = 0; i < clusters; i++)); do echo "trace$i:${checkpointer[$i]}"; done) 2>&1) || no "from outside"
echo "$judged"
for ((i = 0; i < clusters; i++)); do
	"$entrainctl" check "${checkpointer[$i]}" --json >json || no "the checkpointer of cluster $i is not covered: $(cat json)"
	yes_or python3 - json "$period" <<-'TEXT'
		import json, sys
		rule, = json.load(open(sys.argv[1]))["rules"]
		assert rule["stand"] == "joined" and rule["rhythm"] == "grid", rule
		# 8 % of the period; a late wakeup is the machine's
		assert rule["bursts"] >= 8 and rule["held"] <= rule["bursts"] and rule["held_max_ns"] < float(sys.argv[2]) * 1e9 * .2, rule
	TEXT
	for pid in $(ask $i -c "select pid from pg_stat_activity where backend_type in ('client backend', 'walwriter') and
			pid <> pg_backend_pid()"); do
		"$entrainctl" check "$pid" --json >json || no "$pid of cluster $i is not covered: $(cat json)"
		yes_or grep -q '"matched": 0,' json
	done
done

for ((i = 0; i < clusters; i++)); do cluster_kill $i; done
kill $jobs 2>/dev/null
wait
jobs=
for ((i = 0; i < clusters; i++)); do server_start $i; done
servers_await
for ((i = 0; i < clusters; i++)); do
	yes_or grep -q 'redo done' c$i.log
	# each transaction adds the same to four tables
	sums=$(ask $i -c 'select (select sum(abalance) from pgbench_accounts), (select sum(tbalance) from pgbench_tellers),
		(select sum(bbalance) from pgbench_branches), sum(delta), count(*) from pgbench_history')
	IFS='|' read -r accounts tellers branches history rows <<<"$sums"
	[ -n "$history" ] && [ "$accounts|$tellers|$branches" = "$history|$history|$history" ] || no "cluster $i: the sums are $sums"
	acknowledged=$(cat transactions$i* | wc -l)
	[ "$acknowledged" -ge 300 ] && [ "$rows" -ge "$acknowledged" ] ||
		no "cluster $i: $acknowledged transactions were acknowledged, $rows are there"
	"${as[@]}" "$bin/pg_ctl" stop -m fast -w -D "$disk/c$i" >stop.log 2>&1 || no "cluster $i does not stop: $(cat stop.log)"
done
[ ! -e plugin.log ] || no "the plugin logged: $(cat plugin.log)"
! grep -hE 'PANIC|FATAL|ERROR' c?.log | grep -v 'terminating connection\|administrator command\|starting up\|not yet accepting' || no "the servers' logs"
finish
