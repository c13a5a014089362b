#!/bin/sh
# SPDX-License-Identifier: MIT
# entrainctl export: metrics that a scraper reads, and a file of them that is there as a whole or not at all.
# shellcheck source=tests/process/cli_fixture.sh
. "${srcdir:-.}/tests/process/cli_fixture.sh"

# ---- what is refused ---------------------------------------------------------------------

run 3 export nosuch
complains '^try: entrainctl list'
run 0 create web --period 100ms
run 2 export web --format graphite
complains '"graphite" is no format: there is prometheus$'
run 2 export web more
run 2 export web --json

# ---- metrics -----------------------------------------------------------------------------

start web alpha "" 1
start web beta "" 1
run 0 wait web --converged
# Every line is a comment or a sample of the family whose comments came last, and no family comes twice.
well_formed()
{
	awk '/^# HELP / { if (seen[$3]++) bad = 1; help = $3; next }
		/^# TYPE / { family = $3; if (family != help || $4 !~ /^(gauge|counter)$/) bad = 1; next }
		/^entrain_[a-z_]+[{][^{]*[}] -?[0-9.]+(e[-+]?[0-9]+)?$/ { n++; if (index($0, family "{") != 1) bad = 1; next }
		{ bad = 1 }
		END { exit bad || n < 30 }' "$1"
}
run 0 export web
well_formed "$work/out"
judge $? "form of the metrics"
says '^entrain_agents{swarm="web",state="alive"} 2$'
says '^entrain_converged{swarm="web"} 1$'
says '^entrain_period_seconds{swarm="web"} 0.1$'
says '^entrain_agent_turns_total{swarm="web",slot="1",pid="[0-9]*",name="beta",label="[^"]*"} [1-9][0-9]*$'
turns() { sed -n 's/^entrain_agent_turns_total{.*name="alpha".*} //p' "$work/out"; }
before=$("$tool" status web --json | sed -n 's/.*"name": "alpha".*"turns": \([0-9]*\).*/\1/p')
run 0 export web --format=prometheus
between=$(turns)
after=$("$tool" status web --json | sed -n 's/.*"name": "alpha".*"turns": \([0-9]*\).*/\1/p')
[ "$before" -le "$between" ] && [ "$between" -le "$after" ]
judge $? "turns as in status: $before, $between, $after"
"$tool" export web >/dev/full 2>"$work/err"
same "a full output" $? 5

# ---- a file ------------------------------------------------------------------------------

mkdir "$work/collector"
umask 022
run 0 export web --output "$work/collector/web.prom"
[ ! -s "$work/out" ]
judge $? "nothing on the output"
well_formed "$work/collector/web.prom"
judge $? "form of the file"
same "who may read it" "$(stat -c %a "$work/collector/web.prom")" 644
# Read all the time while it is written again: always a whole one.
i=0
while [ $i -lt 40 ]; do "$tool" export web --output "$work/collector/web.prom" || echo failed; i=$((i + 1)); done >"$work/again" 2>&1 &
writer=$!
pids="$pids $writer"
parts=0
while kill -0 "$writer" 2>/dev/null; do
	well_formed "$work/collector/web.prom" || parts=$((parts + 1))
done
same "parts seen" "$parts" 0
same "complaints of the writer" "$(cat "$work/again")" ""
same "files left" "$(ls "$work/collector")" web.prom
# What is no file is written to, what a link points to is replaced.
"$tool" export web --output /dev/stdout >"$work/through" 2>"$work/err" && well_formed "$work/through"
judge $? "to the output by its name"
ln -s collector/web.prom "$work/link"
: >"$work/collector/web.prom"
run 0 export web --output "$work/link"
[ -L "$work/link" ] && well_formed "$work/collector/web.prom"
judge $? "through a link"
# What cannot be done leaves the former file as it was.
cp -p "$work/collector/web.prom" "$work/former"
run 3 export nosuch --output "$work/collector/web.prom"
cmp -s "$work/former" "$work/collector/web.prom"
judge $? "the former file is as it was"
run 5 export web --output "$work/none/web.prom"
complains 'web.prom: cannot be written: No such file or directory$'
complains '^try: name a file'
run 5 export web --output "$work/collector"
complains 'cannot be written: '
same "nothing beside" "$(ls "$work" | grep -c 'collector\.')" 0
if [ "$(id -u)" -ne 0 ]; then
	chmod 555 "$work/collector"
	run 4 export web --output "$work/collector/web.prom"
	chmod 755 "$work/collector"
fi

finish 33
