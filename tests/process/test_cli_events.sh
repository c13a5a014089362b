#!/bin/sh
# SPDX-License-Identifier: MIT
# entrainctl events, as users meet it: who did what when, in text and JSON, and following.
# shellcheck source=tests/process/cli_fixture.sh
. "${srcdir:-.}/tests/process/cli_fixture.sh"

count_of()
{
	grep -c -e "$1" "$2"
}

# ---- what there is ----------------------------------------------------------------------

run 0 create web --period 100ms
run 0 events web
same "events of an empty swarm" "$(wc -c <"$work/out")" 0
run 0 events web --json
is_json "$work/out"
run 3 events nosuch
run 2 events web --since 5
run 2 events web --last many

start web alpha red 1
one=$started
start web beta "" 1
two=$started
run 0 events web
says "^20[0-9-]* [0-9:]*\.[0-9][0-9][0-9]  slot 0    pid $one  *alpha/red  *joined as pid $one\$"
says "slot 1    pid $two  *beta  *joined as pid $two\$"
same "order" "$(grep -e 'joined as' "$work/out" | sed 's/.*joined as pid //' | tr '\n' ' ')" "$one $two "

# the time of day is now, to the second or two
at=$(sed -n '1s/\..*//p' "$work/out")
age=$(($(date +%s) - $(date -d "$at" +%s)))
if [ "$age" -ge 0 ] && [ "$age" -le 30 ]; then ok; else no "time of day: $age s ago"; fi

run 0 events web --json
is_json "$work/out"
says "{\"when_ns\": [0-9]*, \"wall_ns\": [0-9]*, \"slot\": 0, \"pid\": $one, \"name\": \"alpha\", \"label\": \"red\", \"event\": \"joined\", \"value\": $one, \"text\": \"joined as pid $one\"}"

# ---- who left, and who was killed; all gone ----------------------------------------------

end "$one" TERM
end "$two" KILL
run 0 reap web
run 0 events web
says "slot 0    pid $one  *alpha/red  *left\$"
says "pid $two  *beta  *joined as pid $two\$"
same "the killed one has not left" "$(count_of "pid $two .* left\$" "$work/out")" 0
total=$(wc -l <"$work/out")
if sort -c "$work/out" 2>/dev/null || [ "$(cut -c1-23 "$work/out" | sort -c 2>&1)" = "" ]; then ok; else no "not by time"; fi
run 0 events web --last 1
same "--last 1" "$(wc -l <"$work/out")" 1
run 0 events web --last 0
same "--last 0" "$(wc -l <"$work/out")" 0
run 0 events web --since 1h
same "--since 1h" "$(wc -l <"$work/out")" "$total"
run 0 events web --since 1us
same "--since 1us" "$(wc -l <"$work/out")" 0

# ---- following ---------------------------------------------------------------------------

# follow ARGUMENT...: in the background, its pid in $followed, what it says in $work/follow
follow()
{
	ran="entrainctl events --follow $*"
	"$tool" events web --follow "$@" >"$work/follow" 2>"$work/follow.err" &
	followed=$!
	pids="$pids $followed"
}

# followed_ends STATUS
followed_ends()
{
	wait "$followed"
	same "$ran: exit status" $? "$1"
	forget "$followed"
}

says_there()
{
	grep -q -e "$1" "$work/follow"
}

follow
await says_there "pid $two .*joined" || no "$ran: not what there was"
start web gamma "" 1
three=$started
await says_there "gamma .*joined as pid $three" || no "$ran: not what is new"
end "$three" TERM
await says_there "pid $three .* left\$" || no "$ran: not who left"
# each event once, and all of them
"$tool" events web >"$work/out"
kill -TERM "$followed"
followed_ends 0
same "shown twice" "$(sort "$work/follow" | uniq -d)" ""
# (names of former owners are forgotten meanwhile)
told()
{
	sed 's/.* slot \([0-9]*\) *pid \([0-9]*\) *[^ ]* */\1 \2 /' "$1" | sort
}
same "missing" "$(told "$work/out")" "$(told "$work/follow")"

follow --last 0 --json
start web delta "" 1
four=$started
await says_there "\"pid\": $four" || no "$ran: not what is new"
same "$ran: what there was" "$(count_of "\"pid\": $two" "$work/follow")" 0
while read -r line; do
	echo "$line" >"$work/line"
	is_json "$work/line"
done <"$work/follow"
# a shell without job control starts it with SIGINT ignored, and so it stays
kill -TERM "$followed"
followed_ends 0

# nobody reads any more: it ends, though nothing happens
mkfifo "$work/pipe"
"$tool" events web --follow --last 1 >"$work/pipe" 2>"$work/err" &
followed=$!
pids="$pids $followed"
head -1 "$work/pipe" >"$work/out"
ended() { ! kill -0 "$followed" 2>/dev/null; }
await ended || no "follows though nobody reads"
wait "$followed" 2>/dev/null
forget "$followed"
same "said when nobody reads" "$(cat "$work/err")" ""

# SIGINT, where it is not ignored
if command -v setsid >/dev/null && command -v python3 >/dev/null; then
	python3 - "$tool" <<'P' && ok || no "SIGINT does not end it well"
import signal, subprocess, sys
signal.signal(signal.SIGINT, signal.SIG_DFL)
process = subprocess.Popen([sys.argv[1], "events", "web", "--follow"], stdout=subprocess.PIPE)
process.stdout.readline()
process.send_signal(signal.SIGINT)
process.stdout.read()
sys.exit(process.wait(10))
P
fi

# removed: it ends, after it has told all
follow
await says_there "pid $four .*joined" || no "$ran: not what there was"
run 0 rm web
followed_ends 0
grep -q 'removed' "$work/follow.err" && ok || no "$ran: does not say that it was removed"
end "$four" KILL

finish 36
