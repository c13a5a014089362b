# SPDX-License-Identifier: MIT
"""When was a log written, and by which worker: seen by inotify, from the lines that are new.

Arguments: the log, whose lines are "INSTANT PID ..."; writes lines "INSTANT PID LINES" to its output until it is ended. Besides, it
wakes itself each 20 ms and tells how late that was, as "INSTANT late S": what a busy machine does to those who only wait."""
import ctypes
import os
import select
import sys
import time

TICK_S = 0.02
IN_MODIFY, IN_CREATE, IN_MOVED_TO = 2, 0x100, 0x80


def tell(at, lines):
    by = {}
    for line in lines:
        pid = line.split(b" ", 2)[1]
        by[pid] = by.get(pid, 0) + 1
    for pid, count in by.items():
        print("%.6f %s %d" % (at, pid.decode(), count), flush=True)


def main():
    name = sys.argv[1]
    libc = ctypes.CDLL(None, use_errno=True)
    notify = libc.inotify_init1(0)
    if libc.inotify_add_watch(notify, os.path.dirname(name).encode(), IN_MODIFY | IN_CREATE | IN_MOVED_TO) < 0:
        sys.exit("inotify: %s" % os.strerror(ctypes.get_errno()))
    log, rest = open(name, "rb"), b""
    log.seek(0, 2)
    print("watching", file=sys.stderr, flush=True)
    tick = time.time()
    while True:
        tick += TICK_S
        wait = tick - time.time()
        ready = select.select([notify], [], [], max(wait, 0))[0]
        at = time.time()
        if not ready:
            print("%.6f late %.6f" % (at, at - tick), flush=True)
            tick = max(tick, at - TICK_S)
            continue
        tick -= TICK_S
        os.read(notify, 65536)
        new = rest + log.read()
        lines = new.split(b"\n")
        rest = lines.pop()
        tell(at, lines)


main()
