# SPDX-License-Identifier: MIT
# Judges what `entrainctl report --json` says by what the hosts logged themselves; shares no code with it.
#
#	report_judge.py watched REPORT LOG...		periods and how many at once are those of the logs
#	report_judge.py acting REPORT WHICH CYCLES LOG...	the forecast holds what happened in the last cycles
#	report_judge.py loops|status JSON LOG...	periods of loops whose works take no time
#	report_judge.py spoil AGENTS SECONDS		writes garbage into instants, durations and counts of the first slots
#	report_judge.py skewed REPORT LEAST MOST	so many actions a minute, of one whose usual interval is shorter than the mean
#	report_judge.py wild REPORT | lines REPORT | bursts CHECK CALLS LEAST_NS
#
# A line of a log is when a flush arrived, began and was over, in us; of a loop, when its work began.
import json
import mmap
import random
import statistics
import struct
import sys
import time

what, name, rest = sys.argv[1], sys.argv[2], sys.argv[3:]
told = json.load(open(name)) if what != "spoil" else None


def read(names):
    """Whole lines only: the hosts are still writing."""
    logs = []
    for one in names:
        text = open(one).read()
        logs.append([[int(word) for word in line.split()] for line in text[: text.rfind("\n")].splitlines()])
    return logs


def steps(log):
    begins = [line[0] for line in log]
    return zip(begins, begins[1:])


def interval(log):
    return statistics.median(after - before for before, after in steps(log))


def near(found, logged, what):
    """Medians of few values of a busy machine: within 1 % of all that was logged, but for a tenth at each end."""
    least, *_, most = statistics.quantiles(logged, n=10)
    for one in found:
        if not least * 0.99 <= one / 1000 <= most * 1.01:
            fail("%s of %d ns, where %d to %d us were logged" % (what, one, least, most))


def at_once(flushes):
    """The most (begin, end) in progress at one instant."""
    edges = sorted([(end, -1) for _, end in flushes] + [(begin, 1) for begin, _ in flushes])
    level = most = 0
    for _, step in edges:
        level += step
        most = max(most, level)
    return most


def fail(text):
    sys.exit("%s: %s" % (name, text))


if what == "watched":
    logs = read(rest)
    if told["actions_lost"] > 2:
        fail("%d actions were missed" % told["actions_lost"])
    if len(told["hosts"]) != len(logs):
        fail("%d hosts, not %d" % (len(told["hosts"]), len(logs)))
    # the last seconds, as the report saw them
    until = max(log[-1][2] for log in logs)
    logs = [[line for line in log if line[1] > until - told["window_ns"] / 1000] for log in logs]
    for host in told["hosts"]:
        if host["actions"] < 5 or not host["observes"]:
            fail("host %s" % host)
    near([host["interval_ns"] for host in told["hosts"]], [b - a for log in logs for a, b in steps(log)], "a period")
    flushes = [(line[1], line[2]) for log in logs for line in log]
    near([host["action_ns"]["p50"] for host in told["hosts"]], [end - begin for begin, end in flushes], "an action")
    if abs(told["overlap"]["max"] - at_once(flushes)) > 1:
        fail("%d at once, the logs say %d" % (told["overlap"]["max"], at_once(flushes)))
    # a sleep takes no longer beside others, which the report says where it has seen it
    if told["verdict"] not in ("worth", "free"):
        fail("verdict %s" % told["verdict"])
