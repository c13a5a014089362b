/* SPDX-License-Identifier: MIT */
/* worker.c - the background worker: asks for the checkpoint so early that its sync falls at the cluster's turn. */
#include "postgres.h"

#include "access/xlog.h"
#include "lead.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "postmaster/bgworker.h"
#include "postmaster/bgwriter.h"
#include "postmaster/interrupt.h"
#include "record.h"
#include "replayed.h"
#include "storage/ipc.h"
#include "storage/latch.h"
#include "member.h"
#include "utils/timestamp.h"
#include "worker.h"

#define MS_NS INT64CONST(1000000)
#define US_NS INT64CONST(1000)
#define S_US INT64CONST(1000000)
/* The longest sleep that WaitLatch is told. */
#define SLEEP_MOST_MS 3600000

static struct lead lead;
static struct {
	int64 turn_ns;       /* the next turn, as it was planned when ask_ns was */
	int64 ask_ns;        /* when to ask for a checkpoint; INT64_MAX: not for now */
	int64 ask_turn_ns;   /* for which turn: the next, or the one after it */
	TimestampTz asked;   /* when it was asked for last; 0: that checkpoint is taken */
	int64 asked_turn_ns; /* for which turn */
	uint64 records;      /* of the checkpointer's that were taken */
	TimestampTz begun;   /* when the last checkpoint began, as far as it is taken */
} state;

static int64 instant_ns(TimestampTz when)
{
	return entrain_now_ns() - (GetCurrentTimestamp() - when) * US_NS;
}

static TimestampTz instant_timestamp(int64 instant)
{
	return GetCurrentTimestamp() - (entrain_now_ns() - instant) / US_NS;
}

/* ---- turns -------------------------------------------------------------------------------- */

/* A moment before the server's own timer: it counts whole seconds since the last checkpoint began. If nothing was to be
 * done then, it has begun to count again. */
static TimestampTz ask_latest(TimestampTz now)
{
	TimestampTz timer = state.begun - state.begun % S_US + CheckPointTimeout * S_US;

	return state.begun && timer > now ? timer - S_US : PG_INT64_MAX;
}

/* Rounded to the next second, it may come a moment after its turn. */
static bool ask_to_come(void)
{
	const int64 now_ns = entrain_now_ns();

	return state.ask_ns != INT64_MAX && state.ask_ns > now_ns && state.ask_turn_ns <= now_ns;
}

/* A turn that cannot be reached any more is left out for the one after it. */
static void ask_plan(void)
{
	TimestampTz now = GetCurrentTimestamp(), ask;
	struct entrain_settings settings;

	if (ask_to_come()) {
		state.turn_ns = entrain_next_turn_ns(member_agent);
		return;
	}
	lead_spread(&lead, (int64)(CheckPointTimeout * CheckPointCompletionTarget * 1e6));
	state.turn_ns = state.ask_turn_ns = entrain_next_turn_ns(member_agent);
	ask = lead_ask_us(&lead, instant_timestamp(state.turn_ns), ask_latest(now));
	if ((ask < now || state.asked_turn_ns == state.turn_ns) &&
	    entrain_swarm_settings(member_agent, &settings) == 0) {
		state.ask_turn_ns += settings.period_ns;
		ask = lead_ask_us(&lead, instant_timestamp(state.ask_turn_ns), ask_latest(now));
	}
	state.ask_ns =
		ask < now || state.asked_turn_ns == state.ask_turn_ns ? INT64_MAX : instant_ns(ask);
}

/*
 * Two checkpoints in a period are too many. After one that the server began for lack of space or on request half a period passes
 * before it is asked for another; after a timed one, so much less that its timer does not come before the turn after this.
 */
static bool too_soon(const struct record_begun *begun, int64 now_ns, int64 period_ns)
{
	int64 least_ns = period_ns / 2, left_ns = CheckPointTimeout * S_US * US_NS - period_ns;

	if (begun->timed && left_ns < least_ns)
		least_ns = left_ns;
	return begun->when && now_ns - instant_ns(begun->when) < least_ns;
}

static void ask(int64 now_ns)
{
	int64 late_ns = now_ns - state.ask_ns, period_ns;
	struct record_begun begun;

	state.ask_ns = INT64_MAX;
	record_begun_get(&begun);
	/* Asked for late, it would sync in somebody else's turn. */
	if (late_ns > lead_slack_us(&lead) * US_NS || !member_acts(&period_ns) || begun.running ||
	    too_soon(&begun, now_ns, period_ns))
		return;
	if (RecoveryInProgress() && !replayed_checkpoint())
		return;
	state.asked = GetCurrentTimestamp();
	state.asked_turn_ns = state.ask_turn_ns;
	/* Timed: not immediate, so that writing stays spread; not forced, so that nothing happens where nothing was written. */
	RequestCheckpoint(CHECKPOINT_CAUSE_TIME);
}

