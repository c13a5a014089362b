#!/bin/bash
# SPDX-License-Identifier: MIT
# A rule that staggers: each burst is held once, until its turn and never longer than was allowed; who has missed its turn or does
# not fit goes on; `mode=off`, a cancel or a jump end a hold at once; and the next burst is held as ever.
# Needs tests/process/preload_grid, the tool and the plugin, all built.

. "${srcdir:-.}/tests/process/preload_lib.sh"
# What is slowed several times keeps no time.
[ -z "$runtime" ] || { echo "not with a sanitizer"; exit 0; }
grid=${host%preload_host}preload_grid
pids=
end()
{
	[ -z "$pids" ] || kill $pids 2>/dev/null
	rm -rf "$ENTRAIN_DIR" "$work"
}
trap end EXIT
trap 'exit 1' INT TERM HUP
cd "$work" || exit 99
printf '[rule grid]\nexe = */preload_grid\ncall = fsync\naction = stagger\nmax_delay = 90%%\n' >"$ENTRAIN_CONFIG"

# start SWARM NAME HOW: cycles of 800 ms, in the background
period=800 cycles=16
start()
{
	LD_PRELOAD="${runtime:+$runtime:}$library" ENTRAIN_SWARM=$1 ENTRAIN_LOG=$work/log \
		"$grid" $period $cycles "$3" "data.$2" >"$2" 2>"$2.err" &
	pids="$pids $!"
	pid=$!
}

until_cycle()
{
	for ((i = 0; i < 2000; i++)); do
		[ "$(cat "$2" 2>/dev/null | wc -l)" -ge "$1" ] && return
		sleep .01
	done
	no "$2 does not come to cycle $1: $(cat "$2.err")"
	finish
}

taken=
swarms='apart tight odd own late cancel jump off'
for swarm in $swarms; do
	tool create $swarm --period $([ $swarm = off ] && echo 1000 || echo $period)ms --kind grid --max-delay 90% || no "create $swarm"
done

tool create taken --period ${period}ms --max-delay 5% || no "create taken"

for i in 0 1 2 3; do start apart apart$i plain; done
export ENTRAIN_MAX_DELAY=30ms
for i in 0 1 2 3; do start tight tight$i plain; done
unset ENTRAIN_MAX_DELAY
# Who joins first has the first turn, and waits for nobody.
for swarm in odd own late cancel jump; do cycles=24 start $swarm ${swarm}0 plain; done
for how in plain relative irregular; do
	cycles=24 start taken taken_$how $how
	taken="$taken $how:$pid"
done
period=1000 cycles=100 start off off0 plain
off=$pid
for swarm in odd own late cancel jump off; do until_cycle 4 ${swarm}0; done
cycles=30 start odd odd1 offbeat
offbeat=$pid
start odd odd2 relative
start own own1 own
for swarm in late cancel jump; do start $swarm ${swarm}1 $swarm; done
period=1000 cycles=100 start off off1 plain
off="$pid $off"

