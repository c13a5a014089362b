/* SPDX-License-Identifier: MIT */
/* test_liar.c - whoever may write the slots can disturb the others within their cap on delay, and no more. */
#include <stdatomic.h>
#include <string.h>
#include "life.h"
#include "recorder.h"

#define PERIOD_NS (60 * LIFE_MS)
#define WORKERS 8
#define WINDOW 5 /* turns that are judged together */
#define EVEN .95
#define OFF_MOST .005
#define CAP_PPM 100000

static void create(void)
{
	struct entrain_settings settings;

	entrain_settings_init(&settings);
	settings.capacity = 32;
	settings.period_ns = PERIOD_NS;
	settings.max_delay_ppm = CAP_PPM;
	life_create_with(&settings);
}

/* How far the last periods of the worker are from the swarm's, as a share; its planned turns say. */
static double off_by(const struct life_worker *worker)
{
	uint64_t turns = worker->turns;
	int64_t last_ns, first_ns;
	double off;

	if (turns <= WINDOW)
		return 1;
	last_ns = worker->turn_ns[(turns - 1) % LIFE_TURNS];
	first_ns = worker->turn_ns[(turns - 1 - WINDOW) % LIFE_TURNS];
	off = (double)(last_ns - first_ns) / WINDOW / PERIOD_NS - 1;
	return off < 0 ? -off : off;
}

static bool undisturbed(struct life_worker *workers, uint64_t *since)
{
	for (unsigned i = 0; i < WORKERS; i++)
		if (workers[i].turns < since[i] + WINDOW + 1 || off_by(&workers[i]) > OFF_MOST)
			return false;
	return life_evenness_of(workers, WORKERS, PERIOD_NS, false) >= EVEN;
}

/* ---- absurd lies -------------------------------------------------------------------------- */

struct lie {
	const char *name;
	int64_t cur_ns, next_ns; /* from now */
	int64_t period_ns, work_ns, delay_ns;
	uint64_t acting; /* the word without its tag */
	uint64_t tag;    /* exclusive or with the honest one */
	bool raw;        /* cur and next are words too */
};

/* What an honest agent in step would say, for those that lie about one thing only. */
#define CUR .cur_ns = -PERIOD_NS / 2
#define NEXT .next_ns = PERIOD_NS / 2
#define PERIOD .period_ns = PERIOD_NS
/* As far from now as an instant can be told. */
#define FAR_NS (INT64_C(1) << (SHM_VALUE_BITS - 1 + SHM_GRAIN_SHIFT))

static const struct lie lies[] = {
	{ "a turn in a day", CUR, PERIOD, .next_ns = 86400 * LIFE_S },
	{ "a turn at the end of time", CUR, PERIOD, .next_ns = FAR_NS - PERIOD_NS },
	{ "turns at the beginning of time", PERIOD, .cur_ns = -FAR_NS, .next_ns = 64 - FAR_NS },
	{ "from one end of time to the other", PERIOD, .cur_ns = -FAR_NS,
	  .next_ns = FAR_NS - PERIOD_NS, .acting = SHM_VALUE_MAX },
	{ "a last turn after the next", NEXT, PERIOD, .cur_ns = PERIOD_NS },
	{ "a last turn that is still to come", PERIOD, .cur_ns = 40 * PERIOD_NS,
	  .next_ns = 41 * PERIOD_NS },
	{ "no period", CUR, NEXT },
	{ "the longest period", CUR, NEXT, .period_ns = (int64_t)SHM_VALUE_MAX },
	{ "twice the period", CUR, .next_ns = 3 * PERIOD_NS / 2, .period_ns = 2 * PERIOD_NS },
	{ "an action longer than its period", CUR, NEXT, PERIOD, .work_ns = 100 * PERIOD_NS },
	{ "the longest action", CUR, NEXT, PERIOD, .work_ns = (int64_t)SHM_VALUE_MAX,
	  .delay_ns = (int64_t)SHM_VALUE_MAX, .acting = 1 },
	{ "words of another owner", CUR, NEXT, PERIOD, .tag = 1 },
	{ "nothing but ones", .cur_ns = -1, .next_ns = -1, .period_ns = -1, .work_ns = -1,
	  .delay_ns = -1, .acting = SHM_VALUE_MAX, .raw = true },
	{ "nothing at all", .raw = true },
};
#define LIES (sizeof(lies) / sizeof(lies[0]))

static void store(_Atomic uint64_t *word, uint64_t value)
{
	atomic_store_explicit(word, value, memory_order_relaxed);
}

static uint64_t instant_of(const struct lie *lie, int64_t instant_ns, int64_t now_ns)
{
	return lie->raw ? (uint64_t)instant_ns : instant_pack(now_ns + instant_ns, SHM_VALUE_BITS);
}

