/* SPDX-License-Identifier: MIT */
/* gate.c - what happens before and after a call that may be under a rule. */
#include "gate.h"
#include <errno.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "fit.h"
#include "hooks.h"
#include "match.h"
#include "real.h"

/* A thread is asked for its name at its first calls, in powers of two up to here: many get theirs a little after their start. */
#define NAME_CALLS 16

/*
 * A signal handler may leave a call by siglongjmp() while its thread has the agent. Nobody holds it for longer than microseconds:
 * after a second it was left behind, by this thread; after a minute, by any.
 */
#define LEFT_BEHIND_NS INT64_C(1000000000)
#define LEFT_BEHIND_BY_OTHERS_NS INT64_C(60000000000)

/* Who is held says so anew each 50 ms: who has been cancelled or has jumped away meanwhile is forgotten after this. */
#define LOOK_AGAIN_NS INT64_C(50000000)

/* A sleep is as always if it is no further off than this part. */
#define USUAL_PART 16

/* Where the period says nothing of how often the host comes, a pause of this length or more ends a burst. */
#define PAUSE_LEAST_NS INT64_C(10000000)

static __thread uint32_t thread_calls, thread_rules;
static __thread char thread_name[16];

static void add(uint64_t *count, uint64_t value)
{
	__atomic_fetch_add(count, value, __ATOMIC_RELAXED);
}

static void raise_to(uint64_t *most, uint64_t value)
{
	uint64_t seen = __atomic_load_n(most, __ATOMIC_RELAXED);

	while (seen < value && !__atomic_compare_exchange_n(most, &seen, value, true,
							    __ATOMIC_RELAXED, __ATOMIC_RELAXED))
		;
}

/* Which rules may match this thread. */
static uint32_t thread_ask(void)
{
	if (!state.asks_threads)
		return UINT32_MAX;
	if (thread_calls >= NAME_CALLS)
		return thread_rules;
	thread_calls++;
	if ((thread_calls & (thread_calls - 1)) == 0) {
		int saved = errno;

		syscall(SYS_prctl, PR_GET_NAME, thread_name, 0, 0, 0);
		errno = saved;
		thread_rules = match_thread(state.rule, state.rules, thread_name);
	}
	return thread_rules;
}

/* ---- the agent belongs to one thread at a time ---------------------------------------------- */

static bool gate_take(struct gate *gate, int64_t now_ns)
{
	const uint64_t self = (uintptr_t)&thread_calls;
	uint64_t holder = 0;
	int64_t held_ns;

	if (!atomic_compare_exchange_strong_explicit(&gate->holder, &holder, self,
						     memory_order_acquire, memory_order_relaxed)) {
		held_ns = now_ns - atomic_load_explicit(&gate->since_ns, memory_order_relaxed);
		if (held_ns < (holder == self ? LEFT_BEHIND_NS : LEFT_BEHIND_BY_OTHERS_NS) ||
		    !atomic_compare_exchange_strong_explicit(&gate->holder, &holder, self,
							     memory_order_acquire,
							     memory_order_relaxed))
			return false;
	}
	atomic_store_explicit(&gate->since_ns, now_ns, memory_order_relaxed);
	return true;
}

static void gate_drop(struct gate *gate)
{
	atomic_store_explicit(&gate->holder, 0, memory_order_release);
}

/* ---- with the agent ------------------------------------------------------------------------- */

/* Is nothing held here now, by the rule or by the swarm's mode? */
static bool is_watched(unsigned rule)
{
	struct entrain_settings settings;

	return state.watches[rule] || !state.agent[rule] ||
	       (entrain_swarm_settings(state.agent[rule], &settings) == 0 &&
		settings.mode != ENTRAIN_ACT);
}

/* Does a pause of this length end a burst, whatever the period is? By the rests between the bursts before. */
static bool pause_ends(const struct gate *gate, unsigned rule, int64_t pause_ns)
{
	return pause_ns >= PAUSE_LEAST_NS &&
	       pause_ns >= rhythm_pause_ns(&gate->rhythm, state.drifts[rule]);
}

