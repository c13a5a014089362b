/* SPDX-License-Identifier: MIT */
/* rounds.c - a large swarm in phase-locked rounds, on several threads: all calculate, barrier, all apply. */
#include "rounds.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "../memory.h"
#include "../message.h"
#include "step.h"

/* Who takes a turn in this round, in the order of turns. */
struct turn {
	int64_t turn_ns, wake_ns;
	uint32_t slot;
};

struct rounds {
	unsigned threads;
	pthread_t *thread; /* all but the first, which is the caller's */
	pthread_barrier_t begin, end;
	bool stop; /* written before `begin`, read after it */
	struct simulation *simulation;
	struct turn *turns;
	struct decision *decisions;
	uint32_t count, space;
	int64_t longest_ns, last_ns; /* longest period; last turn of all, also beyond the round */
	struct part {
		struct rounds *rounds;
		unsigned number;
		struct peer *peers, *view;
		void *scratch;
		uint32_t space;
	} * parts;
};

static int turn_compare(const void *one, const void *other)
{
	const struct turn *left = one, *right = other;

	if (left->turn_ns != right->turn_ns)
		return left->turn_ns < right->turn_ns ? -1 : 1;
	return (left->slot > right->slot) - (left->slot < right->slot);
}

/*
 * It acts at its turn, and again at the pace of the slowest, which all keep. Agents that spread do not overtake each other: it
 * is not there again before everybody else was.
 */
static void peer_advance(const struct rounds *rounds, struct part *part, const struct turn *turn)
{
	struct peer *peer = &part->peers[rounds->simulation->agents[turn->slot].place];

	peer->cur_ns = peer->next_ns;
	peer->next_ns += rounds->longest_ns;
	if (peer->pattern != DECIDE_SYNC && peer->next_ns < rounds->last_ns)
		peer->next_ns = rounds->last_ns + 1 + (turn - rounds->turns);
	peer->delay_ns = 0;
}

static void part_reserve(struct part *part, uint32_t space)
{
	size_t size = (decide_scratch_size(space) + 63) / 64 * 64;

	if (space <= part->space)
		return;
	part->peers = memory_resize(part->peers, space, sizeof(*part->peers));
	part->view = memory_resize(part->view, space, sizeof(*part->view));
	free(part->scratch);
	part->scratch = aligned_alloc(64, size);
	if (!part->scratch)
		part->scratch = memory_resize(NULL, SIZE_MAX, 1);
	part->space = space;
}

/* The agents whose turns are first..end-1 in this round, from a copy of the slots of its own. */
static void part_calculate(struct part *part)
{
	struct rounds *rounds = part->rounds;
	struct simulation *simulation = rounds->simulation;
	const uint32_t first = (uint32_t)((uint64_t)rounds->count * part->number / rounds->threads);
	const uint32_t end =
		(uint32_t)((uint64_t)rounds->count * (part->number + 1) / rounds->threads);

	part_reserve(part, simulation->slot_space);
	memcpy(part->peers, simulation->peers, simulation->peer_count * sizeof(*part->peers));
	for (uint32_t i = 0; i < end; i++) {
		const struct turn *turn = &rounds->turns[i];

		if (i >= first) {
			uint32_t count = simulation->peer_count;
			struct peer *peers = part->peers;

			if (!graph_sees_all(&simulation->graph, turn->slot)) {
				count = step_neighbours(simulation, turn->slot, peers, part->view);
				peers = part->view;
			}
			step_decide(simulation, turn->slot, false, turn->wake_ns, peers, count,
				    part->scratch, &rounds->decisions[i]);
		}
		peer_advance(rounds, part, turn);
	}
}

static void *part_run(void *argument)
{
	struct part *part = argument;
	struct rounds *rounds = part->rounds;

	for (;;) {
		pthread_barrier_wait(&rounds->begin);
		if (rounds->stop)
			return NULL;
		part_calculate(part);
		pthread_barrier_wait(&rounds->end);
	}
}

struct rounds *rounds_make(unsigned threads)
{
	struct rounds *rounds = memory_resize(NULL, 1, sizeof(*rounds));

