#!/bin/bash
# SPDX-License-Identifier: MIT
# entrainctl top on a real terminal: live figures, keys, a swarm that is removed, and the terminal as it was before.
# Needs tmux, which is the terminal.

command -v tmux >/dev/null || { echo "no tmux"; exit 77; }
# shellcheck source=tests/process/cli_fixture.sh
. "${srcdir:-.}/tests/process/cli_fixture.sh"
tool=$(realpath "$tool")
export LC_ALL=C.UTF-8
unset TMUX

run 0 create web --period 200ms
if "$tool" top web </dev/null 2>&1 | grep -q 'built without ncursesw'; then
	echo "no ncursesw"
	exit 77
fi
run 5 top web
complains 'is not a terminal'
run 3 top nobody
for name in one two three four; do start web $name '' 1; done

socket=$work/socket
in_tmux()
{
	tmux -u -S "$socket" -f /dev/null "$@"
}
trap 'in_tmux kill-server 2>/dev/null; cleanup' EXIT

screen_has()
{
	in_tmux capture-pane -p | grep -q -e "$1"
}

# sees PATTERN: soon
sees()
{
	await screen_has "$1"
	judge $? "no '$1' on the screen: $(in_tmux capture-pane -p)"
}

turns_now()
{
	in_tmux capture-pane -p | awk '$3 == "one" { print $(NF - 2) }'
}

turns_change()
{
	[ "$(turns_now)" != "$turns" ]
}

# The figures pass, stand still during a pause, and pass again.
cat >"$work/start.sh" <<-TEXT
	"$tool" top web 2>"$work/top.err"
	echo \$? >"$work/status"
	sleep 100
TEXT
: >"$work/out"
: >"$work/err"
in_tmux new-session -d -x 110 -y 30 "exec bash $work/start.sh" || exit 99
sees '^swarm web   goal distribute-load'
sees '^4 agents alive'
sees '^ *[0-9]* *[0-9]* *four '
sees '^evenness  *[▁▂▃▄▅▆▇█]'
in_tmux send-keys +
sees '^every 0.5 s '
in_tmux send-keys -l '?'
sees 'nothing is changed'
turns=$(turns_now)
await turns_change
judge $? "nothing changes"
in_tmux send-keys Space
sees ', paused'
turns=$(turns_now)
sleep 1.2
same "turns during a pause" "$(turns_now)" "$turns"
in_tmux send-keys Space
await turns_change
judge $? "nothing changes after a pause"

# With the swarm it ends, and says so; before, by q.
run 0 rm web
await test -s "$work/status"
same "exit status when the swarm is removed" "$(cat "$work/status")" 1
grep -q 'swarm web was removed' "$work/top.err"
judge $? "it does not say that the swarm was removed"
run 0 create web --period 200ms
rm "$work/status"
in_tmux kill-server
# The old server may still be about to leave.
socket=$work/other
in_tmux new-session -d -x 40 -y 6 "exec bash $work/start.sh" || exit 99
sees 'swarm web'
in_tmux send-keys q
await test -s "$work/status"
same "exit status of q" "$(cat "$work/status")" 0

finish 16
