#!/bin/sh
# SPDX-License-Identifier: MIT
# entrainctl as users meet it: texts, JSON, exit statuses and refusals, on real swarms.
# shellcheck source=tests/process/cli_fixture.sh
. "${srcdir:-.}/tests/process/cli_fixture.sh"

# ---- help and names ----------------------------------------------------------------------

every_command_has_help()
{
	run 0 --help
	says '^usage: entrainctl COMMAND'
	run 0 help --names
	commands=$(grep -v ' ' "$work/out")
	for wanted in create list status set resize wait reap disrupt events rm demo simulate check \
		version help; do
		case " $(echo $commands) " in
		*" $wanted "*) ok ;;
		*) no "there is no command $wanted" ;;
		esac
	done
	for command in $commands; do
		run 0 "$command" --help
		says "^usage: entrainctl $command"
		says '^options:'
		says '^examples:'
		says "^  entrainctl $command"
		says '^  --help '
		same "$command --help: lines too long" "$(awk 'length($0) > 84' "$work/out")" ''
		cp "$work/out" "$work/help"
		run 0 help "$command"
		cmp -s "$work/help" "$work/out" && ok || no "help $command differs from --help"
	done
	run 0 create -h
	run 2 help nothing
}

what_is_typed_wrong_is_refused()
{
	"$tool" >"$work/out" 2>"$work/err"
	same "no command" $? 2
	run 2 statsu
	complains '^try: entrainctl status$'
	run 2 import
	complains "^entrainctl: import: unknown command; there are: create list status"
	run 2 report web -p page.html
	complains 'unknown option -p'
	run 3 report nobody
	run 2 --json status
	run 2 create web --perod 5s
	complains 'unknown option --perod'
	complains '^try: --period'
	run 2 create web --xyzzy
	complains '^try: entrainctl create --help$'
	run 2 status -x
	run 2 status --json=1
	complains 'takes no value'
	run 2 create web --period
	complains 'needs a value'
	run 2 create web --period --json
	run 2 status web other
	complains '"other" is one argument too many'
	run 2 list web
	run 2 disrupt web
	complains '--fraction is not given'
	run 2 disrupt web --fraction 2
	run 2 resize web
	complains 'give --capacity, --topology, or both'
	run 2 events web --last many
	run 2 simulate web
	run 2 simulate --control nothing
	run 2 version web
	for name in Web _web .web -- 'we b' a/b ../web "$(printf %065d 0)" ''; do
		run 2 create -- "$name"
		complains 'is no name of a swarm'
	done
	run 2 create web --dir=
	same "after refusals" "$(objects)" ''
}

the_longest_and_oddest_names_are_taken()
{
	for name in "$(printf %064d 0)" 9-_.z a; do
		run 0 create "$name"
		run 0 status "$name"
		run 0 rm -- "$name"
	done
	same "after removing them" "$(objects)" ''
}

# ---- create ------------------------------------------------------------------------------

wrong_settings_are_refused()
{
	run 2 create web --period 5
	complains 'create --period: .*unit'
	for wrong in period=0s period=25h period=5parsecs period=-5s band=10 band=101% capacity=0 capacity=65537 \
		capacity=many mode=0777 mode=0066 mode=rw kind=nothing goal=nothing \
		target=2 target=0 max-delay=10 max-delay=101% max-delay=5s topology=ring:3 \
		topology=small-world:4:2 topology=file:/there/is/no/such owner=nobody-of-this-name group=nobody-of-this-name; do
		run 2 create web "--$wrong"
	done
	run 2 create web --topology ring
	complains 'create --topology: .*even K'
	same "after refusals" "$(objects)" ''
}