/*
 * Does this call begin a turn? A burst is what comes within half a period of its first call's arrival, or after that without a
 * pause: the first may have been held for most of the period. While one is only watched, its period is what is to be found out, and
 * one that drifts has none: so that the swarm's does not matter, and a pause ends a burst.
 */
static bool burst_begins(const struct gate *gate, unsigned rule, int64_t now_ns)
{
	const int64_t period_ns = state.period_ns[rule], pause_ns = now_ns - gate->rhythm.over_ns;
	const bool late = now_ns - gate->burst_ns >= period_ns / 2;

	if (!gate->burst_ns)
		return true;
	if (now_ns < gate->held_until_ns || (gate->open && !late))
		return false;
	if (state.drifts[rule])
		return pause_ends(gate, rule, pause_ns);
	return (late && pause_ns >= period_ns / PAUSE_PART) ||
	       (pause_ends(gate, rule, pause_ns) && is_watched(rule));
}

/* Whose bursts these are, where names are asked for anyway. */
static void thread_tell(struct preload_rule_counts *counts)
{
	bool same = true;

	for (unsigned i = 0; state.asks_threads && i < sizeof(counts->thread); i++) {
		same = same && counts->thread[i] == thread_name[i];
		counts->thread[i] = thread_name[i];
	}
	if (state.asks_threads)
		counts->thread_bursts = same ? counts->thread_bursts + 1 : 1;
}

/* Does the rule hold who fits? To be together is a matter of turns that are planned, and there are none at a door. */
static bool action_holds(unsigned rule, const struct entrain_settings *settings)
{
	const uint32_t action = state.rule[rule].action;

	return action == ENTRAIN_ACTION_STAGGER ||
	       (action == ENTRAIN_ACTION_BATCH && !state.drifts[rule] &&
		(settings->goal == ENTRAIN_MINIMIZE_API_CALLS ||
		 settings->goal == ENTRAIN_MINIMIZE_LATENCY));
}

/* A burst has arrived. True: the host is to be held until its turn. */
static bool burst_arrive(unsigned rule, struct gate *gate, struct preload_rule_counts *counts,
			 int64_t now_ns)
{
	struct entrain_agent *agent = state.agent[rule];
	struct entrain_settings settings;
	struct rhythm_found found;
	struct timespec wall;
	bool fit;
	int code;

	add(&counts->bursts, 1);
	thread_tell(counts);
	gate->burst_ns = now_ns;
	gate->begun = gate->open = false;
	real.clock_gettime(CLOCK_REALTIME, &wall);
	rhythm_arrive(&gate->rhythm, now_ns, wall.tv_sec * INT64_C(1000000000) + wall.tv_nsec);
	entrain_settings_init(&settings);
	settings.kind = ENTRAIN_KIND_SWARM;
	code = agent ? entrain_swarm_settings(agent, &settings) : ENTRAIN_NO_SWARM;
	if (code)
		settings.period_ns = state.period_ns[rule];
	rhythm_find(&gate->rhythm, settings.period_ns, settings.kind == ENTRAIN_GRID, &found);
	counts->interval_ns = (uint64_t)found.interval_ns;
	counts->spread_ns = (uint64_t)found.spread_ns;
	counts->rhythm = rhythm_kind(&gate->rhythm, &found);
	if (counts->stand != PRELOAD_JOINED && counts->stand != PRELOAD_OFF_BEAT)
		return false;
	if (code) {
		/* It was removed; another of that name is not looked for: that would be a system call. */
		counts->stand = PRELOAD_OUT;
		counts->code = (uint32_t)code;
		return false;
	}
	if (settings.kind == ENTRAIN_GRID)
		fit_grid_follow(agent, gate, &found, settings.period_ns);
	entrain_set_rhythm(agent, (int)counts->rhythm, found.interval_ns, found.spread_ns);
	fit = fit_judge(agent, gate, &found, &settings);
	counts->stand = fit || !found.kind ? PRELOAD_JOINED : PRELOAD_OFF_BEAT;
	return fit && action_holds(rule, &settings);
}

