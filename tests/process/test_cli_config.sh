#!/bin/sh
# SPDX-License-Identifier: MIT
# The configuration file as the tool's users meet it: what is read, what is refused, what is said about it.
# Needs the tool ($ENTRAINCTL, else ./entrainctl).

tool=${ENTRAINCTL:-./entrainctl}
passed=0
failed=0
[ -x "$tool" ] || exit 99
work=$(mktemp -d /tmp/entrain-test-config.XXXXXX) || exit 99
ENTRAIN_DIR=$(mktemp -d /dev/shm/entrain-test-config.XXXXXX) || exit 99
ENTRAIN_CONFIG=$work/entrain.ini
# A plugin that was built with a sanitizer is not first in what it is preloaded into.
ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0:verify_asan_link_order=0
export ENTRAIN_DIR ENTRAIN_CONFIG ASAN_OPTIONS
trap 'rm -rf "$ENTRAIN_DIR" "$work"' EXIT
trap 'exit 1' INT TERM HUP

# run STATUS ARGUMENT...: the tool ends with this status
run()
{
	wanted=$1
	shift
	ran="entrainctl $*"
	"$tool" "$@" >"$work/out" 2>"$work/err"
	got=$?
	[ "$got" -eq "$wanted" ] && passed=$((passed + 1)) && return
	failed=$((failed + 1))
	echo "FAILED: $ran: exit status $got, not $wanted"
	sed 's/^/    /' "$work/out" "$work/err"
}

# has out|err PATTERN: a line of the last run's output is this
has()
{
	grep -qE -e "$2" "$work/$1" && passed=$((passed + 1)) && return
	failed=$((failed + 1))
	echo "FAILED: $ran: no line '$2' in"
	sed 's/^/    /' "$work/$1"
}

has_not()
{
	grep -qE -e "$2" "$work/$1" || { passed=$((passed + 1)); return; }
	failed=$((failed + 1))
	echo "FAILED: $ran: line '$2' in"
	sed 's/^/    /' "$work/$1"
}

# rules NUMBER EXE: so many rules for it
rules()
{
	for number in $(seq "$1"); do
		printf '[rule r%s-%s]\naction = observe\n' "$(echo "$2" | tr -dc a-z)" "$number"
		[ -z "$2" ] || printf 'exe = %s\n' "$2"
	done
}

more_rules_than_a_program_can_have_are_told()
{
	{ rules 16 '*/one'; rules 15 '*/other'; } >"$work/rules.ini"
	run 0 check --config "$work/rules.ini"
	has out 'right$'
	rules 1 '*/o*' >>"$work/rules.ini"
	run 1 check --config "$work/rules.ini"
	has out "^$work/rules.ini: 17 rules are for \\*/one, which goes without any: 16 are the most$"
	has_not out 'other'
	rules 1 '' >>"$work/rules.ini"
	run 1 check --config "$work/rules.ini" --json
	has out '18 rules are for \*/one'
	has out '17 rules are for \*/other'
	has out '"sound": false'
	rules 17 '' >"$work/rules.ini"
	run 1 check --config "$work/rules.ini"
	has out '17 rules are for any program'
}

names_of_any_length_have_their_sections()
{
	for length in 43 44 64; do
		name=$(printf "%0${length}d" 0 | tr 0 n)
		printf '[swarm %s]\nperiod = 7s\ncapacity = 9\n' "$name" >"$ENTRAIN_CONFIG"
		run 0 create "$name"
		has out "period 7 s, .* 9 slots; from $ENTRAIN_CONFIG$"
		# and a pipe gets them whole
		run 0 list
		has out "^$name +0 "
		run 0 rm "$name"
	done
}