# While the others run: switch one swarm off when its second agent has just been held, and see it let go.
until_cycle 8 off1
until_cycle 12 apart0
"$entrainctl" status apart --json >apart.json
"$entrainctl" status odd --json >odd.json
"$entrainctl" status own --json >own.json
"$entrainctl" check $offbeat >offbeat.check
for one in $taken; do
	until_cycle 10 taken_${one%:*}
	"$entrainctl" check ${one#*:} --json >taken_${one%:*}.json
done
for one in $pids; do "$entrainctl" check $one; done >all.check 2>&1
for tries in 1 2 3 4 5; do
	python3 - 1000 <<-'TEXT'
		import sys, time
		period = int(sys.argv[1]) / 1000
		now = time.time()
		time.sleep((now // period + 1) * period + period / 16 - now)
	TEXT
	tool set off mode=off || no "set mode=off"
	switched=$(($(date +%s%N) / 1000))
	until_cycle $(($(wc -l <off1) + 2)) off1
	tool set off mode=act || no "set mode=act"
	# the hold that was in progress: it would have ended half a period after its arrival
	let_go=$(awk -v at="$switched" -v half=500000 '
		$2 <= at && $2 + half > at + 100000 { print int(($2 + $3 - at) / 1000) }' off0 off1 | sort -n | tail -1)
	[ -n "$let_go" ] && break
	until_cycle $(($(wc -l <off1) + 3)) off1
done
# 50 ms from look to look, and what the machine takes
[ "${let_go:-1000}" -le 100 ] || no "mode=off lets go after ${let_go:-never} ms"
kill $off
wait 2>/dev/null

yes_or [ ! -e log ]
for name in apart0 apart1 apart2 apart3 tight0 odd2 own1 late1 cancel1 jump1; do
	[ "$(wc -l <$name)" -eq $cycles ] || no "$name made $(wc -l <$name) cycles: $(cat $name.err)"
done

# median FILE COLUMN [WHAT]: from the eighth cycle on, in ms
median()
{
	awk -v c="$2" -v what="$3" '$1 >= 8 && (what == "" || $5 == what) { print $c }' "$1" | sort -n |
		awk '{ v[NR] = $1 } END { print NR ? int(v[int((NR + 1) / 2)] / 1000) : -1 }'
}

# apart: a quarter of a period from one to the next, with a fifth of that for the machine
i=0
for held in $(for n in 0 1 2 3; do median apart$n 3; done | sort -n); do
	[ "$held" -ge $((i * 200 - 40)) ] && [ "$held" -le $((i * 200 + 40)) ] ||
		no "apart: number $i is held for $held ms, not for $((i * 200))"
	i=$((i + 1))
done
# What is held for the same time in each cycle was paid for in the first: at 40 units a period, 30 of the last one's hundred.
awk -F'"energy": ' 'NF > 1 { seen++; if ($2 + 0 < 50) poor++ } END { exit seen < 4 || poor }' apart.json ||
	no "apart: delays that are kept are paid for again: $(grep '"energy"' apart.json)"
for n in 0 1 2 3; do
	rest=$(median apart$n 4)
	[ "$rest" -le 20 ] || no "apart: the rest of a burst takes $rest ms"
done
# tight: 30 ms is all that is allowed
for n in 0 1 2 3; do
	held=$(median tight$n 3)
	[ "$held" -le 32 ] || no "tight: held for $held ms"
	[ "$held" -gt 3 ] && tight=1
done
[ -n "$tight" ] || no "tight: nobody was held"
# odd: off the grid is off-beat, held for nothing, and shown; a sleep that looks like a clock is found out when holds move it
held=$(awk '$3 > 20000' odd2 | wc -l)
[ "$held" -le 4 ] || no "a sleep of a period in a swarm of clocks was held $held times"
# own: a clock half a period off is a clock, and needs no hold
for n in 0 1; do
	held=$(median own$n 3)
	[ "$held" -le 10 ] || no "own: held for $held ms"
done
grep -q '"agents_off_beat": 0' own.json || no "own: a clock is off-beat: $(grep agents_ own.json)"
held=$(median odd1 3)
[ "$held" -le 10 ] || no "off-beat, and held for $held ms"
grep -qE '"agents_off_beat": [12],' odd.json || no "off-beat, and not shown: $(grep agents_ odd.json)"
grep -q 'off-beat' offbeat.check || no "check PID: $(cat offbeat.check)"
# taken: neither a clock nor a sleep takes its turns from the swarm; what comes as it can does, as ever
for how in plain relative; do
	grep -q '"stand": "off-beat"' taken_$how.json && grep -q '"held": 0,' taken_$how.json || no "taken, $how: $(cat taken_$how.json)"
done
grep -q '"rhythm": "grid"' taken_plain.json || no "the kind that fits is not told: $(cat taken_plain.json)"
grep -q '"stand": "joined"' taken_irregular.json || no "taken, irregular: $(cat taken_irregular.json)"
# late: held half a period, but where it has missed its turn
held=$(median late1 3 plain)
[ "$held" -ge 360 ] && [ "$held" -le 440 ] || no "late: held for $held ms, not for 400"
held=$(median late1 3 late)
[ "$held" -ge 0 ] && [ "$held" -le 10 ] || no "late: it missed its turn, and was held for $held ms"
# cancel, jump: a hold ends at once; the others are as long as ever
for how in cancel jump; do
	what=cancelled limit=40
	[ $how = cancel ] || { what=left limit=120; }
	held=$(median ${how}1 3 $what)
	[ "$held" -ge 0 ] && [ "$held" -le $limit ] || no "$how: the hold ended after $held ms"
	held=$(median ${how}1 3 plain)
	[ "$held" -ge 360 ] && [ "$held" -le 440 ] || no "$how: the others are held for $held ms"
done
[ "$failed" -eq 0 ] || cat all.check
finish