/* At the second matching call and, if the slot was lost, at any later one. */
static void slot_claim(unsigned rule, struct preload_rule_counts *counts)
{
	struct entrain_agent *agent = state.agent[rule];
	int code;

	if (!agent) {
		counts->stand = PRELOAD_WATCHED;
		counts->code = preload_report.rule[rule].attach_code;
		return;
	}
	if (entrain_joined(agent, NULL))
		return;
	code = entrain_claim(agent);
	/* Not ready: what was wrong a moment ago still says most. */
	if (code != ENTRAIN_NOT_READY || counts->stand != PRELOAD_OUT)
		counts->code = (uint32_t)code;
	counts->stand = code ? PRELOAD_OUT : PRELOAD_JOINED;
}

static bool is_in(const struct preload_rule_counts *counts)
{
	return counts->stand == PRELOAD_JOINED || counts->stand == PRELOAD_OFF_BEAT;
}

/* Wait for the turn; what a signal ends is not gone on with, if it is `interruptible`. Nothing is held meanwhile: a signal handler
 * may leave, the thread may be cancelled. False: there was nothing to wait for. */
static bool hold(unsigned rule, struct gate *gate, struct preload_rule_counts *counts,
		 int64_t arrived_ns, bool interruptible)
{
	struct entrain_agent *agent = state.agent[rule];
	int64_t now_ns = arrived_ns, until_ns;
	int code = 0;

	for (;;) {
		until_ns = entrain_hold_ns(agent, arrived_ns);
		if (until_ns <= now_ns || (code && (code != EINTR || interruptible)))
			break;
		atomic_store_explicit(&gate->held_until_ns, until_ns + LOOK_AGAIN_NS,
				      memory_order_relaxed);
		code = real_sleep_until(until_ns);
		now_ns = real_now_ns();
	}
	if (now_ns == arrived_ns)
		return false;
	add(&counts->held, 1);
	add(&counts->held_ns, (uint64_t)(now_ns - arrived_ns));
	raise_to(&counts->held_max_ns, (uint64_t)(now_ns - arrived_ns));
	return true;
}

/* The call that begins a burst. */
static void turn_come(struct passage *passage, struct gate *gate,
		      struct preload_rule_counts *counts, bool held)
{
	const unsigned rule = (unsigned)passage->rule;
	int64_t held_ns;

	if (held)
		hold(rule, gate, counts, passage->began_ns, false);
	else if (!state.drifts[rule])
		entrain_hold_ns(state.agent[rule], passage->began_ns); /* it is told the arrival */
	held_ns = real_now_ns() - passage->began_ns;
	passage->began_ns += held_ns;
	if (!gate_take(gate, passage->began_ns))
		return;
	gate->held_until_ns = 0;
	gate->hold_ns = held ? held_ns : 0;
	passage->acts = entrain_begin(state.agent[rule]) == 0;
	gate->begun = gate->open = passage->acts;
	gate->acted_from_ns = gate->acted_to_ns = passage->began_ns;
	add(&counts->acted, 1);
	gate_drop(gate);
}

static void approach(struct passage *passage, struct gate *gate, struct preload_rule_counts *counts)
{
	const unsigned rule = (unsigned)passage->rule;
	bool first, held = false, in;

	if (!gate_take(gate, passage->began_ns)) {
		add(&counts->busy, 1);
		return;
	}
	in = is_in(counts);
	if (gate->calls < 2)
		gate->calls++;
	if (gate->calls == 2)
		slot_claim(rule, counts);
	/* Who has just come in has no turn yet that could be its own; at a door nobody has. */
	in = (in || state.drifts[rule]) && is_in(counts);
	first = burst_begins(gate, rule, passage->began_ns);
	if (first)
		held = burst_arrive(rule, gate, counts, passage->began_ns);
	passage->burst_ns = gate->burst_ns;
	/* A further call of a burst is a part of the same action, which is over with the last of them. */
	passage->acts = in && !first && gate->begun;
	if (passage->acts) {
		gate->open = true;
		entrain_resume(state.agent[rule]);
	}
	in = in && first && counts->stand != PRELOAD_OUT;
	if (in)
		gate->held_until_ns = passage->began_ns + LOOK_AGAIN_NS;
	gate_drop(gate);
	if (in)
		turn_come(passage, gate, counts, held);
}

