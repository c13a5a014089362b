#!/bin/sh
# SPDX-License-Identifier: MIT
# entrainctl disrupt, as users meet it: some agents scatter, the tool says how many, the swarm recovers.
# shellcheck source=tests/process/cli_fixture.sh
. "${srcdir:-.}/tests/process/cli_fixture.sh"

evenness_least()
{
	"$tool" status web --json | awk -v least="$1" -F'[:,]' '
		/^ *"evenness":/ { found = 1; enough = $2 >= least }
		END { exit !(found && enough) }'
}

# ---- what is refused ----------------------------------------------------------------------

run 0 create web --period 100ms --max-delay 20%
for wrong in 0 . .x 0.0000001 1.1 -0.3 0x1p-2 nan inf half 30 101% 0.3% 5%% ""; do
	case $wrong in
	0.3%) run 0 disrupt web --fraction "$wrong" ;; # small, but a share
	*) run 2 disrupt web --fraction "$wrong" ;;
	esac
done
run 2 disrupt web
run 2 disrupt web --fraction 0.3 --seed -1
run 2 disrupt web --fraction 0.3 --seed 2147483648
run 2 disrupt web --fraction 0.3 --timeout 5
run 3 disrupt nosuch --fraction 0.3
run 0 disrupt web --fraction .5
says '^swarm web: 0 of 0 agents scattered'

# ---- what it does -------------------------------------------------------------------------

agents=8
while [ "$agents" -gt 0 ]; do
	start web "worker $agents" "" 1
	agents=$((agents - 1))
done
run 0 wait web --converged
run 0 disrupt web --fraction 100% --seed 7
says '^swarm web: 8 of 8 agents scattered (seed 7)$'
"$tool" events web >"$work/events"
same "events of those that scattered" "$(grep -c 'disrupted: scatters its phase' "$work/events")" 8
run 0 wait web --converged
await evenness_least 0.9 || no "not even again"

# The same agents for the same seed; how many, as the draw has it; the others stay.
run 0 disrupt web --fraction 0.5 --seed 3 --json
is_json "$work/out"
first=$(number scattered)
same "answers" "$(($(number scattered) + $(number stayed) + $(number gone)))" 8
same "agents" "$(number agents)" 8
same "behind" "$(number behind)" 0
same "fraction" "$(number fraction)" 0.5
same "seed" "$(number seed)" 3
before=$(number disruption)
if [ "$first" -ge 1 ] && [ "$first" -le 7 ]; then ok; else no "$first of 8 scattered for 0.5"; fi
run 0 disrupt web --fraction 50% --seed 3 --json
same "scattered for the same seed" "$(number scattered)" "$first"
same "number of the request" "$(number disruption)" $((before + 1))
differs=
for seed in 4 5 6 7 8 9 10 11; do
	run 0 disrupt web --fraction 0.5 --seed $seed --json
	[ "$(number scattered)" = "$first" ] || differs=yes
done
same "another seed draws others" "$differs" yes
run 0 disrupt web --fraction 0.5
says '^swarm web: [0-8] of 8 agents scattered (seed [0-9]*)$'
run 0 disrupt web --fraction 1 --no-wait
says '^swarm web: asked 8 agents (seed [0-9]*)$'
run 0 wait web --converged

# ---- and after other goals are set ----------------------------------------------------------

run 0 set web period=50ms
for goal in batch reach-consensus recover-from-failure; do
	run 0 set web goal=$goal
	run 0 wait web --converged --timeout 30s
	for share in 30% 50%; do
		run 0 disrupt web --fraction $share --seed 7
		run 0 wait web --converged --timeout 30s
	done
done
run 0 set web goal=spread period=100ms
run 0 wait web --converged

# ---- who does not answer ------------------------------------------------------------------

kill -STOP "$started"
# It is late within a period: before, it counts as alive; a period later it is silent, and nobody waits for it.
run 0 disrupt web --fraction 1 --timeout 20s
says '^swarm web: 7 of [78] agents scattered'
kill -CONT "$started"
run 0 wait web --converged
run 1 disrupt web --fraction 1 --timeout 1us
complains 'agents\{0,1\} ha.* not answered yet: worker .* (pid [0-9]*)'
run 0 wait web --converged

# ---- a slot that nobody can act from is not asked ---------------------------------------------

spoil web 20
run 0 disrupt web --fraction 1
says '^swarm web: 8 of 8 agents scattered, 1 implausible (seed'
run 0 disrupt web --fraction 1 --json
same "agents" "$(number agents)" 8
same "implausible" "$(number implausible)" 1
clear web 20
run 0 wait web --converged

# ---- nobody would scatter -----------------------------------------------------------------

run 0 set web mode=observe
run 1 disrupt web --fraction 1
complains 'the mode of swarm web is observe'
complains '^try: entrainctl set web mode=act'
run 0 set web mode=act
run 0 disrupt web --fraction 1
says '8 of 8 agents scattered'

# ---- of two administrators the last one counts, and the other is told ------------------------

run 0 set web period=8s --wait
request()
{
	"$tool" status web --json | sed -n 's/.*"disruption": {"number": \([0-9]*\).*/\1/p'
}
before=$(request)
is_asked()
{
	[ "$(request)" = $((before + 1)) ]
}
"$tool" disrupt web --fraction 1 >"$work/first" 2>&1 &
first=$!
await is_asked || no "the first request is not seen"
run 0 disrupt web --fraction 0.1 --no-wait
wait $first
same "exit status of the one that was replaced" $? 1
grep -q 'another administrator has asked' "$work/first"
judge $? "the one that was replaced is told: $(cat "$work/first")"

finish 61