create_makes_both_objects_once()
{
	run 0 create web
	says '^swarm web: created; period 5 s, goal distribute-load'
	same "objects" "$(objects)" 'entrain.web.agents entrain.web.control '
	same "mode of agents" "$(stat -c %a "$ENTRAIN_DIR/entrain.web.agents")" 660
	same "mode of control" "$(stat -c %a "$ENTRAIN_DIR/entrain.web.control")" 640
	before=$(stat -c '%i %Y' "$ENTRAIN_DIR"/*)
	run 1 create web
	complains '^entrainctl: .*exists'
	complains '^try: .*entrainctl rm web'
	run 0 create web --if-missing --period 1s
	says 'exists already'
	run 0 create web --if-missing
	same "objects after --if-missing" "$(stat -c '%i %Y' "$ENTRAIN_DIR"/*)" "$before"
	run 0 status web --json
	same "period after --if-missing" "$(number period_ns)" 5000000000
	run 0 rm web
	run 0 create --if-missing
	says '^swarm default: created'
	run 0 rm
	for mode in 0600:600:600 0666:666:644 0640:640:640; do
		run 0 create web --mode "${mode%%:*}"
		same "mode of agents" "$(stat -c %a "$ENTRAIN_DIR/entrain.web.agents")" \
			"$(echo $mode | cut -d: -f2)"
		same "mode of control" "$(stat -c %a "$ENTRAIN_DIR/entrain.web.control")" "${mode##*:}"
		run 0 rm web
	done
	same "after removing them" "$(objects)" ''
}

options_arrive_in_the_swarm()
{
	run 0 create web --period=250ms --band 20% --kind relative --goal batch --target .5 \
		--max-delay 20ms --capacity=100
	run 0 status web --json
	is_json
	same period "$(number period_ns)" 250000000
	same band "$(number band)" 0.2
	same capacity "$(number capacity)" 100
	same target "$(number target)" 0.5
	same max-delay "$(number max_delay_ns)" 20000000
	says '"goal": "minimize-api-calls"'
	says '"kind": "relative"'
	run 0 rm web
}

owner_and_group_are_set()
{
	group=$(id -gn)
	run 0 create web --group "$group" --owner "$(id -un)"
	same "owner and group" "$(stat -c %U:%G "$ENTRAIN_DIR/entrain.web.agents")" "$(id -un):$group"
	run 0 rm web
	[ "$(id -u)" -eq 0 ] || return
	run 0 create web --owner 65534 --group 65534
	same "another's" "$(stat -c %u:%g "$ENTRAIN_DIR/entrain.web.control")" 65534:65534
	run 0 rm web
}

only_one_of_many_creators_wins()
{
	for round in 1 2 3; do
		: >"$work/statuses"
		creators=
		for i in 1 2 3 4 5 6 7 8; do
			("$tool" create race >/dev/null 2>&1; echo $? >>"$work/statuses") &
			creators="$creators $!"
		done
		wait $creators
		same "creators at once" "$(sort "$work/statuses" | tr -d '\n')" 01111111
		run 0 check race
		run 0 rm race
		: >"$work/statuses"
		creators=
		for i in 1 2 3 4 5 6 7 8; do
			("$tool" create race --if-missing >/dev/null 2>&1; echo $? >>"$work/statuses") &
			creators="$creators $!"
		done
		wait $creators
		same "creators with --if-missing at once" "$(sort "$work/statuses" | tr -d '\n')" 00000000
		run 0 rm race
	done
}

the_configuration_file_is_the_base()
{
	cat >"$work/good.ini" <<-END
	[swarm web]
	period = 2s
	capacity = 32
	goal = batch
	max_delay = 20%

	[swarm other]
	period = 1s
	END
	ENTRAIN_CONFIG=$work/good.ini
	run 0 create web --capacity 8
	says "from $work/good.ini"
	run 0 status web --json
	same "period of the file" "$(number period_ns)" 2000000000
	same "capacity of the option" "$(number capacity)" 8
	same "max-delay of the file" "$(number max_delay)" 0.2
	run 0 rm web
	run 0 create third
	run 0 status third --json
	same "period without a section" "$(number period_ns)" 5000000000
	run 0 rm third
	run 0 check --config "$work/good.ini"
	ENTRAIN_CONFIG=$work/empty.ini
}

errors_in_the_configuration_have_file_and_line()
{
	cat >"$work/bad.ini" <<-END
	[swarm web]
	period = 2s
	perod = 1s
	band = 10
	END
	ENTRAIN_CONFIG=$work/bad.ini
	run 2 create web
	complains "$work/bad.ini:3"
	same "after a wrong file" "$(objects)" ''
	run 1 check --config "$work/bad.ini"
	says "^$work/bad.ini:3: ."
	says "^$work/bad.ini:4: ."
	same "findings" "$(wc -l <"$work/out" | tr -d ' ')" 2
	run 1 check --config "$work/bad.ini" --json
	is_json
	says '"sound": false'
	run 0 check --config "$work/good.ini" --json
	is_json
	says '"sound": true'
	run 2 check --config "$work/missing.ini"
	complains "missing.ini: No such file or directory$"
	run 2 check web --config "$work/bad.ini"
	run 2 check --config "$work/bad.ini" --repair
	run 2 check --config=
	ENTRAIN_CONFIG=$work/empty.ini
}

# ---- looking -----------------------------------------------------------------------------

without_swarms_the_answers_are_plain()
{
	run 0 list
	says '^no swarms$'
	run 0 list --json
	is_json
	for command in status reap rm check events 'set mode=off' 'wait --converged' 'status --json' \
		'resize --capacity 2' 'disrupt --fraction 1'; do
		set -- $command
		run 3 "$@"
		complains 'no such swarm'
		case $1 in
		rm | reap) complains '^try: entrainctl list ' ;;
		*) complains '^try: create it: entrainctl create default$' ;;
		esac
	done
	# a directory that is not there is the system's refusal to list, and holds no swarm
	run 5 list --dir "$work/nowhere"
	run 3 status --dir "$work/nowhere"
}

an_empty_swarm_is_shown()
{
	run 0 create web --period 100ms
	run 0 create b.2 --goal batch --topology ring:2
	run 0 list
	says '^swarm  *agents  *goal  *coherence  *period  *mode  *topology$'
	says '^b.2  *0  *minimize-api-calls  .*5 s  *act  *ring:2$'
	says '^web  *0  *distribute-load  .*100 ms  *act  *full$'
	run 0 list --json
	is_json
	says '"swarm": "web", "agents_alive": 0, "goal": "distribute-load"'
	says '"swarm": "b.2", .*"topology": {"kind": "ring:2", "generation": 1}'
	run 0 status web
	says '^swarm web   goal distribute-load   mode act   kind taken$'
	says '^0 agents alive; 64 slots$'
	run 0 status web --json
	is_json
	says '"agents": \[\]'
	run 0 wait web --converged --timeout 1s
	run 0 check web
	says '^web: sound$'
	run 0 reap web
	says '^swarm web: released 0 slots of dead agents$'
	run 0 rm b.2
	run 0 create b.2 --capacity 1
	says ', 1 slot$'
	run 0 status b.2
	says '^0 agents alive; 1 slot$'
	run 0 rm b.2
}

status_keys()
{
	cat <<-END
	swarm abi period_ns goal topology kind generation acknowledged capacity agents_alive agents_stale
	agents_dead mode agents_off_beat agents_implausible order_parameters coherence metric target value
	converged evenness min_gap max_gap evenness_actual peak_overlap agents slot pid name state phase
	next_turn_ns energy strategy turns action_ns last mean delay_ns max total
	cannot_follow disruption number scattered rhythm duty reached behind neighbours agents_reached
	END
}

# turned SLOT N: the agent of this slot has had N turns
turned()
{
	"$tool" status web --json >"$work/turns" 2>&1 || return 1
	turns=$(sed -n "s/.*\"slot\": $1,.*\"turns\": \\([0-9]*\\).*/\\1/p" "$work/turns")
	[ "${turns:-0}" -ge "$2" ]
}

agents_are_shown()
{
	start web alpha one 1
	first=$started
	start web beta '' 1
	second=$started
	start web "$(printf 'a"\\\033[31m\377')" '' 1
	third=$started
	await turned 0 2 && await turned 1 2 && await turned 2 2 || no "agents take no turns"
	run 0 status web
	says '^3 agents alive; 64 slots$'
	says "^  *0  *$first  *alpha  *[ai][a-z]*  *[01]\.[0-9]* .*  one$"
	says "^  *1  *$second  *beta  *[ai][a-z]*  *[01]\.[0-9]* "
	says "^  *2  *$third  *a\"\\\\"
	says '^ |[-o2-9]*o[-o2-9]*|$'
	same "turns on the bar" "$(sed -n 's/^ |\(.*\)|$/\1/p' "$work/out" | tr -cd 'o2-9' |
		sed 's/o/1 /g; s/[2-9]/& /g' | tr ' ' '\n' | awk '{ n += $1 } END { print n }')" 3
	says_not "$(printf '\033')"
	run 0 status web --json
	is_json
	for key in $(status_keys); do
		says "\"$key\": "
	done
	same "agents alive" "$(number agents_alive)" 3
	says "\"slot\": 0, \"pid\": $first, \"name\": \"alpha\", \"label\": \"one\", \"state\": \"[ia]"
	run 0 list
	says '^web  *3 '
}

the_goal_is_waited_for()
{
	run 0 wait web --converged --timeout 20s
	says '^swarm web: converged; evenness [01]'
	run 2 wait web
	complains 'nothing is named to wait for'
	run 2 wait web --converged --timeout 5
	complains 'unit'
	# three agents evenly apart are not together, and have no time to become so
	run 0 set web goal=batch max-delay=1%
	run 1 wait web --converged --timeout 20ms
	complains 'has not converged within 20ms: coherence 0'
	run 0 set web goal=spread max-delay=10%
}

# ---- changing ----------------------------------------------------------------------------

setting_is_all_or_nothing()
{
	run 0 set web goal=batch target-coherence=0.8
	says '^swarm web: goal=batch, target-coherence=0.8$'
	run 0 status web --json
	says '"goal": "minimize-api-calls"'
	same target "$(number target)" 0.8
	run 0 set web target-coherence=0.7 goal=minimize-latency
	run 0 status web --json
	same "target before its goal" "$(number target)" 0.7
	run 2 set web period=200ms goal=nothing
	run 2 set web period=200ms capacity=10
	complains 'set capacity: it cannot change while the swarm runs'
	run 2 set web period=200ms perod=5s
	complains '^try: .*period, goal'
	run 2 set web period=200ms max-delay=300ms
	run 2 set web period=200ms period=300ms
	complains 'given twice'
	run 2 set web goal=spread target-coherence=0.5
	complains 'evenness'
	run 2 set web mode=0660
	run 2 set web period
	run 2 set web =5
	run 2 set web
	run 2 set web period=5
	complains 'unit'
	run 0 status web --json
	same "period after refusals" "$(number period_ns)" 100000000
	says '"goal": "minimize-latency"'
	run 0 set web period=150ms goal=spread max_delay=15ms
	run 0 status web --json
	same period "$(number period_ns)" 150000000
	same max-delay "$(number max_delay_ns)" 15000000
	run 0 set web target=0.77
	run 0 status web --json
	same target "$(number target)" 0.77
}

set_can_wait_until_agents_follow()
{
	"$tool" status web --json >"$work/before"
	run 0 set web period=120ms --wait
	"$tool" status web --json >"$work/after"
	for slot in 0 1 2; do
		before=$(sed -n "s/.*\"slot\": $slot,.*\"turns\": \\([0-9]*\\).*/\\1/p" "$work/before")
		after=$(sed -n "s/.*\"slot\": $slot,.*\"turns\": \\([0-9]*\\).*/\\1/p" "$work/after")
		[ "$after" -gt "$before" ] && ok || no "set --wait: slot $slot had no turn"
		same "period of slot $slot" "$(sed -n \
			"s/.*\"slot\": $slot,.*\"period_ns\": \\([0-9]*\\).*/\\1/p" "$work/after")" 120000000
	done
	# stopped in its very period: alive when the change comes, and then never a turn
	run 0 set web period=20s --wait --timeout 10s
	run 1 set web target=0.9 --wait --timeout 50ms
	complains 'the change is published, but 3 agents have taken no turn yet: alpha (pid'
	run 0 status web --json
	same "target all the same" "$(number target)" 0.9
}

