# SPDX-License-Identifier: MIT
"""How evenly the writes of workers are apart, from what nginx_watch.py saw.

Arguments: period (s), first and last instant that count (s), the file. Prints workers, evenness (1: the largest gap between the
workers' phases is an equal share), and the most workers that wrote within 5 ms of each other, in the worst period. A worker that a busy
machine holds up writes late, never early: its phase is that of the turn that it was least late at, and by how much somebody was late
who only slept (nine times in ten) is taken off the gap."""
import sys

NEAR_S = 0.005


def least_late(phases):
    # none is half a turn late
    return min(phases, key=lambda phase: max((other - phase) % 1 for other in phases))


def main():
    period, first, last = (float(text) for text in sys.argv[1:4])
    writes, late = [], [0]
    with open(sys.argv[4]) as seen:
        for line in seen:
            at, pid, what = line.split()
            if not first <= float(at) <= last:
                continue
            if pid == "late":
                late.append(float(what))
            else:
                writes.append((float(at), pid))
    pids = sorted(set(pid for _, pid in writes))
    if not pids:
        sys.exit("no writes")
    for pid in pids:
        mine = [at for at, writer in writes if writer == pid]
        for before, after in zip(mine, mine[1:]):
            if after - before < period / 2:
                sys.exit("%s wrote twice within %.3f s" % (pid, after - before))
    phases = sorted(least_late([at / period % 1 for at, pid in writes if pid == one]) for one in pids)
    gaps = [(after - before) % 1 for before, after in zip(phases, phases[1:] + phases[:1])]
    if len(pids) == 1:
        gaps = [1.0]
    most = max(len(set(pid for at, pid in writes if start <= at < start + NEAR_S)) for start, _ in writes)
    slack = sorted(late)[len(late) * 9 // 10] / period
    print("%d %.3f %d" % (len(pids), 1 / len(pids) / max(1 / len(pids), max(gaps) - slack), most))
    print("%.3f as seen; phases %s" % (1 / len(pids) / max(gaps), " ".join("%.3f" % phase for phase in phases)), file=sys.stderr)


main()
