#!/bin/bash
# SPDX-License-Identifier: MIT
# One cluster with the extension, as its administrator meets it: settings that fit or not, idle, off, reloads, stops of all kinds, deaths
# of worker and postmaster. Whatever happens, the server serves.
# Needs postgresql-15; the tool and the extension, built.

. "${srcdir:-.}/tests/hosts/postgres_fixture.sh"

timed()
{
	grep -c 'checkpoint starting: time' one.log
}

# more_timed COUNT: there are more of them by now
more_timed()
{
	[ "$(timed)" -gt "$1" ]
}

write_some()
{
	ask one 'INSERT INTO t SELECT generate_series(1, 100)'
}

# reload LINE...: with these lines added
reload()
{
	configure one "$@"
	server_reload one
}

gone()
{
	! kill -0 "$1" 2>/dev/null
}

# the worker's processor time so far, in ticks of 10 ms
ran()
{
	awk '{ sub(/.*\) /, ""); print $12 + $13 }' "/proc/$(worker one)/stat"
}

out_of_swarm()
{
	! in_swarm one
}

served()
{
	says one 'SELECT 1' 1
}

# ---- settings ---------------------------------------------------------------------------------

cluster one "autovacuum = off" "wal_init_zero = off"
server_start one
yes_or until_ 5 log_has one 'entrain.swarm is not set: nothing is done'
ask one 'CREATE EXTENSION entrain; CREATE TABLE t (i int)'
yes_or out_of_swarm
yes_or says one "SELECT extversion FROM pg_extension WHERE extname = 'entrain'" 1.0

reload "entrain.swarm = 'db-host'" "checkpoint_timeout = 30s"
yes_or until_ 5 log_has one 'only watches: a period of 240000 ms'
yes_or out_of_swarm
# the values that it names do fit
hint=$(grep -o 'These fit .*' one.log | tail -1)
read -r fit_period fit_target < <(sed -E 's/.*entrain.period = ([0-9]+s), checkpoint_completion_target = ([0-9.]+[0-9]).*/\1 \2/' <<<"$hint")
reload "entrain.period = '$fit_period'" "checkpoint_completion_target = $fit_target"
yes_or until_ 5 in_swarm one
yes_or until_ 5 log_has one "in swarm db-host, period 24 s"

reload "checkpoint_completion_target = .9"
yes_or until_ 5 log_has one 'only watches: writing for'
yes_or until_ 5 out_of_swarm
reload "checkpoint_completion_target = .001" "log_checkpoints = off"
yes_or until_ 5 log_has one 'without log_checkpoints'
yes_or out_of_swarm
# a swarm that is there takes the period that a reload changes
reload "log_checkpoints = on" "entrain.period = '2s'"
yes_or until_ 5 in_swarm one
yes_or until_ 5 log_has one "in swarm db-host, period 2 s"
yes_or says one "SELECT entrain_status()->>'period_ns'" 2000000000
reload "entrain.goal = 'recover-from-failure'"
yes_or until_ 5 says one "SELECT entrain_status()->>'goal'" recover-from-failure
# ... but for one that does not go with its own settings: the other clusters are not to suffer for that
reload "entrain.period = '40s'"
yes_or until_ 5 log_has one 'keeps its period and goal: what is set now does not go with'
yes_or in_swarm one
yes_or says one "SELECT entrain_status()->>'period_ns'" 2000000000
reload "entrain.period = '2s'"
reload "entrain.swarm = 'No Swarm'"
yes_or until_ 5 log_has one 'invalid value for parameter "entrain.swarm"'
yes_or in_swarm one
reload "entrain.swarm = 'db-host'" "entrain.enabled = off"
yes_or until_ 5 out_of_swarm
# what was planned before does not keep the worker awake
ran=$(ran)
sleep 4.5
yes_or [ $(($(ran) - ran)) -lt 50 ]
reload "entrain.enabled = on"
yes_or until_ 5 in_swarm one

# ---- turns -------------------------------------------------------------------------------------

before=$(timed)
write_some
yes_or until_ 10 more_timed "$before"
# Little to write, which is spread over whole seconds: asked for at the nearest second, also if that comes after the turn.
reload "checkpoint_completion_target = .04"
began=$(ask one 'SELECT now()')
for _ in $(seq 24); do
	ask one 'CREATE TABLE IF NOT EXISTS little (n int); INSERT INTO little VALUES (1)' >/dev/null 2>&1
	sleep 0.5
