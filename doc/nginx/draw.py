# SPDX-License-Identifier: MIT
"""The picture of doc/nginx.md from what nginx_watch.py saw. Usage: draw.py WITHOUT WITH BEGAN KILLED SECONDS > nginx.svg"""
import sys

STYLE = """text{font-family:system-ui,'Segoe UI','Helvetica Neue',Arial,sans-serif;fill:#1f2933;font-size:13px}
.t{font-size:15px;font-weight:600}.s{fill:#52606d}.p{fill:#f1f3f0}.a{stroke:#2f6f9f;stroke-width:3}.o{stroke:#c2410c;stroke-width:3}
.x{stroke:#c2410c;stroke-width:1.2;stroke-dasharray:4 3}.k{fill:#c2410c}.r{fill:#fdfdfb}.g{stroke:#d5d9d3;stroke-width:1}
@media(prefers-color-scheme:dark){text{fill:#e4e7eb}.s{fill:#a3b0bd}.p{fill:#22282f}.a{stroke:#6cb2e0}.o{stroke:#ff9b66}
.x{stroke:#ff9b66}.k{fill:#ff9b66}.r{fill:#14181c}.g{stroke:#39424c}}"""
LEFT, WIDE, ROW, ROWS = 24, 720, 13, 8


def writes_of(name):
    writes = []
    with open(name) as seen:
        for line in seen:
            at, pid, _ = line.split()
            if pid != "late":
                writes.append((float(at), pid))
    return writes


def panel(out, top, title, writes, began, seconds, css):
    """A row a worker; who comes after one that was killed takes its row."""
    high = ROWS * ROW
    out.append('<text x="%d" y="%d" class="t">%s</text>' % (LEFT, top - 10, title))
    out.append('<rect x="%d" y="%d" width="%d" height="%d" class="p"/>' % (LEFT, top, WIDE, high))
    last, row_of, path = {}, {}, ""
    for at, pid in writes:
        last[pid] = at
    for at, pid in writes:
        if not 0 <= at - began <= seconds:
            continue
        if pid not in row_of:
            used = set(row for old, row in row_of.items() if last[old] >= at)
            row_of[pid] = min(row for row in range(2 * ROWS) if row not in used)
        x = LEFT + (at - began) / seconds * WIDE
        path += "M%.1f %dv%d" % (x, top + row_of[pid] * ROW + 2, ROW - 4)
    for second in range(0, int(seconds) + 1, 4):
        x = LEFT + second / seconds * WIDE
        out.append('<path d="M%.1f %dv%d" class="g"/>' % (x, top, high))
        out.append('<text x="%.1f" y="%d" text-anchor="middle" class="s">%d%s</text>' % (x, top + high + 16, second, " s" if second == 0 else ""))
    out.append('<path d="%s" class="%s"/>' % (path, css))


def main():
    without, with_us = writes_of(sys.argv[1]), writes_of(sys.argv[2])
    began, killed, seconds = float(sys.argv[3]), float(sys.argv[4]), float(sys.argv[5])
    out = ['<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 768 336" role="img" '
           'aria-label="When eight nginx workers wrote their logs, without and with entrain">',
           "<style>%s</style>" % STYLE, '<rect width="768" height="336" class="r"/>']
    panel(out, 34, "access_log buffer=64k flush=5s: when each of 8 workers wrote", without, without[0][0] - 5, seconds, "o")
    panel(out, 192, "the same with entrain period=4s; four are killed on the way", with_us, began, seconds, "a")
    x = LEFT + (killed - began) / seconds * WIDE
    out.append('<path d="M%.1f 188v%d" class="x"/><text x="%.1f" y="329" text-anchor="middle" class="k">kill -9 of four</text>'
               % (x, ROWS * ROW + 26, x + 52))
    out.append("</svg>")
    print("\n".join(out))


main()
