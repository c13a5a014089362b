#!/bin/bash
# SPDX-License-Identifier: MIT
# entrainctl simulate --live on a real terminal: what keys do, what fits, and the terminal as it was before.
# Needs the tool ($ENTRAINCTL, else ./entrainctl), built with ncursesw, and tmux, which is the terminal.

tool=$(realpath "${ENTRAINCTL:-./entrainctl}")
[ -x "$tool" ] || { echo "$tool is not built"; exit 99; }
command -v tmux >/dev/null || { echo "no tmux"; exit 77; }
if "$tool" simulate --live </dev/null 2>&1 | grep -q 'built without ncursesw'; then
	echo "no ncursesw"
	exit 77
fi
work=$(mktemp -d) || exit 99
export LC_ALL=C.UTF-8 HOME=$work
unset TMUX NO_COLOR
passed=0
failed=0

in_tmux()
{
	tmux -u -S "$work/socket" -f /dev/null "$@"
}

cleanup()
{
	in_tmux kill-server 2>/dev/null
	rm -rf "$work"
}
trap cleanup EXIT
trap 'exit 1' INT TERM HUP

# judge STATUS TEXT: of the last command: was it true? (Not $? in here: making the text may change it.)
judge()
{
	if [ "$1" -eq 0 ]; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		echo "FAILED: $2"
		in_tmux capture-pane -p 2>&1 | sed 's/^/    /'
	fi
}

# until_true COMMAND...: within 30 s
until_true()
{
	local deadline=$((SECONDS + 30))

	until "$@"; do
		[ $SECONDS -lt $deadline ] || return 1
		sleep 0.03
	done
}

screen_has()
{
	in_tmux capture-pane -p | grep -q -e "$1"
}

screen_lacks()
{
	! screen_has "$1"
}

# sees PATTERN: soon
sees()
{
	until_true screen_has "$1"
	judge $? "no '$1' on the screen"
}

keys()
{
	in_tmux send-keys "$@"
}

# type_in LINE: to the shell
type_in()
{
	keys -l "$1"
	keys Enter
}

gone()
{
	! kill -0 "$1" 2>/dev/null
}

# start OPTION...: from the shell in the terminal, which notes how the terminal was, and what came of it
start()
{
	rm -f "$work/status" "$work/pid"
	type_in "$work/start.sh $*"
	sees '^[0-9]* agents.*  goal '
}

alternate_is()
{
	[ "$(in_tmux display-message -p '#{alternate_on} #{cursor_flag}')" = "$1" ]
}

# ends STATUS: the last start ended so, and the terminal is as it was
ends()
{
	until_true test -s "$work/status"
	judge $? "it does not end"
	[ "$(cat "$work/status")" = "$1" ]
	judge $? "exit status $(cat "$work/status"), not $1"
	until_true alternate_is '0 1'
	judge $? "the other screen is still there, or no cursor"
	until_true test -s "$work/after"
	cmp -s "$work/before" "$work/after"
	judge $? "terminal modes differ: $(cat "$work/before" "$work/after")"
	rm -f "$work/after"
}

cycle_now()
{
	in_tmux capture-pane -p | sed -n '1s/.* cycle \([0-9]*\) .*/\1/p'
}

refused()
{
	local said

	said=$("$@" 2>&1 </dev/null)
	[ $? -eq 5 ] && grep -q 'is not a terminal' <<<"$said"
	judge $? "not refused without a terminal: $said"
}

refused "$tool" simulate --live
# it goes on until q: no cycle is too late for what is to happen
refused "$tool" simulate --live --crash .3@5000
"$tool" simulate --live --runs 2 2>"$work/err"
[ $? -eq 2 ] && grep -q 'one run can be looked at, not 2' "$work/err"
judge $? "two runs are not refused"
"$tool" simulate --live --json 2>"$work/err"
[ $? -eq 2 ] && grep -q 'for programs' "$work/err"
judge $? "--json is not refused"

# What Ctrl-C does to the tool it is not to do to this.
cat >"$work/start.sh" <<-TEXT
	#!/bin/bash
	trap : INT
	stty -g >$work/before
	(echo \$BASHPID >$work/pid; exec $tool simulate --live "\$@")
	echo \$? >$work/status
	stty -g >$work/after
TEXT
chmod +x "$work/start.sh"
in_tmux new-session -d -x 100 -y 30 'exec bash --norc --noprofile -i' || exit 99
type_in "PS1='ready: '"
sees '^ready:'

