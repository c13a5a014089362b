# SPDX-License-Identifier: MIT
"""From pgbench's log of transactions (-l, with -R): how long each took from when it was due. Arguments: seconds of the run, of which
the first so many do not count. Prints a line "METRIC VALUE" each: transactions a second, and waits in ms."""
import sys


def main():
    seconds, skipped = float(sys.argv[1]), float(sys.argv[2])
    # client, number, wait since due (us), script, second, microsecond of the end, lag of the start
    rows = [line.split() for line in sys.stdin]
    ends = [(float(row[4]) + float(row[5]) / 1e6, float(row[2]) / 1000) for row in rows]
    begun = min(end - wait / 1000 for end, wait in ends)
    counted = sorted(wait for end, wait in ends if end - wait / 1000 >= begun + skipped)
    print("transactions_a_second %.3f" % (len(counted) / (seconds - skipped)))
    for name, share in (("p50", .5), ("p99", .99)):
        print("wait_%s_ms %.4f" % (name, counted[min(len(counted) - 1, int(len(counted) * share))]))
    print("longest_wait_ms %.4f" % counted[-1])
    for limit in (10, 50):
        print("waits_above_%d_ms_%% %.4f" % (limit, 100 * sum(wait > limit for wait in counted) / len(counted)))


main()
