/* SPDX-License-Identifier: MIT */
/*
 * test_decide.c - each decision is the one that the rules of doc/algorithms.md give when worked out by hand.
 *
 * The reference below is written from the rules alone: it sorts, counts in fractions and shares no code with
 * the implementation.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "decide_draw.h"

#define CASES 24000

/* ---- the reference ---------------------------------------------------------------------- */

struct place {
	wide at, work;
	uint32_t index;
};

static int by_place(const void *a, const void *b)
{
	const struct place *left = a, *right = b;

	if (left->at != right->at)
		return left->at < right->at ? -1 : 1;
	return (left->index > right->index) - (left->index < right->index);
}

struct expected {
	wide cur, next, delay, lag;
	uint32_t counted, overdue, implausible, off_beat;
};

static bool in_band(const struct scene *scene, wide period)
{
	wide one = 1000000, band = one + scene->parameters.band_ppm;

	return period <= scene->parameters.period_ns * band / one &&
	       period >= scene->parameters.period_ns * one / band;
}

static wide turn_of(const struct scene *scene)
{
	wide now = scene->parameters.now_ns, turn = scene->self.turn_ns;

	if (scene->parameters.joining || now - turn > scene->self.period_ns / 2 ||
	    turn - now > grace(scene, 0))
		return now;
	return turn;
}

/* 0 counts; else one of PEER_*. */
static unsigned why_not(const struct scene *scene, const struct peer *peer, wide turn)
{
	wide one = 1000000, now = scene->parameters.now_ns;
	wide period_most = scene->parameters.period_ns * (one + scene->parameters.band_ppm) / one;
	wide delay = most(scene->parameters.cap_ns,
			  scene->parameters.cap_ns * period_most / scene->self.period_ns);
	wide ahead = (wide)peer->period_ns + grace(scene, peer->work_ns) +
		     (scene->parameters.joining ? period_most : delay);

	if (peer->period_ns < 100000 || peer->period_ns > (wide)1 << 47 || peer->work_ns < 0 ||
	    peer->work_ns > peer->period_ns || peer->cur_ns > now + grace(scene, peer->work_ns) ||
	    peer->cur_ns >= peer->next_ns || peer->next_ns > now + ahead)
		return PEER_IMPLAUSIBLE;
	if (scene->parameters.rule == DECIDE_GRID &&
	    (peer->delay_ns < 0 || peer->delay_ns > peer->period_ns))
		return PEER_IMPLAUSIBLE;
	if (!in_band(scene, peer->period_ns))
		return PEER_OFF_BEAT;
	return turn > peer->next_ns + grace(scene, peer->work_ns) ? PEER_OVERDUE : 0;
}

static wide offset_of(const struct scene *scene, const struct peer *peer, wide turn, wide longest)
{
	wide at = peer->next_ns;

	if (peer->cur_ns > turn || (peer->cur_ns == turn && peer->index > scene->self.index))
		at = peer->cur_ns;
	at -= turn;
	while (at < 0 || (at == 0 && peer->index < scene->self.index))
		at += longest;
	return at;
}

/* Those that count, sorted by their offsets. */
static uint32_t gather(const struct scene *scene, struct place *places, wide *longest,
		       struct expected *expected)
{
	wide turn = turn_of(scene);
	uint32_t used = 0;

	*longest = scene->self.period_ns;
	*expected = (struct expected){ 0 };
	for (uint32_t number = 0; number < scene->count; number++) {
		unsigned why = why_not(scene, &scene->peers[number], turn);

		expected->implausible += why == PEER_IMPLAUSIBLE;
		expected->off_beat += why == PEER_OFF_BEAT;
		expected->overdue += why == PEER_OVERDUE;
		if (!why)
			*longest = most(*longest, scene->peers[number].period_ns);
	}
	for (uint32_t number = 0; number < scene->count; number++) {
		const struct peer *peer = &scene->peers[number];

		if (!why_not(scene, peer, turn))
			places[used++] = (struct place){ offset_of(scene, peer, turn, *longest),
							 peer->work_ns, peer->index };
	}
	qsort(places, used, sizeof(*places), by_place);
	expected->counted = used + 1;
	expected->cur = turn;
	return used;
}

