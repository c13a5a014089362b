# SPDX-License-Identifier: MIT
# What the tests of the nginx module share: an nginx of their own with its files, swarm and port, ended whatever happens;
# judgements that are counted.

command -v python3 >/dev/null || { echo "no python3"; exit 77; }
nginx=$(command -v nginx || { [ -x /usr/sbin/nginx ] && echo /usr/sbin/nginx; }) || { echo "no nginx"; exit 77; }
entrainctl=${ENTRAINCTL:-$PWD/entrainctl}
module=${NGINX_MODULE:-$PWD/.libs/ngx_http_entrain_module.so}
[ -e "$module" ] || { echo "built without the nginx module"; exit 77; }
[ -x "$entrainctl" ] || exit 99
hosts=$(cd "${srcdir:-.}/tests/hosts" && pwd)
# nginx knows nothing of a sanitizer's runtime.
! ldd "$module" | grep -q 'lib[atu][a-z]*san' || { echo "not with a sanitizer"; exit 0; }

work=$(mktemp -d /dev/shm/entrain-test-nginx-work.XXXXXX) || exit 99 # a busy disk would be seen as a long action
ENTRAIN_DIR=$(mktemp -d /dev/shm/entrain-test-nginx.XXXXXX) || exit 99
export ENTRAIN_DIR
chmod 755 "$work" "$ENTRAIN_DIR"
unset ENTRAIN_CONFIG
helpers=
end()
{
	local pid master
	for pid in $helpers; do kill -9 "$pid" 2>/dev/null; done
	for master in "$work"/nginx.pid "$work"/nginx.pid.oldbin; do
		[ -s "$master" ] || continue
		pid=$(cat "$master")
		grep -qs "nginx: master" "/proc/$pid/cmdline" || continue
		children=$(cat "/proc/$pid/task/$pid/children" 2>/dev/null)
		kill -9 "$pid" $children 2>/dev/null
	done
	wait 2>/dev/null
	rm -rf "$work" "$ENTRAIN_DIR"
}
trap end EXIT
trap 'exit 1' INT TERM HUP

failed=0 passed=0
ok() { passed=$((passed + 1)); }
no()
{
	failed=$((failed + 1))
	echo "FAILED: $*"
}
# judge WHAT COMMAND...
judge()
{
	local what=$1
	shift
	if "$@"; then ok; else no "$what"; fi
}
finish()
{
	[ "$failed" -eq 0 ] || { echo "-- error log:"; tail -20 "$work/error.log" 2>/dev/null; }
	echo "$passed passed, $failed failed"
	[ "$failed" -eq 0 ] && [ "$passed" -ge "$1" ]
	exit
}

# await COMMAND...: true within 20 seconds
await()
{
	local tries
	for ((tries = 0; tries < 1000; tries++)); do
		"$@" && return 0
		sleep .02
	done
	return 1
}

# A port that nobody listens on now.
free_port()
{
	python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

# configure WORKERS DIRECTIVE [LOCATIONS [LOG]]: writes nginx.conf
log_format='$msec $pid $request_uri'
configure()
{
	cat >"$work/nginx.conf" <<-TEXT
	load_module $module;
	worker_processes $1;
	worker_shutdown_timeout 20s;
	pid $work/nginx.pid;
	error_log $work/error.log notice;
	events { worker_connections 512; }
	http {
	    $2
	    log_format told '$log_format';
	    ${4:-access_log $work/access.log told buffer=64k flush=$flush;}
	    client_body_temp_path $work/t1; proxy_temp_path $work/t2; fastcgi_temp_path $work/t3;
	    uwsgi_temp_path $work/t4; scgi_temp_path $work/t5;
	    keepalive_requests 100000;
	    server {
	        listen 127.0.0.1:$port reuseport;
	        add_header X-Worker \$pid;
	        location / { return 200 "ok\n"; }
	        location /entrain { entrain_status; access_log off; }
	        $3
	    }
	}
	TEXT
}

nginx_run() { "$nginx" -c "$work/nginx.conf" "$@" 2>"$work/nginx.err"; }

# Another may take the port meanwhile: then another port.
server_start()
{
	local tries
	for ((tries = 0; tries < 10; tries++)); do
		port=$(free_port)
		configure "$@"
		nginx_run && return 0
		grep -q 'bind()' "$work/nginx.err" || break
	done
	cat "$work/nginx.err"
	no "nginx does not start"
	finish 0
}

master() { cat "$work/nginx.pid"; }

# Pids of the workers that are not about to end, of one master (default: the present one).
workers()
{
	local of=${1:-$(master)} pid
	for pid in $(cat "/proc/$of/task/$of/children" 2>/dev/null); do
		tr '\0' ' ' <"/proc/$pid/cmdline" 2>/dev/null | grep -q 'worker process *$' && echo "$pid"
	done
}

# number KEY: of the swarm's status
number() { "$entrainctl" status web --json 2>/dev/null | sed -n "s/^ *\"$1\": \\([-0-9.e+]*\\),*\$/\\1/p"; }
alive() { [ "$(number agents_alive)" = "$1" ]; }
get() { curl -s --max-time 10 "http://127.0.0.1:$port$1" "${@:2}"; }
