# SPDX-License-Identifier: MIT
"""Interleaved pairs of runs, without and with: reads lines "PAIR without|with METRIC VALUE" and prints, for each metric, the means,
the mean of the differences within the pairs, and the 95 % confidence interval of that (Student's t)."""
import collections
import math
import statistics
import sys

# two-sided 95 %, by degrees of freedom
STUDENT = [None, 12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160, 2.145, 2.131,
           2.120, 2.110, 2.101, 2.093, 2.086, 2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045, 2.042]


def main():
    values = collections.defaultdict(dict)
    for line in sys.stdin:
        pair, how, metric, value = line.split(maxsplit=3)
        values[metric][pair, how] = float(value)
    print("%-26s %10s %10s   %s" % ("", "without", "with", "difference, 95 % interval"))
    for metric, found in values.items():
        pairs = [(found[pair, "without"], found[pair, "with"]) for pair, how in found
                 if how == "without" and (pair, "with") in found]
        differences = [after - before for before, after in pairs]
        means = [statistics.mean(column) for column in zip(*pairs)]
        if len(pairs) > 1:
            half = STUDENT[min(len(pairs) - 1, 30)] * statistics.stdev(differences) / math.sqrt(len(pairs))
            interval = "%+.2f +- %.2f (%+.2f to %+.2f), %d pairs" % (
                statistics.mean(differences), half, statistics.mean(differences) - half, statistics.mean(differences) + half, len(pairs))
        else:
            interval = "%+.2f, one pair: no interval" % differences[0]
        print("%-26s %10.2f %10.2f   %s" % (metric.replace("_", " "), *means, interval))


main()
