# SPDX-License-Identifier: MIT
# Programs that act whenever they like, and what came of it; shares no code with the library.
#
#	preload_drift.py flushing|paced MEAN_MS ACTION_MS CALLS ACTIONS SEED FILE	as preload_drift.c; or one that works between two sleeps
#	preload_drift.py overlaps LOG...			peak, share of the time in which somebody acts that several do
#	preload_drift.py waits MOST_MS LOG...			none is longer, but for the machine's; how many there are
#	preload_drift.py once ACTION_MS OTHER_MS OTHER[,...] LOG...	from the first call of a burst to its last it takes so long, as by itself
#	preload_drift.py slow ACTION_MS LOG...			how much longer an action takes in the mean than it is told to, in ms
#	preload_drift.py asked LIBRARY FLUSH TOOL SWARM		hosts that act when they are told to, and are stopped, killed, let go
#
# A line of a log is when an action arrived, began and was over, in us.
import os
import random
import select
import signal
import statistics
import subprocess
import sys
import time


def now_us():
    return time.monotonic_ns() // 1000


def flushing(fd, calls, action):
    """A burst of flushes; returns its instants but for the last, and how many were done."""
    arrived, begun, done = now_us(), None, 0
    for call in range(calls):
        if call:
            select.select([], [], [], action / (calls - 1))
        done += os.write(fd, b"written\n") == 8
        os.fdatasync(fd)
        begun = begun or now_us()
    return arrived, begun, done


def host(what, mean, action, calls, actions, seed, path):
    """`paced`: its action is what it does between two sleeps; when it arrived is when the sleep that it asked for was over."""
    chance = random.Random(int(seed))
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    mean, action = float(mean) / 1000, float(action) / 1000
    with open(path + ".log", "w") as log:
        for number in range(int(actions)):
            rest = chance.expovariate(1 / mean)
            if what == "paced":
                arrived = now_us() + int(rest * 1e6)
                time.sleep(rest)
                begun = now_us()
                for _ in range(int(calls)):
                    time.sleep(action / int(calls))
                done = os.write(fd, b"written\n") // 8
            else:
                select.select([], [], [], rest)
                arrived, begun, done = flushing(fd, int(calls), action)
            print(arrived, begun, now_us(), file=log, flush=True)
            print("%d: %d" % (number, done), flush=True)
    sys.exit(int(actions))


def read(names):
    return [[[int(word) for word in line.split()] for line in open(name)] for name in names]


def overlaps(logs):
    """Where all are at it and have been met: from the last one's fourth action to the first one's end."""
    from_us = max(log[3][1] for log in logs)
    to_us = min(log[-1][2] for log in logs)
    edges = [(begun, 1) for log in logs for _, begun, _ in log] + [(over, -1) for log in logs for _, _, over in log]
    level = peak = 0
    at, time_at = None, {}
    for instant, step in sorted(edges):
        if at is not None:
            inside = min(instant, to_us) - max(at, from_us)
            time_at[level] = time_at.get(level, 0) + max(inside, 0)
        level, at = level + step, instant
        if from_us <= instant < to_us:
            peak = max(peak, level)
    busy = sum(spent for many, spent in time_at.items() if many > 0)
    print(peak, "%.3f" % (sum(spent for many, spent in time_at.items() if many > 1) / busy))