# time passes and the goal is reached; each key does what it says
start --agents 64
sees '^evenness [01]\.[0-9]* of 0\.9: reached'
sees '●'
screen_has '[▁▂▃▄▅▆▇█]' && screen_has '^ *·*●' && screen_has 'energy      [0-9]'
judge $? "no wheel, no chart or no figures"
keys +
sees '  2 cycles a second'
keys + +
sees '  8 cycles a second'
keys g
sees '  goal reach-consensus  '
sees '^order [01]\.[0-9]* of 0\.95: reached'
sees '-g-'
keys Left
sees '  goal distribute-load  '
keys G
sees '  goal minimize-api-calls  '
sees '^coherence [01]\.[0-9]* of 0\.95: reached'
keys d
sees '30 % are asked to scatter'
sees ': not reached'
sees ': reached'
keys k
sees '6 of 64 agents killed'
sees '^58 agents  '
keys j
sees '^64 agents  '
keys p
sees 'PAUSED'
cycle=$(cycle_now)
for _ in 1 2 3 4 5; do
	keys '?'
	until_true screen_has 'disrupt: 30 %'
	keys x
	until_true screen_lacks 'disrupt: 30 %'
done
[ -n "$cycle" ] && [ "$(cycle_now)" = "$cycle" ]
judge $? "time passes during a pause: cycle $cycle, then $(cycle_now)"
keys Space
until_true screen_lacks PAUSED
later()
{
	[ "$(cycle_now)" -gt "$cycle" ]
}
until_true later
judge $? "no time passes after a pause"
keys -
sees '  4 cycles a second'
keys '?'
for line in 'g *next goal' 'd *disrupt' 'p *pause' '+ *twice' '- *half' 'k *kill' 'j *let' '? *these' 'q *quit'; do
	sees "^  $line"
done
keys '?'

# any size of the terminal
in_tmux resize-window -x 61 -y 14
sees '^g goal  d disrupt .*+ - '
until_true screen_has 'of 64 see it'
judge $? "figures are not shown in 61 x 14"
in_tmux resize-window -x 1 -y 1
for size in '30 8' '12 3' '3 2' '200 60'; do
	in_tmux resize-window -x "${size% *}" -y "${size#* }"
	sees '^[0-9]'
done
sees '^g goal '
keys q
ends 0
sees '^64 agents after [0-9]* cycles: goal minimize-api-calls, coherence '

# stopped and continued; then ended by the keyboard, by a signal
in_tmux resize-window -x 100 -y 30
type_in clear
start --agents 20 --cycles 3 --start identical
keys + + +
sees 'paused after cycle 3, as --cycles has it'
keys C-z
until_true alternate_is '0 1'
judge $? "the terminal is not given back to the shell by Ctrl-Z"
# What the shell says by itself may come before that, onto the screen that is left then.
type_in jobs
sees '^\[1\].*Stopped'
type_in fg
sees '^20 agents  goal '
keys p
until_true screen_lacks PAUSED
cycle=3
until_true later
judge $? "no time passes after Ctrl-Z and fg"
keys q
ends 0
type_in clear
start --agents 4 --kind grid --spread 50%
sees '^4 agents, [1-4] off-beat  goal '
keys d
sees 'on a grid nobody scatters'
keys q
ends 0
type_in clear
start --agents 40 --goal batch --pattern burst
keys + + +
sees 'requests    [1-9][0-9]* in [1-9][0-9]* calls, queue [0-9]'
keys j
sees '^4 more join 40 agents'
keys q
ends 0
type_in clear
start --agents 20
keys C-c
ends 130
type_in clear
start --agents 20
kill -TERM "$(cat "$work/pid")"
ends 143

# ASCII where the locale has no more; colours only where they are wanted
screen_is_ascii()
{
	! in_tmux capture-pane -p | LC_ALL=C grep -q '[^ -~]'
}
green_is_there()
{
	in_tmux capture-pane -p -e | grep -q "$(printf '\033')\\[[0-9;]*32m"
}
type_in clear
start --agents 20
until_true green_is_there
judge $? "nothing is green once the goal is reached"
keys q
until_true test -s "$work/status"
type_in "clear; export LC_ALL=C NO_COLOR=1"
start --agents 20
sees ': reached'
sees '[o2-9]'
screen_is_ascii
judge $? "more than ASCII in the locale C"
! in_tmux capture-pane -p -e | grep -q "$(printf '\033')\\[[0-9;]*3[0-7]m"
judge $? "colours in spite of NO_COLOR"
keys q
until_true test -s "$work/status"
type_in "clear; TERM=dumb $tool simulate --live"
sees 'a terminal of type "dumb" cannot place its cursor'

# the terminal goes away
type_in clear
start --agents 20
pid=$(cat "$work/pid")
in_tmux kill-server
until_true gone "$pid"
judge $? "it goes on without a terminal"

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