mode_is_obeyed_without_turns()
{
	run 0 set web mode=off --wait
	run 0 status web --json
	says '"mode": "off"'
	run 0 set web mode=observe
	run 0 status web
	says 'mode observe'
	run 0 set --dir "$ENTRAIN_DIR" web mode=act
	run 0 list
	says '^web .*act  *full$'
}

is_dead()
{
	"$tool" status "$1" --json | grep -q '"agents_dead": 1'
}

dead_agents_are_reaped()
{
	run 0 create grave --period 50ms
	start grave dead '' 1
	end $started KILL
	await is_dead grave || no "a killed agent is not shown as dead"
	run 0 status grave --json
	says '"state": "dead"'
	run 0 status grave
	says '^0 agents alive, 1 dead; 64 slots$'
	run 0 reap grave --json
	is_json
	same released "$(number released)" 1
	same unproven "$(number unproven)" 0
	run 0 reap grave
	says 'released 0 slots'
	run 0 status grave --json
	same "dead after reap" "$(number agents_dead)" 0
	run 0 rm grave --when-empty
}

removing_can_wait_for_the_last()
{
	run 1 rm web --when-empty
	complains 'alive'
	for pid in $first $second; do
		end $pid TERM
	done
	run 1 rm web --when-empty
	end $third TERM
	run 0 rm web --when-empty
	says '^swarm web: removed$'
	run 3 rm web
	run 3 status web
	same "after rm" "$(objects)" ''
}

