/* SPDX-License-Identifier: MIT */
/* settings.c - from what was typed to the runs that it asks for. */
#include "settings.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../command.h"
#include "../memory.h"
#include "../message.h"
#include "../text.h"
#include "controls.h"

#define HINT "entrainctl simulate --help"
#define RUNS_MAX 100000
#define THREADS_MAX 256

struct scale {
	const char *name;
	uint32_t agents;
};

static const struct scale scales[] = {
	{ "tiny", 20 }, { "small", 50 }, { "medium", 200 }, { "large", 1000 }, { "huge", 2000 },
};
#define SCALES (sizeof(scales) / sizeof(scales[0]))

static int refuse(const char *option, const char *text, const char *known)
{
	char what[64];

	snprintf(what, sizeof(what), "simulate --%s", option);
	return message_usage(what, HINT, "\"%s\" is none of: %s", text, known);
}

/* What runs share out: each combination of these, for each seed. */
struct choice {
	const struct goal *goal[ENTRAIN_GOAL_COUNT];
	uint32_t agents[SCALES];
	unsigned goals, sizes;
};

static int goals_read(struct choice *choice, const char *text)
{
	char known[512] = "all";
	size_t used = strlen(known);

	choice->goal[0] = goal_find(text);
	choice->goals = 1;
	if (choice->goal[0])
		return 0;
	choice->goals = 0;
	for (int i = 1; i < ENTRAIN_GOAL_COUNT; i++) {
		choice->goal[choice->goals++] = goal_row(i);
		used += (size_t)snprintf(known + used, sizeof(known) - used, ", %s",
					 goal_row(i)->name);
	}
	return strcmp(text, "all") == 0 ? 0 : refuse("goal", text, known);
}

static int sizes_read(struct choice *choice, const struct option_set *options)
{
	const char *text = option_text(options, "scale");

	choice->agents[0] = (uint32_t)option_number(options, "agents");
	choice->sizes = 1;
	if (!text)
		return 0;
	if (option_given(options, "agents"))
		return message_usage("simulate --scale", HINT,
				     "give --agents or --scale, not both");
	choice->sizes = 0;
	for (unsigned i = 0; i < SCALES; i++)
		if (strcmp(text, scales[i].name) == 0 || strcmp(text, "all") == 0)
			choice->agents[choice->sizes++] = scales[i].agents;
	return choice->sizes ? 0 : refuse("scale", text, "all, tiny, small, medium, large, huge");
}

/* "0.3@10" or "30%@10": a share of the agents, after so many cycles. */
static int change_read(const struct option_set *options, const char *name, uint32_t cycles,
		       struct simulation_change *change)
{
	const char *text = option_text(options, name);
	char what[64], *end, *after = NULL;
	unsigned long cycle = 0;
	double share;

	snprintf(what, sizeof(what), "simulate --%s", name);
	if (!text)
		return 0;
	share = option_decimal(text, &end);
	if (*end == '%') {
		share /= 100;
		end++;
	}
	if (end[0] == '@' && end[1] >= '0' && end[1] <= '9')
		cycle = strtoul(end + 1, &after, 10);
	if (!after || *after || !(share > 0 && share <= 1))
		return message_usage(what, HINT,
				     "\"%s\" is not SHARE@CYCLE such as 0.3@10: of 0 to 1 of the "
				     "agents, after that many cycles",
				     text);
	if (cycle >= cycles)
		return message_usage(what, "more --cycles",
				     "cycle %lu is not before the end of %u cycle%s", cycle, cycles,
				     text_s(cycles));
	change->share_ppm = (uint32_t)(share * 1e6 + .5);
	/* Of some never none. */
	if (!change->share_ppm)
		change->share_ppm = 1;
	change->cycle = (uint32_t)cycle;
	return 0;
}

static int changes_read(struct simulation_plan *plan, const struct option_set *options)
{
	/* Live, it goes on until somebody ends it. */
	const uint32_t cycles = option_given(options, "live") ? UINT32_MAX : plan->cycles;

	if (change_read(options, "crash", cycles, &plan->crash) ||
	    change_read(options, "join", cycles, &plan->join) ||
	    change_read(options, "disrupt", cycles, &plan->disrupt))
		return STATUS_USAGE;
	if (plan->crash.share_ppm == 1000000)
		return message_usage("simulate --crash", HINT, "somebody has to be left");
	return 0;
}