static void turns_follow(void)
{
	int64 now_ns = entrain_now_ns();

	if (!member_agent) {
		state.ask_ns = INT64_MAX;
		return;
	}
	/* First: where writing takes a moment only, who wakes a little late finds the turn come as well. */
	if (now_ns >= state.ask_ns && entrain_next_turn_ns(member_agent) == state.turn_ns) {
		ask(now_ns);
		ask_plan();
	}
	if (entrain_due(member_agent)) {
		entrain_pass(member_agent);
		member_attend(); /* its period may be another now */
		if (member_agent)
			ask_plan();
		else
			state.ask_ns = INT64_MAX;
	} else if (entrain_next_turn_ns(member_agent) != state.turn_ns) {
		ask_plan(); /* it has just joined, or joined again */
	}
}

/* ---- what the checkpointer did ------------------------------------------------------------- */

static void record_take(const struct record_checkpoint *checkpoint)
{
	const TimestampTz started = checkpoint->started;
	bool asked = state.asked && started >= state.asked - 1000 &&
		     started <= state.asked + lead_slack_us(&lead);
	TimestampTz turn = 0;

	if (asked)
		turn = instant_timestamp(state.asked_turn_ns);
	else if (member_agent)
		turn = instant_timestamp(state.turn_ns);
	record_annotate(state.records, turn, asked ? state.asked : 0);
	if (asked) {
		lead_learn(&lead, state.asked, started, checkpoint->sync_began);
		state.asked = 0;
	}
	if (member_agent)
		entrain_acted(member_agent, instant_ns(checkpoint->sync_began),
			      instant_ns(checkpoint->sync_ended));
}

static void records_take(void)
{
	struct record_checkpoint checkpoint;
	uint64 count = record_count();
	struct record_begun begun;

	record_begun_get(&begun);
	if (RecoveryInProgress())
		replayed_look();
	if (begun.when == state.begun && state.records == count)
		return;
	if (begun.when != state.begun)
		replayed_used();
	state.begun = begun.when;
	for (; state.records < count; state.records++)
		if (record_get(state.records, &checkpoint))
			record_take(&checkpoint);
	if (member_agent)
		ask_plan(); /* by what was learnt, and what the server's timer counts from now */
}

/* What the worker before this one, which may have been ended, has learnt. */
static void records_recall(void)
{
	struct record_checkpoint one;

	state.records = record_count();
	lead_spread(&lead, (int64)(CheckPointTimeout * CheckPointCompletionTarget * 1e6));
	for (uint64 i = state.records - Min(state.records, RECORD_CHECKPOINTS); i < state.records;
	     i++)
		if (record_get(i, &one) && one.asked)
			lead_learn(&lead, one.asked, one.started, one.sync_began);
}

/* ---- life ---------------------------------------------------------------------------------- */

static long sleep_ms(void)
{
	int64 wake_ns = Min(member_again_ns, state.ask_ns), left_ns;

	if (member_agent)
		wake_ns = Min(wake_ns, entrain_wake_ns(member_agent));
	left_ns = wake_ns - entrain_now_ns();
	if (left_ns <= 0)
		return 0;
	return left_ns / MS_NS < SLEEP_MOST_MS ? (long)((left_ns + MS_NS - 1) / MS_NS)
					       : SLEEP_MOST_MS;
}

/* For entrain_next_turn(). */
static void stand(void)
{
	struct record_standing standing = { 0 };

	if (member_agent && entrain_joined(member_agent, NULL)) {
		standing.joined = true;
		standing.next_turn_ns = entrain_next_turn_ns(member_agent);
	}
	record_stand(&standing);
}

static void at_exit(int code, Datum unused)
{
	(void)code;
	(void)unused;
	member_leave();
	record_worker(false);
}

static void begin(void)
{
	pqsignal(SIGHUP, SignalHandlerForConfigReload);
	pqsignal(SIGTERM, SignalHandlerForShutdownRequest);
	before_shmem_exit(at_exit, (Datum)0);
	BackgroundWorkerUnblockSignals();
	state.ask_ns = INT64_MAX;
	replayed_open();
	records_recall();
	record_worker(true);
	member_attend();
}

void entrain_worker_main(Datum argument)
{
	(void)argument;
	begin();
	while (!ShutdownRequestPending) {
		if (entrain_now_ns() >= member_again_ns)
			member_attend();
		records_take();
		turns_follow();
		stand();
		WaitLatch(MyLatch, WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH, sleep_ms(),
			  PG_WAIT_EXTENSION);
		ResetLatch(MyLatch);
		CHECK_FOR_INTERRUPTS(); /* answers barriers of other processes */
		if (ConfigReloadPending) {
			ConfigReloadPending = false;
			member_reload();
		}
	}
	/* Status 1: the postmaster starts it again, unless it is shutting down itself. */
	proc_exit(1);
}
