#!/bin/sh
# SPDX-License-Identifier: MIT
# entrainctl stat, as users meet it: a line an interval, what came and went in it, and how it ends.
# shellcheck source=tests/process/cli_fixture.sh
. "${srcdir:-.}/tests/process/cli_fixture.sh"

# ---- what is refused ---------------------------------------------------------------------

run 0 create web --period 100ms
run 3 stat nosuch
run 3 stat 5
run 2 stat web 1
complains 'interval "1": .*unit'
run 2 stat web 1s many
complains 'count "many"'
run 2 stat web 1s 0
complains 'less than 1$'
run 2 stat web 1us
complains 'less than 10ms$'
run 2 stat web 1s 1 1
run 2 stat 1s 1 1
# a duration alone is no swarm's name
run 3 stat 20ms 1
complains 'swarm default\|default\.control'

# ---- lines -------------------------------------------------------------------------------

run 0 stat web 20ms 2
same "lines of an empty swarm" "$(wc -l <"$work/out")" 3
says '^time  *live  *stale  *dead  *off  *evenness  *met  *R1  *plan  *act  *peak  *turns  *miss  *delay$'
says '^[0-9][0-9]:[0-9][0-9]:[0-9][0-9]  *0  *0  *0  *0  *-  *-  *-  *-  *-  *-  *0  *0  *0[a-z]*$'
run 0 create 30ms --period 100ms
run 0 stat 30ms 20ms 1
run 0 rm 30ms

start web alpha "" 1
one=$started
start web beta "" 1
two=$started
run 0 wait web --converged
run 0 stat web 600ms 2
same "lines" "$(wc -l <"$work/out")" 3
says '^[0-9:]*  *2  *0  *0  *0  *[01]\.[0-9][0-9]/0\.90  *yes  *0\.[0-9][0-9]  *[01]\.[0-9][0-9]  *[01]\.[0-9][0-9]  *[12]  *[1-9][0-9]*  *[0-9]*  *[0-9.]*[a-z]*$'
same "words of each line" "$(awk '{ print NF }' "$work/out" | sort -u)" 14
same "columns" "$(awk 'length > 80' "$work/out")" ""
# 6 periods and 2 agents: 12 turns, taken or (beside heavy load) missed, and what the ends of the interval bring
awk 'NR > 1 && ($12 < 1 || $12 + $13 > 18) { bad = 1 } END { exit bad }' "$work/out"
judge $? "turns of an interval"

# by what the agents themselves say: the sum of the lines is what the totals grew
totals()
{
	"$tool" status web --json | sed -n 's/.*"turns": \([0-9]*\), "turns_missed": \([0-9]*\).*/\1 \2/p' |
		awk '{ sum += $1 + $2 } END { print sum }'
}
before=$(totals)
run 0 stat web 100ms 8 --json
after=$(totals)
same "lines of JSON" "$(wc -l <"$work/out")" 8
while read -r line; do
	echo "$line" >"$work/line"
	is_json "$work/line"
done <"$work/out"
says '^{"when_ns": [0-9]*, "wall_ns": [0-9]*, "interval_ns": [0-9]*, "swarm": "web", "agents_alive": 2, "agents_stale": 0, "agents_dead": 0, "agents_off_beat": 0, "goal": "distribute-load", "metric": "evenness", "value": [01][0-9.]*, "target": 0\.9, "converged": [a-z]*, "coherence": [0-9.e-]*, "evenness": [0-9.]*, "evenness_actual": [0-9.]*, "peak_overlap": [0-9]*, "turns": [0-9]*, "turns_missed": [0-9]*, "delay_ns": [0-9]*}$'
sum_of()
{
	sed "s/.*\"$1\": \\([-0-9]*\\).*/\\1/" "$work/out" | awk '{ sum += $1 } END { printf "%.0f\n", sum }'
}
told=$(($(sum_of turns) + $(sum_of turns_missed)))
passed_ms=$(($(sum_of interval_ns) / 1000000))
[ "$told" -ge 2 ] && [ "$told" -le $((after - before)) ]
judge $? "turns of all lines: $told, of the agents' totals $before to $after"
[ "$passed_ms" -ge 700 ]
judge $? "8 intervals of 100 ms took $passed_ms ms"

# ---- agents come and go, the goal changes: followed --------------------------------------

# follow ARGUMENT...: in the background, its pid in $followed, what it says in $work/follow
follow()
{
	ran="entrainctl stat $*"
	"$tool" stat "$@" >"$work/follow" 2>"$work/follow.err" &
	followed=$!
	pids="$pids $followed"
}

