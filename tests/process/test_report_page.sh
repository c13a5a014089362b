#!/bin/sh
# SPDX-License-Identifier: MIT
# entrainctl report -o: one page for a browser that shows what was seen, whatever the agents call themselves.
# shellcheck source=tests/process/cli_fixture.sh
. "${srcdir:-.}/tests/process/cli_fixture.sh"
command -v python3 >/dev/null || { echo "no python3"; exit 77; }

# ---- what is refused, before anybody looks -----------------------------------------------

run 3 report nosuch -o "$work/page.html"
[ ! -e "$work/page.html" ]
judge $? "no file for no swarm"
run 0 create web --period 100ms
run 2 report web -o "$work/page.html" --json
complains 'goes neither with --json nor with --text$'
run 2 report web --text --output="$work/page.html"
run 2 report web -o
complains 'report --output: needs a value'
run 2 report web -x
complains 'unknown option -x$'
run 5 report web -o "$work/none/page.html" --for 1h
complains 'page.html: cannot be written: No such file or directory$'

# ---- a page ------------------------------------------------------------------------------

run 0 report web -o "$work/page.html" --for 100ms
says '^swarm web: 0 hosts; open .*page.html in a browser$'
grep -q 'nobody has a slot' "$work/page.html"
judge $? "a page of nobody"

start web alpha "" 5
one=$started
start web '<b>&"bold' "" 1
two=$started
run 0 wait web --converged
turns() { "$tool" status web --json | sed -n 's/.*"pid": '"$1"'.*"turns": \([0-9]*\).*/\1/p'; }
# A link is followed, what others have of the former file is not touched.
mkdir "$work/pages"
echo former >"$work/pages/web.html"
exec 3<"$work/pages/web.html"
ln -s pages/web.html "$work/link.html"
before=$(turns "$one")
run 0 report web -o "$work/link.html" --for 1500ms
after=$(turns "$one")
same "the former file" "$(cat <&3)" former
exec 3<&-
same "files" "$(ls "$work/pages")" web.html

cat >"$work/judge.py" <<'P'
import re, sys
import xml.etree.ElementTree as tree
name, alpha, bold, turns = *sys.argv[1:4], int(sys.argv[4])
text = open(name).read()
page = tree.fromstring(text)  # refuses what is not well-formed
svg = "{http://www.w3.org/2000/svg}"
def fail(why): sys.exit("page: " + why)
if re.search(r'(?:src|href)=|url\(|@import|<script', text): fail("needs something beside it")
wheel, timeline, course = page.iter(svg + "svg")
agents = [circle.find(svg + "title").text for circle in wheel.iter(svg + "circle") if circle.find(svg + "title") is not None]
if len(agents) != 2 or not any('<b>&"bold' in agent for agent in agents): fail("agents on the wheel: %s" % agents)
bars = [bar.find(svg + "title").text for bar in timeline.iter(svg + "rect") if bar.find(svg + "title") is not None]
for pid in alpha, bold:
    count = sum(bar.startswith("pid %s," % pid) for bar in bars)
    # the timeline has the latest twelve intervals, and what reaches into them
    if not min(turns, 8) <= count <= 14: fail("%d actions of %s, of %d" % (count, pid, len(bars)))
lines = [path.get("d") for path in course.iter(svg + "path") if path.get("d").count("L") > 20]
if len(lines) != 2: fail("lines of the course: %d" % len(lines))
for x, y in re.findall(r"([\d.]+) ([\d.]+)", " ".join(lines)):
    if not (150 <= float(x) <= 984.1 and 0 <= float(y) <= 120): fail("out of the picture: %s %s" % (x, y))
words = "".join(page.itertext())
for wanted in "swarm web", "A MINUTE", "What happened meanwhile", "distribute-load: evenness":
    if wanted not in words: fail("does not say " + wanted)
P
python3 "$work/judge.py" "$work/pages/web.html" "$one" "$two" $((after - before)) >"$work/out" 2>"$work/err"
judge $? "the page"

# Of another goal's metric nothing is drawn as this one's.
"$tool" report web -o "$work/changed.html" --for 1h >"$work/out" 2>"$work/err" &
report=$!
pids="$pids $report"
# more COUNT: so many turns are taken from now on
more()
{
	from=$(turns "$one")
	await eval "[ \$(turns $one) -ge $((from + $1)) ]"
}
await sh -c "ls '$work' | grep -q 'changed.html\.'"
more 8
judge $? "a look before the change"
"$tool" set web goal=reach-consensus >/dev/null
judge $? "another goal"
more 8
judge $? "a look after it"
kill -TERM "$report"
wait "$report"
judge $? "a report over a change of goal"
forget "$report"
cat >"$work/changed.py" <<'P'
import sys
import xml.etree.ElementTree as tree
svg = "{http://www.w3.org/2000/svg}"
course = list(tree.parse(sys.argv[1]).iter(svg + "svg"))[2]
coherence, goal = [path.get("d") for path in course.iter(svg + "path") if path.get("stroke-width") == "1.8"]
begin = lambda line: float(line[1:].split()[0])
sys.exit(not (begin(coherence) < 160 and begin(goal) > 200 and "goal: order" in "".join(course.itertext())))
P
python3 "$work/changed.py" "$work/changed.html"
judge $? "only what came after the change is drawn"

# A signal ends the look early, and what was seen counts; who is killed leaves the former page.
cp "$work/pages/web.html" "$work/copy"
"$tool" report web -o "$work/pages/web.html" --for 1h >"$work/out" 2>"$work/err" &
report=$!
pids="$pids $report"
begun() { ls "$work/pages" | grep -q 'html\.'; }
await begun
judge $? "the page is begun"
end "$report" KILL
cmp -s "$work/copy" "$work/pages/web.html"
judge $? "killed: the former page"
rm -f "$work/pages"/web.html.*
"$tool" report web -o "$work/pages/web.html" --for 1h >"$work/out" 2>"$work/err" &
report=$!
pids="$pids $report"
await begun
kill -TERM "$report"
wait "$report"
judge $? "interrupted: done"
forget "$report"
says '^swarm web: 2 hosts; open '
! cmp -s "$work/copy" "$work/pages/web.html"
judge $? "interrupted: another page"
same "no part is left" "$(ls "$work/pages")" web.html

finish 31
