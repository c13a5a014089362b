#!/bin/bash
# SPDX-License-Identifier: MIT
# The picture of doc/nginx.md, from a real run: make nginx-page. Usage: picture.sh OUTPUT.svg, in a built tree.
out=$1
. "${srcdir:-.}/tests/hosts/nginx_lib.sh"
flush=5s seconds=34

# watched FILE: what the log shows from now on, for so long
watched()
{
	rm -f "$work/watching"
	python3 "$hosts/nginx_watch.py" "$work/access.log" >"$work/$1" 2>"$work/watching" &
	watcher=$!
	python3 "$hosts/nginx_load.py" "$port" 1 paced 160 "$seconds" >/dev/null 2>&1 &
	load=$!
	helpers="$helpers $watcher $load"
}

server_start 8 "entrain off;"
watched without
wait "$load"
kill "$watcher"
kill -QUIT "$(master)"
await test ! -e "$work/nginx.pid"
rm -f "$work/access.log"

server_start 8 "entrain swarm=web period=4s dir=$ENTRAIN_DIR;"
began=$(date +%s.%N)
watched with
sleep 16.5
killed=$(date +%s.%N)
kill -9 $(workers | head -4)
wait "$load"
kill "$watcher"
python3 "$(dirname "$0")/draw.py" "$work/without" "$work/with" "$began" "$killed" "$seconds" >"$work/picture.svg" && cp "$work/picture.svg" "$out"
