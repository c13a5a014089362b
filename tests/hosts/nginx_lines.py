# SPDX-License-Identifier: MIT
"""Is every request that was answered in the log, once?

Arguments: "killed PID INSTANT" for each worker that was ended by SIGKILL, as one argument each, then "logs" and the logs, then "answers"
and what nginx_load.py told. A line that is missing must have been in the buffer of one of these when it was killed, so answered by it
within the time that the first argument (s) allows before. Prints requests, lines, lost with the killed."""
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
    killed = {}
    for text in sys.argv[2:logs]:
        _, pid, at = text.split()
        killed[pid] = float(at)
    count = numbers_of(sys.argv[logs + 1:answers])
    doubled = [number for number, times in count.items() if times > 1]
    requests = lost = 0
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
                if pid in killed and killed[pid] - within <= float(at) <= killed[pid] + 0.5:
                    lost += 1
                else:
                    wrong.append((number, pid, at))
    print("%d requests, %d lines, %d lost with workers that were killed" % (requests, len(count), lost))
    if doubled or wrong:
        sys.exit("%d doubled, %d missing: %s" % (len(doubled), len(wrong), wrong[:5]))


main()
