# SPDX-License-Identifier: MIT
"""Is every request that was answered in the log, once?

Arguments: "killed PID INSTANT" or "ended PID INSTANT" for each worker that got SIGKILL or SIGTERM, as one argument each, then "logs" and
the logs, then "answers" and what nginx_load.py told. A line that is missing must have been in the buffer of a killed one, so answered by
it within the time that the first argument (s) allows before, or later, for an answer may be read late; or answered by an ended one
after its SIGTERM, one for each: a request that has others behind it on its connection is logged when that is closed, which a fast exit
does not wait for, whoever flushes (nginx 1.22 alone: 9 of 199,443 in 88 ends). Prints requests, lines, lost with the killed and with the ended."""
import sys


def numbers_of(logs):
    count = {}
    for name in logs:
        with open(name) as log:
            for line in log:
                fields = line.split()
                if len(fields) != 3 or not line.endswith("\n"):
                    sys.exit("not a whole line in %s: %r" % (name, line))
                if not fields[2].startswith("/?"):
                    continue
                number = int(fields[2][2:])
                count[number] = count.get(number, 0) + 1
    return count


def main():
    within = float(sys.argv[1])
    logs, answers = sys.argv.index("logs"), sys.argv.index("answers")
    gone = {"killed": {}, "ended": {}}
    for text in sys.argv[2:logs]:
        how, pid, at = text.split()
        gone[how][pid] = float(at)
    killed, ended = gone["killed"], gone["ended"]
    count = numbers_of(sys.argv[logs + 1:answers])
    doubled = [number for number, times in count.items() if times > 1]
    requests = lost = late = 0
    wrong = []
    for name in sys.argv[answers + 1:]:
        with open(name) as told:
            for line in told:
                if not line.strip():
                    continue
                number, pid, at, _ = line.split()
                requests += 1
                if int(number) in count:
                    continue
                if pid in killed and killed[pid] - within <= float(at):
                    lost += 1
                elif pid in ended and ended[pid] <= float(at):
                    late += 1
                    del ended[pid]
                else:
                    wrong.append((number, pid, at))
    print("%d requests, %d lines, %d lost with workers that were killed, %d at a fast exit" % (requests, len(count), lost, late))
    if doubled or wrong:
        sys.exit("%d doubled, %d missing: %s" % (len(doubled), len(wrong), wrong[:5]))


main()