/* ---- sleeps ------------------------------------------------------------------------------------ */

/*
 * A sleep that is stretched: the host's action is what it does between two of them. It sleeps as it wishes, and is then held until
 * its turn; how long it sleeps is known from the sleeps before, so nothing that it passes is looked at. Where hosts queue at a
 * door, the end of a sleep is when they come there.
 */
static bool is_paced(unsigned rule, enum entrain_call call)
{
	return call >= ENTRAIN_CALL_nanosleep && state.agent[rule] &&
	       state.rule[rule].action == ENTRAIN_ACTION_PACE;
}

/* While another thread is held at the end of its sleep, the agent stands for that one's action. */
static bool sleep_take(struct gate *gate, struct preload_rule_counts *counts, int64_t now_ns)
{
	if (gate_take(gate, now_ns)) {
		if (now_ns >= gate->held_until_ns)
			return true;
		gate_drop(gate);
	}
	add(&counts->busy, 1);
	return false;
}

static void sleep_begin(struct passage *passage, struct gate *gate,
			struct preload_rule_counts *counts)
{
	const unsigned rule = (unsigned)passage->rule;

	passage->paced = sleep_take(gate, counts, passage->began_ns);
	if (!passage->paced)
		return;
	if (gate->calls < 2)
		gate->calls++;
	if (gate->calls == 2)
		slot_claim(rule, counts);
	if (is_in(counts))
		entrain_end(state.agent[rule]);
	rhythm_over(&gate->rhythm, passage->began_ns);
	gate_drop(gate);
}

/* Is it one of those by which the host drives itself, and not a moment's within its work? */
static bool is_usual(const struct rhythm_found *found, int64_t took_ns)
{
	return (took_ns > found->rest_ns ? took_ns - found->rest_ns : found->rest_ns - took_ns) <=
	       found->rest_ns / USUAL_PART;
}

/* It has slept. True: so that it may be held. */
static bool sleep_note(unsigned rule, struct gate *gate, struct preload_rule_counts *counts,
		       int64_t now_ns, int64_t took_ns)
{
	struct entrain_settings settings;
	struct rhythm_found found;

	add(&counts->bursts, 1);
	fit_sleep_follow(gate, took_ns);
	rhythm_arrive(&gate->rhythm, now_ns, 0);
	rhythm_find(&gate->rhythm, state.period_ns[rule], false, &found);
	counts->interval_ns = (uint64_t)found.interval_ns;
	counts->spread_ns = (uint64_t)found.spread_ns;
	counts->rhythm = found.kind ? found.sleeps ? ENTRAIN_RELATIVE : ENTRAIN_DRIFTING : 0;
	if ((!found.kind && !state.drifts[rule]) ||
	    entrain_swarm_settings(state.agent[rule], &settings))
		return false;
	entrain_set_rhythm(state.agent[rule], (int)counts->rhythm, found.interval_ns,
			   found.spread_ns);
	found.kind = (enum entrain_kind)counts->rhythm;
	found.interval_ns = found.rest_ns;
	if (!fit_judge(state.agent[rule], gate, &found, &settings)) {
		counts->stand = PRELOAD_OFF_BEAT;
		return false;
	}
	counts->stand = PRELOAD_JOINED;
	return state.drifts[rule] ||
	       (settings.kind == ENTRAIN_RELATIVE && is_usual(&found, took_ns));
}

