/* SPDX-License-Identifier: MIT */
/* test_phase.c - a phase advances by itself, with its agent's frequency, whether or not anybody looks or acts. */
#include <math.h>
#include "life.h"

#define PERIOD_NS (400 * LIFE_MS)
#define LOOKS 12

/* An agent at the swarm's period, and one off the beat, at three times that: when the picture was taken, and what it showed. */
struct sight {
	int64_t before_ns, after_ns;
	double phase[2];
};

static struct sight look_at_phases(struct entrain_swarm *swarm)
{
	struct entrain_status status = ENTRAIN_STATUS;
	struct entrain_agent_info infos[2];
	struct sight sight = { .before_ns = entrain_now_ns() };

	life_check(entrain_status(swarm, &status, infos, 2, NULL) == 0 && status.agents == 2);
	sight.after_ns = entrain_now_ns();
	for (unsigned i = 0; i < 2; i++)
		sight.phase[i] = infos[i].phase;
	return sight;
}

/* From the first sight to this one; most may be more than a turn. */
static void assert_advanced(const struct sight *first, const struct sight *then, unsigned agent)
{
	const double own_ns = (double)(agent ? 3 * PERIOD_NS : PERIOD_NS);
	const double least = (double)(then->before_ns - first->after_ns) / own_ns;
	const double most = (double)(then->after_ns - first->before_ns) / own_ns;
	const double turns = fmod(then->phase[agent] - first->phase[agent] + 1, 1);
	const double beyond = fmod(turns - least + 2 + ceil(least), 1);

	/* Between least and most, on the circle, and a grain of 64 ns before and after. */
	if (beyond > most - least + 1e-6 && beyond < 1 - 1e-6)
		fail_msg("agent %u: %f turns, not %f to %f", agent, turns, least, most);
}

static void phases_advance_with_frequency(void **state)
{
	struct entrain_options options = ENTRAIN_OPTIONS;
	struct entrain_agent *agents[2];
	struct entrain_swarm *swarm;
	struct sight first;

	(void)state;
	life_create(2, PERIOD_NS);
	for (unsigned i = 0; i < 2; i++) {
		options.period_ns = i ? 3 * PERIOD_NS : 0;
		agents[i] = entrain_join(LIFE_SWARM, &options, NULL);
		life_check(agents[i] != NULL);
	}
	swarm = entrain_open(NULL, LIFE_SWARM, ENTRAIN_READ, NULL);
	first = look_at_phases(swarm);
	/* To beyond the first one's turn, which it does not take. */
	for (unsigned look = 1; look <= LOOKS; look++) {
		struct sight then;

		while (entrain_now_ns() < first.after_ns + look * PERIOD_NS / 8)
			life_pause();
		then = look_at_phases(swarm);
		for (unsigned i = 0; i < 2; i++)
			assert_advanced(&first, &then, i);
	}
	entrain_close(swarm);
	for (unsigned i = 0; i < 2; i++)
		entrain_leave(agents[i]);
	life_remove();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(phases_advance_with_frequency, life_setup,
						life_teardown),
	};

	return cmocka_run_group_tests_name("phase", tests, NULL, NULL);
}
