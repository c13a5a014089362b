# SPDX-License-Identifier: MIT
"""Reads one `entrainctl demo --json` and says whether it reached the targets of a size."""
import json
import statistics
import sys

size = sys.argv[1]
demo = json.load(sys.stdin)
together, offset, swarm = demo["together"], demo["random_offset"], demo["swarm"]
late = swarm["overlap_by_cycle"][3:]
missed = []


def want(what, true):
    print(("reached: " if true else "missed:  ") + what)
    if not true:
        missed.append(what)


if size == "small":
    want(f"together at least 7 at once: {together['peak_overlap']}", together["peak_overlap"] >= 7)
    share = sum(overlap <= 2 for overlap in late) / len(late)
    want(f"swarm at most 2 at once in 9 of 10 cycles after the third: {share:.0%}", share >= .9)
    want(f"its median {statistics.median(late)} not above that of random offsets",
         statistics.median(late) <= statistics.median(offset["overlap_by_cycle"][3:]))
    want(f"evenness at least .85: {swarm['evenness']:.3f}", swarm["evenness"] >= .85)
    want(f"even within 3 cycles: {swarm['cycles_to_even']}",
         swarm["cycles_to_even"] is not None and swarm["cycles_to_even"] <= 3)
elif size == "medium":
    want(f"evenness at least .8: {swarm['evenness']:.3f}", swarm["evenness"] >= .8)
    want(f"together more at once: {together['peak_overlap']}", together["peak_overlap"] >= 56)
else:
    want(f"at most 4 at once: {max(late)}", max(late) <= 4)
    want(f"evenness at least .7: {swarm['evenness']:.3f}", swarm["evenness"] >= .7)
sys.exit(1 if missed else 0)