/* Where sleeps are of any length, one that is no more than a pause within the host's work is told from the others as that between
 * calls is: then the action goes on. */
static bool sleep_pauses(unsigned rule, const struct gate *gate, int64_t took_ns)
{
	return state.drifts[rule] && gate->begun && !pause_ends(gate, rule, took_ns);
}

static void sleep_end(struct passage *passage, struct gate *gate,
		      struct preload_rule_counts *counts, int64_t now_ns)
{
	const unsigned rule = (unsigned)passage->rule;
	const int64_t took_ns = now_ns - passage->began_ns;
	bool pauses, held = false;
	int64_t begin_ns;

	if (!is_in(counts) || !sleep_take(gate, counts, now_ns))
		return;
	pauses = sleep_pauses(rule, gate, took_ns);
	if (pauses)
		entrain_resume(state.agent[rule]);
	else
		held = sleep_note(rule, gate, counts, now_ns, took_ns);
	if (held)
		gate->held_until_ns = now_ns + LOOK_AGAIN_NS;
	gate_drop(gate);
	if (pauses)
		return;
	if (held)
		held = hold(rule, gate, counts, now_ns, true);
	begin_ns = real_now_ns();
	if (!gate_take(gate, begin_ns))
		return;
	gate->held_until_ns = 0;
	gate->hold_ns = held ? begin_ns - now_ns : 0;
	gate->begun = entrain_begin(state.agent[rule]) == 0;
	gate_drop(gate);
}

/* ---- a call --------------------------------------------------------------------------------- */

bool gate_enter(struct passage *passage, enum entrain_call call, int fd)
{
	struct preload_counts *counts = &state.live->counts;
	struct match_facts facts;

	if (!counts->here)
		__atomic_store_n(&counts->here, 1, __ATOMIC_RELAXED);
	add(&counts->seen[call], 1);
	if (fd < 0 && fd != HOOK_NO_FILE)
		return false;
	facts.call = call;
	facts.fd = fd;
	facts.threads = thread_ask();
	facts.title_known = facts.path_known = false;
	passage->rule = match_find(state.rule, state.rules, &facts);
	if (passage->rule < 0)
		return false;
	passage->acts = passage->paced = false;
	passage->began_ns = real_now_ns();
	add(&counts->rule[passage->rule].matched, 1);
	(is_paced((unsigned)passage->rule, call) ? sleep_begin : approach)(
		passage, &state.live->gate[passage->rule], &counts->rule[passage->rule]);
	return true;
}

/* A part of the action is over, perhaps the last. Another thread may have ended it before: then it went on until now. */
static void part_over(unsigned rule, struct gate *gate, struct preload_rule_counts *counts,
		      int64_t now_ns)
{
	entrain_resume(state.agent[rule]);
	entrain_end(state.agent[rule]);
	gate->open = false;
	if (now_ns <= gate->acted_to_ns)
		return;
	add(&counts->acted_ns, (uint64_t)(now_ns - gate->acted_to_ns));
	gate->acted_to_ns = now_ns;
	raise_to(&counts->acted_max_ns, (uint64_t)(now_ns - gate->acted_from_ns));
}

void gate_leave(struct passage *passage, bool done)
{
	struct preload_rule_counts *counts = &state.live->counts.rule[passage->rule];
	struct gate *gate = &state.live->gate[passage->rule];
	int64_t now_ns = real_now_ns(), took_ns = now_ns - passage->began_ns;

	add(&counts->took_ns, (uint64_t)took_ns);
	raise_to(&counts->took_max_ns, (uint64_t)took_ns);
	if (passage->paced && done)
		sleep_end(passage, gate, counts, now_ns);
	if (passage->paced || !gate_take(gate, now_ns))
		return;
	if (passage->acts && passage->burst_ns == gate->burst_ns)
		part_over((unsigned)passage->rule, gate, counts, now_ns);
	rhythm_over(&gate->rhythm, now_ns);
	gate_drop(gate);
}