/* Of a relative host from where its action ends. */
static wide room_of(const struct scene *scene, wide longest)
{
	return (wide)scene->self.period_ns + scene->parameters.cap_ns - longest +
	       (scene->parameters.host == DECIDE_RELATIVE ? scene->self.work_ns : 0);
}

static void finish(const struct scene *scene, wide longest, wide wait, struct expected *expected)
{
	wide from = scene->parameters.host == DECIDE_RELATIVE ? scene->parameters.now_ns
							      : expected->cur;
	wide earliest = from + scene->self.period_ns;
	wide room = room_of(scene, longest);

	expected->next = room > 0 ? expected->cur + longest + wait : earliest;
	expected->next = most(earliest, expected->next);
	expected->next = least(earliest + scene->parameters.cap_ns, expected->next);
	expected->delay = expected->next - earliest;
}

/*
 * Who has measured nothing takes the mean of those who have; so does whoever is within a tenth of a gap of it, but not
 * further than half of everybody's share of the idle time. Returns what counts for this agent.
 */
static wide level(struct place *places, uint32_t used, wide own, wide longest)
{
	wide sum = own, measured = own > 0, mean, near, idle;

	for (uint32_t rank = 0; rank < used; rank++) {
		sum += places[rank].work;
		measured += places[rank].work > 0;
	}
	if (!measured)
		return 0;
	mean = sum / measured;
	idle = longest - sum - mean * (used + 1 - measured);
	near = least(longest / (used + 1) / 10, idle > 0 ? idle / (used + 1) / 2 : 0);
	for (uint32_t rank = 0; rank < used; rank++) {
		wide *work = &places[rank].work;

		if (!*work || (*work - mean <= near && mean - *work <= near))
			*work = mean;
	}
	return !own || (own - mean <= near && mean - own <= near) ? mean : own;
}

static struct expected expect_spread(const struct scene *scene)
{
	struct place places[AGENTS_MOST];
	struct expected expected;
	wide longest, all, works, hi = 0, lo = 0;
	uint32_t used = gather(scene, places, &longest, &expected);
	wide room = room_of(scene, longest), units, wait;

	all = works = level(places, used, scene->self.work_ns, longest);
	for (uint32_t rank = 0; rank < used; rank++)
		all += places[rank].work;
	units = all > longest ? all : used + 1;
	for (uint32_t rank = 0; rank < used; rank++) {
		wide wanted = all > longest ? works * longest
					    : works * units + (rank + 1) * (longest - all);

		hi = most(hi, places[rank].at * units - wanted);
		lo = most(lo, wanted - places[rank].at * units);
		works += places[rank].work;
	}
	hi = hi / units;
	lo = (lo + units - 1) / units;
	wait = hi;
	if (scene->parameters.host == DECIDE_RELATIVE)
		wait = most(0, wait - least(2 * (wide)scene->parameters.lateness_ns,
					    longest / (used + 1)));
	if (room > 0 && hi + lo > room)
		wait = wait * room / (hi + lo);
	expected.lag = hi + lo;
	finish(scene, longest, wait, &expected);
	return expected;
}

static struct expected expect_sync(const struct scene *scene)
{
	struct place places[AGENTS_MOST];
	struct expected expected;
	const uint32_t clusters = scene->parameters.clusters ? scene->parameters.clusters : 1;
	wide longest, largest = -1, wait = 0;
	uint32_t used = gather(scene, places, &longest, &expected), lowest = 0;
	wide part = (longest << 16) / clusters;

	for (uint32_t rank = 0; rank < used; rank++) {
		places[rank].at += (scene->self.index % clusters * part >> 16) -
				   (places[rank].index % clusters * part >> 16) + longest;
		places[rank].at %= longest;
	}
	places[used] = (struct place){ .index = scene->self.index };
	qsort(places, used + 1, sizeof(*places), by_place);
	for (uint32_t rank = 0, pile = 0; rank <= used; rank++) {
		wide gap = (rank < used ? places[rank + 1].at : longest) - places[rank].at;

		if (places[rank].at != places[pile].at)
			pile = rank;
		if (gap > largest || (gap == largest && places[pile].index < lowest)) {
			largest = gap;
			wait = places[rank].at;
			lowest = places[pile].index;
		}
	}
	expected.lag = longest - largest;
	finish(scene, longest, wait, &expected);
	return expected;
}

