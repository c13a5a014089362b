#!/bin/bash
# SPDX-License-Identifier: MIT
# The nginx module as its configuration, its variables and its location show it: what nginx -t refuses and where, off and on in
# servers and locations, JSON, text and metrics, who is an agent, and that nginx runs on whatever becomes of the swarm.

. "${srcdir:-.}/tests/hosts/nginx_lib.sh"
command -v curl >/dev/null || { echo "no curl"; exit 77; }
flush=1500ms port=$(free_port)
entrain="entrain swarm=web period=1s dir=$ENTRAIN_DIR;"

# refused TEXT DIRECTIVE [LOCATION [LOG]]: nginx -t says so
refused()
{
	local text=$1
	shift
	configure 2 "$@"
	if nginx_run -t; then
		no "nginx -t takes: $*"
	elif ! grep -q -e "$text" "$work/nginx.err"; then
		no "nginx -t does not say '$text': $(grep emerg "$work/nginx.err")"
	elif ! grep -q "in $work/nginx.conf:[0-9]" "$work/nginx.err"; then
		no "nginx -t names no line: $(grep emerg "$work/nginx.err")"
	else
		ok
	fi
}
taken()
{
	configure 2 "$@"
	if nginx_run -t; then ok; else no "nginx -t refuses: $* $(cat "$work/nginx.err")"; fi
}

refused 'swarm=NAME is missing.*nginx.conf:8' 'entrain period=1s;'
refused "'5' has no unit.*nginx.conf:8" 'entrain swarm=web period=5;'
refused 'no such key' 'entrain swarm=web colour=red;'
refused 'not of the form KEY=VALUE' 'entrain swarm=web fast;'
refused 'given twice' 'entrain swarm=web period=1s period=1s;'
refused 'given twice' 'entrain swarm=web swarm=other;'
refused 'begins with' 'entrain swarm=-web;'
refused 'twice' 'entrain swarm=web period=1s; entrain off;'
refused 'kind=taken' 'entrain swarm=web period=1s kind=relative;'
refused 'not an absolute path' 'entrain swarm=web period=1s dir=x;'
refused 'max' 'entrain swarm=web period=1s max_delay=2s;'
refused 'said in http' "$entrain" 'location /x { entrain swarm=other; }'
# (1 + 10 %) x 2 s + 100 ms; and the period that would fit into 1.5 s
refused 'flush=2300ms (not 1500ms), or period=1272ms here in .*nginx.conf:8' 'entrain swarm=web period=2s;'
refused 'flush=1350ms (not 1349ms)' 'entrain swarm=web period=1s max_delay=25%;' '' \
	"access_log $work/access.log combined buffer=1k flush=1349ms;"
taken 'entrain swarm=web period=1s max_delay=25%;' '' \
	"access_log $work/access.log combined buffer=1k flush=1350ms;"
# the least of all counts, but for files that are left alone
refused 'b.log.*flush=1200ms (not 1100ms)' 'entrain swarm=web period=1s;' \
	"location /b { access_log $work/b.log told buffer=1k flush=1100ms; }"
taken 'entrain swarm=web period=1s;' \
	"location /b { entrain off; access_log $work/b.log told buffer=1k flush=1100ms; }"
taken 'entrain off;' 'location /x { entrain off; }'
taken "entrain swarm=web period=1s goal=batch topology=ring:2 capacity=8 band=5% target=0.8 max_delay=10ms;"
configure 2 'entrain swarm=web period=1s;' '' "access_log $work/access.log;"
nginx_run -t
judge "without a buffer it warns" grep -q 'no log has a buffer' "$work/nginx.err"
modules=$("$nginx" -V 2>&1 | sed -n 's/.*--modules-path=\([^ ]*\).*/\1/p')
if [ -e "$modules/ngx_stream_module.so" ]; then
	configure 2 'entrain swarm=web period=1s;'
	sed -i "1i load_module $modules/ngx_stream_module.so;" "$work/nginx.conf"
	echo "stream { log_format s \$msec; access_log $work/stream.log s buffer=1k flush=1s; }" >>"$work/nginx.conf"
	nginx_run -t
	judge "logs of stream, which is read later, count too" grep -q 'stream.log.*flush=1200ms' "$work/nginx.err"
