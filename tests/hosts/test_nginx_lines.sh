#!/bin/bash
# SPDX-License-Identifier: MIT
# 100,000 requests while nginx reloads, opens its logs anew, is upgraded, and workers end in every way: each that was answered is
# in the log once, but for what a SIGKILL or a fast exit took with it; connections that stay open hold no worker and no swarm up; and no request
# waits for the log of another worker.

. "${srcdir:-.}/tests/hosts/nginx_lib.sh"
command -v curl >/dev/null || { echo "no curl"; exit 77; }
command -v strace >/dev/null || { echo "no strace"; exit 77; }
flush=1500ms
# /held answers a kilobyte now, and the rest so slowly that it is held open for the whole test.
head -c 200000 /dev/zero | tr '\0' x >"$work/held"
server_start 4 "entrain swarm=web period=1s dir=$ENTRAIN_DIR;" \
	"location /held { root $work; limit_rate 1k; access_log off; }" \
	"access_log $work/access.log told buffer=64k flush=$flush; access_log $work/zip.gz told gzip buffer=64k flush=$flush;"
chmod 644 "$work/held"
judge "four agents" await alive 4
now() { date +%s.%N; }

# Loads on the way: as fast as it goes, and paced.
python3 "$hosts/nginx_load.py" "$port" 1 bulk 100000 >"$work/answers1" 2>"$work/load1" &
bulk=$!
python3 "$hosts/nginx_load.py" "$port" 1000000 paced 100 14 >"$work/answers2" 2>"$work/load2" &
paced=$!
helpers="$helpers $bulk $paced"
sleep .5
kill -HUP "$(master)"
judge "reloaded" await alive 4
mv "$work/access.log" "$work/access.log.1"
kill -USR1 "$(master)"
judge "the log is opened anew" await test -s "$work/access.log"
gone=()
while read -r victim; do
	gone+=("ended $victim $(now)")
	kill -TERM "$victim"
done < <(workers | head -2)
judge "ended ones are replaced" await alive 4
former=$(master)
kill -USR2 "$former"
judge "upgraded" await alive 8
kill -QUIT "$former"
judge "the former master ends" await test ! -e "/proc/$former"
judge "four again" await alive 4
sed -i 's/^worker_processes 4/worker_processes 2/' "$work/nginx.conf"
kill -HUP "$(master)"
judge "two of another number" await alive 2
sed -i 's/^worker_processes 2/worker_processes 4/' "$work/nginx.conf"
kill -HUP "$(master)"
judge "four of another number" await alive 4

# SIGKILL takes with it what is in the buffer, with or without us: at most a period's and a delay's lines.
while read -r victim; do
	gone+=("killed $victim $(now)")
	kill -9 "$victim"
done < <(workers | head -2)
judge "killed ones are replaced" await alive 4
wait $bulk $paced

# A connection that stays open: its worker goes on as an agent beside the new ones, and leaves when it is closed.
exec 5<>"/dev/tcp/127.0.0.1/$port"
printf 'GET /held HTTP/1.1\r\nHost: test\r\n\r\n' >&5
judge "a connection is held open" read -r -t 10 -u 5
kill -HUP "$(master)"
judge "the worker that holds it goes on as an agent" await alive 5
exec 5>&-
judge "and leaves with it" await alive 4

# The log of one worker takes 400 ms to write: the others' requests take no notice.
python3 "$hosts/nginx_load.py" "$port" 3000000 paced 100 4 >"$work/answers3" 2>"$work/load3" &
paced=$!
helpers="$helpers $paced"
slow=$(workers | head -1)
strace -qq -p "$slow" -P "$work/access.log" -e trace=write -e inject=write:delay_enter=400000 -o "$work/trace" 2>"$work/strace" &
tracer=$!
helpers="$helpers $tracer"
wait $paced
kill "$tracer" 2>/dev/null
wait "$tracer" 2>/dev/null
read -r others share own < <(awk -v slow="$slow" '{ is = $2 == slow; n[is]++; late[is] += $4 > .35 }
	$4 > most[$2 == slow] { most[$2 == slow] = $4 }
	END { print most[0] + 0, n[0] ? late[0] / n[0] : 1, most[1] + 0 }' "$work/answers3")
echo "longest request: $others s of the others, $own s of the one whose log takes 0.4 s"
if grep -q 'not permitted' "$work/strace"; then
	echo "this user may not trace: not judged"
else
	judge "its log was slow" grep -q '^write' "$work/trace"
	# for what is left of the 0.4 s when the first of them comes
	judge "its own requests wait: $own s" awk "BEGIN { exit !($own > .3) }"
	judge "others wait for it: $share of them" awk "BEGIN { exit !($share < .02) }"
fi

kill -QUIT "$(master)"
judge "all have left" await alive 0
got=$(python3 "$hosts/nginx_lines.py" 1.7 "${gone[@]}" logs "$work"/access.log.1 "$work"/access.log \
	answers "$work"/answers[123] 2>&1) || no "lines: $got"
echo "$got"
requests=${got%% *}
zcat "$work/zip.gz" >"$work/zip.log" || no "the compressed log is not whole"
also=$(python3 "$hosts/nginx_lines.py" 1.7 "${gone[@]}" logs "$work"/zip.log answers "$work"/answers[123] 2>&1) ||
	no "compressed lines: $also"
echo "compressed: $also"
judge "enough requests: $requests" [ "${requests:-0}" -ge 98000 ]
judge "no complaint" [ -z "$(grep -E '\[(emerg|alert|crit|error)\]' "$work/error.log" | grep -v 'exited on signal 9')" ]
finish 16