static int start_read(struct simulation_plan *plan, const char *text)
{
	static const char *const names[] = { [SIMULATION_RANDOM] = "random",
					     [SIMULATION_IDENTICAL] = "identical",
					     [SIMULATION_JOIN] = "join" };

	for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(text, names[i]) == 0) {
			plan->start = (enum simulation_start)i;
			return 0;
		}
	return refuse("start", text, "random, identical, join");
}

static int kind_read(struct simulation_plan *plan, const char *text)
{
	for (uint32_t kind = ENTRAIN_TAKEN; kind <= ENTRAIN_DRIFTING; kind++)
		if (strcmp(text, entrain_kind_name((int)kind)) == 0) {
			plan->kind = kind;
			return 0;
		}
	return refuse("kind", text, "taken, relative, grid, drifting");
}

static int control_read(struct simulation_plan *plan, const char *text)
{
	char known[256] = "";
	size_t used = 0;

	plan->control = control_find(text);
	if (plan->control)
		return 0;
	for (const struct control *control = controls; control->name; control++)
		used += (size_t)snprintf(known + used, sizeof(known) - used, "%s%s",
					 used ? ", " : "", control->name);
	return refuse("control", text, known);
}

static int pattern_read(struct simulation_plan *plan, const char *text)
{
	plan->pattern = text ? pattern_find(text) : NULL;
	if (!text || plan->pattern)
		return 0;
	return refuse("pattern", text, "high-frequency, burst, steady, mixed, sparse");
}

static int trait_read(struct simulate_settings *settings, const char *text)
{
	settings->trait = text ? trait_find(text) : NULL;
	if (!text || settings->trait)
		return 0;
	return refuse("trait", text,
		      "stability, speed, efficiency, throughput, resilience, precision");
}

static int actions_read(struct simulation_plan *plan, const char *text)
{
	plan->lognormal = strcmp(text, "lognormal") == 0;
	if (plan->lognormal || strcmp(text, "equal") == 0)
		return 0;
	return refuse("actions", text, "equal, lognormal");
}

static int topology_read(struct simulation_plan *plan, const char *text)
{
	char why[200];

	if (graph_parse(text, &plan->topology, why, sizeof(why)))
		return 0;
	return message_usage("simulate --topology", HINT, "%s", why);
}

static void numbers_read(struct simulation_plan *plan, const struct option_set *options)
{
	plan->cycles = (uint32_t)option_number(options, "cycles");
	plan->seed = (uint64_t)option_number(options, "seed");
	plan->cap_given = option_given(options, "max-delay");
	plan->cap_ppm = (uint32_t)option_number(options, "max-delay");
	plan->spread_ppm = (uint32_t)option_number(options, "spread");
	plan->lateness_ppm = (uint32_t)option_number(options, "lateness");
	plan->stale_ppm = (uint32_t)option_number(options, "stale");
	plan->duty_ppm = (uint32_t)option_number(options, "duty");
	plan->vary_ppm = (uint32_t)option_number(options, "vary");
	plan->synchronous = option_given(options, "synchronous");
}

/*
 * What would be without effect beside a rule that runs instead of the goal's. But --max-delay and --start, with which one command
 * is run with one rule after the other, to compare: there the head says what holds.
 */
static int control_check(const struct simulate_settings *settings,
			 const struct simulation_plan *plan)
{
	const struct control *control = plan->control;

	if (control == controls)
		return 0;
	if (settings->trait)
		return message_usage(
			"simulate --trait", "leave out one of the two",
			"a trait tunes how the goal is pursued, and %s runs instead of "
			"that",
			control->name);
	if (plan->stale_ppm && (control->alone || control->heard))
		return message_usage("simulate --stale", "leave out one of the two",
				     "%s reads nothing that could be old", control->name);
	return 0;
}

