/* SPDX-License-Identifier: MIT */
/* test_preload_fit.c - does the preload plugin find out who takes his holds otherwise than his kind does? */
#include "unit.h"
#include "fit.h"

#define MS INT64_C(1000000)
#define S (1000 * MS)

/* A loop that sleeps for 400 ms, or until instants 400 ms apart; every other sleep is held. */
struct loop {
	struct gate gate;
	bool by_instants;
	int64_t at_ns, instant_ns;
	unsigned cycle;
};

static void loop_run(struct loop *loop, unsigned cycles, const int64_t *late_ns, unsigned count)
{
	for (const unsigned end = loop->cycle + cycles; loop->cycle < end; loop->cycle++) {
		const int64_t begun_ns = loop->at_ns + MS,
			      hold_ns = (10 + (loop->cycle * 7) % 31) * MS;

		loop->instant_ns += 400 * MS;
		loop->at_ns = (loop->by_instants ? loop->instant_ns : begun_ns + 400 * MS) +
			      late_ns[loop->cycle % count];
		fit_sleep_follow(&loop->gate, loop->at_ns - begun_ns);
		if (loop->cycle % 2) {
			loop->gate.hold_ns = hold_ns;
			loop->at_ns += hold_ns;
		}
	}
}

static bool loop_fits(const struct loop *loop)
{
	const struct rhythm_found found = { .kind = ENTRAIN_RELATIVE, .rest_ns = 400 * MS };
	struct entrain_settings settings;

	entrain_settings_init(&settings);
	settings.kind = ENTRAIN_RELATIVE;
	settings.period_ns = 400 * MS;
	return fit_judge(NULL, &loop->gate, &found, &settings);
}

static void loops_by_instants_are_told_from_sleeps_by_their_holds(void **unused)
{
	/* in time; late now and then, as on a busy machine; always late */
	static const int64_t in_time_ns[] = { 0 },
			     at_times_ns[] = { 0, 0, 0, 4 * MS, 0, 0, 9 * MS, 0, 0, 0, 0, 0, 0 },
			     always_ns[] = { 5 * MS, 12 * MS, 6 * MS, 9 * MS, 7 * MS, 5 * MS };
	const int64_t *const late_ns[] = { in_time_ns, at_times_ns, always_ns };
	const unsigned count[] = { 1, 13, 6 };

	(void)unused;
	for (unsigned first = 0; first < 3; first++)
		for (unsigned then = 0; then < 3; then++) {
			struct loop sleeps = { .at_ns = S }, instants = { .at_ns = S };

			instants.by_instants = true;
			instants.instant_ns = S;
			loop_run(&instants, 20, late_ns[first], count[first]);
			loop_run(&instants, 20, late_ns[then], count[then]);
			assert_false(loop_fits(&instants));
			loop_run(&sleeps, 200, late_ns[first], count[first]);
			assert_true(loop_fits(&sleeps));
			loop_run(&sleeps, 200, late_ns[then], count[then]);
			assert_true(loop_fits(&sleeps));
		}
}

/* One that began late made a sleep short to which no other comes near: for a while, and no longer. */
static void a_sleep_that_began_late_is_forgotten(void **unused)
{
	static const int64_t late_ns[64] = { [4] = 25 * MS };
	struct loop instants = { .at_ns = S, .by_instants = true, .instant_ns = S };

	(void)unused;
	loop_run(&instants, 8, late_ns, 64);
	assert_true(loop_fits(&instants));
	assert_true(instants.gate.free_ns < 380 * MS);
	loop_run(&instants, 40, late_ns, 64);
	assert_false(loop_fits(&instants));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(loops_by_instants_are_told_from_sleeps_by_their_holds),
		cmocka_unit_test(a_sleep_that_began_late_is_forgotten),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