fi
judge "nginx -t makes no swarm" [ -z "$(ls "$ENTRAIN_DIR")" ]
if command -v strace >/dev/null; then
	configure 2 "$entrain"
	strace -f -qq -e trace=openat,open,link,rename,unlink,mkdir -o "$work/trace" "$nginx" -t -c "$work/nginx.conf" 2>/dev/null
	judge "nginx -t touches nothing of the swarm" [ "$(grep -c "$ENTRAIN_DIR/" "$work/trace")" = 0 ]
	judge "nginx -t was traced" grep -q nginx.conf "$work/trace"
fi

# Many small lines into a small buffer; two files more, with and without.
locations='location /shown { return 200 "$entrain_phase $entrain_turns $entrain_coherence\n"; }
	location /alone { entrain off; access_log '$work'/alone.log told buffer=64k flush=10m; return 200 "ok\n";
		location /alone/not { entrain on; access_log '$work'/not.log told buffer=64k flush=10m; return 200 "ok\n"; } }
	location /zip { access_log '$work'/zip.gz told gzip buffer=64k flush=10m; return 200 "ok\n"; }
	location /small { access_log '$work'/small.log told buffer=256 flush=10m; return 200 "ok\n"; }
	proxy_cache_path '$work'/cache keys_zone=cache:1m;'
