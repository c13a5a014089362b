/* SPDX-License-Identifier: MIT */
/* sql.c - what the extension's view and functions show. */
#include "postgres.h"

#include <entrain.h>
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "record.h"
#include "settings.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"
#include "utils/timestamp.h"

#define US_NS INT64CONST(1000)
#define AGENTS_FEW 64

PG_FUNCTION_INFO_V1(entrain_sql_agents);
PG_FUNCTION_INFO_V1(entrain_sql_status);
PG_FUNCTION_INFO_V1(entrain_sql_next_turn);
PG_FUNCTION_INFO_V1(entrain_sql_checkpoint_turns);

static void need_preload(void)
{
	if (!record_there())
		ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				errmsg("entrain must be loaded via shared_preload_libraries")));
}

static void need_swarm(void)
{
	need_preload();
	if (!setting_swarm || !*setting_swarm)
		ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				errmsg("entrain.swarm is not set")));
}

static void fail(const struct entrain_error *error)
{
	const char *hint = entrain_code_hint(error->code);

	ereport(ERROR, (errcode(error->code == ENTRAIN_NO_SWARM ? ERRCODE_UNDEFINED_OBJECT
								: ERRCODE_SYSTEM_ERROR),
			errmsg("%s: %s: %s", error->what, error->object, error->why),
			*hint ? errhint("%s", hint) : 0));
}

static Datum interval_datum(int64 microseconds)
{
	Interval *interval = palloc0(sizeof(*interval));

	interval->time = microseconds;
	return IntervalPGetDatum(interval);
}

static TimestampTz instant_timestamp(int64 instant_ns)
{
	return GetCurrentTimestamp() - (entrain_now_ns() - instant_ns) / US_NS;
}

/* ---- the swarm ----------------------------------------------------------------------------- */

/* All agents of the swarm; between open and close nothing of the server's is called, so nothing is left open by an error. */
static struct entrain_agent_info *agents_take(unsigned *count)
{
	for (unsigned space = AGENTS_FEW;;) {
		struct entrain_agent_info *agents = palloc0(space * sizeof(*agents));
		struct entrain_status status = ENTRAIN_STATUS;
		struct entrain_error error;
		struct entrain_swarm *swarm;
		int code = 1;

		swarm = entrain_open(NULL, setting_swarm, ENTRAIN_READ, &error);
		if (swarm)
			code = entrain_status(swarm, &status, agents, space, &error);
		entrain_close(swarm);
		if (code)
			fail(&error);
		*count = status.agents;
		if (*count <= space)
			return agents;
		pfree(agents);
		space = *count + *count / 8; /* others may be joining */
	}
}

static const char *state_text(const struct entrain_agent_info *agent)
{
	if (agent->implausible)
		return "implausible";
	if (agent->off_beat && agent->state <= ENTRAIN_ACTING)
		return "off-beat";
	return entrain_state_name((int)agent->state);
}

enum agent_column {
	AGENT_SLOT,
	AGENT_PROGRAM,
	AGENT_CLUSTER,
	AGENT_PID,
	AGENT_STATE,
	AGENT_PHASE,
	AGENT_PERIOD,
	AGENT_NEXT_TURN,
	AGENT_ACTED,
	AGENT_ACTION_TIME,
	AGENT_ACTION_MEAN,
	AGENT_TURNS,
	AGENT_COLUMNS
};

Datum entrain_sql_agents(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *)fcinfo->resultinfo;
	struct entrain_agent_info *agents;
	unsigned count;

	need_swarm();
	InitMaterializedSRF(fcinfo, 0);
	agents = agents_take(&count);
	for (unsigned i = 0; i < count; i++) {
		const struct entrain_agent_info *agent = &agents[i];
		Datum values[AGENT_COLUMNS];
		bool nulls[AGENT_COLUMNS] = { false };

		values[AGENT_SLOT] = Int32GetDatum((int32)agent->slot);
		values[AGENT_PROGRAM] = CStringGetTextDatum(agent->name);
		values[AGENT_CLUSTER] = CStringGetTextDatum(agent->label);
		values[AGENT_PID] = Int32GetDatum((int32)agent->pid);
		values[AGENT_STATE] = CStringGetTextDatum(state_text(agent));
		values[AGENT_PHASE] = Float8GetDatum(agent->phase);
		values[AGENT_PERIOD] = interval_datum(agent->period_ns / US_NS);
		values[AGENT_NEXT_TURN] =
			TimestampTzGetDatum(instant_timestamp(agent->next_turn_ns));
		values[AGENT_ACTED] = TimestampTzGetDatum(instant_timestamp(agent->began_ns));
		values[AGENT_ACTION_TIME] = interval_datum(agent->action_last_ns / US_NS);
		values[AGENT_ACTION_MEAN] = interval_datum(agent->action_mean_ns / US_NS);
		values[AGENT_TURNS] = Int64GetDatum((int64)agent->turns);
		nulls[AGENT_PHASE] = nulls[AGENT_PERIOD] = nulls[AGENT_NEXT_TURN] =
			agent->implausible != 0;
		nulls[AGENT_CLUSTER] = agent->label[0] == '\0';
		nulls[AGENT_ACTED] = nulls[AGENT_ACTION_TIME] = nulls[AGENT_ACTION_MEAN] =
			agent->began_ns == 0;
		tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
	}
	return (Datum)0;
}