/*
 * With a gap g the turn k is the latest of x_(k-l) + l x g over all l before it on the circle; so the largest
 * possible g is the least of (cap + x_k - x_(k-l)) / l.
 */
/* Do the arrivals from `first` to `last`, sorted, follow each other within a tie? */
static bool unbroken(const wide *arrivals, uint32_t first, uint32_t last, wide tie)
{
	for (uint32_t at = first + 1; at <= last; at++)
		if (arrivals[at] - arrivals[at - 1] > tie)
			return false;
	return true;
}

/* Arrivals that follow each other within a tie are that of the first of them; those with mine are mine, by index. */
static void join_ties(struct place *places, uint32_t used, wide longest, uint32_t index)
{
	wide arrivals[AGENTS_MOST + 2], tie = most(longest / 32768, 2000);

	tie = least(tie, longest / (used + 1) / 8);
	arrivals[0] = 0;
	for (uint32_t rank = 0; rank < used; rank++)
		arrivals[rank + 1] = places[rank].at;
	arrivals[used + 1] = longest;
	for (uint32_t rank = 1; rank <= used; rank++) {
		uint32_t first = rank;

		while (first > 0 && unbroken(arrivals, first - 1, rank, tie))
			first--;
		if (first == 0 || unbroken(arrivals, rank, used + 1, tie))
			places[rank - 1].at = places[rank - 1].index < index ? longest : 0;
		else
			places[rank - 1].at = arrivals[first];
	}
}

static struct expected expect_grid(const struct scene *scene)
{
	struct place places[AGENTS_MOST];
	struct expected expected;
	wide longest, gap, turn, arrival, from, wait = 0;
	uint32_t used = gather(scene, places, &longest, &expected), agents = used + 1, mine = 0;

	turn = expected.cur;
	from = most(turn, scene->parameters.now_ns);
	arrival = scene->self.turn_ns - least(scene->self.delay_ns, scene->self.period_ns);
	/* as good as arrived */
	if (arrival > from && arrival - from <= grace(scene, 0))
		from = arrival;
	while (arrival > from)
		arrival -= scene->self.period_ns;
	while (arrival + scene->self.period_ns <= from)
		arrival += scene->self.period_ns;
	used = 0;
	for (uint32_t number = 0; number < scene->count; number++) {
		const struct peer *peer = &scene->peers[number];
		wide at = (wide)peer->next_ns - peer->delay_ns - arrival;

		if (why_not(scene, peer, turn))
			continue;
		at = (at % longest + longest) % longest;
		places[used++] = (struct place){ .at = at, .index = peer->index };
	}
	qsort(places, used, sizeof(*places), by_place);
	join_ties(places, used, longest, scene->self.index);
	qsort(places, used, sizeof(*places), by_place);
	memmove(places + 1, places, used * sizeof(*places));
	places[mine] = (struct place){ .index = scene->self.index };
	gap = longest / agents;
	for (uint32_t k = 0; k < agents; k++) {
		for (uint32_t l = 1; l < agents; l++) {
			wide since = places[k].at - places[(k + agents - l) % agents].at;

			since += l > k ? longest : 0;
			gap = least(gap, (scene->parameters.cap_ns + since) / l);
		}
	}
	for (uint32_t l = 1; l < agents; l++)
		wait = most(wait, places[agents - l].at - longest + l * gap);
	expected.lag = longest / agents - gap;
	expected.delay = wait;
	expected.next = arrival + scene->self.period_ns + wait;
	return expected;
}

static struct expected expect_place(const struct scene *scene)
{
	struct place places[AGENTS_MOST];
	struct expected expected;
	wide longest, period = scene->self.period_ns, largest = -1, soonest = 0;
	uint32_t used = gather(scene, places, &longest, &expected);