	*rounds = (struct rounds){ .threads = threads };
	rounds->parts = memory_resize(NULL, threads, sizeof(*rounds->parts));
	rounds->thread = memory_resize(NULL, threads, sizeof(*rounds->thread));
	pthread_barrier_init(&rounds->begin, NULL, threads);
	pthread_barrier_init(&rounds->end, NULL, threads);
	for (unsigned i = 0; i < threads; i++) {
		rounds->parts[i] = (struct part){ .rounds = rounds, .number = i };
		if (i && pthread_create(&rounds->thread[i], NULL, part_run, &rounds->parts[i]))
			exit(message_failure(STATUS_REFUSED, "simulate --threads", "fewer threads",
					     "thread %u could not be started", i + 1));
	}
	return rounds;
}

void rounds_free(struct rounds *rounds)
{
	if (!rounds)
		return;
	rounds->stop = true;
	pthread_barrier_wait(&rounds->begin);
	for (unsigned i = 0; i < rounds->threads; i++) {
		if (i)
			pthread_join(rounds->thread[i], NULL);
		free(rounds->parts[i].peers);
		free(rounds->parts[i].view);
		free(rounds->parts[i].scratch);
	}
	pthread_barrier_destroy(&rounds->begin);
	pthread_barrier_destroy(&rounds->end);
	free(rounds->parts);
	free(rounds->thread);
	free(rounds->turns);
	free(rounds->decisions);
	free(rounds);
}

/*
 * A round is a period long, so that nobody's next turn could come before the end of it, and what is decided in a round belongs
 * into the next ones. Whose turn is further away than that is in transit, and waits for the next round.
 */
static void round_cut(struct rounds *rounds, int64_t shortest_ns)
{
	int64_t end_ns;

	if (!rounds->count)
		return;
	end_ns = rounds->turns[0].turn_ns + shortest_ns;
	rounds->last_ns = rounds->turns[rounds->count - 1].turn_ns;
	while (rounds->turns[rounds->count - 1].turn_ns >= end_ns)
		rounds->count--;
}

static void turns_collect(struct rounds *rounds, struct simulation *simulation)
{
	int64_t shortest_ns = INT64_MAX;

	if (rounds->space < simulation->slot_space) {
		rounds->space = simulation->slot_space;
		rounds->turns = memory_resize(rounds->turns, rounds->space, sizeof(*rounds->turns));
		rounds->decisions =
			memory_resize(rounds->decisions, rounds->space, sizeof(*rounds->decisions));
	}
	rounds->simulation = simulation;
	rounds->count = 0;
	rounds->longest_ns = 0;
	for (uint32_t slot = 0; slot < simulation->slots; slot++) {
		const struct simulated *agent = &simulation->agents[slot];

		if (agent->state != SIMULATED_ALIVE)
			continue;
		rounds->turns[rounds->count++] =
			(struct turn){ agent->turn_ns, step_wake_ns(simulation, slot), slot };
		if (agent->period_ns > rounds->longest_ns)
			rounds->longest_ns = agent->period_ns;
		if (agent->period_ns < shortest_ns)
			shortest_ns = agent->period_ns;
	}
	qsort(rounds->turns, rounds->count, sizeof(*rounds->turns), turn_compare);
	round_cut(rounds, shortest_ns);
}

static void round_run(struct rounds *rounds, struct simulation *simulation)
{
	turns_collect(rounds, simulation);
	pthread_barrier_wait(&rounds->begin);
	part_calculate(&rounds->parts[0]);
	pthread_barrier_wait(&rounds->end);
	for (uint32_t i = 0; i < rounds->count; i++) {
		const struct turn *turn = &rounds->turns[i];

		if (turn->wake_ns > simulation->now_ns)
			simulation->now_ns = turn->wake_ns;
		step_act(simulation, turn->slot, turn->wake_ns);
		step_publish(simulation, turn->slot, &rounds->decisions[i], turn->wake_ns);
		step_look_up(simulation, rounds->decisions[i].suspect);
		step_taken(simulation, turn->slot);
	}
}

void rounds_run(struct simulation *simulation)
{
	/* Who joins does so before the round; nothing else is ever in the queue. */
	while (simulation->queue.count)
		step_event(simulation);
	round_run(simulation->rounds, simulation);
}