Datum entrain_sql_status(PG_FUNCTION_ARGS)
{
	struct entrain_error error;
	struct entrain_swarm *swarm;
	char *text = NULL, *copy = NULL;

	(void)fcinfo;
	need_swarm();
	swarm = entrain_open(NULL, setting_swarm, ENTRAIN_READ, &error);
	if (swarm)
		text = entrain_status_text(swarm, ENTRAIN_JSON, NULL, &error);
	entrain_close(swarm);
	if (!text)
		fail(&error);
	/* A copy that fails must not throw: the text is the library's, and freed here. */
	copy = MemoryContextAllocExtended(CurrentMemoryContext, strlen(text) + 1,
					  MCXT_ALLOC_NO_OOM);
	if (copy)
		strcpy(copy, text);
	free(text);
	if (!copy)
		ereport(ERROR, (errcode(ERRCODE_OUT_OF_MEMORY), errmsg("out of memory")));
	PG_RETURN_DATUM(DirectFunctionCall1(jsonb_in, CStringGetDatum(copy)));
}

/* ---- this cluster --------------------------------------------------------------------------- */

Datum entrain_sql_next_turn(PG_FUNCTION_ARGS)
{
	struct record_standing standing;

	need_preload();
	record_standing_get(&standing);
	if (!standing.joined)
		PG_RETURN_NULL();
	PG_RETURN_TIMESTAMPTZ(instant_timestamp(standing.next_turn_ns));
}

enum turn_column {
	TURN_KIND,
	TURN_TURN,
	TURN_ASKED,
	TURN_STARTED,
	TURN_SYNC_BEGAN,
	TURN_OFF_BY,
	TURN_WRITE_TIME,
	TURN_SYNC_TIME,
	TURN_BUFFERS,
	TURN_FILES,
	TURN_COLUMNS
};

Datum entrain_sql_checkpoint_turns(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *)fcinfo->resultinfo;
	uint64 count;

	need_preload();
	InitMaterializedSRF(fcinfo, 0);
	count = record_count();
	for (uint64 i = count - Min(count, RECORD_CHECKPOINTS); i < count; i++) {
		struct record_checkpoint one;
		Datum values[TURN_COLUMNS];
		bool nulls[TURN_COLUMNS] = { false };

		if (!record_get(i, &one))
			continue;
		values[TURN_KIND] =
			CStringGetTextDatum(one.restartpoint ? "restartpoint" : "checkpoint");
		values[TURN_TURN] = TimestampTzGetDatum(one.turn);
		values[TURN_ASKED] = TimestampTzGetDatum(one.asked);
		values[TURN_STARTED] = TimestampTzGetDatum(one.started);
		values[TURN_SYNC_BEGAN] = TimestampTzGetDatum(one.sync_began);
		values[TURN_OFF_BY] = interval_datum(one.sync_began - one.turn);
		values[TURN_WRITE_TIME] = interval_datum(one.sync_began - one.write_began);
		values[TURN_SYNC_TIME] = interval_datum(one.sync_ended - one.sync_began);
		values[TURN_BUFFERS] = Int32GetDatum(one.buffers);
		values[TURN_FILES] = Int32GetDatum(one.files);
		nulls[TURN_TURN] = nulls[TURN_OFF_BY] = one.turn == 0;
		nulls[TURN_ASKED] = one.asked == 0;
		tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
	}
	return (Datum)0;
}
