#!/bin/bash
# SPDX-License-Identifier: MIT
# Apache with its prefork module under the plugin without a rule serves and logs every byte as without it, whatever is done to it:
# graceful restart, restart; and the flushes that it makes (WebDAV's data base) are counted.
# Needs apache2 (apache2-bin), python3, pgrep; the tool and the plugin, built.

modules=/usr/lib/apache2/modules
apache=$(command -v apache2 || ls /usr/sbin/apache2 2>/dev/null)
[ -x "$apache" ] && [ -e $modules/mod_mpm_prefork.so ] || { echo "no apache2"; exit 77; }
. "${srcdir:-.}/tests/hosts/web_lib.sh"
server=("$apache" -k start -f)
questions=$disk/questions

configure()
{
	local module user=
	mkdir -p "$1/docs/written" "$1/locks"
	cp -a docs/. "$1/docs/"
	[ "$(id -u)" -ne 0 ] || { chown -R 65534:65534 "$1"; user=yes; }
	{
		for module in mpm_prefork authz_core dav dav_fs dir mime deflate filter alias env; do
			echo "LoadModule ${module}_module $modules/mod_$module.so"
		done
		[ -z "$user" ] || printf '%s\n' 'User #65534' 'Group #65534'
		cat <<-TEXT
			ServerRoot $disk/$1
			ServerName site
			Listen 127.0.0.1:${port[$1]}
			PidFile $disk/$1/pid
			DefaultRuntimeDir $disk/$1
			Mutex file:$disk/$1 default
			TypesConfig /dev/null
			StartServers 4
			MinSpareServers 2
			MaxSpareServers 6
			MaxRequestWorkers 12
			DocumentRoot $disk/$1/docs
			DirectoryIndex index.html
			DAVLockDB $disk/$1/locks/lock
			ErrorLog $disk/$1/error.log
			LogLevel warn
			LogFormat "%r|%>s|%b" plain
			CustomLog $disk/$1/access.log plain
			AddOutputFilterByType DEFLATE text/html
			AddType text/html .html
			Redirect /old http://site/new
			<Directory $disk/$1/docs/written>
				DAV on
			</Directory>
		TEXT
	} >"$1/server.conf"
}

mkdir -p docs/folder
seq 1 2000 >docs/index.html
head -c 700000 /dev/urandom >docs/large
# what is younger than a second is tagged otherwise
touch -d '2020-01-01' docs/index.html docs/large
lock='<?xml version="1.0"?><d:lockinfo xmlns:d="DAV:"><d:lockscope><d:exclusive/></d:lockscope><d:locktype><d:write/></d:locktype></d:lockinfo>'
patch='<?xml version="1.0"?><d:propertyupdate xmlns:d="DAV:" xmlns:x="x:"><d:set><d:prop><x:colour>red</x:colour></d:prop></d:set></d:propertyupdate>'
# Whoever asks for a lock is alone: the data base of locks is not made for several at once.
cat >questions <<TEXT
* | GET | /
* | GET | / | Accept-Encoding: gzip
* | HEAD | /large
* | GET | /large
* | GET | /large | Range: bytes=100-500099
* | GET | /none-{n}
* | GET | /folder
* | GET | /old/thing
* | POST | / | body: something
* | PUT | /written/file-{n} | body: to be there afterwards
* | GET | /written/file-{n}
* | DELETE | /written/file-{n}
* | OPTIONS | *
1 | PUT | /written/kept-{n} | body: locked soon
1 | PROPPATCH | /written/kept-{n} | Content-Type: text/xml | body: $patch
1 | LOCK | /written/kept-{n} | Content-Type: text/xml | Timeout: Second-20000 | body: $lock
1 | PUT | /written/kept-{n} | body: refused, since it is locked
TEXT
for name in $both; do mkdir $name; start $name; done

# restart SIGNAL NAME: all children are new; HUP lets go of connections, USR1 does not
restart()
{
	local old
	old=$(workers_of "$2")
	kill "-$1" "$(main_of "$2")"
	await gone $old
}

ask first
# a file that is locked is a file that was flushed
covered 4
ask graceful restart USR1
for name in $both; do restart HUP $name; done
for name in $both; do await listens $name; done
ask last
covered 4
"$entrainctl" events default >events
grep -q ' joined as ' events || no "no child is in the swarm"
for name in $both; do
	old="$(main_of $name) $(workers_of $name)"
	kill -WINCH "$(main_of $name)"
	await gone $old
done
logs_same 's/^\[[^]]*\] //; s/\[pid [^]]*\] //; s/\[client [^]]*\] //'
finish
