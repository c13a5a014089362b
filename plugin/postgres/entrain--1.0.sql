/* SPDX-License-Identifier: MIT */
/* entrain--1.0.sql - what CREATE EXTENSION entrain makes. */
\echo Use "CREATE EXTENSION entrain" to load this file. \quit

/* All agents of this host's swarm. */
CREATE FUNCTION entrain_agents(
	OUT slot integer, OUT program text, OUT cluster text, OUT pid integer, OUT state text, OUT phase double precision,
	OUT period interval, OUT next_turn timestamptz, OUT acted timestamptz, OUT action_time interval,
	OUT action_mean interval, OUT turns bigint)
RETURNS SETOF record AS 'MODULE_PATHNAME', 'entrain_sql_agents' LANGUAGE C STRICT VOLATILE;

CREATE VIEW entrain_agents AS SELECT * FROM entrain_agents();

/* What `entrainctl status --json` prints. */
CREATE FUNCTION entrain_status() RETURNS jsonb
AS 'MODULE_PATHNAME', 'entrain_sql_status' LANGUAGE C STRICT VOLATILE;

/* When this cluster's next checkpoint is to sync; null while it is not in the swarm. */
CREATE FUNCTION entrain_next_turn() RETURNS timestamptz
AS 'MODULE_PATHNAME', 'entrain_sql_next_turn' LANGUAGE C STRICT VOLATILE;

/* The last checkpoints of this cluster, oldest first, and how far their syncs were from the turns that they were meant for. */
CREATE FUNCTION entrain_checkpoint_turns(
	OUT kind text, OUT turn timestamptz, OUT asked timestamptz, OUT started timestamptz, OUT sync_began timestamptz,
	OUT off_by interval, OUT write_time interval, OUT sync_time interval, OUT buffers integer, OUT files integer)
RETURNS SETOF record AS 'MODULE_PATHNAME', 'entrain_sql_checkpoint_turns' LANGUAGE C STRICT VOLATILE;

REVOKE ALL ON FUNCTION entrain_agents(), entrain_status(), entrain_next_turn(), entrain_checkpoint_turns() FROM PUBLIC;
REVOKE ALL ON entrain_agents FROM PUBLIC;
GRANT EXECUTE ON FUNCTION entrain_agents(), entrain_status(), entrain_next_turn(), entrain_checkpoint_turns() TO pg_monitor;
GRANT SELECT ON entrain_agents TO pg_monitor;