ended()
{
	! kill -0 "$followed" 2>/dev/null
}

# followed_ends STATUS
followed_ends()
{
	await ended || kill -9 "$followed"
	wait "$followed"
	same "$ran: exit status" $? "$1"
	forget "$followed"
}

# shows PATTERN: soon, in the last line
last_has()
{
	tail -1 "$work/follow" | grep -q -e "$1"
}

shows()
{
	await last_has "$1"
	judge $? "$ran: the last line has no '$1': $(tail -1 "$work/follow")"
}

follow web 50ms --json
shows '"agents_alive": 2,'
start web gamma "" 1
three=$started
shows '"agents_alive": 3,'
end "$three" TERM
shows '"agents_alive": 2,'
# whoever is left would free the slot, before or after somebody has looked
kill -STOP "$one"
end "$two" KILL
shows '"agents_dead": 1,'
run 0 reap web
shows '"agents_dead": 0,'
kill -CONT "$one"
start web delta "" 1
two=$started
shows '"agents_alive": 2,.*"turns": [1-9]'
run 0 set web goal=minimize-api-calls
shows '"goal": "minimize-api-calls", "metric": "coherence"'
cp "$work/follow" "$work/out"
says_not ': -'
# no newcomer is counted with more than it did: 50 ms are half a period, unless the look was late
awk '{
	match($0, /"interval_ns": [0-9]*/); passed = substr($0, RSTART + 15, RLENGTH - 15)
	match($0, /"turns": [0-9]*/); turns = substr($0, RSTART + 9, RLENGTH - 9)
	if (turns + 0 > 4 * (passed / 1e8 + 2)) bad = 1
} END { exit bad }' "$work/follow"
judge $? "more turns than there can be in an interval"
# a shell without job control starts it with SIGINT ignored, and so it stays
kill -TERM "$followed"
followed_ends 0

# another metric: another title, and no other but on a terminal
follow web 20ms
shows '  2  *0  *0  *0 '
run 0 set web goal=distribute-load
titles()
{
	[ "$(grep -c '^time' "$work/follow")" -eq 2 ]
}
await titles
judge $? "$ran: no new title with the metric"
lines_grown()
{
	[ "$(wc -l <"$work/follow")" -ge 40 ]
}
await lines_grown
titles
judge $? "$ran: a title again without a terminal"

# ---- how it ends -------------------------------------------------------------------------

# removed
run 0 rm web
followed_ends 1
grep -q '^entrainctl: stat: .*web was removed' "$work/follow.err"
judge $? "does not say that it was removed"
end "$one" KILL
end "$two" KILL

# nobody reads any more: it ends long before the next line is due
run 0 create web --period 100ms
mkfifo "$work/pipe"
"$tool" stat web 1h >"$work/pipe" 2>"$work/err" &
followed=$!
pids="$pids $followed"
head -1 "$work/pipe" >"$work/out"
says '^time '
await ended
judge $? "goes on though nobody reads"
followed_ends 0
same "said when nobody reads" "$(cat "$work/err")" ""

# SIGINT, where it is not ignored; a title a screenful, where there is a screen
if command -v python3 >/dev/null; then
	python3 - "$tool" >"$work/out" 2>"$work/err" <<'P'
import fcntl, os, pty, signal, struct, subprocess, sys, termios
signal.signal(signal.SIGINT, signal.SIG_DFL)
signal.alarm(30)
process = subprocess.Popen([sys.argv[1], "stat", "web", "1h"], stdout=subprocess.PIPE)
process.stdout.readline()
process.send_signal(signal.SIGINT)
process.stdout.read()
if process.wait(10) != 0:
	sys.exit("SIGINT: exit status %d" % process.returncode)
master, slave = pty.openpty()
fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 10, 80, 0, 0))
process = subprocess.Popen([sys.argv[1], "stat", "web", "10ms", "20"], stdout=slave,
	env=dict(os.environ, TERM="dumb"))
os.close(slave)
text = b""
try:
	while True:
		more = os.read(master, 4096)
		if not more:
			break
		text += more
except OSError:
	pass
process.wait()
titles = [i for i, line in enumerate(text.decode().splitlines()) if line.startswith("time")]
if titles != [0, 9, 18]:
	sys.exit("titles at %s of\n%s" % (titles, text.decode()))
P
	judge $? "SIGINT, or titles on a terminal"
fi

finish 60
