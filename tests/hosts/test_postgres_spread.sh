#!/bin/bash
# SPDX-License-Identifier: MIT
# Four clusters of different sizes, started together and written to: the syncs of their checkpoints are evenly apart within four
# periods, no two at once, and none comes by the server's own timer. One is stopped and one killed: the others close up.
# Judged by the servers' own logs. ENTRAIN_LONG=1: with the period that checkpoint_timeout = 30s is meant for.
# Needs postgresql-15, python3; the tool and the extension, built.

command -v python3 >/dev/null || exit 77
. "${srcdir:-.}/tests/hosts/postgres_fixture.sh"

names="small medium large huge"
# The shortest checkpoint_timeout that there is, and writing at once: what is spread, is so over whole seconds.
period=3 target=.001
if [ -n "${ENTRAIN_LONG:-}" ]; then
	period=24 target=.6
fi

for name in $names; do
	cluster "$name" "entrain.swarm = 'db-host'" "entrain.period = '${period}s'" "checkpoint_timeout = 30s" \
		"checkpoint_completion_target = $target" "autovacuum = off" "wal_init_zero = off"
done
for name in $names; do server_start "$name" & done
wait
scale=1
for name in $names; do
	"$bin/pgbench" -h "$home" -p "$(port $name)" -U owner -i -s $scale -q postgres >"$home/pgbench.init" 2>&1 ||
		no "pgbench -i: $(tail -2 "$home/pgbench.init")"
	scale=$((scale + 1))
done

for name in $names; do ask "$name" "CREATE EXTENSION entrain"; done

# Together, from one moment on: checkpoints of the setup, and where it left the turns, are not what is judged.
for name in $names; do server_stop "$name" fast & done
wait
for name in $names; do : >"$home/$name.log"; done
for name in $names; do server_start "$name" & done
wait
for name in $names; do
	"$bin/pgbench" -h "$home" -p "$(port $name)" -U owner -n -c 1 -R 30 -T 1000 postgres >"$home/$name.load" 2>&1 &
	helpers="$helpers $!"
done

now()
{
	date +%s
}

# judged WHAT NAME...: their syncs of four periods from now on are evenly apart and never at once. What is asked for comes as much
# before its turn as the longer of the last two took to write: where a busy disk holds up one, the two after it sync early, and
# the four periods after these count.
judged()
{
	local tries first last what=$1 got evenness most fewest
	shift
	for tries in 1 2; do
		first=$(now)
		periods 4
		last=$(now)
		got=$(python3 "$top/tests/hosts/checkpoint_turns.py" "$period" "$first" "$last" "${@/%/.log}" 2>judged) || continue
		read -r evenness most fewest <<<"$got"
		awk "BEGIN { exit !($evenness >= .85) }" && [ "$most" -eq 1 ] && break
		echo "$what, another time: $got $(cat judged)"
	done
	got=$(python3 "$top/tests/hosts/checkpoint_turns.py" "$period" "$first" "$last" "${@/%/.log}" 2>judged) ||
		{ no "$what: $got $(cat judged)"; return; }
	echo "$what: evenness, most at once, fewest checkpoints: $got"
	sed 's/^/	/' judged
	read -r evenness most fewest <<<"$got"
	yes_or awk "BEGIN { exit !($evenness >= .85) }"
	yes_or [ "$most" -eq 1 ]
	yes_or [ "$fewest" -ge 3 ]
}

# periods N: wait as long as that takes, from now.
periods()
{
	sleep $((period * $1))
}

periods 4
judged "all four" $names
for name in $names; do
	# what our requests count as, and what the server's own timer would
	yes_or says "$name" "SELECT checkpoints_timed FROM pg_stat_bgwriter" 0
	yes_or says "$name" "SELECT count(*) FROM entrain_agents" 4
	yes_or log_has "$name" "checkpoint starting: time"
done

server_stop medium fast
server_kill large
periods 5
judged "two that are left" small huge
finish
