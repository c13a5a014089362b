# SPDX-License-Identifier: MIT
# What runs PostgreSQL clusters under the plugin shares: their directories, start, and an end that leaves nothing. The caller has set
# $clusters and $period (s), and may set plugin[CLUSTER] to "" where there shall be none.

bin=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -1)
[ -x "$bin/initdb" ] && command -v strace python3 setpriv >/dev/null || { echo "no PostgreSQL, strace or python3 here"; exit 77; }
. "${srcdir:-.}/tests/process/preload_lib.sh"
top=$(cd "${srcdir:-.}" && pwd)
# A server of sixteen processes is none of a sanitizer's business.
[ -z "$runtime" ] || { echo "not with a sanitizer"; exit 0; }
jobs=
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
	"${as[@]}" "$@" env LD_PRELOAD="${plugin[$i]-$disk/libentrain-preload.so}" ENTRAIN_LOG="$disk/plugin.log" ENTRAIN_DIR="$ENTRAIN_DIR" \
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
for ((i = 0; i < clusters; i++)); do echo "unix_socket_directories = '$disk/c$i'" >>c$i/postgresql.conf; done

# load_make CLUSTER [SCALE]: what pgbench works on
load_make()
{
	"${as[@]}" "$bin/pgbench" -i -q -s "${2:-1}" -h "$disk/c$1" postgres >bench$1.log 2>&1 || no "pgbench -i: $(tail -3 bench$1.log)"
}

# load_start CLUSTER SECONDS [OPTION...]: paced, far below what the disk can do
load_start()
{
	"${as[@]}" "$bin/pgbench" -R 30 -c 2 -T "$2" -l --log-prefix="$disk/transactions$1" "${@:3}" -h "$disk/c$1" postgres >>bench$1.log 2>&1 &
	jobs="$jobs $!"
}

# checkpoints_start CLUSTER TIMES: at whole periods of the wall clock
checkpoints_start()
{
	yes "select pg_sleep(($period - mod(extract(epoch from clock_timestamp())::numeric, $period))::float8);
		checkpoint;" 2>/dev/null | head -n $((2 * $2)) | ask $1 >checkpoints$1.log 2>&1 &
	jobs="$jobs $!"
}