/* What cannot go together. */
static int plan_check(const struct simulate_settings *settings, const struct simulation_plan *plan)
{
	const char *control = plan->control->name;

	if (plan->control->next_ns && plan->kind != ENTRAIN_TAKEN &&
	    !(plan->control->alone && plan->kind == ENTRAIN_DRIFTING))
		return message_usage("simulate --control", "--kind taken",
				     "%s is for hosts that take their instants", control);
	if (plan->disrupt.share_ppm && simulation_stays(plan))
		return message_usage("simulate --disrupt", "leave it out", "%s",
				     simulation_stays(plan));
	if (control_check(settings, plan))
		return STATUS_USAGE;
	if (settings->trait && plan->cap_given && settings->trait->cap_percent != 100)
		return message_usage("simulate --max-delay", "leave out one of the two",
				     "%s is a delay of its own", settings->trait->name);
	if (plan->stale_ppm && plan->kind == ENTRAIN_DRIFTING)
		return message_usage("simulate --stale", "leave it out",
				     "at a door nobody reads the others' slots");
	if (!plan->synchronous)
		return 0;
	if (plan->control->heard || plan->control->serial)
		return message_usage("simulate --synchronous", "leave it out",
				     "%s lives on the order in which agents act, and in a round "
				     "there is none",
				     control);
	if (plan->kind != ENTRAIN_TAKEN)
		return message_usage("simulate --synchronous", "--kind taken",
				     "rounds are for hosts that take their instants");
	if (plan->stale_ppm)
		return message_usage("simulate --stale", "leave out one of the two",
				     "in a round of --synchronous all reads are equally old");
	return 0;
}

static int plan_read(struct simulate_settings *settings, struct simulation_plan *plan,
		     const struct option_set *options)
{
	settings->topology = option_text(options, "topology");
	settings->start = option_text(options, "start");
	settings->actions = option_text(options, "actions");
	numbers_read(plan, options);
	if (changes_read(plan, options) || start_read(plan, settings->start) ||
	    kind_read(plan, option_text(options, "kind")) ||
	    control_read(plan, option_text(options, "control")) ||
	    pattern_read(plan, option_text(options, "pattern")) ||
	    trait_read(settings, option_text(options, "trait")) ||
	    actions_read(plan, settings->actions) || topology_read(plan, settings->topology))
		return STATUS_USAGE;
	if (plan_check(settings, plan))
		return STATUS_USAGE;
	if (plan->control->first_ns)
		settings->start = plan->control->name;
	return STATUS_DONE;
}

static unsigned threads_read(const struct option_set *options)
{
	long threads = option_given(options, "threads") ? (long)option_number(options, "threads")
							: sysconf(_SC_NPROCESSORS_ONLN);

	return threads < 1 ? 1 : threads > THREADS_MAX ? THREADS_MAX : (unsigned)threads;
}

static void runs_make(struct simulate_settings *settings, const struct simulation_plan *plan,
		      const struct choice *choice)
{
	uint32_t used = 0;

	settings->count = choice->goals * choice->sizes * settings->seeds;
	settings->runs = memory_resize(NULL, settings->count, sizeof(*settings->runs));
	memset(settings->runs, 0, settings->count * sizeof(*settings->runs));
	for (unsigned goal = 0; goal < choice->goals; goal++)
		for (unsigned size = 0; size < choice->sizes; size++)
			for (uint32_t seed = 0; seed < settings->seeds; seed++) {
				struct simulation_plan *one = &settings->runs[used++].plan;

				*one = *plan;
				one->goal = trait_goal(settings->trait, choice->goal[goal]);
				one->agents = choice->agents[size];
				one->seed = plan->seed + seed;
			}
}

int simulate_settings_read(struct simulate_settings *settings, const struct option_set *options)
{
	struct simulation_plan plan = { 0 };
	struct choice choice;
	int status;

	*settings = (struct simulate_settings){ 0 };
	if (goals_read(&choice, option_text(options, "goal")) || sizes_read(&choice, options))
		return STATUS_USAGE;
	status = plan_read(settings, &plan, options);
	if (status)
		return status;
	for (unsigned size = 0; size < choice.sizes && plan.crash.share_ppm; size++)
		if (choice.agents[size] == 1)
			return message_usage("simulate --crash", HINT, "somebody has to be left");
	settings->seeds = (uint32_t)option_number(options, "runs");
	settings->threads = threads_read(options);
	if ((uint64_t)settings->seeds * choice.goals * choice.sizes > RUNS_MAX)
		return message_usage("simulate --runs", HINT, "more than %d runs in all", RUNS_MAX);
	/* Threads go to the rounds of one large swarm, or to independent runs. */
	plan.threads = 1;
	if (plan.synchronous && settings->seeds * choice.goals * choice.sizes == 1)
		plan.threads = settings->threads;
	runs_make(settings, &plan, &choice);
	return STATUS_DONE;
}

void simulate_settings_free(struct simulate_settings *settings)
{
	runs_free(settings->runs, settings->count);
	free(settings->runs);
}
