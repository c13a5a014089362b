/* SPDX-License-Identifier: MIT */
/* How far a run is: a moving line on a terminal, a line a run elsewhere. */
#include "demo.h"

#include "../text.h"
#include "instant.h"

#define BAR_CELLS 30

static unsigned acting_now(const struct run_log *log)
{
	unsigned acting = 0;

	for (unsigned i = 0; i < log->workers; i++) {
		const struct worker_log *worker = &log->worker[i];
		uint32_t count = atomic_load_explicit(&worker->count, memory_order_acquire);

		if (count && !__atomic_load_n(&worker->action[count - 1].end_ns, __ATOMIC_RELAXED))
			acting++;
	}
	return acting;
}

void progress_tick(const struct run *run, int64_t now_ns, void *context)
{
	const struct progress *progress = context;
	int64_t gone_ns = now_ns - run->log->start_ns;
	int64_t whole_ns = run->plan->duration_ns;
	int filled;

	if (!progress->out || !progress->live)
		return;
	if (gone_ns < 0)
		gone_ns = 0;
	if (gone_ns > whole_ns)
		gone_ns = whole_ns;
	filled = (int)(gone_ns * BAR_CELLS / whole_ns);
	fprintf(progress->out, "\r  %-15s [", progress->title);
	for (int cell = 0; cell < BAR_CELLS; cell++)
		fputc(cell < filled ? '#' : '.', progress->out);
	fprintf(progress->out, "] %.1f of %.1f s, acting now: %-3u ",
		(double)gone_ns / INSTANT_SECOND_NS, (double)whole_ns / INSTANT_SECOND_NS,
		acting_now(run->log));
	fflush(progress->out);
}

void progress_done(const struct progress *progress, const struct demo_phase *phase)
{
	const struct figures *figures = &phase->figures;

	if (!progress->out)
		return;
	if (progress->live)
		fputs("\r\033[K", progress->out);
	fprintf(progress->out, "  %-15s %u cycles, %u actions, at most %u at once\n", phase->title,
		figures->cycles, figures->actions, figures->overlap_peak);
	fflush(progress->out);
}