many_agents_are_left_out()
{
	run 0 create many --period 10s
	for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31 \
		32 33 34; do
		start many w$i '' 1
	done
	run 0 status many
	says '^2 more are not shown; --all shows them$'
	same "rows" "$(grep -c ' w[0-9]' "$work/out")" 32
	run 0 status many --all
	same "rows" "$(grep -c ' w[0-9]' "$work/out")" 34
	says_not 'not shown'
	run 0 rm many
}

# ---- what is not as it should be ---------------------------------------------------------

another_abi_is_told_apart()
{
	run 0 create web
	for object in control agents; do
		cp "$ENTRAIN_DIR/entrain.web.$object" "$work/$object"
	done
	# major version: the 32 bits at byte 8
	printf '\003' | dd of="$ENTRAIN_DIR/entrain.web.control" bs=1 seek=8 conv=notrunc 2>/dev/null
	run 6 status web
	complains 'newer'
	run 6 set web mode=off
	run 0 list
	says '^web  *-  *the segment was made by a newer'
	run 0 list --json
	is_json
	cp "$work/control" "$ENTRAIN_DIR/entrain.web.control"
	run 0 status web
}

# bytes OCTAL... OFFSET: written into the agents object
bytes_write()
{
	printf "$1" | dd of="$ENTRAIN_DIR/entrain.web.agents" bs=1 seek="$2" conv=notrunc 2>/dev/null
}