rules_are_in_nobodys_way()
{
	cat >"$ENTRAIN_CONFIG" <<-'END'
	[swarm redis]
	period = 1s
	kind = grid

	[rule redis-aof]                 ; first match wins; no rule: nothing is touched
	exe = /usr/bin/redis-server      ; glob on the executable's path
	path = /var/lib/redis/*
	thread = bio_aof_fsync
	call = fdatasync, fsync
	swarm = redis
	action = stagger                 ; stagger | batch | pace | observe
	max_delay = 900ms
	END
	run 0 check --config "$ENTRAIN_CONFIG"
	run 0 create redis
	has out 'period 1 s, .*kind grid'
	run 0 rm redis
	sed -i 's/^action = .*/action = jump/' "$ENTRAIN_CONFIG"
	run 1 check --config "$ENTRAIN_CONFIG"
	has out "^$ENTRAIN_CONFIG:11: action: 'jump' is none of stagger, batch, pace, observe$"
	# what can never be done is wrong, too
	sed -i 's/^action = .*/action = pace/; /^path = /d' "$ENTRAIN_CONFIG"
	run 1 check --config "$ENTRAIN_CONFIG"
	has out "^$ENTRAIN_CONFIG:5: call: none of them is a sleep, .*; write nanosleep, .* or another action$"
	sed -i 's/^call = .*/&, sleep/' "$ENTRAIN_CONFIG"
	run 0 check --config "$ENTRAIN_CONFIG"
}

what_is_there_twice_names_both_lines()
{
	printf '[swarm web]\nmax_delay = 1s\nmax-delay = 2s\nnonsense\n[swarm web]\n' >"$ENTRAIN_CONFIG"
	run 1 check --config "$ENTRAIN_CONFIG"
	has out "^$ENTRAIN_CONFIG:3: max-delay is given twice, first in line 2$"
	has out "^$ENTRAIN_CONFIG:4: .*neither"
	has out "^$ENTRAIN_CONFIG:5: \[swarm web\] is given twice, first in line 1$"
	run 2 create web
	has err "$ENTRAIN_CONFIG:3: max-delay is given twice"
	has err "^try: entrainctl check --config $ENTRAIN_CONFIG lists every finding$"
	run 0 run --swarm web -- true
	has err "; try: entrainctl check --config $ENTRAIN_CONFIG lists every finding$"
}

what_cannot_be_read_says_so()
{
	mkdir "$work/directory"
	run 2 check --config "$work/directory"
	has err "$work/directory: it is a directory, not a file$"
	ENTRAIN_CONFIG=$work/directory run 2 create web
	has err "$work/directory: it is a directory, not a file$"
	has err '^try: .*ENTRAIN_CONFIG$'
	# nobody waits for a writer or reads for ever, least of all a host at its start
	mkfifo "$work/pipe"
	for file in "$work/pipe" /dev/zero; do
		timeout 20 env ENTRAIN_CONFIG="$file" "$tool" run -- echo ran >"$work/out" 2>"$work/err"
		has out '^ran$'
		has err "it runs without entrain: .*$file: it is a pipe or a device, not a file"
	done
	ENTRAIN_CONFIG=/dev/null run 0 create web
	run 0 rm web
	ENTRAIN_CONFIG=$work/absent.ini run 2 create web
	has err "$work/absent.ini: there is no such file, and ENTRAIN_CONFIG names it$"
	has err '^try: .*ENTRAIN_CONFIG$'
	run 3 status web
	# root may read anything
	[ "$(id -u)" -ne 0 ] || return
	: >"$ENTRAIN_CONFIG"
	chmod 0 "$ENTRAIN_CONFIG"
	run 4 create web
	has err "$ENTRAIN_CONFIG: not permitted"
	has err '^try: let this user read it, or name another with ENTRAIN_CONFIG$'
	run 4 check --config "$ENTRAIN_CONFIG"
	has err '^try: .*let this user read it$'
	has_not err '[-]-group'
	chmod 600 "$ENTRAIN_CONFIG"
}

settings_that_do_not_fit_say_what_would()
{
	: >"$ENTRAIN_CONFIG"
	for kind in taken relative grid drifting; do
		run 0 create "$kind-hosts" --kind "$kind"
		run 0 status "$kind-hosts" --json
		has out "\"kind\": \"$kind\""
		[ "$kind" != drifting ] || { run 2 wait "$kind-hosts" --converged && has err 'no goal to be reached'; }
		run 0 rm "$kind-hosts"
	done
	run 2 create web --period 1s --max-delay 2s
	has err '^entrainctl: create: max-delay: 2 s is not shorter than the period, 1 s$'
	has err '^try: entrainctl create --help$'
	run 0 create web --period 1s
	run 2 set web max-delay=3s
	has err '^entrainctl: set: max-delay: 3 s is not shorter than the period, 1 s$'
	has err '^try: set both at once: entrainctl set web period=5s max-delay=10%$'
	run 2 set web max-delay=3s period=2s
	has err '^try: entrainctl set web period=2s max-delay=10%$'
	run 0 rm web
}

