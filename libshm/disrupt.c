/* SPDX-License-Identifier: MIT */
/* disrupt.c - the request in control that some agents scatter their phase. */
#include <errno.h>
#include "error.h"
#include "settings.h"
#include "swarm.h"

#define WHAT "disrupt"

/* The share in 1/65536, of which none asks for nothing. */
static uint64_t share_pack(uint32_t share_ppm)
{
	return (((uint64_t)share_ppm << 16) + PPM - 1) / PPM;
}

static uint64_t request_make(uint64_t last, uint32_t share_ppm, uint32_t seed)
{
	uint32_t number = (SHM_DISRUPTION_NUMBER(last) + 1) & 0xffff;

	if (number == 0) /* is "none yet" */
		number = 1;
	return (uint64_t)number << 48 | share_pack(share_ppm) << 31 | SHM_DISRUPTION_SEED(seed);
}

int entrain_disrupt(struct entrain_swarm *swarm, uint32_t share_ppm, uint32_t seed,
		    uint32_t *number, struct entrain_error *error)
{
	enum entrain_code code = swarm_admin_check(swarm, WHAT, error);
	struct shm_settings *shared;
	int saved = errno;
	uint64_t request;

	if (!code && (share_ppm == 0 || share_ppm > PPM))
		code = error_set(error, ENTRAIN_USAGE, 0, WHAT, swarm->segment.place.name,
				 "the share is not above 0 and at most 1");
	if (!code)
		code = swarm_admin_lock(swarm, WHAT, error);
	if (code) {
		errno = saved;
		return (int)code;
	}
	shared = &swarm->segment.control->settings;
	if (atomic_load_explicit(&shared->removed, memory_order_relaxed)) {
		code = error_set(error, ENTRAIN_NO_SWARM, 0, WHAT, swarm->segment.place.control,
				 "it was removed");
	} else {
		request = request_make(
			atomic_load_explicit(&shared->disruption, memory_order_relaxed), share_ppm,
			seed);
		/* One word, whole by itself: nothing else is published with it. Killed before or after: no request, or
		 * all of it. */
		atomic_store_explicit(&shared->disruption, request, memory_order_relaxed);
		if (number)
			*number = SHM_DISRUPTION_NUMBER(request);
		error_clear(error);
	}
	lock_drop(&swarm->lock);
	errno = saved;
	return (int)code;
}