elif what == "acting":
    forecast, cycles, logs = told[rest[0]], int(rest[1]), read(rest[2:])
    usual = statistics.median(interval(log) for log in logs)
    until = min(log[-1][2] for log in logs)
    peaks = []
    for cycle in range(cycles):
        begin, end = until - (cycle + 1) * usual, until - cycle * usual
        peaks.append(at_once([(line[1], line[2]) for log in logs for line in log if begin <= line[1] < end]))
    least, most = forecast["overlap"]
    # where all is chance, by the mean, which one may be below; else by the most of all
    drifts = forecast["kind"] == "drifting"
    if not (least - 1 < statistics.mean(peaks) <= most if drifts else least <= statistics.median_low(peaks) <= most):
        fail("forecast %d to %d at once, and it was %s" % (least, most, peaks))
    now, then = (told["overlap"]["mean"], forecast["overlap_mean"]) if drifts else (told["overlap"]["max"], most)
    if then >= now:
        fail("a forecast of %g is no better than %g" % (then, now))
    if drifts and statistics.mean(peaks) > (now + then) / 2:
        fail("forecast %g at once in the mean period, and it was %g; %g before" % (then, statistics.mean(peaks), now))
    # Twice a busy machine is late: when the hold is over, and when the first call is.
    took = [line[2] - line[1] for log in logs for line in log[-cycles:]]
    late = statistics.mean(took) - min(took)
    held = [line[1] - line[0] for log in logs for line in log[-cycles:]]
    if statistics.mean(held) > forecast["delay_ns"]["mean"] / 1000 * (1.5 if drifts else 1.25) + usual / 50 + late:
        fail("held %d us in the mean, forecast %d ns; the other calls were %d us late" % (
            statistics.mean(held), forecast["delay_ns"]["mean"], late))
elif what in ("loops", "status"):
    logs = read(rest)
    hosts = told["hosts" if what == "loops" else "agents"]
    if len(hosts) != len(logs):
        fail("%d hosts, not %d" % (len(hosts), len(logs)))
    if what == "status" and (told["observed"]["verdict"] == "unknown" or not told["observed"]["hosts"]):
        fail("nothing is said of what is observed")
    # within 1 %, and what the machine makes of it, but for a tenth at each end
    for found, log in zip(sorted(host["interval_ns"] for host in hosts), sorted(logs, key=interval)):
        least, *_, most = statistics.quantiles([after - before for before, after in steps(log)], n=10)
        if abs(found / 1000 - interval(log)) > interval(log) / 100 + most - least:
            fail("period %d ns, not %d us, where %d to %d us were logged" % (found, interval(log), least, most))
    if any(host["rhythm"] != "relative" for host in hosts):
        fail("a sleep is no sleep: %s" % [host["rhythm"] for host in hosts])
elif what == "spoil":
    generator = random.Random(1)
    with open(name, "r+b") as agents:
        slots = mmap.mmap(agents.fileno(), 0)
    # where the first slot is, and how far it is to the next: as the object's header says
    size, first = struct.unpack_from("=IQ", slots, 44)
    until = time.monotonic() + float(rest[0])
    while time.monotonic() < until:
        # acting, both copies, statistics, rhythm; the tag in the upper 16 bits stays, so that each word is its owner's
        at = generator.choice([8, *range(16, 128, 8), *range(184, 240, 8)])
        at += first + size * generator.randrange(4)
        for byte in range(at, at + 6):
            slots[byte] = generator.choice([0, 255, generator.randrange(256), slots[byte]])
        time.sleep(0.001)
elif what == "wild":
    # what it pays is chance; but the door is open to them
    if told["verdict"] not in ("worth", "free", "apart") or told["acting_advised"]["kind"] != "drifting":
        fail("of what has no rhythm: %s, %s" % (told["verdict"], told["acting_advised"]))
    if not 1 <= told["acting_advised"]["overlap"][0] <= told["acting_advised"]["overlap"][1] <= len(told["hosts"]):
        fail("forecast %s" % told["acting_advised"])
elif what == "skewed":
    # as many as there were, not as would be if all came after the usual interval
    host, = told["hosts"]
    least, most = (float(word) for word in rest)
    if host["rhythm"] != "drifting" or not least <= host["per_minute"] <= most or 60e9 / host["interval_ns"] < most:
        fail("%g a minute, every %d ns, %s" % (host["per_minute"], host["interval_ns"], host["rhythm"]))
elif what == "lines":
    print(told["lines"], end="")
elif what == "bursts":
    calls, least = int(rest[0]), int(rest[1])
    rule = told["rules"][0]
    whole = rule["matched"] // calls
    if not whole - 1 <= rule["bursts"] <= whole + 1:
        fail("%d calls in %d bursts" % (rule["matched"], rule["bursts"]))
    if rule["actions"] < rule["bursts"] - 2 or rule["acted_ns"] / rule["actions"] < least * 0.9:
        fail("%d actions of %d ns in the mean" % (rule["actions"], rule["acted_ns"] / max(1, rule["actions"])))
else:
    sys.exit(2)
