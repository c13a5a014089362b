-- What CREATE EXTENSION entrain gives, on a server that has it in shared_preload_libraries and entrain.swarm set.
CREATE EXTENSION entrain;
SELECT extversion, extrelocatable FROM pg_extension WHERE extname = 'entrain';

-- Columns are an interface.
SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute
WHERE attrelid = 'entrain_agents'::regclass AND attnum > 0 ORDER BY attnum;
SELECT proname, pg_get_function_result(oid) FROM pg_proc WHERE proname LIKE 'entrain%' ORDER BY proname COLLATE "C";

-- This cluster is among the agents, and its worker is one process.
SELECT count(*), min(program), bool_and(phase >= 0 AND phase < 1), bool_and(next_turn > now() - interval '1 s')
FROM entrain_agents WHERE cluster = current_setting('cluster_name') AND state IN ('idle', 'acting');
SELECT entrain_next_turn() - now() < 1.2 * period, entrain_next_turn() - next_turn BETWEEN '-1 ms' AND '1 ms'
FROM entrain_agents WHERE cluster = current_setting('cluster_name') AND state IN ('idle', 'acting');
SELECT jsonb_typeof(entrain_status()), entrain_status()->>'swarm' = current_setting('entrain.swarm'),
	jsonb_array_length(entrain_status()->'agents') = (SELECT count(*) FROM entrain_agents);

-- A checkpoint that somebody asks for is in the history, and not as ours.
CREATE TABLE something AS SELECT generate_series(1, 1000);
CHECKPOINT;
SELECT kind, asked, sync_began >= started, sync_time >= '0', write_time >= '0', buffers > 0, files > 0
FROM entrain_checkpoint_turns() ORDER BY started DESC LIMIT 1;

-- Settings.
SELECT name, context, vartype, unit FROM pg_settings WHERE name LIKE 'entrain.%' ORDER BY name;
SET entrain.period = '1 min';
ALTER SYSTEM SET entrain.swarm = '../passwd';
ALTER SYSTEM SET entrain.goal = 'none';
ALTER SYSTEM SET entrain.period = '10 ms';
ALTER SYSTEM SET entrain.nothing = 'such';

-- For pg_monitor, and for nobody else.
SELECT proname, proacl IS NOT NULL, has_function_privilege('pg_monitor', oid, 'EXECUTE')
FROM pg_proc WHERE proname LIKE 'entrain%' AND prokind = 'f' ORDER BY proname COLLATE "C";
CREATE ROLE entrain_regress_guest;
SET ROLE entrain_regress_guest;
SELECT count(*) FROM entrain_agents;
SELECT entrain_status();
SELECT entrain_next_turn();
SELECT * FROM entrain_checkpoint_turns();
RESET ROLE;
GRANT pg_monitor TO entrain_regress_guest;
SET ROLE entrain_regress_guest;
SELECT count(*) > 0 FROM entrain_agents;
SELECT count(*) > 0 FROM entrain_checkpoint_turns();
RESET ROLE;
DROP ROLE entrain_regress_guest;

-- It moves, and goes without a trace.
CREATE SCHEMA elsewhere;
ALTER EXTENSION entrain SET SCHEMA elsewhere;
SELECT count(*) > 0 FROM elsewhere.entrain_agents;
DROP EXTENSION entrain;
SELECT count(*) FROM pg_proc WHERE proname LIKE 'entrain%';