/* Into the slot with both hands: no protocol, both copies. */
static void lie_write(struct shm_slot *slot, uint64_t version, const struct lie *lie)
{
	int64_t now_ns = entrain_now_ns();
	const uint64_t tag = ((uint64_t)(version_incarnation(version) & 0xffff) ^ lie->tag)
			     << SHM_VALUE_BITS;
	const uint64_t values[COPY_WORDS] = {
		[COPY_CUR] = instant_of(lie, lie->cur_ns, now_ns),
		[COPY_NEXT] = instant_of(lie, lie->next_ns, now_ns),
		[COPY_PERIOD] = (uint64_t)lie->period_ns,
		[COPY_WORK] = (uint64_t)lie->work_ns,
		[COPY_DELAY] = (uint64_t)lie->delay_ns,
	};

	for (int i = 0; i < COPY_WORDS; i++)
		for (int c = 0; c < 2; c++)
			store(&slot->copy[c].word[i], tag | (values[i] & SHM_VALUE_MAX));
	for (int i = FACT_TURNS; i < FACT_WORDS; i++)
		store(&slot->fact[i], tag | SHM_VALUE_MAX);
	store(&slot->acting, tag | lie->acting);
	store(&slot->version, version);
}

/* Keeps lying until the others are undisturbed for a while; false: they never were. */
static bool told_in_vain(struct shm_slot *slot, uint64_t version, const struct lie *lie,
			 struct life_worker *workers)
{
	int64_t deadline_ns = entrain_now_ns() + LIFE_PATIENCE_NS;
	uint64_t since[WORKERS];

	for (unsigned i = 0; i < WORKERS; i++)
		since[i] = workers[i].turns;
	while (entrain_now_ns() < deadline_ns) {
		lie_write(slot, version, lie);
		if (undisturbed(workers, since))
			return true;
		life_pause();
	}
	return false;
}

/* Looking at it works, whatever is in there. */
static void check_tool(void)
{
	struct entrain_agent_info agents[32];
	struct entrain_status status = ENTRAIN_STATUS;
	struct entrain_swarm *swarm = entrain_open(NULL, LIFE_SWARM, ENTRAIN_READ, NULL);

	life_check(swarm != NULL);
	life_check(entrain_status(swarm, &status, agents, 32, NULL) == 0);
	entrain_close(swarm);
	life_check(status.measure.evenness >= 0 && status.measure.evenness <= 1);
}

static void an_absurd_liar_disturbs_nobody(void **state)
{
	struct life_worker *workers = life_workers(WORKERS);
	struct entrain_agent *liar;
	struct shm_slot *slot;
	uint64_t version;

	(void)state;
	create();
	life_work_all(workers, WORKERS);
	liar = entrain_join(LIFE_SWARM, NULL, NULL);
	life_check(liar != NULL);
	slot = &life_slots()[liar->index];
	version = atomic_load_explicit(&slot->version, memory_order_relaxed);
	for (unsigned i = 0; i < LIES; i++) {
		if (!told_in_vain(slot, version, &lies[i], workers))
			fail_msg("disturbed by: %s (evenness %.2f, off by %.4f)", lies[i].name,
				 life_evenness_of(workers, WORKERS, PERIOD_NS, false),
				 off_by(&workers[0]));
		check_tool();
	}
	store(&slot->version, version);
	life_end_all(workers, WORKERS);
	entrain_leave(liar);
	assert_int_equal(life_occupied(), 0);
	life_remove();
}

/* ---- plausible lies ----------------------------------------------------------------------- */

/* No two turns of a worker are further apart than its period and its cap, unless it was late itself. */
static void check_within_cap(const struct life_worker *worker, uint64_t since)
{
	const int64_t most_ns = PERIOD_NS + PERIOD_NS / 1000000 * CAP_PPM;

	for (uint64_t turn = since + 1; turn < worker->turns; turn++) {
		int64_t here_ns = worker->turn_ns[turn % LIFE_TURNS];
		int64_t before_ns = worker->turn_ns[(turn - 1) % LIFE_TURNS];
		int64_t late_ns = worker->began_ns[(turn - 1) % LIFE_TURNS] - before_ns;

		assert_true(here_ns - before_ns >= PERIOD_NS);
		if (late_ns <= PERIOD_NS / 2)
			assert_true(here_ns - before_ns <= most_ns);
	}
}

