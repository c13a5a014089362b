/* SPDX-License-Identifier: MIT */
/* history.c - what hosts did and when, action by action, and how many were at it at once. */
#include "history.h"

#include <stdlib.h>
#include <string.h>

#include "../memory.h"

/* Instants are in grains of 64 ns, and unpacked as those nearest to now: the same one may be read one grain apart. */
#define SAME_NS 128
/* What was last done so many periods ago says nothing of now. */
#define OLD_PERIODS 3
#define STRETCHES_MOST 1000000
#define HOSTS_MOST ENTRAIN_CAPACITY_MAX

static int is_host(const struct history_host *host, const struct entrain_agent_info *agent)
{
	return host->seen.slot == agent->slot && host->seen.pid == agent->pid &&
	       picture_turns(host->seen.turns, agent->turns) >= 0 &&
	       strcmp(host->seen.name, agent->name) == 0 &&
	       strcmp(host->seen.label, agent->label) == 0;
}

/* NULL: there are too many. Pictures are alike, so it is mostly where the one before was found, or next to it: `*hint`. */
static struct history_host *host_of(struct history *history, const struct entrain_agent_info *agent,
				    unsigned *hint)
{
	struct history_host *host;

	for (unsigned i = 0; i < history->count; i++) {
		const unsigned at = (*hint + i) % history->count;

		if (is_host(&history->hosts[at], agent)) {
			*hint = at + 1;
			return &history->hosts[at];
		}
	}
	if (history->count == HOSTS_MOST)
		return NULL;
	if (history->count == history->space) {
		history->space = history->space ? 2 * history->space : 64;
		history->hosts =
			memory_resize(history->hosts, history->space, sizeof(*history->hosts));
	}
	host = &history->hosts[history->count++];
	*host = (struct history_host){ .seen = *agent };
	return host;
}

static struct history_action *action_add(struct history_host *host, int64_t begin_ns,
					 int64_t end_ns)
{
	if (host->count == host->space) {
		host->space = host->space ? 2 * host->space : 64;
		host->actions = memory_resize(host->actions, host->space, sizeof(*host->actions));
	}
	host->actions[host->count] = (struct history_action){ begin_ns, end_ns, 1 };
	return &host->actions[host->count++];
}

/* `since_ns`: what began before is of no interest, where nothing newer is known. */
static void host_look(struct history_host *host, const struct entrain_agent_info *agent,
		      int64_t since_ns, int64_t now_ns)
{
	struct history_action *last = host->count ? &host->actions[host->count - 1] : NULL;

	if (agent->implausible || agent->began_ns <= 0 || agent->turns == 0 ||
	    agent->began_ns > now_ns || (!last && agent->began_ns < since_ns))
		return;
	if (!last || agent->began_ns > last->begin_ns + SAME_NS) {
		/* It began after the last look, and what was said of its length then was of the one before. */
		last = action_add(host, agent->began_ns, agent->began_ns);
		host->acting = 1;
	}
	/* Of a turn that begins at this moment the count may still be that of before. */
	if (host->count == 1)
		host->turns_first = agent->turns;
	if (agent->state == ENTRAIN_ACTING || agent->began_ns < last->begin_ns - SAME_NS)
		return;
	last->end_ns = last->begin_ns + (agent->action_last_ns > 0 ? agent->action_last_ns : 0);
	host->acting = 0;
}

void history_look(struct history *history, const struct picture *picture)
{
	const int64_t period_ns = picture->status.settings.period_ns;
	unsigned hint = 0;

	if (!history->from_ns)
		history->from_ns = picture->taken_ns;
	history->to_ns = picture->taken_ns;
	for (unsigned i = 0; i < picture->agent_count; i++) {
		const struct entrain_agent_info *agent = &picture->agents[i];
		struct history_host *host;

		if (agent->state == ENTRAIN_DEAD)
			continue;
		host = host_of(history, agent, &hint);
		if (!host)
			continue;
		host_look(host, agent,
			  picture->taken_ns - OLD_PERIODS * (agent->interval_ns > period_ns
								     ? agent->interval_ns
								     : period_ns),
			  entrain_now_ns());
		host->seen = *agent;
	}
}

void history_add(struct history *history, unsigned index, int64_t begin_ns, int64_t end_ns)
{
	unsigned hint = 0;

	while (history->count <= index) {
		const struct entrain_agent_info nobody = { .slot = history->count };

		host_of(history, &nobody, &hint);
	}
	action_add(&history->hosts[index], begin_ns, end_ns);
}