cache=${locations##*	} locations=${locations%	*}
server_start 2 "$cache $entrain" "$locations"
judge "two workers, and neither cache manager nor loader" await alive 2
cache_manager() { pgrep -f -P "$(master)" 'cache manager' >/dev/null; }
judge "the cache manager is there" await cache_manager
judge "the swarm belongs to the workers' group" [ "$(stat -c %g "$ENTRAIN_DIR"/entrain.web.agents)" = \
	"$(stat -c %g "/proc/$(workers | head -1)")" ]

get /shown >"$work/shown"
judge "variables: $(cat "$work/shown")" grep -qE '^0\.[0-9]{3} [0-9]+ [01]\.[0-9]{3}$' "$work/shown"
"$entrainctl" status web --json | grep -oE '^ *"[a-z_]+"|"(slot|pid|name)": [^,]*' >"$work/tool"
get /entrain | grep -oE '^ *"[a-z_]+"|"(slot|pid|name)": [^,]*' >"$work/ours"
judge "JSON is that of status --json" cmp "$work/tool" "$work/ours"
judge "JSON is JSON" python3 -c "import json, sys; json.load(sys.stdin)" < <(get /entrain)
type_of() { curl -s -o /dev/null -w '%{content_type}' "http://127.0.0.1:$port/entrain$1" "${@:2}"; }
judge "JSON by default" [ "$(type_of '')" = application/json ]
judge "text where it is preferred" [ "$(type_of '' -H 'Accept: text/html,application/json;q=0.9')" = text/plain ]
judge "JSON where it is preferred" [ "$(type_of '' -H 'Accept: application/json, text/plain')" = application/json ]
judge "weights count" [ "$(type_of '' -H 'Accept: application/json;q=0.1, text/plain')" = text/plain ]
judge "no weight is no" [ "$(type_of '' -H 'Accept: text/plain; q=0, application/json')" = application/json ]
judge "the heavier one" [ "$(type_of '' -H 'Accept: text/plain;q=0.1, application/json')" = application/json ]
judge "a browser" [ "$(type_of '' -H 'Accept: text/html,application/xhtml+xml,*/*;q=0.8')" = text/plain ]
judge "whatever" [ "$(type_of '' -H 'Accept: */*')" = application/json ]
judge "garbage" [ "$(type_of '' -H 'Accept: ,;;q,text,;q=')" = application/json ]
judge "format= wins" [ "$(type_of '?format=json' -H 'Accept: text/plain')" = application/json ]
judge "text is that of status" grep -q '^swarm web   goal distribute-load' <(get '/entrain?format=text')
judge "metrics" grep -q '^entrain_agents{swarm="web",state="alive"} 2$' <(get '/entrain?format=prometheus')
judge "no other format" grep -q 'one of json' <(get '/entrain?format=xml')
judge "nothing is posted" [ "$(get /entrain -X POST -o /dev/null -w '%{http_code}')" = 405 ]
judge "head" grep -q '^Content-Length: [1-9]' <(curl -sI "http://127.0.0.1:$port/entrain")

for path in /alone /alone/not /zip /small; do get $path >/dev/null; done
has() { [ -s "$work/$1" ]; }
judge "at its turn a worker writes what flush= would keep" await has not.log
judge "gzip too, whole" await has zip.gz
judge "gzip is whole" grep -q /zip <(zcat "$work/zip.gz")
judge "entrain off leaves a file to nginx" [ ! -s "$work/alone.log" ]
counted() { get '/entrain?format=prometheus' | sed -n "s/^entrain_nginx_log_writes_total{.*cause=\"$1\"} //p"; }
turned() { [ "$(counted turn)" -ge 3 ]; }
judge "turns are counted: $(counted turn)" await turned
judge "nothing was forced" [ "$(counted full)" = 0 ]
get '/small?[100-199]' >/dev/null # on one connection, so to one worker
judge "what a full buffer forced is counted apart: $(counted full)" [ "$(counted full)" -ge 5 ]

# off: as if it were not there; on again
judge "switched off" "$entrainctl" set web mode=off --wait >/dev/null
rm -f "$work/not.log"
kill -USR1 "$(master)"
opened() { ! ls -l $(workers | sed 's:.*:/proc/&/fd:') 2>/dev/null | grep -q 'not.log (deleted)' && [ -e "$work/not.log" ]; }
judge "files are opened anew" await opened
get /alone/not >/dev/null
sleep 2.2 # nothing must happen for two periods
judge "off means flush= alone" [ ! -s "$work/not.log" ]
judge "observing" "$entrainctl" set web mode=observe --wait >/dev/null
sleep 2.2
judge "so does observe" [ ! -s "$work/not.log" ]
judge "switched on" "$entrainctl" set web mode=act --wait >/dev/null
judge "on again" await has not.log

# a period that does not fit any more is told, once a worker
"$entrainctl" set web period=3s >/dev/null
slow() { grep -q 'period of swarm web is 3 s now: .*flush=1500ms' "$work/error.log"; }
judge "a period that is too long is told" await slow

# what the directive spells out is so after a reload, what an administrator set otherwise stays
"$entrainctl" set web period=800ms target=0.85 >/dev/null
sed -i 's/period=1s/period=900ms/' "$work/nginx.conf"
kill -HUP "$(master)"
period_is() { [ "$(number period_ns)" = "$1" ]; }
judge "a reload sets the period" await period_is 900000000
judge "and nothing else" [ "$(number target)" = 0.85 ]
judge "after it" await alive 2

# The swarm is taken away under it: requests go on, and it is made anew by a reload.
"$entrainctl" rm web >/dev/null
judge "requests go on without a swarm" [ "$(get /)" = ok ]
judge "status says why not" [ "$(get /entrain -o /dev/null -w '%{http_code}')" = 503 ]
gone() { grep -q 'entrain: .*web.*no such swarm\|entrain: .*removed' "$work/error.log"; }
judge "the log says it" await gone
kill -HUP "$(master)"
judge "and is made anew by a reload" await alive 2
former=$(master)
kill -QUIT "$former"
judge "all have left" await alive 0
# it takes its pid file along, which is to be the next one's
judge "the master ends" await test ! -e "/proc/$former"

# A swarm that nobody may use: one line, and nginx runs.
rm -f "$ENTRAIN_DIR"/*
: >"$ENTRAIN_DIR/entrain.web.control"
: >"$work/error.log"
server_start 2 "$entrain"
judge "nginx runs beside a spoiled swarm" [ "$(get /)" = ok ]
told() { grep -q 'entrain: ' "$work/error.log"; }
judge "and says so" await told
sleep 1.5 # it tries again each period, and does not say it again
judge "once a process: $(grep -c 'entrain: ' "$work/error.log")" [ "$(grep -c 'entrain: ' "$work/error.log")" -le 3 ]
finish 50