an_unsound_segment_is_found()
{
	# slot 5 is claimed by a process that is gone, which published nothing: its version is the pid
	# in the upper 22 of 64 bits, sequence 0 (61440: the first slot, 256: the size of one)
	gone=$(sh -c 'echo $$')
	bytes_write "$(printf '\\%o\\%o\\%o' $((gone * 4 & 255)) $((gone * 4 >> 8 & 255)) \
		$((gone * 4 >> 16 & 255)))" $((61440 + 5 * 256 + 5))
	run 1 check web
	says "^web: slot 5: .*$gone"
	run 1 check web --json
	is_json
	says '"sound": false'
	says '"repaired": false'
	run 0 check web --repair
	says '^web: slot 5: .*(repaired)$'
	says '^web: sound, 1 finding repaired$'
	run 0 check web
	says '^web: sound$'
	truncate -s 100 "$ENTRAIN_DIR/entrain.web.control"
	run 1 status web
	complains 'shorter'
	run 1 check web
	cp "$work/control" "$ENTRAIN_DIR/entrain.web.control"
	run 0 check web
	# what is no regular file is opened neither for looking nor for ever
	rm "$ENTRAIN_DIR/entrain.web.agents"
	mkfifo "$ENTRAIN_DIR/entrain.web.agents"
	run 4 status web
	rm "$ENTRAIN_DIR/entrain.web.agents"
	cp "$work/agents" "$ENTRAIN_DIR/entrain.web.agents"
	chmod 660 "$ENTRAIN_DIR/entrain.web.agents"
	run 0 rm web
	# digits: a process to check, a swarm to all others
	run 0 create 999999999
	run 1 check 999999999
	complains 'process'
	run 0 rm 999999999
}

# refused PREFIX: what another may not do, run with this command before the tool
refused()
{
	for try in 'status web' 'set web mode=off' 'create other' 'rm web'; do
		ran="$1 entrainctl $try"
		$1 "$tool" $try >"$work/out" 2>"$work/err"
		same "$ran" $? 4
		complains '^entrainctl: '
		complains '^try: '
	done
}