void history_close(struct history *history)
{
	for (unsigned i = 0; i < history->count; i++) {
		struct history_host *host = &history->hosts[i];
		const uint64_t counted =
			UINT64_C(1) + (uint32_t)picture_turns(host->turns_first, host->seen.turns);

		if (host->count && counted > host->count)
			host->lost = counted - host->count;
		if (host->acting)
			host->count--;
		host->acting = 0;
	}
}

void history_free(struct history *history)
{
	for (unsigned i = 0; i < history->count; i++)
		free(history->hosts[i].actions);
	free(history->hosts);
	*history = (struct history){ 0 };
}

/* ---- how many at once ------------------------------------------------------------------------- */

struct edge {
	int64_t at_ns;
	struct history_host *host;
	struct history_action *action;
	int begins;
};

/* What ends in the same ns in which another begins does not meet it. */
static int edge_compare(const void *one, const void *other)
{
	const struct edge *left = one, *right = other;

	if (left->at_ns != right->at_ns)
		return left->at_ns < right->at_ns ? -1 : 1;
	return left->begins - right->begins;
}

static int unsigned_compare(const void *one, const void *other)
{
	const unsigned left = *(const unsigned *)one, right = *(const unsigned *)other;

	return (left > right) - (left < right);
}

static size_t edges_make(struct history *history, struct edge **edges)
{
	size_t count = 0, used = 0;

	for (unsigned i = 0; i < history->count; i++)
		count += 2 * history->hosts[i].count;
	*edges = memory_resize(NULL, count + 1, sizeof(**edges));
	for (unsigned i = 0; i < history->count; i++) {
		struct history_host *host = &history->hosts[i];

		host->met = 0;
		for (size_t k = 0; k < host->count; k++) {
			struct history_action *action = &host->actions[k];
			/* One that took no time was there all the same. */
			const int64_t end_ns = action->end_ns > action->begin_ns
						       ? action->end_ns
						       : action->begin_ns + 1;

			action->met = 0;
			(*edges)[used++] = (struct edge){ action->begin_ns, host, action, 1 };
			(*edges)[used++] = (struct edge){ end_ns, host, action, 0 };
		}
	}
	qsort(*edges, used, sizeof(**edges), edge_compare);
	return used;
}

/* Those in progress, in no order. */
struct crowd {
	struct history_action **actions;
	unsigned count, space;
};

static void crowd_change(struct crowd *crowd, const struct edge *edge)
{
	if (!edge->begins) {
		for (unsigned i = 0; i < crowd->count; i++)
			if (crowd->actions[i] == edge->action) {
				crowd->actions[i] = crowd->actions[--crowd->count];
				break;
			}
		if (edge->action->met > edge->host->met)
			edge->host->met = edge->action->met;
		return;
	}
	if (crowd->count == crowd->space) {
		crowd->space = crowd->space ? 2 * crowd->space : 64;
		crowd->actions =
			memory_resize(crowd->actions, crowd->space, sizeof(*crowd->actions));
	}
	crowd->actions[crowd->count++] = edge->action;
	for (unsigned i = 0; i < crowd->count; i++)
		if (crowd->actions[i]->met < crowd->count)
			crowd->actions[i]->met = crowd->count;
}

struct history_overlap history_measure(struct history *history, int64_t period_ns)
{
	struct history_overlap overlap = { 0, 0, 0 };
	struct crowd crowd = { 0 };
	unsigned *peaks = NULL;
	size_t stretches = 0;
	struct edge *edges;
	const size_t count = edges_make(history, &edges);

	for (size_t i = 0; i < count; i++) {
		const int64_t since_ns = edges[i].at_ns - edges[0].at_ns;

		crowd_change(&crowd, &edges[i]);
		if (crowd.count > overlap.most)
			overlap.most = crowd.count;
		if (!edges[i].begins || period_ns <= 0 || since_ns / period_ns >= STRETCHES_MOST)
			continue;
		while (since_ns / period_ns >= (int64_t)stretches) {
			peaks = memory_resize(peaks, stretches + 1, sizeof(*peaks));
			peaks[stretches++] = 0;
		}
		if (crowd.count > peaks[stretches - 1])
			peaks[stretches - 1] = crowd.count;
	}
	/* The last stretch is not a whole one. */
	if (stretches > 1)
		stretches--;
	if (stretches) {
		qsort(peaks, stretches, sizeof(*peaks), unsigned_compare);
		overlap.typical = peaks[stretches / 2];
		for (size_t i = 0; i < stretches; i++)
			overlap.mean += (double)peaks[i] / (double)stretches;
	}
	free(crowd.actions);
	free(peaks);
	free(edges);
	return overlap;
}