	used = 0;
	for (uint32_t number = 0; number < scene->count; number++) {
		const struct peer *peer = &scene->peers[number];

		if (!why_not(scene, peer, scene->parameters.now_ns))
			places[used++].at =
				((peer->next_ns - scene->parameters.now_ns) % period + period) %
				period;
	}
	qsort(places, used, sizeof(*places), by_place);
	for (uint32_t rank = 0; rank < used; rank++) {
		wide gap = (rank + 1 < used ? places[rank + 1].at : places[0].at + period) -
			   places[rank].at;
		wide middle = (places[rank].at + gap / 2) % period;

		middle = middle ? middle : period;
		if (gap > largest || (gap == largest && middle < soonest)) {
			largest = gap;
			soonest = middle;
		}
	}
	expected.next = scene->parameters.now_ns + (used ? soonest : period);
	expected.cur = expected.next - period;
	expected.lag = used ? longest : 0;
	return expected;
}

/* ---- random swarms ---------------------------------------------------------------------- */

static void assert_expected(const struct scene *scene, const struct decision *decision,
			    const struct expected *expected, int64_t error)
{
	assert_promises(scene, decision);
	assert_int_equal(decision->counted, expected->counted);
	assert_int_equal(decision->overdue, expected->overdue);
	assert_int_equal(decision->implausible, expected->implausible);
	assert_int_equal(decision->off_beat, expected->off_beat);
	assert_near(decision->cur_ns, expected->cur, 0);
	assert_near(decision->next_ns, expected->next, error);
	assert_near(decision->delay_ns, expected->delay, error);
	assert_near(decision->lag_ns, expected->lag, 2 * error);
}

static void spread_is_that_of_sorting(void **state)
{
	static struct scene scene;
	unsigned waited = 0;

	(void)state;
	random_state = 11;
	for (unsigned number = 0; number < CASES; number++) {
		struct expected expected;
		struct decision decision;

		scene_draw(&scene, DECIDE_SPREAD, AGENTS_MOST);
		scene.parameters.host = number % 4 ? DECIDE_TAKEN : DECIDE_RELATIVE;
		scene.parameters.joining = scene.parameters.host == DECIDE_RELATIVE && chance(20);
		expected = expect_spread(&scene);
		decision = decided(&scene);
		assert_expected(&scene, &decision, &expected, 1);
		waited += decision.delay_ns > 0;
	}
	assert_in_range(waited, CASES / 4, CASES);
}

static void sync_is_that_of_sorting(void **state)
{
	static struct scene scene;

	(void)state;
	random_state = 12;
	for (unsigned number = 0; number < CASES / 4; number++) {
		struct expected expected;
		struct decision decision;

		scene_draw(&scene, DECIDE_SYNC, AGENTS_MOST);
		expected = expect_sync(&scene);
		decision = decided(&scene);
		assert_expected(&scene, &decision, &expected, 0);
	}
}

static void grid_is_the_largest_gap_that_fits(void **state)
{
	static struct scene scene;

	(void)state;
	random_state = 13;
	for (unsigned number = 0; number < CASES / 4; number++) {
		struct expected expected;
		struct decision decision;

		scene_draw(&scene, DECIDE_GRID, number % 16 ? 40 : 150);
		arrivals_draw(&scene);
		expected = expect_grid(&scene);
		decision = decided(&scene);
		assert_expected(&scene, &decision, &expected, 0);
	}
}

static void joining_takes_the_middle_of_the_largest_gap(void **state)
{
	static struct scene scene;

	(void)state;
	random_state = 14;
	for (unsigned number = 0; number < CASES / 4; number++) {
		struct expected expected;
		struct decision decision;

		scene_draw(&scene, DECIDE_SPREAD, AGENTS_MOST);
		scene.parameters.joining = true;
		expected = expect_place(&scene);
		decision = decided(&scene);
		assert_expected(&scene, &decision, &expected, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(spread_is_that_of_sorting),
		cmocka_unit_test(sync_is_that_of_sorting),
		cmocka_unit_test(grid_is_the_largest_gap_that_fits),
		cmocka_unit_test(joining_takes_the_middle_of_the_largest_gap),
	};

	return cmocka_run_group_tests_name("decide", tests, NULL, NULL);
}
