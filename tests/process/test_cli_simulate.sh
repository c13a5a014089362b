#!/bin/bash
# SPDX-License-Identifier: MIT
# entrainctl simulate as users meet it: text, JSON, the same for a seed, what it refuses.
# Needs the tool ($ENTRAINCTL, else ./entrainctl).

tool=${ENTRAINCTL:-./entrainctl}
source=${srcdir:-.}/tests/process
[ -x "$tool" ] || { echo "$tool is not built"; exit 99; }
work=$(mktemp -d) || exit 99
# It is to need neither swarms nor a place for them.
export ENTRAIN_DIR=$work/nowhere LC_ALL=C
unset NO_COLOR
trap 'rm -rf "$work"' EXIT
trap 'exit 1' INT TERM HUP
passed=0
failed=0

# judge STATUS TEXT: of the last command: was it true?
judge()
{
	if [ "$1" -eq 0 ]; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		echo "FAILED: $2"
		sed 's/^/    out: /' "$work/out" | cut -c 1-200 | head -20
		sed 's/^/    err: /' "$work/err" | head -20
	fi
}

# run STATUS ARGUMENT...
run()
{
	local wanted=$1 got

	shift
	ran="entrainctl simulate $*"
	"$tool" simulate "$@" >"$work/out" 2>"$work/err"
	got=$?
	[ "$got" -eq "$wanted" ]
	judge $? "$ran: exit status $got, not $wanted"
}

says()
{
	grep -q -e "$1" "$work/out"
	judge $? "$ran: does not say '$1'"
}

quiet()
{
	[ ! -s "$work/err" ]
	judge $? "$ran: something on stderr"
}

# refuses WORDS ARGUMENT...: with exit status 2, these words, a hint, and nothing on stdout
refuses()
{
	local words=$1

	shift
	run 2 "$@"
	grep -q -e "$words" "$work/err" && grep -q '^try: ' "$work/err" && [ ! -s "$work/out" ]
	judge $? "$ran: stderr does not say '$words' with a hint"
}

json()
{
	awk -f "$source/json_check.awk" "$work/out"
	judge $? "$ran: no JSON"
}