not_permitted_is_said()
{
	run 0 create web
	if [ "$(id -u)" -ne 0 ]; then
		chmod 0 "$ENTRAIN_DIR"
		run 4 status web
		run 4 create other
		chmod 700 "$ENTRAIN_DIR"
	elif command -v setpriv >/dev/null; then
		chmod 755 "$ENTRAIN_DIR"
		# nobody, where nobody may reach the tool; and a root that may do no more than others
		nobody='setpriv --reuid=65534 --regid=65534 --clear-groups'
		if $nobody "$tool" version >/dev/null 2>&1; then
			refused "$nobody"
		fi
		chown -R 65534:65534 "$ENTRAIN_DIR"
		if $nobody "$tool" version >/dev/null 2>&1; then
			ran='what nobody makes is given to another group'
			$nobody env -u ENTRAIN_CONFIG "$tool" create other --group 0 >"$work/out" 2>"$work/err"
			same "$ran" $? 4
			complains '^try: leave out --owner'
		fi
		refused 'setpriv --bounding-set=-all --inh-caps=-all'
		# its group may look at it and join, not steer it
		chown 65534:0 "$ENTRAIN_DIR"/*
		for try in 0:'status web' 0:'wait web --converged' 4:'set web mode=off' 4:'reap web' 4:'rm web'; do
			ran="in the group: entrainctl ${try#*:}"
			setpriv --bounding-set=-all --inh-caps=-all "$tool" ${try#*:} >"$work/out" 2>"$work/err"
			same "$ran" $? ${try%%:*}
		done
		chown -R 0:0 "$ENTRAIN_DIR"
		chmod 700 "$ENTRAIN_DIR"
	fi
	run 0 rm web
}

no_room_leaves_nothing_behind()
{
	ran="create under ulimit -f"
	(ulimit -f 8 && exec "$tool" create big --capacity 65536) >"$work/out" 2>"$work/err"
	same "$ran" $? 5
	complains '^entrainctl: '
	same "after no room" "$(objects)" ''
}

output_that_is_lost_is_an_error()
{
	run 0 create web
	for command in version help 'status web' 'status web --json' list 'list --json'; do
		ran="$command >/dev/full"
		"$tool" $command >/dev/full 2>"$work/err"
		same "$ran" $? 5
		complains '^entrainctl: write output: '
		ran="$command >&-"
		"$tool" $command >&- 2>"$work/err"
		same "$ran" $? 5
	done
	# what is said while the swarm is open for writing must not get into it
	"$tool" set web mode=act --wait >&- 2>&-
	same "set without any output" $? 5
	run 0 check web
	run 0 rm web
}

colours_are_for_terminals()
{
	script -qec true /dev/null >/dev/null 2>&1 || return
	escape=$(printf '\033')
	run 0 create web
	TERM=xterm script -qec "$tool status web" /dev/null >"$work/out" 2>"$work/err" </dev/null
	ran="status on a terminal"
	says "$escape"
	TERM=xterm NO_COLOR=1 script -qec "$tool status web" /dev/null >"$work/out" </dev/null
	ran="status on a terminal, NO_COLOR"
	says_not "$escape"
	TERM=dumb script -qec "$tool status web" /dev/null >"$work/out" </dev/null
	ran="status on a dumb terminal"
	says_not "$escape"
	run 0 rm web
}

version_is_told()
{
	run 0 version
	says '^entrainctl [0-9]*\.[0-9]*\.[0-9]*$'
	says '^libentrain [0-9]*\.[0-9]*\.[0-9]*$'
	says '^segment ABI [0-9]*\.[0-9]*$'
	run 0 --version
	run 0 version --json
	is_json
}

for test in every_command_has_help what_is_typed_wrong_is_refused \
	the_longest_and_oddest_names_are_taken wrong_settings_are_refused \
	create_makes_both_objects_once options_arrive_in_the_swarm owner_and_group_are_set \
	only_one_of_many_creators_wins the_configuration_file_is_the_base \
	errors_in_the_configuration_have_file_and_line without_swarms_the_answers_are_plain \
	an_empty_swarm_is_shown agents_are_shown the_goal_is_waited_for setting_is_all_or_nothing \
	set_can_wait_until_agents_follow mode_is_obeyed_without_turns dead_agents_are_reaped \
	removing_can_wait_for_the_last many_agents_are_left_out another_abi_is_told_apart \
	an_unsound_segment_is_found not_permitted_is_said no_room_leaves_nothing_behind \
	output_that_is_lost_is_an_error colours_are_for_terminals version_is_told; do
	before_test=$failed
	$test
	[ $failed -eq $before_test ] && echo "ok $test" || echo "not ok $test"
done

same "left in the directory" "$(objects)" ''
finish 100
