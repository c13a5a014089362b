# SPDX-License-Identifier: MIT
"""Watches processes that have the plugin from a folder lib.KIND here, with `entrainctl check`, until its input ends: prints for each
kind what the plugin was seen to count there, "-" if it was only there.

Arguments: the tool, the folder here, kinds that are expected to call something."""
import glob
import json
import re
import select
import subprocess
import sys


def main():
    tool, here, callers = sys.argv[1], sys.argv[2], set(sys.argv[3:])
    mapped = re.compile(re.escape(here) + r"/lib\.([^/]+)/")
    seen = {}
    while not select.select([sys.stdin], [], [], 0.02)[0]:
        # the youngest first: they do the work
        for name in sorted(glob.glob("/proc/[0-9]*/maps"), key=lambda name: -int(name.split("/")[2])):
            try:
                with open(name) as maps:
                    found = mapped.search(maps.read())
            except OSError:
                continue
            if not found or (found[1] in seen and (found[1] not in callers or seen[found[1]] != "-")):
                continue
            answer = subprocess.run([tool, "check", name.split("/")[2], "--json"], capture_output=True)
            try:
                told = json.loads(answer.stdout)
            except ValueError:
                continue  # it is gone
            if told["covered"]:
                counts = " ".join("%s %d" % (call, count) for call, count in told["calls"].items() if count)
                seen[found[1]] = counts or "-"
    for kind, counts in seen.items():
        print(kind, counts)


main()
