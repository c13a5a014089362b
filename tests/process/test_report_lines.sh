#!/bin/bash
# SPDX-License-Identifier: MIT
# The lines that `report` gives for hosts that are hard to tell apart: programs of one name in two places, one program under several
# titles, one whose first argument is no path. Taken as they are, each of these hosts is under a rule of its own.
# Needs tests/process/preload_flush; the tool and the plugin, built; python3.

command -v python3 >/dev/null || exit 77
. "${srcdir:-.}/tests/process/preload_lib.sh"
# What is slowed several times keeps no time.
[ -z "$runtime" ] || { echo "not with a sanitizer"; exit 0; }
pids=
end()
{
	[ -z "$pids" ] || kill $pids 2>/dev/null
	rm -rf "$ENTRAIN_DIR" "$work"
}
trap end EXIT
trap 'exit 1' INT TERM HUP
cd "$work" || exit 99
mkdir one other
cp "${host%preload_host}preload_flush" one/flush && cp one/flush other/flush || exit 99

# hosts: all four, in the background
hosts()
{
	number=0
	for how in one/flush:one/flush other/flush:other/flush 'pg: checkpointer:one/flush' 'pg: walwriter:one/flush'; do
		LD_PRELOAD=$library ENTRAIN_LOG=$work/log bash -c 'exec -a "$0" "$@"' "${how%:*}" "$work/${how##*:}" clock 400 20 2 \
			>log.$number 2>&1 &
		pids="$pids $!"
		number=$((number + 1))
	done
}

# come CYCLES: until all have come so often
come()
{
	for ((i = 0; i < 4; i++)); do
		for ((tries = 0; tries < 2000 && $(cat log.$i | wc -l) < $1; tries++)); do sleep .02; done
		[ "$(cat log.$i | wc -l)" -ge "$1" ] || no "host $i does not come to cycle $1: $(cat log.$i)"
	done
}

tool create clock --period 400ms --kind grid --max-delay 90% || no "create"
printf '%s\n' '[rule watched]' 'exe = */flush' 'call = usleep' 'swarm = clock' 'action = observe' >"$ENTRAIN_CONFIG"
hosts
come 9
# The name of the rule that they are under is one that the file no longer has: they are as without.
printf '%s\n' '[rule flush]' 'exe = /bin/true' 'call = sync' 'swarm = clock' 'action = observe' >old.ini
ENTRAIN_CONFIG=$work/old.ini "$entrainctl" report clock --for 4s --json >told.json || no "report"
python3 -c 'import json; print(json.load(open("told.json"))["lines"] or "", end="")' >new.ini
cat old.ini new.ini >all.ini
yes_or "$entrainctl" check --config all.ini
[ "$(grep -c '^\[rule ' new.ini)" -eq 4 ] || no "not four rules: $(cat new.ini)"
yes_or grep -q "^exe = $work/one/flush$" new.ini
yes_or grep -q "^exe = $work/other/flush$" new.ini
! grep -q '^exe = .*pg' new.ini || no "a title for an executable: $(cat new.ini)"
[ "$(grep -c '^; a flush that others wait for' new.ini)" -eq 4 ] || no "what must not be held is not said: $(cat new.ini)"
kill $pids
wait $pids 2>/dev/null
pids=
cp all.ini "$ENTRAIN_CONFIG"
hosts
come 4
for pid in $pids; do "$entrainctl" check $pid --json >check.$pid || no "check $pid: $(cat check.$pid)"; done
yes_or python3 - $pids <<-'TEXT'
	import json, sys
	names = set()
	for pid in sys.argv[1:]:
	    own = [rule for rule in json.load(open("check." + pid))["rules"] if rule["matched"]]
	    assert len(own) == 1 and own[0]["bursts"] >= 3, own
	    names.add(own[0]["rule"])
	assert len(names) == 4, names
TEXT
yes_or [ ! -e log ]
finish
