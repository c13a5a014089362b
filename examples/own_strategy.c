/* SPDX-License-Identifier: MIT */
/* A strategy of one's own: where to go is up to a pure function of what this worker sees of the others. */
#include <entrain.h>
#include <stdio.h>
#include <stdlib.h>

/*
 * DESYNC (Degesys and others, 2007): look only at the two around me, and go nine tenths of the way to the middle between
 * them. Much slower than splay among many, since what one does is felt by two only; that is what a graph of neighbours, or an
 * idea of yours, may want.
 */
static int64_t midpoint(const struct entrain_view *view, void *context)
{
	int64_t ahead_ns = view->period_ns, behind_ns = view->period_ns;

	(void)context;
	if (!view->spreads) /* the goal wants all together: as the library has it */
		return view->pattern_ns;
	for (uint32_t i = 0; i < view->count; i++) {
		int64_t offset_ns = view->others[i].offset_ns % view->period_ns;

		if (offset_ns < ahead_ns)
			ahead_ns = offset_ns;
		if (view->period_ns - offset_ns < behind_ns)
			behind_ns = view->period_ns - offset_ns;
	}
	/* Turns can only be delayed: who would have to go back stays, and the one behind it comes no nearer. */
	return ahead_ns > behind_ns ? (ahead_ns - behind_ns) / 2 * 9 / 10 : 0;
}

/* For the life of the process: the library keeps the address. */
static struct entrain_strategy strategy = ENTRAIN_STRATEGY;

static int complain(const struct entrain_error *error)
{
	fprintf(stderr, "%s: %s: %s\n", error->what, error->object, error->why);
	fprintf(stderr, "try: %s\n", entrain_code_hint(error->code));
	return entrain_code_status(error->code);
}

/* own_strategy SWARM TURNS; the swarm must be there: entrainctl create SWARM --period 1s */
int main(int count, char **arguments)
{
	struct entrain_options options = ENTRAIN_OPTIONS;
	struct entrain_measure measure = ENTRAIN_MEASURE;
	struct entrain_error error;
	struct entrain_agent *agent;
	unsigned long turns = count == 3 ? strtoul(arguments[2], NULL, 10) : 0;

	if (turns == 0) {
		fprintf(stderr, "usage: own_strategy SWARM TURNS\n");
		return 2;
	}
	strategy.name = "midpoint";
	strategy.price = 40; /* energy for a whole turn moved: as splay */
	strategy.delay_ns = midpoint;
	if (entrain_strategy_register(&strategy, &error))
		return complain(&error);
	options.strategy = "midpoint";
	agent = entrain_join(arguments[1], &options, &error);
	if (!agent)
		return complain(&error);
	for (unsigned long turn = 1; turn <= turns && entrain_wait(agent) == 0; turn++) {
		entrain_begin(agent); /* asks midpoint() for the next turn */
		printf("own_strategy: turn %lu at %.3f ms\n", turn, (double)entrain_now_ns() / 1e6);
		fflush(stdout);
		entrain_end(agent);
	}
	if (entrain_measure(agent, &measure) == 0)
		printf("own_strategy: evenness %.2f\n", measure.evenness);
	entrain_leave(agent);
	return 0;
}
