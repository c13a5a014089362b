#!/bin/bash
# SPDX-License-Identifier: MIT
# A rule that paces: sixteen loops in C, Python and Perl that work and sleep, with periods within 5 %, come apart evenly, at the pace of
# the slowest; a loop of another period, and loops that sleep until instants of their own, are left alone.
# Needs tests/process/preload_loop, python3, perl; the tool and the plugin, built.

command -v python3 perl >/dev/null || exit 77
. "${srcdir:-.}/tests/process/preload_lib.sh"
# What is slowed several times keeps no time.
[ -z "$runtime" ] || { echo "not with a sanitizer"; exit 0; }
loop=${host%preload_host}preload_loop
pids=
end()
{
	[ -z "$pids" ] || kill $pids 2>/dev/null
	rm -rf "$ENTRAIN_DIR" "$work"
}
trap end EXIT
trap 'exit 1' INT TERM HUP
cd "$work" || exit 99

cat >"$ENTRAIN_CONFIG" <<'TEXT'
[swarm loops]
period = 800ms
kind = relative

[swarm instants]
period = 400ms
kind = relative

[rule instants]
exe = */deadline_loop
call = clock_nanosleep
swarm = instants
action = pace

[rule loops]
exe = *
call = nanosleep, clock_nanosleep, usleep, sleep
swarm = loops
action = pace
TEXT
cat >loop.py <<'TEXT'
import sys, time
for _ in range(int(sys.argv[2])):
    print(time.monotonic_ns() // 1000, flush=True)
    time.sleep(int(sys.argv[1]) / 1e6)
TEXT
cat >loop.pl <<'TEXT'
use Time::HiRes qw(usleep clock_gettime CLOCK_MONOTONIC);
$| = 1;
for (1 .. $ARGV[1]) {
	printf "%d\n", clock_gettime(CLOCK_MONOTONIC) * 1e6;
	usleep($ARGV[0]);
}
TEXT
tool create loops --period 800ms --kind relative || no "create loops"

tool create instants --period 400ms --kind relative || no "create instants"
cp "$loop" deadline_loop

cycles=24
for ((i = 0; i < 16; i++)); do
	period=$((790000 + i * 1300)) # 790 to 810 ms
	case $((i % 5)) in
	0) under "$loop" nanosleep $period $cycles ;;
	1) under "$loop" usleep $period $cycles ;;
	2) under "$loop" clock_nanosleep $period $cycles ;;
	3) under python3 loop.py $period $cycles ;;
	4) under perl loop.pl $period $cycles ;;
	esac >"loop$i" 2>"loop$i.err" &
	pids="$pids $!"
done
under "$loop" nanosleep 300000 $cycles >other 2>other.err &
pids="$pids $!"
# What the machine makes of a sleep: the slowest of them by itself.
for i in 0 1 2 3; do
	"$loop" nanosleep 810000 $cycles >bare$i 2>bare$i.err &
	pids="$pids $!"
done
for i in 1 2 3; do
	under ./deadline_loop deadline 400000 45 >deadline$i 2>deadline$i.err &
	pids="$pids $!"
done
wait $pids
pids=

for ((i = 0; i < 16; i++)); do
	[ "$(wc -l <loop$i)" -eq $cycles ] || no "loop $i: $(cat loop$i.err)"
done
python3 - loop? loop1? >told <<'TEXT' || no "$(cat told)"
import statistics
import sys
loops = [[int(line) for line in open(name)] for name in sys.argv[1:]]

def evenness(cycle):
    """Of the works that begin next, so many periods after all loops have started."""
    begin = max(loop[0] for loop in loops) + cycle * 810000
    phases = [[at for at in loop if at >= begin][0] - begin for loop in loops]
    period = sorted(loop[-1] - loop[-2] for loop in loops)[len(loops) // 2]
    phases = sorted(phase % period for phase in phases)
    gaps = [after - before for before, after in zip(phases, phases[1:] + [phases[0] + period])]
    return period / len(loops) / max(gaps)

by_cycle = [evenness(cycle) for cycle in range(1, 19)]
pace = sorted((loop[22] - loop[14]) / 8 for loop in loops)
bare_loops = [[int(line) for line in open("bare%d" % i)] for i in range(4)]
bare = sorted((loop[22] - loop[14]) / 8 for loop in bare_loops)
print("evenness by cycle:", " ".join("%.2f" % one for one in by_cycle))
print("pace of the fastest and the slowest: %.1f and %.1f ms; without the plugin 810 take %.1f to %.1f ms" % (
    pace[0] / 1000, pace[-1] / 1000, bare[0] / 1000, bare[-1] / 1000))
# The rule gets there within 15 cycles of its own, the first four of which it watches; a late wakeup of a busy machine spoils a
# cycle, so one that is even will do: by chance sixteen never are. Its deadband is twice the mean lateness, in gaps: of that the
# largest gap is longer than an equal one, and about as much for one who begins late.
late = statistics.mean(after - before - 810000 for loop in bare_loops for before, after in zip(loop, loop[1:]))
wanted = max(.5, min(.8, .9 / (1 + 4 * late * len(loops) / 810000)))
print("sleeps end %.1f ms late in the mean; wanted: %.2f" % (late / 1000, wanted))
if max(by_cycle) < wanted:
    sys.exit("never even")
# nobody slower than the slowest by itself, with what the machine adds to a sleep, but for a deadband and the lateness of others
if pace[len(pace) // 2] > statistics.median(bare) * 1.03:
    sys.exit("slowed by more than the spread of their periods")
TEXT
cat told
# one of another period is not slowed at all
slowed=$(awk 'NR > 1 { print $1 - at } { at = $1 }' other | sort -n | awk '{ v[NR] = $1 } END { print int(v[int(NR / 2)] / 1000) }')
[ "$slowed" -le 310 ] || no "a loop of 300 ms sleeps for $slowed ms"
# Who sleeps until an instant is late by each hold, and comes no further for it. They were held, which is how it was found out.
for i in 1 2 3; do
	awk -v name="deadline$i" '
		NR == 1 { first = $1 }
		{ late[NR] = $1 - first - (NR - 1) * 400000; if (late[NR] > held) held = late[NR] }
		END {
			for (cycle = 30; cycle <= 45; cycle++) beyond += late[cycle] > 20000
			printf "%s: late by %.1f ms at most; in the last 16 cycles %d times by more than 20 ms\n", name, held / 1000, beyond
			exit !(NR == 45 && beyond <= 3)
		}' deadline$i || no "deadline$i is held for ever: $(cat deadline$i deadline$i.err)"
done
[ "$(awk 'FNR == 1 { first = $1 } { late = $1 - first - (FNR - 1) * 400000; if (late > most) most = late } END { print (most > 20000) }' deadline[123])" = 1 ] ||
	no "none of those with deadlines was ever held, so nothing was found out"
yes_or [ ! -e log ]
finish
