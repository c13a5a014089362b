# SPDX-License-Identifier: MIT
"""From traces of strace -ttt, one a server: how evenly their fdatasyncs are apart on the grid of whole seconds.

Arguments: first and last instant that count (s), then the traces. Prints evenness (1: the largest gap between the servers'
median phases is an equal share), and the most that were in progress at once, in each of the seconds, as the median."""
import re
import statistics
import sys

CALL = re.compile(r"^(?:\d+ +)?(\d+\.\d+) fdatasync\(.*<(\d+\.\d+)>$")


def flushes(name, first, last):
    found = []
    with open(name) as trace:
        for line in trace:
            match = CALL.match(line)
            if match and first <= float(match[1]) <= last:
                found.append((float(match[1]), float(match[2])))
    return found


def circular_median(phases):
    # about the phase from which the others are least far
    def distance(one, other):
        return min((one - other) % 1, (other - one) % 1)
    return min(phases, key=lambda phase: sum(distance(phase, other) for other in phases))


def main():
    first, last = float(sys.argv[1]), float(sys.argv[2])
    all_flushes = [flushes(name, first, last) for name in sys.argv[3:]]
    if any(len(found) < (last - first) / 2 for found in all_flushes):
        sys.exit("too few flushes: %s" % [len(found) for found in all_flushes])
    phases = sorted(circular_median([at % 1 for at, _ in found]) for found in all_flushes)
    gaps = [(after - before) % 1 for before, after in zip(phases, phases[1:] + phases[:1])]
    if len(phases) > 1 and sum(gaps) == 0:
        gaps[0] = 1.0
    peaks = []
    for second in range(int(first) + 1, int(last)):
        edges = []
        for found in all_flushes:
            for at, took in found:
                if second <= at < second + 1:
                    edges += [(at, 1), (at + took, -1)]
        most = now = 0
        for _, step in sorted(edges):
            now += step
            most = max(most, now)
        peaks.append(most)
    print("%.2f %d" % (1 / len(phases) / max(gaps), statistics.median(peaks)))
    print("phases %s" % " ".join("%.3f" % phase for phase in phases), file=sys.stderr)


main()
