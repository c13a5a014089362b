# SPDX-License-Identifier: MIT
"""From traces of strace -f -y -ttt, one a PostgreSQL cluster: when each checkpoint flushed files of tables and indexes, how often that
was held, and what else was.

Arguments: the period (s), the instant from which holds count (s), the least distance wanted (s), then TRACE:CHECKPOINTER for each
cluster. A hold is seen from outside as waits on a futex with a deadline: PostgreSQL itself waits on a semaphore without one."""
import re
import statistics
import sys

CALL = re.compile(r"^(\d+) +(\d+\.\d+) (fsync|fdatasync|futex)\((.*)$")
# FUTEX_WAIT... or FUTEX_WAIT_BITSET..., with a time in its fourth argument
DEADLINE = re.compile(r"[^,]*, FUTEX_WAIT[^,]*, [^,]*, \{tv_sec=")


def bursts_of(calls, period):
    """Of one checkpointer: [arrival, first flush, flushes, holds] for each burst; one is over with half a period's silence."""
    bursts, last, holding = [], None, False
    for at, what in calls:
        if last is None or at - last > period / 2:
            bursts.append([at, None, 0, 0])
            holding = False
        last = at
        if what == "hold":
            bursts[-1][3] += not holding
            holding = True
        else:
            bursts[-1][1] = bursts[-1][1] or at
            bursts[-1][2] += 1
            holding = False
    return [burst for burst in bursts if burst[1]]


def place(bursts):
    """Where a cluster has its turn, from [burst, start of its cycle]: the median of those that were held; who need not wait has
    it where it comes when the machine does not hold it up, so where it was least late."""
    held = [burst[1] - start for burst, start in bursts if burst[3]]
    free = [burst[1] - start for burst, start in bursts if not burst[3]]
    return statistics.median(held) if len(held) > len(free) else min(free)


def main():
    period, since, least = (float(word) for word in sys.argv[1:4])
    failures, clusters, wal, others_held, held_most = [], [], 0, 0, 0.0
    for name, checkpointer in (word.rsplit(":", 1) for word in sys.argv[4:]):
        calls, held = [], False
        for line in open(name, errors="replace"):
            match = CALL.match(line)
            if not match:
                continue
            pid, at, call, rest = match.groups()
            hold = call == "futex" and DEADLINE.match(rest) is not None
            wal += call != "futex" and "/pg_wal/" in rest
            if pid != checkpointer:
                others_held += hold
            elif hold:
                calls.append((float(at), "hold"))
                held = True
            elif call != "futex":
                if "/base/" in rest:
                    calls.append((float(at), "fsync"))
                elif held:
                    failures.append("a flush was held of " + rest)
                held = False
        clusters.append(bursts_of(calls, period))
    # by cycle: the cluster's burst that arrives next to the grid's line
    cycles = {}
    for number, bursts in enumerate(clusters):
        for burst in bursts:
            cycles.setdefault(round(burst[0] / period), {})[number] = burst
    together, judged, holds = [], [], []
    for cycle in sorted(cycles):
        found = cycles[cycle]
        if len(found) < len(clusters):
            continue
        begins = [found[number][1] for number in range(len(clusters))]
        counts = [found[number][3] for number in range(len(clusters))]
        print("cycle %d: flushing from %s ms, files %s, holds %s" % (
            cycle, " ".join("%5.0f" % ((at - cycle * period) * 1000) for at in begins),
            " ".join(str(found[number][2]) for number in range(len(clusters))), counts))
        begins.sort()
        if not any(counts):
            together.append(begins[-1] - begins[0])
        if cycle * period >= since:
            judged.append((found, cycle * period))
            holds.append(sum(counts))
            held_most = max([held_most] + [one[1] - one[0] for one in found.values()])
            if max(counts) > 1:
                failures.append("a burst was held more than once")
    places = sorted(place([(found[number], start) for found, start in judged]) for number in range(len(clusters))) if judged else []
    gaps = [after - before for before, after in zip(places, places[1:])]
    print("unheld: %s ms from the first to the last; held: gaps %s ms; the longest hold %.0f ms; flushes of WAL: %d" % (
        ", ".join("%.0f" % (one * 1000) for one in together), ", ".join("%.0f" % (gap * 1000) for gap in gaps),
        held_most * 1000, wal))
    if len(judged) < 3:
        failures.append("only %d whole cycles were seen" % len(judged))
    elif min(gaps) < least:
        failures.append("not apart")
    if not together or min(together) > least:
        failures.append("without a hold they are not together, so nothing is shown")
    # whoever is the first need not wait
    if holds and statistics.median(holds) < len(clusters) - 1:
        failures.append("holds a cycle: %s" % holds)
    if others_held:
        failures.append("%d holds outside of checkpointers" % others_held)
    if wal < 100:
        failures.append("only %d flushes of WAL were seen" % wal)
    sys.exit("; ".join(failures) or 0)


main()
