#!/bin/bash
# SPDX-License-Identifier: MIT
# Eight nginx workers under a paced load: their logs are written evenly apart within three periods of start, of reload, of the
# death of four, of another number of workers, of a binary upgrade; seen from outside, in the log. ENTRAIN_LONG=1: with a
# period of 4 s and flush=5s, else shorter.

. "${srcdir:-.}/tests/hosts/nginx_lib.sh"
command -v curl >/dev/null || { echo "no curl"; exit 77; }
if [ "${ENTRAIN_LONG:-0}" != 0 ]; then period=4 flush=5s; else period=2 flush=2300ms; fi

# even NAME WORKERS SINCE: three periods after that, for two periods and a bit
even()
{
	local name=$1 count=$2 from to got
	from=$(python3 -c "print($3 + 3 * $period)")
	to=$(python3 -c "print($3 + 5.3 * $period)")
	while python3 -c "import sys, time; sys.exit(time.time() >= $to)"; do sleep .05; done
	got=$(python3 "$hosts/nginx_turns.py" $period "$from" "$to" "$work/writes" 2>"$work/phases") || no "$name: $got"
	echo "$name: workers, evenness, most at once: $got; $(cat "$work/phases")"
	read -r have evenness most <<<"$got"
	judge "$name: $have workers, not $count" [ "$have" = "$count" ]
	judge "$name: evenness $evenness" awk "BEGIN { exit !($evenness >= .95) }"
	judge "$name: $most at once" [ "$most" = 1 ]
	judge "$name: the library sees no overlap" [ "$(number peak_overlap)" = 1 ]
}
now() { python3 -c 'import time; print(time.time())'; }

server_start 8 "entrain swarm=web period=${period}s dir=$ENTRAIN_DIR;"
started=$(now)
python3 "$hosts/nginx_watch.py" "$work/access.log" >"$work/writes" 2>"$work/watching" &
helpers="$helpers $!"
judge "the log can be watched" await grep -qs watching "$work/watching"
python3 "$hosts/nginx_load.py" "$port" 1 paced 120 100000 >/dev/null 2>&1 &
helpers="$helpers $!"
even start 8 "$started"

old=$(workers | sort)
reloaded=$(now)
kill -HUP "$(master)"
even reload 8 "$reloaded"
judge "they are others" [ -z "$(comm -12 <(echo "$old") <(workers | sort))" ]

killed=$(now)
kill -9 $(workers | head -4)
even killed 8 "$killed"

sed -i 's/^worker_processes 8/worker_processes 5/' "$work/nginx.conf"
reloaded=$(now)
kill -HUP "$(master)"
even fewer 5 "$reloaded"

former=$(master)
sed -i 's/^worker_processes 5/worker_processes 8/' "$work/nginx.conf"
upgraded=$(now)
kill -USR2 "$former"
judge "a second master starts" await test -s "$work/nginx.pid.oldbin"
judge "both masters' workers are agents" await alive 13
kill -QUIT "$former"
judge "the former master ends" await test ! -e "/proc/$former"
even upgrade 8 "$upgraded"
judge "no complaint" [ -z "$(grep -E '\[(emerg|alert|crit|error)\]' "$work/error.log" | grep -v 'exited on signal 9')" ]
kill -QUIT "$(master)"
judge "all have left" await alive 0
finish 20
