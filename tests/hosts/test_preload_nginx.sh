#!/bin/bash
# SPDX-License-Identifier: MIT
# nginx under the plugin without a rule serves and logs every byte as without it, whatever is done to it: reload, reopened logs, a
# new binary; and the flushes that it makes are counted.
# Needs nginx with its perl module, python3, pgrep; the tool and the plugin, built.

modules=/usr/lib/nginx/modules
nginx=$(command -v nginx || ls /usr/sbin/nginx 2>/dev/null)
[ -x "$nginx" ] && [ -e $modules/ngx_http_perl_module.so ] || { echo "no nginx, or not its perl module"; exit 77; }
. "${srcdir:-.}/tests/hosts/web_lib.sh"
server=("$nginx" -q -e "$disk/start.log" -c)
questions=$disk/questions

configure()
{
	local user=
	mkdir -p "$1/written"
	[ "$(id -u)" -ne 0 ] || { chown -R 65534 "$1"; user='user nobody nogroup;'; }
	# A new binary is started with the variables that are named here; workers have these only, once they run.
	cat >"$1/server.conf" <<-TEXT
		load_module $modules/ngx_http_perl_module.so;
		$user
		env LD_PRELOAD; env ENTRAIN_SWARM; env ENTRAIN_DIR; env ENTRAIN_CONFIG; env ENTRAIN_LOG;
		worker_processes 3;
		worker_shutdown_timeout 20s;
		pid $disk/$1/pid;
		error_log $disk/$1/error.log warn;
		events { worker_connections 256; }
		http {
			log_format plain '\$request|\$status|\$body_bytes_sent|\$http_host';
			access_log $disk/$1/access.log plain;
			access_log $disk/$1/buffered.log plain buffer=16k flush=1s;
			client_body_temp_path $disk/$1/body; proxy_temp_path $disk/$1/proxy; fastcgi_temp_path $disk/$1/fastcgi;
			uwsgi_temp_path $disk/$1/uwsgi; scgi_temp_path $disk/$1/scgi;
			proxy_cache_path $disk/$1/cache keys_zone=cache:1m inactive=60s;
			types { text/html html; }
			gzip on; gzip_min_length 100;
			server {
				listen 127.0.0.1:${port[$1]};
				root $disk/docs;
				server_name_in_redirect off; port_in_redirect off;
				location = /flush {
					perl 'sub {
						use IO::Handle;
						my \$r = shift;
						open(my \$file, ">>", "$disk/$1/written/file") or return 500;
						print \$file "line\n";
						\$file->sync or return 500;
						close(\$file);
						\$r->send_http_header("text/plain");
						\$r->print("flushed\n");
						return OK;
					}';
				}
				location /written/ { root $disk/$1; dav_methods PUT DELETE; create_full_put_path on; }
				location /far/ { proxy_pass http://127.0.0.1:${port[$1]}/near/; proxy_cache cache; proxy_cache_valid 60s; }
				location /near/ { alias $disk/docs/; access_log off; }
				location = /said { return 200 "said\n"; }
			}
		}
	TEXT
}

mkdir -p docs/folder
seq 1 2000 >docs/index.html
head -c 700000 /dev/urandom >docs/large
cat >questions <<'TEXT'
* | GET | /
* | GET | / | Accept-Encoding: gzip
* | HEAD | /large
* | GET | /large
* | GET | /large | Range: bytes=100-500099
* | GET | /none-{n}
* | GET | /folder
* | POST | /said | body: something that is not read
* | GET | /flush
* | PUT | /written/file-{n} | body: to be there afterwards
* | GET | /written/file-{n}
* | DELETE | /written/file-{n}
* | POST | / | body: not allowed
* | OPTIONS | *
1 | GET | /far/index.html
TEXT
for name in $both; do mkdir $name; start $name; done

reload()
{
	local old
	old=$(workers_of "$1")
	kill -HUP "$(main_of "$1")"
	await gone $old
}

reopen()
{
	mv "$1/access.log" "$1/access.log.1"
	kill -USR1 "$(main_of "$1")"
	await [ -e "$1/access.log" ]
}

has_workers()
{
	[ -n "$(workers_of "$1")" ]
}

upgrade()
{
	local old
	old=$(main_of "$1")
	kill -USR2 "$old"
	await [ -e "$1/pid.oldbin" ]
	await [ -s "$1/pid" ]
	await has_workers "$1"
	kill -QUIT "$old"
	await gone "$old"
}

ask first
covered 16
ask reload reload
ask reopen reopen
ask upgrade upgrade
ask last
covered 16
"$entrainctl" events default >events
grep -q ' joined as ' events || no "no worker is in the swarm"
# without that line a new binary goes without the plugin, as the manual says, and serves all the same
for name in $both; do
	sed -i '/env LD_PRELOAD/d' $name/server.conf
	reload $name
	upgrade $name
done
ask without
! "$entrainctl" check "$(main_of under)" >check || no "still covered: $(cat check)"
yes_or grep -q 'the plugin was not in LD_PRELOAD' check
for name in $both; do
	old="$(main_of $name) $(workers_of $name)"
	kill -QUIT "$(main_of $name)"
	await gone $old
	# what was buffered has come too
	cat $name/access.log* | sort | diff - <(sort $name/buffered.log) >differ || no "$name: buffered lines: $(head -5 differ)"
	[ "$(sort -u $name/written/file)" = line ] || no "$name: $(head -3 $name/written/file) in the file"
done
yes_or cmp bare/written/file under/written/file
logs_same 's/^[^[]*//; s/[0-9]*#[0-9]*: \**[0-9]*//'
finish
