#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""draw.py - the picture of one goal, from what `turns GOAL` printed. Usage: turns GOAL | draw.py GOAL > GOAL.svg"""
import sys

EVENT, ROWS = 12, 25
NAMES = {  # title, what the right side shows, what happens in the middle
    "minimize-api-calls": ("all together, so that one call serves all", "R1", "half are scattered"),
    "distribute-load": ("evenly apart", "evenness", "half are scattered"),
    "reach-consensus": ("two groups, opposite each other", "R2", "half are scattered"),
    "minimize-latency": ("all together, as soon as can be", "R1", "half are scattered"),
    "save-energy": ("evenly apart, for little energy", "evenness", "half are scattered"),
    "maintain-rhythm": ("every period the same; apart in small steps", "rhythm", "half are scattered"),
    "recover-from-failure": ("evenly apart, again as soon as can be", "evenness", "half are killed"),
    "adapt-to-traffic": ("together while there is little to do, else apart", "R1/evenness", "load 10 % to 60 %"),
}
STYLE = """text{font-family:system-ui,'Segoe UI','Helvetica Neue',Arial,sans-serif;fill:#1f2933;font-size:13px}
.t{font-size:15px;font-weight:600}.s{fill:#52606d}.p{fill:#f1f3f0}.a{fill:#2f6f9f}.o{fill:#c2410c}.r{fill:#fdfdfb}
.v{stroke:#2f6f9f;stroke-width:2;fill:none}.e{stroke:#7a8794;stroke-width:1.5;fill:none;stroke-dasharray:2 3}
.g{stroke:#52606d;stroke-width:1;stroke-dasharray:5 4}.x{stroke:#c2410c;stroke-width:1.2}.k{fill:#c2410c}
@media(prefers-color-scheme:dark){text{fill:#e4e7eb}.s{fill:#a3b0bd}.p{fill:#22282f}.a{fill:#6cb2e0}.o{fill:#ff9b66}
.r{fill:#14181c}.v{stroke:#6cb2e0}.e{stroke:#93a1ae}.g{stroke:#a3b0bd}.x{stroke:#ff9b66}.k{fill:#ff9b66}}"""
LEFT, TOP, WIDE, ROW = 64, 62, 400, 9
RIGHT, NARROW = 528, 216


def read(lines):
    actions, cycles = [], []
    for line in lines:
        kind, *rest = line.split()
        values = [float(value) for value in rest]
        (actions if kind == "action" else cycles).append(values)
    return actions, cycles


def turned(actions):
    """Begin the period so that the orange worker acts early in it when it is disturbed: no pile lies on the edge."""
    last = max(when for agent, when, _, cycle in actions if agent == 0 and cycle < EVENT)
    shift = (.3 - last) % 1
    return [(agent, when + shift, length, cycle) for agent, when, length, cycle in actions], shift


def raster(out, actions, rows, at_event):
    """Each action as a bar at its place in the period, a line for each period; what passes the end goes on at the start."""
    out.append(f'<rect x="{LEFT}" y="{TOP}" width="{WIDE}" height="{rows * ROW}" class="p"/>')
    paths = {"a": "", "o": ""}
    actions, shift = turned(actions)
    for agent, when, length, _ in actions:
        row = int(when)
        at = when - row
        for begin, end, line in ((at, min(at + length, 1), row), (0, at + length - 1, row + 1)):
            if end > begin and line < rows:
                wide = max((end - begin) * WIDE, 2.5)
                paths["o" if agent == 0 else "a"] += (f"M{LEFT + begin * WIDE:.1f} {TOP + line * ROW + 1.5}"
                                                      f"h{wide:.1f}v{ROW - 3}h-{wide:.1f}z")
    out.extend(f'<path d="{path}" class="{css}"/>' for css, path in paths.items())
    y = TOP + round(at_event + shift) * ROW
    out.append(f'<path d="M{LEFT - 4} {y}H{LEFT + WIDE + 4}" class="x"/>')
    for cycle in range(0, rows, 6):
        out.append(f'<text x="{LEFT - 8}" y="{TOP + cycle * ROW + 9}" text-anchor="end" class="s">{cycle}</text>')
    out.append(f'<text x="{LEFT + WIDE / 2}" y="{TOP + rows * ROW + 18}" text-anchor="middle" class="s">'
               'one period, from left to right</text>')
    middle = TOP + rows * ROW / 2
    out.append(f'<text x="18" y="{middle}" text-anchor="middle" class="s" '
               f'transform="rotate(-90 18 {middle})">periods since the start</text>')


def curve(out, cycles, rows, metric):
    """The metric downwards beside the periods, from 0 to 1, with its target; energy where it tells something."""
    high = rows * ROW
    out.append(f'<rect x="{RIGHT}" y="{TOP}" width="{NARROW}" height="{high}" class="p"/>')

    def down(when):
        return TOP + min(when * ROW, high)

    def line(points, css):
        text = " ".join(f"{RIGHT + value * NARROW:.1f},{down(when):.1f}" for when, value in points)
        out.append(f'<polyline points="{text}" class="{css}"/>')

    targets = [(when, target) for _, when, _, target, _, _ in cycles if when <= rows]
    line([(0, targets[0][1])] + targets + [(rows, targets[-1][1])], "g")
    out[-1] = out[-1].replace("/>", ' fill="none"/>')
    line([(when, energy / 100) for _, when, _, _, energy, _ in cycles if when <= rows], "e")
    line([(when, value) for _, when, value, _, _, _ in cycles if when <= rows], "v")
    for value in (0, .5, 1):
        out.append(f'<text x="{RIGHT + value * NARROW}" y="{TOP + high + 18}" text-anchor="middle" class="s">'
                   f'{value:g}</text>')
    out.append(f'<text x="{RIGHT}" y="{TOP - 8}"><tspan class="a">{metric}</tspan>'
               '<tspan class="s" dx="10">- - target</tspan><tspan class="s" dx="10">····· energy</tspan></text>')


def main():
    goal = sys.argv[1]
    title, metric, what = NAMES[goal]
    actions, cycles = read(sys.stdin)
    rows = ROWS
    high = TOP + rows * ROW + 30
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 768 {high}" width="768" height="{high}" role="img">',
           f'<title>{goal}: {title}</title>', f'<style>{STYLE}</style>',
           f'<rect width="768" height="{high}" rx="8" class="r"/>',
           f'<text x="20" y="26" class="t">{goal}: {title}</text>']
    at_event = next(when for number, when, *_ in cycles if number == EVENT)
    raster(out, actions, rows, at_event)
    curve(out, cycles, rows, metric)
    y = TOP + at_event * ROW
    out.append(f'<path d="M{RIGHT} {y:.1f}H{RIGHT + NARROW}" class="x"/>')
    out.append(f'<text x="{LEFT}" y="{TOP - 8}" class="s">16 workers, one of them orange; at the line '
               f'<tspan class="k">{what}</tspan></text>')
    out.append("</svg>")
    print("\n".join(out))


main()
