/* SPDX-License-Identifier: MIT */
/* test_strategy.c - a strategy named at join is tried first, and sees the neighbours that status shows. */
#include <pthread.h>
#include <string.h>
#include "life.h"

#define PERIOD_NS (50 * LIFE_MS)
#define AGENTS 3
#define EVENTS 1024

static struct entrain_agent *agents[AGENTS];
static pthread_t threads[AGENTS];

static void *take_turns(void *context)
{
	struct entrain_agent *agent = context;

	while (entrain_wait(agent) == 0) {
		life_check(entrain_begin(agent) == 0);
		life_check(entrain_end(agent) == 0);
	}
	return NULL;
}

/* Three that join one after the other are at 0, 1/2 and 3/4 of the circle: an evenness of 2/3. */
static void join(const char *strategy)
{
	struct entrain_options options = ENTRAIN_OPTIONS;

	options.strategy = strategy;
	life_create(8, PERIOD_NS);
	for (unsigned i = 0; i < AGENTS; i++) {
		agents[i] = entrain_join(LIFE_SWARM, &options, NULL);
		life_check(agents[i] != NULL);
	}
}

static void begin(void)
{
	for (unsigned i = 0; i < AGENTS; i++)
		life_check(pthread_create(&threads[i], NULL, take_turns, agents[i]) == 0);
}

static void end(void)
{
	for (unsigned i = 0; i < AGENTS; i++)
		entrain_cancel(agents[i]);
	for (unsigned i = 0; i < AGENTS; i++) {
		pthread_join(threads[i], NULL);
		entrain_leave(agents[i]);
	}
	life_remove();
}

/* How many agents decided their last turn by this strategy. */
static unsigned agents_by(const char *strategy)
{
	struct entrain_swarm *swarm = entrain_open(NULL, LIFE_SWARM, ENTRAIN_READ, NULL);
	struct entrain_status status = ENTRAIN_STATUS;
	struct entrain_agent_info infos[8];
	unsigned count = 0;

	life_check(swarm && entrain_status(swarm, &status, infos, 8, NULL) == 0);
	for (unsigned i = 0; i < status.agents; i++)
		count += strcmp(entrain_strategy_name((int)infos[i].strategy), strategy) == 0;
	entrain_close(swarm);
	return count;
}

/* How many events of this kind begin with these words. */
static unsigned told(uint32_t kind, const char *words)
{
	static struct entrain_event events[EVENTS];
	struct entrain_swarm *swarm = entrain_open(NULL, LIFE_SWARM, ENTRAIN_READ, NULL);
	unsigned all = 0, count = 0;

	life_check(swarm && entrain_events(swarm, events, EVENTS, &all, NULL) == 0);
	for (unsigned i = 0; i < all; i++)
		count += events[i].kind == kind &&
			 strncmp(events[i].text, words, strlen(words)) == 0;
	entrain_close(swarm);
	return count;
}

static bool converged(void)
{
	struct entrain_status status;

	life_status(&status);
	return status.measure.converged;
}

/* ---- the application's own -------------------------------------------------------------- */

static unsigned asked;

/* Never moves: what it is worth shows soon. */
static int64_t stay(const struct entrain_view *view, void *context)
{
	life_check(view->size == sizeof(*view) && view->count < AGENTS);
	__atomic_add_fetch((unsigned *)context, 1, __ATOMIC_RELAXED);
	return 0;
}

static struct entrain_strategy lazy = ENTRAIN_STRATEGY;

static void register_lazy(void)
{
	lazy.name = "lazy";
	lazy.delay_ns = stay;
	lazy.context = &asked;
	life_check(entrain_strategy_register(&lazy, NULL) == 0);
}

static void ones_own_is_tried_first_and_left_when_it_stalls(void **state)
{
	(void)state;
	register_lazy();
	asked = 0;
	join("lazy");
	life_check(agents_by("own") == AGENTS);
	begin();
	life_until(__atomic_load_n(&asked, __ATOMIC_RELAXED) >= AGENTS);
	/* It gets nobody there, so they go on to the goal's, and those do. */
	life_until(told(ENTRAIN_EVENT_STRATEGY, "changes strategy to splay: stalled") > 0);
	life_until(converged());
	life_until(told(ENTRAIN_EVENT_REACHED, "") > 0);
	end();
}

