# SPDX-License-Identifier: MIT
"""From the logs of PostgreSQL servers, one a cluster: how evenly the syncs of their checkpoints are apart.

Arguments: period (s), first and last instant that count (s since 1970; 0: no bound), then the logs, written with
log_line_prefix = '%n %b '. Prints evenness (1: the largest gap between the clusters' median phases is an equal share), the
most syncs in progress at once, and the fewest checkpoints that any cluster made. With --svg FILE as the first arguments draws
all syncs of the time as well, a row a cluster."""
import re
import statistics
import sys

LINE = re.compile(r"^(\d+\.\d+) checkpointer LOG:  (?:checkpoint|restartpoint) (starting|complete): (.*)$")
TIMES = re.compile(r"write=(\d+\.\d+) s, sync=(\d+\.\d+) s")


def checkpoints(name):
    """(start, sync began, sync ended, cause) of each that was completed"""
    found, started = [], None
    with open(name, errors="replace") as log:
        for line in log:
            match = LINE.match(line)
            if not match:
                continue
            if match[2] == "starting":
                started = float(match[1]), match[3].strip()
            elif started:
                write, sync = (float(number) for number in TIMES.search(match[3]).groups())
                began = started[0] + write
                found.append((started[0], began, began + sync, started[1]))
                started = None
    return found


def circular_median(phases):
    def distance(one, other):
        return min((one - other) % 1, (other - one) % 1)
    return min(phases, key=lambda phase: sum(distance(phase, other) for other in phases))


def evenness(all_found, period):
    phases = sorted(circular_median([began / period % 1 for _, began, _, _ in found]) for found in all_found)
    gaps = [(after - before) % 1 for before, after in zip(phases, phases[1:] + phases[:1])]
    print("phases %s" % " ".join("%.3f" % phase for phase in phases), file=sys.stderr)
    return 1 / len(phases) / max(gaps) if max(gaps) else 1 / len(phases)


def most_at_once(all_found):
    edges = sorted(edge for found in all_found for _, began, ended, _ in found
                   for edge in ((began, 1), (ended, -1)))
    most = now = 0
    for _, step in edges:
        now += step
        most = max(most, now)
    return most


def joined(log):
    """when its worker was first in a swarm, if ever"""
    with open(log, errors="replace") as lines:
        return next((float(line.split()[0]) for line in lines if " entrain LOG:  entrain: in swarm " in line), None)


def draw(name, period, logs, all_found):
    rows, width, left, height = len(logs), 760, 90, 26
    first = min(found[0][0] for found in all_found if found)
    last = max(found[-1][2] for found in all_found if found)
    scale = width / (last - first)
    with open(name, "w") as out:
        out.write('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="sans-serif" font-size="11">\n'
                  % (left + width + 10, rows * height + 44))
        out.write('<title>When the clusters write (light) and sync (dark) their checkpoints</title>\n')
        out.write('<rect width="100%" height="100%" fill="#fff"/>\n')
        for row, (log, found) in enumerate(zip(logs, all_found)):
            top = 8 + row * height
            label = log.rsplit("/", 1)[-1].removesuffix(".log")
            out.write('<text x="%d" y="%d" text-anchor="end">%s</text>\n' % (left - 8, top + 14, label))
            for start, began, ended, _ in found:
                out.write('<rect x="%.1f" y="%d" width="%.1f" height="12" fill="#cfe0f3"/>\n'
                          % (left + (start - first) * scale, top + 4, (began - start) * scale))
                out.write('<rect x="%.1f" y="%d" width="%.1f" height="20" fill="#1f4e8c"/>\n'
                          % (left + (began - first) * scale, top, max(2.0, (ended - began) * scale)))
        bottom = 8 + rows * height
        on = min((when for when in map(joined, logs) if when), default=None)
        if on and first < on < last:
            x = left + (on - first) * scale
            out.write('<line x1="%.1f" x2="%.1f" y1="0" y2="%d" stroke="#c0392b"/>\n' % (x, x, bottom + 20))
            out.write('<text x="%.1f" y="%d" fill="#c0392b">entrain.enabled = on</text>\n' % (x + 4, bottom + 30))
        steps = int((last - first) / period) + 1
        for step in range(steps):
            x = left + step * period * scale
            out.write('<line x1="%.1f" x2="%.1f" y1="4" y2="%d" stroke="#999" stroke-dasharray="2 3"/>\n' % (x, x, bottom))
            out.write('<text x="%.1f" y="%d" text-anchor="middle" fill="#555">%g s</text>\n' % (x, bottom + 14, step * period))
        out.write('</svg>\n')


def main():
    arguments = sys.argv[1:]
    picture = None
    if arguments[0] == "--svg":
        picture, arguments = arguments[1], arguments[2:]
    period, first, last = (float(word) for word in arguments[:3])
    logs = arguments[3:]
    all_found = [[one for one in checkpoints(log) if first <= one[1] and (not last or one[1] <= last)] for log in logs]
    if picture:
        draw(picture, period, logs, all_found)
    fewest = min(len(found) for found in all_found)
    if not fewest:
        sys.exit("a cluster made no checkpoint: %s" % [len(found) for found in all_found])
    for log, found in zip(logs, all_found):
        print(log.rsplit("/", 1)[-1], " ".join("%.3f" % (one[1] - found[0][1]) for one in found),
              "sync %.0f ms" % statistics.median((one[2] - one[1]) * 1000 for one in found), file=sys.stderr)
    print("%.3f %d %d" % (evenness(all_found, period), most_at_once(all_found), fewest))


main()
