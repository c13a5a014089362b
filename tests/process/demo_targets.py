# SPDX-License-Identifier: MIT
"""Reads one `entrainctl demo --json` and says whether it reached the targets of a size."""
import json
import statistics
import sys

# workers; at least so many at once when started together; evenness of the swarm at least
SIZES = {"small": (8, 7, .85), "medium": (64, 56, .8), "large": (200, None, .7)}

size = sys.argv[1]
workers, together_least, evenness_least = SIZES[size]
demo = json.load(sys.stdin)
together, offset, swarm = demo["together"], demo["random_offset"], demo["swarm"]
late = swarm["overlap_by_cycle"][3:]
missed = []


def want(what, true):
    print(("reached: " if true else "missed:  ") + what)
    if not true:
        missed.append(what)


def want_apart():
    """At most two at once, no more than by luck, and soon."""
    share = sum(overlap <= 2 for overlap in late) / len(late)
    want(f"swarm at most 2 at once in 9 of 10 cycles after the third: {share:.0%} of {len(late)}",
         share >= .9)
    lucky = statistics.median(offset["overlap_by_cycle"][3:])
    want(f"its median {statistics.median(late)} not above that of random offsets, {lucky}",
         statistics.median(late) <= lucky)
    want(f"even within 3 cycles: {swarm['cycles_to_even']}",
         swarm["cycles_to_even"] is not None and swarm["cycles_to_even"] <= 3)


want(f"{workers} workers ran: {demo['run']['workers']}", demo["run"]["workers"] == workers)
if together_least:
    want(f"together at least {together_least} at once: {together['peak_overlap']}",
         together["peak_overlap"] >= together_least)
    want_apart()
else:
    want(f"swarm at most 4 at once after the third cycle: {max(late)}", max(late) <= 4)
want(f"evenness at least {evenness_least}: {swarm['evenness']:.3f}",
     swarm["evenness"] >= evenness_least)
sys.exit(1 if missed else 0)