static void a_plausible_liar_moves_others_by_no_more_than_the_cap(void **state)
{
	struct life_worker *workers = life_workers(WORKERS);
	struct entrain_agent *liar;
	struct shm_slot *slot;
	uint64_t version, since;
	unsigned seed = 1;

	(void)state;
	create();
	life_work_all(workers, WORKERS);
	life_until(life_evenness_of(workers, WORKERS, PERIOD_NS, false) >= .9);
	liar = entrain_join(LIFE_SWARM, NULL, NULL);
	life_check(liar != NULL);
	slot = &life_slots()[liar->index];
	version = atomic_load_explicit(&slot->version, memory_order_relaxed);
	since = workers[0].turns;
	/* Each time somewhere else, always on the beat, and with long actions. */
	while (workers[0].turns < since + 30) {
		int64_t ahead_ns = rand_r(&seed) % (PERIOD_NS + PERIOD_NS / 20);
		const struct lie lie = { .cur_ns = ahead_ns - PERIOD_NS - PERIOD_NS / 20,
					 .next_ns = ahead_ns,
					 .period_ns = PERIOD_NS / 100 * (92 + rand_r(&seed) % 18),
					 .work_ns = rand_r(&seed) % (PERIOD_NS / 2) };

		lie_write(slot, version, &lie);
		life_pause();
	}
	for (unsigned i = 0; i < WORKERS; i++)
		check_within_cap(&workers[i], workers[i].turns > 25 ? workers[i].turns - 25 : 0);
	life_end_all(workers, WORKERS);
	entrain_leave(liar);
	life_remove();
}

/* ---- scribbling --------------------------------------------------------------------------- */

#define SCRIBBLES_NS (3 * LIFE_S / 2)

static uint64_t random_word(unsigned *seed)
{
	uint64_t word = (uint64_t)rand_r(seed) << 42 ^ (uint64_t)rand_r(seed) << 21 ^
			(uint64_t)rand_r(seed);

	switch (rand_r(seed) % 4) {
	case 0:
		return UINT64_C(1) << (word % 64); /* near zero in some sense */
	case 1:
		return ~(UINT64_C(1) << (word % 64));
	default:
		return word;
	}
}

static void scribble(void *where, size_t size, unsigned first, unsigned *seed)
{
	unsigned at = first + (unsigned)rand_r(seed) % ((unsigned)size / 8 - first);

	store((_Atomic uint64_t *)where + at, random_word(seed));
}

/* Somebody writes random words into the slot of an honest agent, into its recorder, and into the hint. */
static void scribble_for_a_while(bool version_too)
{
	struct life_worker *workers = life_workers(WORKERS);
	const int64_t most_ns = PERIOD_NS + PERIOD_NS / 1000000 * CAP_PPM;
	int64_t start_ns, elapsed_ns;
	uint64_t since[WORKERS];
	unsigned seed = 1;
	struct shm_slot *victim;
	struct ring ring;

	create();
	life_work_all(workers, WORKERS);
	victim = &life_slots()[workers[0].slot];
	ring = ring_of(life_agents(), life_slots(), (uint32_t)workers[0].slot);
	for (unsigned i = 0; i < WORKERS; i++)
		since[i] = workers[i].turns;
	for (start_ns = entrain_now_ns(); entrain_now_ns() < start_ns + SCRIBBLES_NS;) {
		for (int i = 0; i < 20; i++) {
			scribble(victim, SHM_SLOT_SIZE, version_too ? 0 : 1, &seed);
			scribble(ring.event, ring.length * sizeof(*ring.event), 0, &seed);
		}
		if (version_too)
			store(&life_agents()->occupied[rand_r(&seed) % SHM_BITMAP_WORDS],
			      random_word(&seed));
		check_tool();
		life_pause();
	}
	elapsed_ns = entrain_now_ns() - start_ns;
	/* All turned at their period and at most their cap more; some slack for a machine that is busy. */
	for (unsigned i = 0; i < WORKERS; i++) {
		uint64_t least = (uint64_t)(elapsed_ns / most_ns) * 3 / 4;

		if (workers[i].turns - since[i] < least)
			fail_msg("worker %u: %u turns, not %u", i,
				 (unsigned)(workers[i].turns - since[i]), (unsigned)least);
		/* The victim places its turn anew each time that it has lost its slot. */
		if (i > 0)
			assert_true(workers[i].turns - since[i] <=
				    (uint64_t)(elapsed_ns / PERIOD_NS) + 3);
	}
	/* What was scribbled over heals, or is left out. */
	life_until(life_evenness_of(workers, WORKERS, PERIOD_NS, false) >= EVEN);
	life_end_all(workers, WORKERS);
	assert_true(life_occupied() <= 1);
	life_remove();
}

static void scribbling_over_the_words_of_an_agent_stops_nobody(void **state)
{
	(void)state;
	scribble_for_a_while(false);
}

static void scribbling_over_a_whole_slot_and_the_hint_stops_nobody(void **state)
{
	(void)state;
	scribble_for_a_while(true);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, life_setup, life_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_absurd_liar_disturbs_nobody),
		TEST(a_plausible_liar_moves_others_by_no_more_than_the_cap),
		TEST(scribbling_over_the_words_of_an_agent_stops_nobody),
		TEST(scribbling_over_a_whole_slot_and_the_hint_stops_nobody),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