done
yes_or says one "SELECT count(*) >= 4 FROM entrain_checkpoint_turns() WHERE asked > '$began'" t
reload "checkpoint_completion_target = .001"
over=$(ask one "SELECT now() + interval '2.5 s'")
sleep 2.5
# nothing is written any more: three turns, no checkpoint
before=$(timed)
sleep 6
yes_or [ "$(timed)" -eq "$before" ]
yes_or says one "SELECT count(*) > 0, bool_and(off_by BETWEEN '-1s' AND '1s') FROM entrain_checkpoint_turns() WHERE asked NOT BETWEEN '$began' AND '$over'" 't|t'
yes_or says one "SELECT action_time > '0' AND action_time < '2s' FROM entrain_agents" t
# A checkpoint that somebody else asks for is told of, and not as ours; but for one that begins within half a second of our own
# request, which cannot be told apart: then another, at another time.
somebody_asks()
{
	ask one 'CHECKPOINT'
	until_ 2 says one "SELECT asked IS NULL FROM entrain_checkpoint_turns() ORDER BY started DESC LIMIT 1" t
}
yes_or until_ 20 somebody_asks

"$entrainctl" set db-host mode=off >/dev/null || no "set mode=off"
before=$(timed)
write_some
sleep 5
yes_or [ "$(timed)" -eq "$before" ]
"$entrainctl" set db-host mode=act >/dev/null || no "set mode=act"
yes_or until_ 10 more_timed "$before"

# ---- SQL -----------------------------------------------------------------------------------------

yes_or says one "SELECT entrain_next_turn() BETWEEN now() AND now() + interval '2.3 s'" t
# (but for the tool's own forecast while the swarm observes)
"$entrainctl" status db-host --json >status.json || no "status --json"
yes_or says one "SELECT bool_and(entrain_status() ? k OR k = 'observed') FROM jsonb_object_keys('$(cat status.json)') k" t
ask one 'CREATE ROLE guest; CREATE ROLE watcher; GRANT pg_monitor TO watcher'
for what in 'entrain_agents' 'entrain_agents()' 'entrain_checkpoint_turns()' 'entrain_status()' 'entrain_next_turn()'; do
	yes_or ask one "SET ROLE watcher; SELECT * FROM $what"
	ask one "SET ROLE guest; SELECT * FROM $what" >refused 2>&1 && no "guest may read $what"
	yes_or grep -q 'permission denied' refused
done

# ---- ends ------------------------------------------------------------------------------------------

pid=$(worker one)
yes_or kill -TERM "$pid"
yes_or until_ 15 log_has one "background worker \"entrain\" (PID $pid) exited with exit code 1"
yes_or until_ 15 in_swarm one
yes_or [ "$(worker one)" != "$pid" ]
log_has one 'terminating any other active server processes' && no "a worker that ends takes the server along"

pid=$(worker one)
kill -9 "$pid"
yes_or until_ 15 log_has one 'terminating any other active server processes'
yes_or until_ 20 in_swarm one
yes_or served
yes_or until_ 10 says one "SELECT count(*) FROM entrain_agents WHERE state IN ('idle', 'acting')" 1

for mode in smart fast immediate; do
	began=$SECONDS
	server_stop one $mode
	yes_or [ $((SECONDS - began)) -lt 8 ]
	[ "$mode" = immediate ] || yes_or grep -q '"agents_alive": 0' <("$entrainctl" status db-host --json)
	server_start one
	yes_or until_ 15 in_swarm one
done

# without a postmaster the worker ends by itself
pid=$(worker one)
kill -9 "$(sed -n 1p one/postmaster.pid)"
yes_or until_ 10 gone "$pid"
until_ 10 sh -c "! ls -l /proc/[0-9]*/exe 2>/dev/null | grep -q '$bin/postgres'"
server_start one
yes_or until_ 20 in_swarm one

# ---- no swarm --------------------------------------------------------------------------------------

# It was removed on purpose: not made again, and come back to once there is one.
"$entrainctl" rm db-host >/dev/null || no "rm"
yes_or until_ 10 log_has one 'not in the swarm: no such swarm'
yes_or out_of_swarm
yes_or served
"$entrainctl" create db-host --period 2s --capacity 1 "${owner[@]}" >/dev/null || no "create"
yes_or until_ 10 in_swarm one
# Another cluster finds it full, says so, and serves.
cluster two "entrain.swarm = 'db-host'" "entrain.period = '2s'" "checkpoint_timeout = 30s" "checkpoint_completion_target = .001"
server_start two
yes_or until_ 10 log_has two 'not in the swarm: .*all 1 slot is taken'
yes_or says two 'SELECT 1' 1
server_stop two fast
# Nothing may be there that is somebody else's.
server_stop one fast
rm -f "$ENTRAIN_DIR"/*
mkdir "$ENTRAIN_DIR/entrain.db-host.control"
server_start one
yes_or until_ 10 log_has one 'not in the swarm: .*entrain.db-host.control'
yes_or served
server_stop one fast
finish
