# SPDX-License-Identifier: MIT
# What the tests with PostgreSQL share: a server of their own beside the system's, clusters in directories of their own, and their end.
#
# The server finds its libraries and extensions relative to where its program lies. So the program is copied into a tree of links
# to the installed files, and our files lie beside these.

pg_config=${PG_CONFIG:-/usr/lib/postgresql/15/bin/pg_config}
entrainctl=${ENTRAINCTL:-$PWD/entrainctl}
module=${POSTGRES_MODULE:-$PWD/.libs/entrain.so}
library=${ENTRAIN_LIBRARY:-$PWD/.libs/libentrain.so.0}
top=$(cd "${srcdir:-.}" && pwd)
if ! [ -e "$module" ] || ! [ -x "$("$pg_config" --bindir 2>/dev/null)/postgres" ]; then
	echo "the extension is not built, or there is no server of PostgreSQL 15"
	exit 77
fi
[ -x "$entrainctl" ] && [ -e "$library" ] || exit 99

home=$(mktemp -d "${TMPDIR:-/tmp}/entrain-test-pg.XXXXXX") || exit 99
ENTRAIN_DIR=$(mktemp -d /dev/shm/entrain-test-pg.XXXXXX) || exit 99
export ENTRAIN_DIR
unset ENTRAIN_CONFIG PGDATA PGHOST PGPORT PGUSER PGDATABASE PGOPTIONS LD_PRELOAD
cluster_names=
# A server that is not root's; whoever runs the test, if that is not root.
as=() owner=()
if [ "$(id -u)" -eq 0 ]; then
	as=(setpriv --reuid=65534 --regid=65534 --clear-groups)
	owner=(--owner nobody --group nogroup)
fi

fixture_end()
{
	local name
	for name in $cluster_names; do
		server_kill "$name"
	done
	[ -z "$helpers" ] || kill $helpers 2>/dev/null
	wait 2>/dev/null
	rm -rf "$home" "$ENTRAIN_DIR"
}
helpers=
trap fixture_end EXIT
trap 'exit 1' INT TERM HUP

failed=0 passed=0
no()
{
	failed=$((failed + 1))
	echo "FAILED: $*"
}

yes_or()
{
	if "$@" >"$home/yes_or" 2>&1; then
		passed=$((passed + 1))
	else
		no "$*"
		sed 's/^/	/' "$home/yes_or"
	fi
}

finish()
{
	echo "$passed passed, $failed failed"
	[ "$failed" -eq 0 ]
	exit
}

# until_ SECONDS COMMAND...: wait for it to succeed, at most so long.
until_()
{
	local end=$((SECONDS + $1))
	shift
	until "$@"; do
		[ "$SECONDS" -lt "$end" ] || return 1
		sleep .1
	done
}

# link_tree FROM TO: a folder of links to what is in the other
link_tree()
{
	mkdir -p "$2" && ln -s "$1"/* "$2"
}

bindir=$("$pg_config" --bindir) sharedir=$("$pg_config" --sharedir) libdir=$("$pg_config" --pkglibdir)
bin=$home$bindir
mkdir -p "$bin" || exit 99
cp "$bindir"/{postgres,initdb,pg_ctl,pg_basebackup} "$bin" || exit 99
for one in psql pgbench pg_isready; do ln -s "$bindir/$one" "$bin/$one"; done
link_tree "$sharedir" "$home$sharedir" || exit 99
rm "$home$sharedir/extension"
link_tree "$sharedir/extension" "$home$sharedir/extension" || exit 99
link_tree "$libdir" "$home$libdir" || exit 99
# What an installed entrain may have left there is not what is tested.
rm -f "$home$libdir/entrain.so" "$home$sharedir"/extension/entrain*
cp "$module" "$home$libdir/entrain.so" && cp "$library" "$home$libdir" || exit 99
cp "$top"/plugin/postgres/entrain.control "$top"/plugin/postgres/entrain--*.sql "$home$sharedir/extension" || exit 99
export LD_LIBRARY_PATH="$home$libdir"
chmod 755 "$home"
[ "$(id -u)" -ne 0 ] || chown 65534:65534 "$home" "$ENTRAIN_DIR"
cd "$home" || exit 99

# cluster NAME [LINE...]: a new cluster, not started; the first is made by initdb, others are copies of it as it was then.
cluster()
{
	local name=$1
	shift
	if ! [ -d "$home/blank" ]; then
		"${as[@]}" "$bin/initdb" -D "$home/blank" -U owner -A trust -N --no-instructions \
			--locale=C -E UTF8 >"$home/initdb.log" 2>&1 || { cat "$home/initdb.log"; exit 99; }
	fi
	cluster_names="$cluster_names $name"
	"${as[@]}" cp -a "$home/blank" "$home/$name" || exit 99
	configure "$name" "$@"
}

# configure NAME LINE...: add lines to its configuration.
configure()
{
	local name=$1
	shift
	{
		printf '%s\n' "listen_addresses = ''" "unix_socket_directories = '$home'" "port = $(port "$name")" \
			"cluster_name = '$name'" "shared_preload_libraries = 'entrain'" "shared_buffers = 16MB" \
			"max_connections = 20" "logging_collector = off" "log_line_prefix = '%n %b '" "fsync = on"
		[ $# -eq 0 ] || printf '%s\n' "$@"
	} >>"$home/$name/postgresql.conf"
}

# A number for the socket's name, one a cluster.
port()
{
	local number=5440 one
	for one in $cluster_names; do
		[ "$one" = "$1" ] && break
		number=$((number + 1))
	done
	echo $number
}

server_start()
{
	"${as[@]}" "$bin/pg_ctl" -D "$home/$1" -l "$home/$1.log" -w -t 30 start >"$home/pg_ctl.out" 2>&1 && return
	no "cluster $1 does not start"
	cat "$home/pg_ctl.out"
	tail -20 "$home/$1.log"
	finish
}

# server_stop NAME MODE
server_stop()
{
	"${as[@]}" "$bin/pg_ctl" -D "$home/$1" -w -t 30 -m "$2" stop >"$home/pg_ctl.out" 2>&1 ||
		no "cluster $1 does not stop ($2): $(tail -3 "$home/$1.log")"
}

# The postmaster of a cluster; all its children follow within a moment.
server_kill()
{
	local pid
	pid=$(sed -n 1p "$home/$1/postmaster.pid" 2>/dev/null) || return 0
	[ -z "$pid" ] || kill -QUIT "$pid" 2>/dev/null
	while [ -n "$pid" ] && kill -0 "$pid" 2>/dev/null; do sleep .05; done
}

server_reload()
{
	"${as[@]}" "$bin/pg_ctl" -D "$home/$1" reload >/dev/null
}

# ask NAME SQL...: what the server says, without decoration.
ask()
{
	"$bin/psql" -XAtq -h "$home" -p "$(port "$1")" -U owner -d postgres -c "$2"
}

says()
{
	[ "$(ask "$1" "$2")" = "$3" ]
}

log_has()
{
	grep -q -- "$2" "$home/$1.log"
}

# worker NAME: its process
worker()
{
	pgrep -P "$(sed -n 1p "$home/$1/postmaster.pid")" -f ': entrain *$'
}

in_swarm()
{
	[ "$(ask "$1" 'SELECT entrain_next_turn() IS NOT NULL')" = t ]
}