# all_cycles_have KEY...: in each line of the array, in the forms of status --json
cycles_have()
{
	local key lines

	lines=$(grep -c '{"cycle": [0-9]*, "at_ns": ' "$work/out")
	[ "$lines" -eq "$1" ]
	judge $? "$ran: $lines cycles, not $1"
	shift
	for key in "$@"; do
		[ "$(grep -c "{\"cycle\": .*\"$key\": [^n]" "$work/out")" -eq "$lines" ]
		judge $? "$ran: $key is not in each cycle"
	done
}

# ---- text ------------------------------------------------------------------------------------
run 0 --agents 32 --start identical --cycles 20
says '^32 agents, goal distribute-load: evenness 0.9$'
says '^by its own rule, topology full, start identical, seed 1, delay at most 10 % a cycle$'
says '^goal reached after 10 cycles$'
quiet
run 0 --agents 32 --cycles 40 --crash 30%@10 --join .25@20 --disrupt 0.5@30
says '^crash of 30 % after cycle 10, 10 agents: reached again after [1-4] cycles\?$'
says '^join of 25 % after cycle 20, 6 agents: reached again after [1-4] cycles\?$'
says '^disrupt of 50 % after cycle 30, 1[0-9] agents: reached again after [1-4] cycles\?$'
says '^ *20  *22 .*then join of 25 %$'
for rule in none jitter clock-jitter random-offset flock kuramoto; do
	run 0 --agents 32 --control "$rule" --cycles 20
	says '^goal reached never$'
done
run 0 --agents 32 --control static --cycles 20 --crash 0.5@10
says '^static, topology full, start static, seed 1$'
says '^goal reached after 0 cycles$'
says '^crash of 50 % after cycle 10, 16 agents: reached again never$'
run 0 --agents 64 --control balance --cycles 30
says '^goal reached after [2-5] cycles$'
run 0 --agents 16 --control desync --cycles 80
says '^goal reached after [0-9]* cycles$'
run 0 --goal all --scale tiny --runs 3 --cycles 40
[ "$(grep -c '^[a-z-]*  *20  the start  *[0-9]*  *[0-9]*  *3 ' "$work/out")" -eq 8 ]
judge $? "$ran: not eight goals that are reached"
run 0 --agents 1 --cycles 2
says '^1 agent, goal '
run 0 --goal batch --pattern burst --cycles 30
says '^requests burst: [0-9]* tasks in [0-9]* batches$'
says 'calls, 9[0-9]\.[0-9] % saved'

# of several runs together
run 0 --goal batch --pattern burst --runs 2 --cycles 30
says '^hosts taken, duty 50 %, periods +-0 %, lateness 0 % of a gap$'
says ' calls saved  *queue$'
says '^minimize-api-calls .* 9[0-9]\.[0-9] %  *[0-9]*\.[0-9]$'
run 0 --goal batch --runs 2 --cycles 5
! grep -q 'calls saved' "$work/out"
judge $? "$ran: calls saved of no requests"

run 0 --kind drifting --spread 5% --cycles 30
says '^at one door, topology full, '
# cycle, agents, value, reached, evenness, gap, coherence, overlap, delay: nobody meets, and nobody waits for long
[ "$(awk 'NF == 11 && $1 + 0 > 2 && ($8 != 1 || $9 > 1)' "$work/out" | wc -l)" -eq 0 ]
judge $? "$ran: they meet at the door"
run 0 --kind drifting --spread 5% --cycles 30 --control none
says '^none, topology full, '
[ "$(awk 'NF == 11 && $1 + 0 > 2 && ($8 < 2 || $9 > 0)' "$work/out" | wc -l)" -eq 0 ]
judge $? "$ran: they do not meet without it"

# A share above 0 is somebody, who is counted; to nobody nothing happened.
run 0 --agents 8 --cycles 8 --crash 1%@3
says '^ *4  *7 '
says '^crash of 1 % after cycle 3, 1 agent: reached again after '
run 0 --agents 8 --cycles 8 --join 1%@3
says '^ *4  *9 '
says '^join of 1 % after cycle 3, 1 agent: reached again after '
run 0 --agents 3 --cycles 8 --crash 99%@3
says '^ *4  *1 '
says '^crash of 99 % after cycle 3, 2 agents: '
run 0 --agents 8 --cycles 8 --crash 1e-9@3
says '^ *4  *7 '
run 0 --agents 8 --cycles 8 --disrupt 0.001%@3
says '^disrupt of 0.001 % after cycle 3, 0 agents$'

# Where all are off-beat there is nobody to reach a goal, in text and in JSON.
run 0 --agents 4 --spread 50% --cycles 5
says '^goal reached never$'
says '^4 of 4 agents off-beat, '
[ "$(awk 'NF == 11 && $1 + 0 == $1 { print $4 }' "$work/out" | sort -u)" = no ]
judge $? "$ran: reached, of which nobody counts"
run 0 --agents 40 --spread 20% --cycles 5
says '^[1-3][0-9] of 40 agents off-beat, .*: in no measure$'
run 0 --agents 4 --spread 50% --cycles 5 --runs 2
says ' off-beat$'
says ' never  *never  *2 .* 4$'
run 0 --agents 20 --spread 9% --cycles 5
! grep -q off-beat "$work/out"
judge $? "$ran: off-beat within the band"
run 0 --agents 4 --spread 50% --cycles 5 --json
[ "$(grep -c '"agents_off_beat": 4, .*"converged": false' "$work/out")" -eq 6 ]
judge $? "$ran: reached, of which nobody counts"
says '"converged_at": null'

# ---- JSON ------------------------------------------------------------------------------------
run 0 --agents 20 --cycles 12 --json
json
quiet
cycles_have 13 agents_alive agents_off_beat order_parameters coherence evenness min_gap max_gap \
	evenness_actual peak_overlap value target converged delay energy
says '^ *"cycles": \['
says '"converged_at": [0-9]'
says '"metric": "evenness"'
says '"order_parameters": \[[0-9.e-]*, [0-9.e-]*, [0-9.e-]*, [0-9.e-]*\]'
run 0 --agents 20 --cycles 12 --json --control none
json
says '"max_delay": null'
says '"converged_at": null'
run 0 --goal all --agents 20 --runs 2 --cycles 20 --disrupt 0.3@10 --json
json
[ "$(grep -c '"change": "disrupt", "share": 0.3, "cycle": 10, "agents": [1-9]' "$work/out")" -eq 16 ]
judge $? "$ran: not sixteen runs with their change"
run 0 --agents 20 --cycles 20 --pattern mixed --json
json
says '"calls_saved": [0-9]'
for topology in ring:4 star small-world:4:0.1; do
	run 0 --agents 20 --cycles 5 --topology "$topology" --json
	json
	says "\"topology\": \"$topology\""
	cycles_have 6 nearest
done
for kind in taken relative grid drifting; do
	run 0 --agents 20 --cycles 5 --kind "$kind" --json
	json
	says "\"kind\": \"$kind\""
done
run 0 --agents 1 --cycles 3 --json
json

# ---- the same for a seed, whatever the number of threads ----------------------------------------
# same ARGUMENT...: byte for byte with 1 to 4 threads, and something else with another seed
same()
{
	local threads

	run 0 "$@" --json --threads 1
	cp "$work/out" "$work/first"
	for threads in 1 2 3 4; do
		run 0 "$@" --json --threads "$threads"
		cmp -s "$work/out" "$work/first"
		judge $? "$ran: not what one thread gives"
	done
	run 0 "$@" --json --seed 77
	! cmp -s "$work/out" "$work/first"
	judge $? "$ran: the same for another seed"
}

busy=(--cycles 15 --spread 2% --lateness 10% --vary 20% --actions lognormal
	--crash 0.3@4 --join 0.25@7 --disrupt 0.3@10 --pattern mixed)
same --agents 60 "${busy[@]}"
same --goal all --agents 25 --runs 2 "${busy[@]}"
same --agents 60 --kind drifting --cycles 15 --spread 2% --lateness 10% --vary 20% --actions lognormal --crash 0.3@4 --join 0.25@7
same --agents 150 --synchronous "${busy[@]}"
same --goal all --agents 25 --synchronous "${busy[@]}"

# ---- each option is obeyed ----------------------------------------------------------------------
# obeys OPTION...: something measured is another than without
obeys()
{
	run 0 --agents 40 --duty 120% --cycles 12 --json "$@"
	sed -n '/"cycles": \[/,$p' "$work/out" >"$work/second"
	! cmp -s "$work/second" "$work/first"
	judge $? "$ran: measures what is measured without it"
}

run 0 --agents 40 --duty 120% --cycles 12 --json
sed -n '/"cycles": \[/,$p' "$work/out" >"$work/first"
[ -s "$work/first" ]
judge $? "$ran: no cycles"
for option in --agents=41 --goal=batch --topology=ring:4 --cycles=13 --seed=2 --start=identical --start=join --max-delay=3% \
	--spread=3% --lateness=30% --stale=50% --duty=90% --actions=lognormal --vary=50% --crash=0.3@4 --join=0.3@4 \
	--disrupt=0.3@4 --kind=relative --kind=grid --kind=drifting --trait=stability --trait=speed --trait=throughput \
	--trait=efficiency --trait=precision; do
	obeys "${option%%=*}" "${option#*=}"
done
obeys --synchronous

# ---- what is refused, and how ---------------------------------------------------------------------
refuses '"spraed" is none of: all, minimize-api-calls, distribute-load' --goal spraed
refuses '"enormous" is none of: all, tiny, small, medium, large, huge' --scale enormous
refuses 'not both' --scale tiny --agents 5
refuses '"magic" is none of: spread, none, jitter, clock-jitter, random-offset, static, flock, desync, kuramoto, balance' \
	--control magic
refuses '"rush" is none of: high-frequency, burst, steady, mixed, sparse' --pattern rush
refuses '"luck" is none of: stability, speed, efficiency, throughput, resilience, precision' --trait luck
refuses '"late" is none of: random, identical, join' --start late
refuses '"odd" is none of: taken, relative, grid, drifting' --kind odd
refuses 'no place to be scattered from' --kind drifting --disrupt 0.3@10
refuses 'on a grid nobody scatters' --kind grid --disrupt 30%@3
refuses 'static runs instead' --trait speed --control static
refuses 'flock runs instead' --trait precision --control flock
for rule in none jitter clock-jitter random-offset static flock desync kuramoto balance; do
	run 0 --max-delay 5% --start random --cycles 3 --control "$rule"
	says "^$rule, topology full, start .*, seed 1, no bound on delay\$"
done
for rule in none jitter clock-jitter random-offset static flock desync; do
	refuses "$rule reads nothing that could be old" --stale 5% --control "$rule"
done
run 0 --stale 5% --control kuramoto --cycles 3
run 0 --start identical --cycles 3 --control random-offset
says '^random-offset, topology full, start random-offset, seed 1$'
for trait in stability speed throughput resilience; do
	refuses "$trait is a delay of its own" --max-delay 5% --trait "$trait"
done
run 0 --max-delay 5% --trait precision --cycles 3
says 'delay at most 5 % a cycle'
refuses "nobody reads the others' slots" --stale 5% --kind drifting
refuses 'somebody has to be left' --agents 1 --crash 0.1@3
refuses '"big" is none of: equal, lognormal' --actions big
refuses 'ring' --topology ring:3
refuses 'is not SHARE@CYCLE such as 0.3@10' --crash 0.3
refuses 'is not a share such as 25%' --lateness 0x10%
refuses 'is not SHARE@CYCLE' --crash .@3
refuses 'is not SHARE@CYCLE' --join x@3
refuses 'is not SHARE@CYCLE' --disrupt 1.5@3
refuses 'is not SHARE@CYCLE' --disrupt nan@3
refuses 'cycle 50 is not before the end of 50 cycles' --join 0.3@50
refuses 'somebody has to be left' --crash 1@3
refuses 'agents' --agents 0
refuses 'agents' --agents 10001
refuses 'agents' --agents many
refuses 'cycles' --cycles -3
refuses 'duty' --duty 50
refuses 'max-delay' --max-delay 101%
refuses 'seed' --seed -1
refuses 'more than 100000 runs' --goal all --scale all --runs 10000
refuses 'hosts that take their instants' --control static --kind grid
refuses 'hosts that take their instants' --control desync --kind drifting
refuses 'hosts that take their instants' --synchronous --kind drifting
refuses 'order in which agents act' --control flock --synchronous
refuses 'hosts that take their instants' --synchronous --kind relative
refuses 'all reads are equally old' --synchronous --stale 5%
refuses 'one argument too many' web
refuses 'no such file\|No such file' --topology "file:$work/none"

# ---- a line on a terminal that says how far it is, if it takes long ---------------------------------
# One that would take hours; the terminal goes away as soon as it has said something.
progress()
{
	local deadline=$((SECONDS + 30)) terminal pid status=1

	script -qfec "echo \$\$ >$work/pid; exec $tool simulate --agents 2000 --cycles 100000" \
		"$work/typescript" </dev/null >/dev/null 2>&1 &
	terminal=$!
	while [ $SECONDS -lt $deadline ] && [ $status -ne 0 ]; do
		sleep 0.05
		grep -q '[0-9] % after [0-9]* s' "$work/typescript" 2>/dev/null && status=0
	done
	# Not SIGINT: what runs in the background ignores that.
	read -r pid <"$work/pid" && kill "$pid" || kill "$terminal"
	wait "$terminal"
	return $status
}
: >"$work/out" >"$work/err"
if command -v script >/dev/null; then
	progress
	judge $? "no progress is shown on a terminal"
fi
if [ -w /dev/full ]; then
	"$tool" simulate --agents 5 --cycles 3 >/dev/full 2>"$work/err"
	[ $? -eq 5 ]
	judge $? "a full disk is not noticed"
fi

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