is_there()
{
	[ -e "$1/entrain.$2.control" ] && passed=$((passed + 1)) && return
	failed=$((failed + 1))
	echo "FAILED: $ran: nothing of $2 in $1"
}

a_swarm_is_where_the_file_says()
{
	own=$ENTRAIN_DIR/own other=$ENTRAIN_DIR
	mkdir "$own"
	unset ENTRAIN_DIR
	{ printf '[swarm placed]\nperiod = 20ms\ndir = %s\n' "$own" && printf '[swarm plain]\nnonsense = 1\n'; } >"$ENTRAIN_CONFIG"
	run 0 create placed
	is_there "$own" placed
	run 0 status placed
	run 0 exec --swarm placed --every 20ms --once -- true
	run 0 events placed
	has out 'joined'
	run 0 check placed
	run 0 list
	has out '^placed '
	run 0 list --dir "$other"
	has_not out '^placed '
	run 3 status placed --dir "$other"
	ENTRAIN_DIR=$other run 3 status placed
	ENTRAIN_DIR=$other run 0 create placed
	is_there "$other" placed
	ENTRAIN_DIR=$other run 0 rm placed
	run 0 rm placed
	has_not out 'left'
	run 0 list
	has_not out '^placed '
	# it is not looked for elsewhere when that cannot be read
	printf '\n[swarm placed]\ndir = own\n' >"$ENTRAIN_CONFIG"
	run 2 status placed
	has err 'entrain.ini:3: dir: .own. is not an absolute path'
	rmdir "$own" || failed=$((failed + 1))
	ENTRAIN_DIR=$other
	export ENTRAIN_DIR
}

hints_lead_further()
{
	# nobody who removes a swarm wants one
	for command in rm reap; do
		run 3 $command nope
		has err '^try: entrainctl list '
	done
	run 3 status nope
	has err '^try: create it: entrainctl create nope$'
	for command in create list; do
		run 5 $command --dir "$work/none"
		has err "^entrainctl: .*$work/none: there is no such directory$"
		has err '^try: .*--dir or ENTRAIN_DIR'
	done
	for command in status rm; do
		run 3 $command web --dir "$work/none"
		has err '^try: name a directory that there is'
	done
	run 5 create web --dir /etc/passwd
	has err '^try: .*--dir or ENTRAIN_DIR'
	: >"$ENTRAIN_CONFIG"
	run 2 check --config "$work/none.ini"
	has err "^try: the one that is read is $ENTRAIN_CONFIG$"
	ENTRAIN_CONFIG=$work/none.ini run 2 check --config "$work/none.ini"
	has err '^try: name one that there is, as --config FILE$'
	# root may write anywhere: ask as somebody else
	as=
	mkdir "$ENTRAIN_DIR/theirs" && chmod 755 "$ENTRAIN_DIR" "$work"
	if [ "$(id -u)" -eq 0 ]; then
		command -v setpriv >/dev/null || return
		as='setpriv --reuid=65534 --clear-groups'
	fi
	for mode in 0555 0000; do
		chmod $mode "$ENTRAIN_DIR/theirs"
		owner=$(stat -c %U "$ENTRAIN_DIR/theirs")
		case $mode in 0555) command=create who='write in' ;; *) command=list who=read ;; esac
		$as "$tool" $command --dir "$ENTRAIN_DIR/theirs" >"$work/out" 2>"$work/err"
		ran="$command in a directory of mode $mode"
		has err "^try: run as who may $who $ENTRAIN_DIR/theirs \\(of user $owner, mode $mode\\), or name another"
	done
	chmod 755 "$ENTRAIN_DIR/theirs"
}

for test in names_of_any_length_have_their_sections rules_are_in_nobodys_way \
	more_rules_than_a_program_can_have_are_told \
	what_is_there_twice_names_both_lines what_cannot_be_read_says_so \
	settings_that_do_not_fit_say_what_would a_swarm_is_where_the_file_says \
	hints_lead_further; do
	before=$failed
	$test
	[ $failed -eq $before ] && echo "ok $test" || echo "not ok $test"
done
echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
