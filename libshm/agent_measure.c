/* SPDX-License-Identifier: MIT */
/* agent_measure.c - measure the swarm from inside, as one of its agents sees it. */
#include "agent.h"
#include "clock.h"
#include "measure.h"

int entrain_measure(struct entrain_agent *agent, struct entrain_measure *measure)
{
	const struct roster *roster;
	struct entrain_settings settings;
	struct measured *all;
	uint64_t *words;
	uint32_t count = 0;
	int64_t now_ns;

	if (!agent || !measure || measure->size != sizeof(*measure))
		return ENTRAIN_USAGE;
	if (!agent_here(agent))
		return ENTRAIN_FORKED;
	if (!agent->joined || settings_load(agent->mapping->segment.settings, 0, &settings))
		return ENTRAIN_NO_SWARM;
	roster = &agent->roster;
	all = scratch_measured(agent->scratch, &words);
	now_ns = clock_now_ns();
	for (uint32_t base = 0; base < settings.capacity; base += 64) {
		uint64_t word = atomic_load_explicit(&roster->agents->occupied[base / 64],
						     memory_order_relaxed);

		for (; word; word &= word - 1) {
			uint32_t index = base + (uint32_t)__builtin_ctzll(word);

			if (index < settings.capacity)
				count += measured_judge(&all[count], &roster->slots[index], index,
							now_ns, &settings);
		}
	}
	measure_fill(measure, all, count, now_ns, &settings, words);
	measure->converged = hysteresis_next(&agent->converged, measure->converged, now_ns,
					     measure->longest_period_ns);
	return ENTRAIN_OK;
}
