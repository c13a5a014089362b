#!/bin/bash
# SPDX-License-Identifier: MIT
# Eight nginx workers under a paced load: their logs are written evenly apart within three periods of start, of reload, of the
# death of four, of another number of workers, of a binary upgrade; seen from outside, in the log. ENTRAIN_LONG=1: with a
# period of 4 s and flush=5s, else shorter.

. "${srcdir:-.}/tests/hosts/nginx_lib.sh"
command -v curl >/dev/null || { echo "no curl"; exit 77; }
if [ "${ENTRAIN_LONG:-0}" != 0 ]; then period=4 flush=5s; else period=2 flush=2300ms; fi

# even NAME WORKERS SINCE: three periods after that their turns are planned so, and for two periods and a bit they write so; on a
# machine that holds up some of them each time, for as long again
even()
{
	local name=$1 count=$2 from to got planned
	from=$(python3 -c "print($3 + 3 * $period)")
	passed_by "$from"
	planned=$(number evenness)
	judge "$name: evenness of what is planned: $planned" awk "BEGIN { exit !($planned >= .95) }"
	for to in 5.3 7.6; do
		to=$(python3 -c "print($3 + $to * $period)")
		passed_by "$to"
		got=$(python3 "$hosts/nginx_turns.py" $period "$from" "$to" "$work/writes" 2>"$work/phases") || no "$name: $got"
		echo "$name: workers, evenness, most at once: $got; planned $planned; $(cat "$work/phases")"
		read -r have evenness most <<<"$got"
		awk "BEGIN { exit !($evenness >= .95) }" && break
	done
	judge "$name: $have workers, not $count" [ "$have" = "$count" ]
	judge "$name: evenness $evenness" awk "BEGIN { exit !($evenness >= .95) }"
	judge "$name: $most at once" [ "$most" = 1 ]
	judge "$name: the library sees no overlap" [ "$(number peak_overlap)" = 1 ]
}
now() { python3 -c 'import time; print(time.time())'; }
# passed_by INSTANT: wait until then
passed_by() { python3 -c "import time; time.sleep(max(0, $1 - time.time()))"; }

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
