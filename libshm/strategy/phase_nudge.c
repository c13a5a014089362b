/* SPDX-License-Identifier: MIT */
/*
 * phase_nudge.c - phase-nudge: small Kuramoto steps, each by the mean of what all the others pull.
 *
 * Such steps would move some forwards and some back, but nobody can act early: so all are moved by as much more as the one
 * that would have to go back furthest, which changes no distance and ends with the need for it. (Without that, all would wait
 * for a mean that one of N hardly moves.)
 * Together: the first harmonic, K sin. Apart: all harmonics, weighted 1/m, which makes a sawtooth: its sum over the others
 * is by how much they are ahead of an even spread in the mean, and less the least of that among all, by how much
 * they are at most: SPREAD's own distance, times K.
 */
#include "clusters.h"
#include "phasor.h"
#include "strategy.h"

/* K / (2 pi) of K = 1/2, 2^-30: at K = 1 two that are near each other would meet in one step. */
#define NUDGE_COUPLING 85445659
/* Apart: 1 / K. */
#define NUDGE_PART 2

/* By how much an agent at `phasor` is pulled ahead by the mean of all, 2^-30: sin of the angle between them, by length. */
static int64_t pull_of(struct phasor mean, struct phasor phasor)
{
	return (mean.im * phasor.re - mean.re * phasor.im) >> 30;
}

static int64_t pull_ns(const struct step *step, int64_t pull)
{
	return (int64_t)((__int128)step->longest_ns * pull * NUDGE_COUPLING >> 60);
}

static struct wish nudge_together(const struct step *step, struct wish wish)
{
	const struct phasor_period period = phasor_period_make(step->longest_ns);
	const struct clusters clusters = clusters_of(step);
	struct phasor *phasors = step->scratch, mean = { PHASOR_ONE, 0 };
	int64_t own, least, most;
	uint32_t used = 0;

	for (const struct peer *peer = step->peers; peer < step->peers + step->count; peer++)
		if (!peer->flags) {
			int64_t offset_ns = cluster_offset_ns(step, clusters, peer);

			phasors[used] = phasor_of(phasor_angle(&period, offset_ns));
			mean.re += phasors[used].re;
			mean.im += phasors[used++].im;
		}
	mean.re /= step->counted;
	mean.im /= step->counted;
	own = least = most = mean.im;
	for (uint32_t number = 0; number < used; number++) {
		int64_t pull = pull_of(mean, phasors[number]);

		least = pull < least ? pull : least;
		most = pull > most ? pull : most;
	}
	wish.wait_ns = pull_ns(step, own - least);
	wish.lag_ns = pull_ns(step, most - least);
	wish.whole = false;
	return wish;
}

static struct wish nudge_apart(struct wish wish)
{
	wish.wait_ns /= NUDGE_PART;
	wish.lag_ns /= NUDGE_PART;
	return wish;
}

struct wish phase_nudge_wish(const struct step *step, struct wish pattern)
{
	struct wish wish =
		step->rule == DECIDE_SYNC ? nudge_together(step, pattern) : nudge_apart(pattern);

	/* Where the rhythm is what counts, no more than frequency-lock. */
	return step->metric == DECIDE_RHYTHM ? wish_within(wish, step_steady_ns(step)) : wish;
}