def waits(most_ms, logs):
    """All but one in fifty: a late wakeup is the machine's."""
    waited = [(begun - arrived) / 1000 for log in logs for arrived, begun, _ in log]
    work = [(over - begun) / 1000 for log in logs for _, begun, over in log]
    held = [ms for ms in waited if ms > 2]
    beyond = sum(ms > float(most_ms) for ms in waited)
    print("held %d of %d, %.1f ms in the mean, %.1f ms at most; an action takes %.1f ms" % (
        len(held), len(waited), statistics.mean(held or [0]), max(waited), statistics.median(work)))
    sys.exit(beyond > len(waited) // 50 or not held)


def work_of(logs):
    return [(over - begun) / 1000 for log in logs for _, begun, over in log]


def once(action_ms, other_ms, others, logs):
    """By what the machine makes of such actions: others, by themselves, are told to take other_ms."""
    slower = max(1, statistics.median(work_of(others)) / float(other_ms))
    work = statistics.median(work_of(logs))
    print("%.1f ms, not %s; by themselves %.2f times as long" % (work, action_ms, slower))
    sys.exit(work > float(action_ms) * slower * 1.4)


class Asked:
    """Acts when it is told to: one slow call that a rule is for."""

    def __init__(self, library, flush, action_ms):
        self.host = subprocess.Popen([flush, "asked", "0", str(action_ms), "1"], stdin=subprocess.PIPE,
                                     stdout=subprocess.PIPE, env=dict(os.environ, LD_PRELOAD=library))

    def go(self):
        self.host.stdin.write(b"\n")
        self.host.stdin.flush()

    def acted(self):
        """When it arrived, began and was over, in ms."""
        if not select.select([self.host.stdout], [], [], 20)[0]:
            sys.exit("a host does not come back")
        return [int(word) / 1000 for word in self.host.stdout.readline().split()]

    def signal(self, number):
        self.host.send_signal(number)


class Late(Exception):
    """Something took longer than the library says, which a busy machine does now and then."""


def settle(seconds):
    """Instants between which hosts are told to come are what is tested here; nothing is hoped for."""
    time.sleep(seconds)


def asked(*arguments):
    for tries in 1, 2, 3:
        try:
            return asked_once(*arguments)
        except Late as late:
            print("%s; once more" % late)
    sys.exit("three times")


def asked_once(library, flush, tool, swarm):
    action = 300
    # what was booked before is over
    settle(7 * action / 1000)
    hosts = [Asked(library, flush, action) for _ in range(6)]
    try:
        asked_run(hosts, action, [tool, "set", swarm])
        hosts.append(Asked(library, flush, action))
        newcomer_run(hosts[5], hosts[6], action)
    finally:
        for one in hosts:
            one.signal(signal.SIGKILL)
            one.host.wait()


def newcomer_run(known, newcomer, action):
    """Nothing has to be found out first: who comes for the second time queues."""
    newcomer.go()
    newcomer.acted()
    settle(.1)
    known.go()
    settle(.03)
    newcomer.go()
    arrived, begun, _ = newcomer.acted()
    print("at its second call: %.0f ms" % (begun - arrived))
    if begun - arrived < action / 2:
        sys.exit("it does not queue")
    if begun - arrived > action + 100:
        raise Late("it is held for too long")


def asked_run(hosts, action, tool_set):
    # The first call of a process is counted, the second takes a slot; two actions tell how long they take.
    for _ in range(3):
        settle(.2)
        for one in hosts:
            one.go()
        for one in hosts:
            one.acted()

    settle(.4)
    for one in hosts:
        one.go()
    acts = [one.acted() for one in hosts]
    first, queue = min(act[0] for act in acts), sorted(act[1] for act in acts)
    print("queued, ms after the first came:", " ".join("%.0f" % (begun - first) for begun in queue))
    # each at its place: never before it, whoever else is late
    if any(begun - first < place * action * .95 for place, begun in enumerate(queue)):
        sys.exit("those who come at once do not queue")
    if any(begun - first > (place + .5) * action * 1.1 for place, begun in enumerate(queue)):
        raise Late("those who come at once are held for longer than the others take")

    settle(.4)
    for one in hosts:
        one.go()
    settle(.1)
    subprocess.run(tool_set + ["mode=off"], check=True, stdout=subprocess.DEVNULL)
    off = now_us() / 1000
    late = sorted(one.acted()[1] - off for one in hosts)
    subprocess.run(tool_set + ["mode=act"], check=True, stdout=subprocess.DEVNULL)
    print("let go after mode=off, ms:", " ".join("%.0f" % one for one in late))
    # 50 ms from look to look, and what the machine takes
    if late[-2] < 0:
        sys.exit("nobody was held when mode=off came")
    if late[-1] > 100:
        raise Late("mode=off does not let go")

    # What those had booked who were let go is nobody's, until it is over.
    settle(len(hosts) * action / 1000)
    first, stopped, killed, last = hosts[:4]
    for one in (first, stopped, killed, last):
        one.go()
        settle(.03)
    first.signal(signal.SIGSTOP)
    stopped.signal(signal.SIGSTOP)
    killed.signal(signal.SIGKILL)
    arrived, begun, _ = last.acted()
    print("behind three who are stopped or dead: %.0f ms" % (begun - arrived))
    if begun - arrived < 2.5 * action:
        sys.exit("it is not held for what they had booked")
    if begun - arrived > 3 * action + 100:
        raise Late("it is held for longer than they had booked")
    hosts[4].go()
    arrived, begun, _ = hosts[4].acted()
    if not begun - arrived < action + 100:
        raise Late("the next is held for %.0f ms" % (begun - arrived))
    first.signal(signal.SIGCONT)
    stopped.signal(signal.SIGCONT)
    first.acted()
    stopped.acted()
    settle(.4)
    hosts[5].go()
    arrived, begun, _ = hosts[5].acted()
    print("at a free door: %.0f ms" % (begun - arrived))
    if begun - arrived > 50:
        raise Late("a door that is free holds")


what, rest = sys.argv[1], sys.argv[2:]
if what == "overlaps":
    overlaps(read(rest))
elif what == "waits":
    waits(rest[0], read(rest[1:]))
elif what == "once":
    once(*rest[:2], read(rest[2].split(",")), read(rest[3:]))
elif what == "slow":
    print("%.1f" % (statistics.mean(work_of(read(rest[1:]))) - float(rest[0])))
elif what == "asked":
    asked(*rest)
else:
    host(what, *rest)
