#!/bin/bash
# SPDX-License-Identifier: MIT
# Four PostgreSQL clusters with the shipped rule: their checkpoints, which flush together without it, flush one after the other, each
# held once; no flush of WAL is ever held; and what is on the disk after SIGKILL is recovered, with all that was acknowledged.
# Needs postgresql-15, strace, python3, setpriv; the tool and the plugin, built. The checkpoints are asked for by SQL at whole periods of
# the wall clock in all clusters, since checkpoint_timeout cannot be below 30 s; the rule's period is shortened to that.

bin=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -1)
[ -x "$bin/initdb" ] && command -v strace python3 setpriv >/dev/null || { echo "no PostgreSQL, strace or python3 here"; exit 77; }
. "${srcdir:-.}/tests/process/preload_lib.sh"
top=$(cd "${srcdir:-.}" && pwd)
# A server of sixteen processes is none of a sanitizer's business.
[ -z "$runtime" ] || { echo "not with a sanitizer"; exit 0; }
clusters=4 period=3 jobs=
disk=$(mktemp -d "${TMPDIR:-/tmp}/entrain-test-postgresql.XXXXXX") || exit 99

# The server refuses to run as root, and the rule's group is that of Debian's servers.
as=() sed_group='/^group/d'
if [ "$(id -u)" -eq 0 ]; then
	id postgres >/dev/null 2>&1 || { echo "no user postgres"; exit 77; }
	as=(setpriv --reuid=postgres --regid=postgres --init-groups)
	sed_group=
fi

# gone PID...: none of these processes is there any more
gone()
{
	local pid
	for pid; do [ ! -d "/proc/$pid" ] || return 1; done
}

await()
{
	local tries
	for ((tries = 0; tries < 1000; tries++)); do
		"$@" && return
		sleep .02
	done
	return 1
}

# cluster_kill CLUSTER: the whole of it at once, as a crash of the machine would, but for what the kernel still writes
cluster_kill()
{
	local postmaster pids
	postmaster=$(head -1 "$disk/c$1/postmaster.pid" 2>/dev/null) || return 0
	[ -d "/proc/$postmaster" ] || return 0
	pids="$postmaster $(pgrep -P "$postmaster" | tr '\n' ' ')"
	kill -9 $pids
	await gone $pids || no "cluster $1 is not gone"
}

end()
{
	local i
	[ -z "$jobs" ] || kill $jobs 2>/dev/null
	for ((i = 0; i < clusters; i++)); do
		# the kernel keeps the one object that a killed server cannot remove
		segment=$(sed -n 7p "$disk/c$i/postmaster.pid" 2>/dev/null | awk '{ print $2 }')
		cluster_kill $i
		[ -z "$segment" ] || ipcrm -m "$segment" 2>/dev/null
	done
	wait 2>/dev/null
	rm -rf "$ENTRAIN_DIR" "$work" "$disk"
}
trap end EXIT
trap 'exit 1' INT TERM HUP

sed "$sed_group; s/^period = .*/period = ${period}s/" "$top/etc/rules/postgresql.ini" >"$ENTRAIN_CONFIG" || exit 99
grep -q "^period = ${period}s" "$ENTRAIN_CONFIG" || no "the shipped rule has no period to shorten"
tool create postgresql || { no "create"; finish; }
# Readable for the server's user, wherever this was built.
cp "$library" "$disk/libentrain-preload.so"
chmod 755 "$disk" "$work" "$ENTRAIN_DIR"
[ "$(id -u)" -ne 0 ] || chown postgres "$disk"
cd "$disk" || exit 99

ask()
{
	"${as[@]}" "$bin/psql" -X -q -t -A -h "$disk/c$1" -d postgres "${@:2}"
}

ready()
{
	"${as[@]}" "$bin/pg_isready" -q -h "$disk/c$1" -d postgres
}

# server_start CLUSTER [TRACER...]
server_start()
{
	local i=$1
	shift
	"${as[@]}" "$@" env LD_PRELOAD="$disk/libentrain-preload.so" ENTRAIN_LOG="$disk/plugin.log" ENTRAIN_DIR="$ENTRAIN_DIR" \
		ENTRAIN_CONFIG="$ENTRAIN_CONFIG" "$bin/postgres" -D "$disk/c$i" >>"c$i.log" 2>&1 &
	disown $!
}

servers_await()
{
	local i
	for ((i = 0; i < clusters; i++)); do
		await ready $i || { no "cluster $i does not start: $(tail -3 "c$i.log")"; finish; }
	done
}

"${as[@]}" "$bin/initdb" -N -A trust -U "$("${as[@]}" id -un)" -E UTF8 --locale=C -D "$disk/c0" >initdb.log 2>&1 ||
	{ no "initdb: $(tail -3 initdb.log)"; finish; }
# A port is but the name of a socket in a directory of its own: nothing listens on the network.
cat >>c0/postgresql.conf <<TEXT
listen_addresses = ''
unix_socket_permissions = 0777
shared_buffers = 16MB
dynamic_shared_memory_type = mmap
checkpoint_timeout = 1h
log_checkpoints = on
TEXT
for ((i = 1; i < clusters; i++)); do cp -a c0 c$i; done
for ((i = 0; i < clusters; i++)); do
	echo "unix_socket_directories = '$disk/c$i'" >>c$i/postgresql.conf
	server_start $i strace -f -q -ttt -T --seccomp-bpf -e trace=fsync,fdatasync,futex -o "$disk/trace$i"
done
servers_await
for ((i = 0; i < clusters; i++)); do
	"${as[@]}" "$bin/pgbench" -i -q -s 1 -h "$disk/c$i" postgres >bench$i.log 2>&1 || no "pgbench -i: $(tail -3 bench$i.log)"
	checkpointer[$i]=$(ask $i -c "select pid from pg_stat_activity where backend_type = 'checkpointer'")
done

# The load: paced, far below what the disk can do.
for ((i = 0; i < clusters; i++)); do
	"${as[@]}" "$bin/pgbench" -R 30 -c 2 -T 600 -l --log-prefix="$disk/transactions$i" -h "$disk/c$i" postgres >>bench$i.log 2>&1 &
	jobs="$jobs $!"
	yes "select pg_sleep(($period - mod(extract(epoch from clock_timestamp())::numeric, $period))::float8);
		checkpoint;" 2>/dev/null | ask $i >checkpoints$i.log 2>&1 &
	jobs="$jobs $!"
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
