/* SPDX-License-Identifier: MIT */
/* agent_measure.c - measure the swarm from inside, as one of its agents sees it. */
#include "agent.h"
#include <string.h>
#include "clock.h"
#include "measure.h"

/* What a look at the swarm is made with. */
struct look {
	const struct roster *roster;
	struct entrain_settings settings;
	struct judge judge;
	struct place *places; /* of those who count */
	uint64_t
		*words; /* scratch: the rows while slots are read, then the items that are sorted */
	struct phasor_rows *rows; /* the phases of those who count */
};

static enum entrain_code look_begin(struct look *look, const struct entrain_agent *agent)
{
	if (!agent_here(agent))
		return ENTRAIN_FORKED;
	if (!agent->joined || settings_load(agent->mapping->segment.settings, 0, &look->settings))
		return ENTRAIN_NO_SWARM;
	look->roster = &agent->roster;
	look->judge = judge_make(clock_now_ns(), &look->settings);
	look->places = (void *)scratch_measured(agent->scratch, &look->words);
	look->rows = (void *)look->words;
	memset(look->rows, 0, sizeof(*look->rows));
	return ENTRAIN_OK;
}

/* The slots base .. base + 63 that are marked as occupied. Who claims takes the lowest free slot, so most of the bits up to
 * the highest are set: going through all of them is quickest. */
static uint64_t look_word(const struct look *look, uint32_t base)
{
	const uint32_t left = look->settings.capacity - base;
	uint64_t word = atomic_load_explicit(&look->roster->agents->occupied[base / 64],
					     memory_order_relaxed);

	return left < 64 ? word & ((UINT64_C(1) << left) - 1) : word;
}

/* A slot that is not as those of agents between two turns are: read once more, judged in full. Returns how many places
 * were filled. */
static uint32_t look_closer(const struct look *look, const struct shm_slot *slot,
			    struct tally *tally, struct place *place)
{
	struct measured one;

	if (!measured_judge(&one, slot, 0, look->judge.now_ns, &look->settings))
		return 0;
	tally_measured(tally, &one);
	if (!one.counts)
		return 0;
	*place = one.place;
	return 1;
}

static uint32_t look_at_all(const struct look *look, struct tally *tally)
{
	const struct judge judge = look->judge;
	struct phasor_rows *rows = look->rows;
	struct place *place = look->places;
	/* Local copies: nothing that is stored can alias what is added to, as long as nobody is told where it is. */
	struct tally plain = *tally;

	for (uint32_t base = 0; base < look->settings.capacity; base += 64) {
		const struct shm_slot *slot = &look->roster->slots[base];

		for (uint64_t word = look_word(look, base); word; word >>= 1, slot++) {
			struct phase phase;

			if (!(word & 1))
				continue;
			if (__builtin_expect(phase_read(slot, &judge, &phase), 1)) {
				phase_acted(&phase, slot, &judge, place);
				tally_add(&plain, place, &phase);
			} else if (!look_closer(look, slot, tally, place)) {
				continue;
			}
			phasor_rows_add(rows, place++->angle);
		}
	}
	tally_join(tally, &plain);
	return (uint32_t)(place - look->places);
}

int entrain_measure(struct entrain_agent *agent, struct entrain_measure *measure)
{
	struct tally tally;
	enum entrain_code code;
	struct look look;
	uint32_t count;

	if (!agent || !measure || measure->size != sizeof(*measure))
		return ENTRAIN_USAGE;
	code = look_begin(&look, agent);
	if (code)
		return (int)code;
	tally_open(&tally, &look.judge, look.settings.period_ns);
	count = look_at_all(&look, &tally);
	tally.phasors = phasor_rows_sum(look.rows);
	measure_close(measure, &tally, look.places, sizeof(*look.places), count, &look.settings,
		      look.words);
	measure->converged = hysteresis_next(&agent->converged, measure->converged,
					     look.judge.now_ns, measure->longest_period_ns);
	return ENTRAIN_OK;
}

/* The phases alone. What the loop needs is in locals: what it adds to cannot alias them. */
static void look_at_phases(const struct look *look)
{
	const struct judge judge = look->judge;
	const struct phasor_period period = phasor_period_make(look->settings.period_ns);
	struct phasor_rows *rows = look->rows;

	for (uint32_t base = 0; base < look->settings.capacity; base += 64) {
		const struct shm_slot *slot = &look->roster->slots[base];

		for (uint64_t word = look_word(look, base); word; word >>= 1, slot++) {
			struct phase phase;

			if (!(word & 1))
				continue;
			if (__builtin_expect(!phase_read(slot, &judge, &phase), 0)) {
				struct measured one;

				if (!measured_judge(&one, slot, 0, judge.now_ns, &look->settings) ||
				    !one.counts)
					continue;
				phase.since_ns = judge.now_ns - one.next_ns;
				phase.period_ns = one.period_ns;
			}
			phasor_rows_add(rows, angle_of_phase(&period, &phase));
		}
	}
}

int entrain_coherence(struct entrain_agent *agent, double order_parameters[4])
{
	enum entrain_code code;
	struct phasor_sum sum;
	struct look look;

	if (!agent || !order_parameters)
		return ENTRAIN_USAGE;
	code = look_begin(&look, agent);
	if (code)
		return (int)code;
	look_at_phases(&look);
	sum = phasor_rows_sum(look.rows);
	for (unsigned m = 1; m <= PHASOR_ORDERS; m++)
		order_parameters[m - 1] = phasor_order(&sum, m);
	return ENTRAIN_OK;
}

double entrain_phase(const struct entrain_agent *agent)
{
	int64_t since_ns;

	if (!agent || !agent_here(agent))
		return -1;
	since_ns = (clock_now_ns() - agent->turn_ns) % agent->period_ns;
	if (since_ns < 0)
		since_ns += agent->period_ns;
	return (double)since_ns / (double)agent->period_ns;
}
