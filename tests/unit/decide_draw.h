/* SPDX-License-Identifier: MIT */
/* decide_draw.h - random scenes, and what a decision promises in any of them. */
#ifndef ENTRAIN_DECIDE_DRAW_H
#define ENTRAIN_DECIDE_DRAW_H

#include "decide_scene.h"

static uint64_t random_state;

static inline uint64_t draw(uint64_t below)
{
	uint64_t mix = random_state += UINT64_C(0x9e3779b97f4a7c15);

	mix = (mix ^ mix >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	mix = (mix ^ mix >> 27) * UINT64_C(0x94d049bb133111eb);
	return (mix ^ mix >> 31) % below;
}

static inline bool chance(unsigned percent)
{
	return draw(100) < percent;
}

static inline wide least(wide a, wide b)
{
	return a < b ? a : b;
}

static inline wide most(wide a, wide b)
{
	return a > b ? a : b;
}

static inline wide grace(const struct scene *scene, wide work)
{
	wide late = least(4 * (wide)scene->parameters.lateness_ns, scene->self.period_ns / 2);

	return most(work, late) + scene->self.period_ns / 1024;
}

static inline int64_t draw_period(const struct scene *scene, unsigned spread)
{
	return scene->parameters.period_ns * (int64_t)(1000 - spread + draw(2 * spread + 1)) / 1000;
}

static inline void draw_peer(struct scene *scene, struct peer *peer, unsigned shape, unsigned duty,
			     unsigned spread)
{
	const int64_t turn_ns = scene->self.turn_ns, period_ns = draw_period(scene, spread);
	uint64_t mean = (uint64_t)period_ns * duty / 100 / (scene->count + 1);

	peer->period_ns = period_ns;
	peer->work_ns = (int64_t)draw(2 * mean + 1);
	if (peer->work_ns > period_ns)
		peer->work_ns = period_ns;
	switch (shape) {
	case 0: /* anywhere */
		peer->next_ns = turn_ns + (int64_t)draw((uint64_t)period_ns);
		break;
	case 1: /* few instants: ties */
		peer->next_ns = turn_ns + (int64_t)draw(5) * (period_ns / 4);
		break;
	case 2: /* all together, some have been there */
		peer->next_ns = turn_ns + (chance(50) ? period_ns : 0);
		break;
	case 3: /* more than one turn ahead, or overdue */
		peer->next_ns =
			turn_ns + (int64_t)draw((uint64_t)period_ns * 13 / 10) - period_ns / 10;
		break;
	default: /* nearly even */
		peer->next_ns = turn_ns + peer->index * (uint64_t)period_ns / (scene->count + 1) +
				(int64_t)draw((uint64_t)period_ns / 100);
	}
	peer->cur_ns = peer->next_ns - period_ns - (int64_t)draw((uint64_t)period_ns / 10);
	if (chance(20))
		peer->cur_ns = peer->next_ns - period_ns;
	if (peer->cur_ns > scene->parameters.now_ns)
		peer->cur_ns = scene->parameters.now_ns;
	peer->delay_ns = (int64_t)draw((uint64_t)scene->parameters.cap_ns + 1);
	if (chance(2))
		peer->period_ns *= 2;
	if (chance(1))
		peer->next_ns = peer->cur_ns;
}

static inline void scene_draw(struct scene *scene, enum decide_rule rule, uint32_t agents_most)
{
	static const int64_t periods_ns[] = { 1000000, 999999937, 5000000000, INT64_C(1) << 45 };
	static const unsigned caps[] = { 0, 1, 10, 25, 100 }, duties[] = { 0, 3, 50, 80, 100, 190 };
	const int64_t period_ns = periods_ns[draw(4)];
	unsigned shape = (unsigned)draw(5), duty = duties[draw(6)], spread = chance(30) ? 50 : 0;
	uint32_t own;

	memset(scene, 0, sizeof(*scene));
	scene->count = (uint32_t)draw(chance(30) ? 4 : agents_most);
	scene->parameters.rule = rule;
	scene->parameters.clusters = (uint32_t)draw(4);
	scene->parameters.band_ppm = 100000;
	scene->parameters.period_ns = period_ns;
	scene->parameters.cap_ns = period_ns / 100 * caps[draw(5)];
	scene->parameters.lateness_ns = chance(50) ? 0 : (int64_t)draw((uint64_t)period_ns / 50);
	scene->parameters.now_ns = period_ns * 100 + (int64_t)draw((uint64_t)period_ns);
	scene->self.turn_ns = scene->parameters.now_ns;
	if (chance(50))
		scene->self.turn_ns -= (int64_t)draw((uint64_t)period_ns * 11 / 20);
	scene->self.period_ns = draw_period(scene, spread);
	scene->self.work_ns =
		(int64_t)draw((uint64_t)period_ns * duty / 100 / (scene->count + 1) + 1);
	scene->self.delay_ns = (int64_t)draw((uint64_t)scene->parameters.cap_ns + 1);
	own = (uint32_t)draw(scene->count + 1);
	scene->self.index = own;
	for (uint32_t number = 0; number < scene->count; number++) {
		scene->peers[number].index = number + (number >= own);
		draw_peer(scene, &scene->peers[number], shape, duty, spread);
	}
	for (uint32_t left = scene->count; left > 1; left--) {
		uint32_t number = (uint32_t)draw(left);
		struct peer swapped = scene->peers[number];

		scene->peers[number] = scene->peers[left - 1];
		scene->peers[left - 1] = swapped;
	}
}

/* Arrivals as clocks make them: of one, of several, close together, or anywhere; delayed or not yet. */
static inline void arrivals_draw(struct scene *scene)
{
	const int64_t period_ns = scene->parameters.period_ns;
	const int64_t delay_ns = scene->self.delay_ns < scene->parameters.cap_ns
					 ? scene->self.delay_ns
					 : scene->parameters.cap_ns;
	const int64_t arrival_ns = scene->self.turn_ns - delay_ns;
	const int64_t misread_ns = chance(50) ? 1000 : period_ns / 100000;
	const unsigned clocks = (unsigned)draw(5), delays = (unsigned)draw(3);
	int64_t clocks_ns[4] = { arrival_ns };

	for (unsigned clock = 1; clock < 4; clock++)
		clocks_ns[clock] = arrival_ns + (int64_t)draw((uint64_t)period_ns);
	for (uint32_t number = 0; number < scene->count && clocks; number++) {
		struct peer *peer = &scene->peers[number];

		peer->next_ns = clocks_ns[draw(clocks)] +
				(int64_t)draw((uint64_t)misread_ns * 2 + 1) - misread_ns;
		if (clocks == 4)
			peer->next_ns = arrival_ns + (int64_t)draw((uint64_t)period_ns / 50);
		while (peer->next_ns <= scene->parameters.now_ns)
			peer->next_ns += period_ns;
		peer->cur_ns = peer->next_ns - period_ns;
		peer->next_ns += peer->delay_ns;
	}
	for (uint32_t number = 0; number < scene->count && !delays; number++) {
		scene->peers[number].next_ns -= scene->peers[number].delay_ns;
		scene->peers[number].delay_ns = 0;
	}
}

static inline void assert_promises(const struct scene *scene, const struct decision *decision)
{
	const int64_t now_ns = scene->parameters.now_ns, period_ns = scene->self.period_ns;
	wide latest = now_ns + (wide)period_ns + scene->parameters.cap_ns + grace(scene, 0);

	if (scene->parameters.joining &&
	    (scene->parameters.host == DECIDE_TAKEN || scene->parameters.rule == DECIDE_GRID))
		latest = (wide)now_ns + period_ns;
	assert_true(decision->cur_ns < decision->next_ns);
	assert_true(decision->next_ns > now_ns);
	assert_true(decision->next_ns <= latest);
	assert_true(decision->delay_ns >= 0);
	assert_true(decision->delay_ns <= scene->parameters.cap_ns);
	assert_true(decision->lag_ns >= 0);
	assert_true(decision->counted >= 1);
}

#endif
