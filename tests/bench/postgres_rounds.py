# SPDX-License-Identifier: MIT
"""Rounds of two modes, from pgbench's logs of transactions and the servers' logs: throughput, latency, and how checkpoints met.

Arguments: a file of lines "MODE FIRST LAST" (s since 1970), pgbench's logs, --, the servers' logs. Prints the mean over the rounds
of a mode with its 95 % confidence interval, and that of the difference within a round."""
import math
import re
import sys

# Student's t for 95 %, two-sided, by degrees of freedom.
STUDENT = [0, 12.71, 4.30, 3.18, 2.78, 2.57, 2.45, 2.36, 2.31, 2.26, 2.23, 2.20, 2.18, 2.16, 2.14, 2.13]
LINE = re.compile(r"^(\d+\.\d+) checkpointer LOG:  checkpoint (starting|complete): .*?(?:write=(\d+\.\d+) s, sync=(\d+\.\d+) s|$)")


def transactions(names):
    """(when it was over, its latency from when it was due) in s"""
    found = []
    for name in names:
        with open(name) as log:
            for line in log:
                field = line.split()
                if len(field) >= 6 and field[2].isdigit():
                    found.append((int(field[4]) + int(field[5]) / 1e6, int(field[2]) / 1e6))
    return sorted(found)


def syncs(name):
    found, started = [], None
    with open(name, errors="replace") as log:
        for line in log:
            match = LINE.match(line)
            if match and match[2] == "starting":
                started = float(match[1])
            elif match and started:
                began = started + float(match[3])
                found.append((began, began + float(match[4])))
                started = None
    return found


def interval(values):
    mean = sum(values) / len(values)
    if len(values) < 2:
        return mean, math.inf
    variance = sum((value - mean) ** 2 for value in values) / (len(values) - 1)
    free = min(len(values) - 1, len(STUDENT) - 1)
    return mean, STUDENT[free] * math.sqrt(variance / len(values))


def figures(found, all_syncs, first, last):
    waits = sorted(latency * 1000 for when, latency in found if first <= when < last)
    if not waits:
        sys.exit("no transaction between %s and %s" % (first, last))
    inside = [(began, ended) for each in all_syncs for began, ended in each if first <= began < last]
    # a sync that begins within a second of another cluster's
    near = sum(1 for at, each in enumerate(all_syncs) for began, _ in each if first <= began < last and any(
        abs(began - other) < 1 for where, others in enumerate(all_syncs) if where != at for other, _ in others))
    return {"transactions/s": len(waits) / (last - first),
            "p50, ms": waits[len(waits) // 2],
            "p99, ms": waits[int(len(waits) * .99)],
            "p99.9, ms": waits[int(len(waits) * .999)],
            "longest, ms": waits[-1],
            "above 10 ms, %": 100 * sum(wait > 10 for wait in waits) / len(waits),
            "above 100 ms, %": 100 * sum(wait > 100 for wait in waits) / len(waits),
            "checkpoints": len(inside),
            "syncs within 1 s of another's, %": 100 * near / max(1, len(inside))}


def main():
    cut = sys.argv.index("--")
    found = transactions(sys.argv[2:cut])
    all_syncs = [syncs(name) for name in sys.argv[cut + 1:]]
    rounds = {"off": [], "on": []}
    with open(sys.argv[1]) as lines:
        for line in lines:
            mode, first, last = line.split()
            rounds[mode].append(figures(found, all_syncs, float(first), float(last)))
    print("%-34s %20s %20s %22s" % ("mean of rounds +- 95 %", "without", "with", "with - without"))
    for key in rounds["off"][0]:
        row = [[one[key] for one in rounds[mode]] for mode in ("off", "on")]
        row.append([on - off for off, on in zip(*row)])
        print("%-34s %20s %20s %22s" % ((key,) + tuple("%.2f +- %.2f" % interval(values) for values in row)))


main()
