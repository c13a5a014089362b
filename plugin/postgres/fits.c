/* SPDX-License-Identifier: MIT */
/* fits.c - do the period and the server's checkpoint settings go together, and which ones would? */
#include "fits.h"

#define PPM 1000000
/* So much of what would just fit is left free: a checkpoint begins late by what the server is busy with. */
#define SPARE_PPM 118000

enum fits fits_check(const struct fits_values *values)
{
	if (values->period_ms + values->delay_ms >= values->timeout_ms)
		return FITS_NOT_PERIOD;
	if (values->timeout_ms * values->target_ppm >= values->period_ms * (PPM / 10 * 9))
		return FITS_NOT_TARGET;
	return FITS;
}

void fits_suggest(const struct fits_values *values, int64_t *period_s, uint32_t *target_percent)
{
	int64_t longest_ms =
		values->timeout_ms * values->period_ms / (values->period_ms + values->delay_ms);
	int64_t period_ms =
		longest_ms / PPM * (PPM - SPARE_PPM) + longest_ms % PPM * (PPM - SPARE_PPM) / PPM;
	uint32_t percent;

	period_ms -= period_ms >= 10000 ? period_ms % 1000 : 0;
	*period_s = period_ms / 1000 > 0 ? period_ms / 1000 : 1;
	percent = (uint32_t)((*period_s * 90000 - 1) / values->timeout_ms);
	*target_percent = percent / 5 * 5;
}