static void a_built_in_one_is_tried_first(void **state)
{
	(void)state;
	join("phase-nudge");
	life_check(agents_by("phase-nudge") == AGENTS);
	begin();
	life_until(converged());
	end();
}

static void names_that_nobody_knows_are_refused(void **state)
{
	static const char *const wrong[] = { "splat", "Splay", "", "none", "own", "lazier" };
	struct entrain_options options = ENTRAIN_OPTIONS;
	struct entrain_error error;

	(void)state;
	life_create(8, PERIOD_NS);
	for (unsigned i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		options.strategy = wrong[i];
		assert_null(entrain_join(LIFE_SWARM, &options, &error));
		assert_int_equal(error.code, ENTRAIN_USAGE);
		assert_string_equal(error.object, wrong[i]);
		assert_non_null(strstr(error.why, "no strategy has this name"));
		assert_int_equal(life_occupied(), 0);
	}
	life_remove();
}

/* ---- what a step reads -------------------------------------------------------------------- */

static uint32_t seen[8];

static int64_t see(const struct entrain_view *view, void *context)
{
	(void)context;
	seen[view->slot] = 0;
	for (uint32_t i = 0; i < view->count; i++)
		seen[view->slot] |= 1u << view->others[i].slot;
	return 0;
}

static struct entrain_strategy looking = ENTRAIN_STRATEGY;

/* One more turn of each, whenever it is, and what status says of its neighbours. */
static void all_look(struct entrain_agent *const *five, struct entrain_agent_info *infos)
{
	struct entrain_swarm *swarm = entrain_open(NULL, LIFE_SWARM, ENTRAIN_READ, NULL);
	struct entrain_status status = ENTRAIN_STATUS;

	for (unsigned i = 0; i < 5; i++)
		life_check(entrain_begin(five[i]) == 0 && entrain_end(five[i]) == 0);
	life_check(swarm && entrain_status(swarm, &status, infos, 5, NULL) == 0);
	entrain_close(swarm);
}

/* Five agents in a ring of eight slots: a ring of those that are there. */
static void a_step_reads_the_neighbours_that_status_shows(void **state)
{
	struct entrain_agent *five[5];
	struct entrain_agent_info infos[5];
	struct entrain_settings settings;
	struct entrain_options options = ENTRAIN_OPTIONS;
	struct entrain_swarm *swarm;

	(void)state;
	looking.name = "looking";
	looking.delay_ns = see;
	life_check(entrain_strategy_register(&looking, NULL) == 0);
	entrain_settings_init(&settings);
	settings.capacity = 8;
	settings.period_ns = 10 * LIFE_S;
	strcpy(settings.topology, "ring:2");
	life_create_with(&settings);
	options.strategy = "looking";
	for (unsigned i = 0; i < 5; i++)
		life_check((five[i] = entrain_join(LIFE_SWARM, &options, NULL)) != NULL);
	all_look(five, infos);
	for (unsigned i = 0; i < 5; i++) {
		assert_int_equal(infos[i].neighbours, 2);
		assert_int_equal(seen[i], 1u << (i + 1) % 5 | 1u << (i + 4) % 5);
	}
	swarm = entrain_open(NULL, LIFE_SWARM, ENTRAIN_ADMIN, NULL);
	life_check(swarm && entrain_resize(swarm, 0, "full", NULL) == 0);
	all_look(five, infos);
	for (unsigned i = 0; i < 5; i++) {
		assert_int_equal(infos[i].neighbours, 7);
		assert_int_equal(seen[i], 0x1f & ~(1u << i));
		entrain_leave(five[i]);
	}
	entrain_close(swarm);
	life_remove();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(ones_own_is_tried_first_and_left_when_it_stalls,
						life_setup, life_teardown),
		cmocka_unit_test_setup_teardown(a_built_in_one_is_tried_first, life_setup,
						life_teardown),
		cmocka_unit_test_setup_teardown(a_step_reads_the_neighbours_that_status_shows,
						life_setup, life_teardown),
		cmocka_unit_test_setup_teardown(names_that_nobody_knows_are_refused, life_setup,
						life_teardown),
	};

	return cmocka_run_group_tests_name("strategy", tests, NULL, NULL);
}
