/* SPDX-License-Identifier: MIT */
/* gain.h - what a swarm's hosts do by themselves, and what it would be with the swarm acting. */
#ifndef CLI_GAIN_GAIN_H
#define CLI_GAIN_GAIN_H

#include <stdint.h>

#include "picture.h"
#include "history.h"

#define GAIN_SEEDS 20u
#define GAIN_SAMPLES 64u /* of a host's actions that are kept, the latest */
#define GAIN_LEVELS 5u   /* alone, two at once, to 4, to 8, more */

/* One host: what it does by itself. */
struct gain_host {
	struct entrain_agent_info seen;
	uint32_t kind;       /* enum entrain_kind that drives it; 0: too little was seen to tell */
	int64_t interval_ns; /* median from begin to begin; 0: not known */
	int64_t mean_ns;     /* the mean of those that were counted; 0: none was */
	int64_t rest_ns;     /* median from end to begin */
	int64_t spread_ns; /* nine of ten of what is steadier of the two are this near to its median */
	uint64_t actions; /* that were seen */
	uint64_t lost;
	int64_t began_ns;                  /* its last one */
	int64_t action_ns, action_most_ns; /* median, longest */
	unsigned met;                      /* most at once during its actions; 0: not known */
	int64_t works_ns[GAIN_SAMPLES];    /* how long they took */
	unsigned mets[GAIN_SAMPLES];       /* and what each of them met */
	int64_t strays_ns[GAIN_SAMPLES];   /* how far from its rhythm it came */
	unsigned works, strays;
	int fits; /* 1: as the forecast's swarm would have it; else it is left alone */
	unsigned met_least, met_most; /* in the forecast */
};

/* Actions that met so many others, by how many: alone, two at once, ... */
struct gain_level {
	uint64_t actions;
	int64_t action_ns; /* median */
};

/* What a swarm is set to, as far as it matters here. */
struct gain_setting {
	uint32_t kind;
	int64_t period_ns;
	uint32_t band_ppm;
	uint32_t cap_ppm; /* of the period */
	uint32_t goal;
};

/* What comes of it, over GAIN_SEEDS simulations. */
struct gain_forecast {
	int made;
	struct gain_setting setting;
	unsigned hosts;       /* that fit */
	unsigned least, most; /* at once: least of a typical period, most of all */
	double mean;          /* of all periods, in the runs in which actions take what they took */
	int64_t hold_ns, hold_most_ns; /* how long a turn is held, once all are in place */
	double slower;                 /* how much longer an interval is, as a share */
	unsigned settle;               /* cycles that were left out: until then they come apart */
};

enum gain_verdict {
	GAIN_UNKNOWN, /* too little was seen */
	GAIN_NO_RHYTHM,
	GAIN_ALONE,    /* one host */
	GAIN_ACTS,     /* it is acting already */
	GAIN_APART,    /* no more at once than with it */
	GAIN_SHORT,    /* so short that they help each other */
	GAIN_FREE,     /* they do not slow each other down */
	GAIN_TOGETHER, /* the goal is to be together */
	GAIN_WORTH,
};

struct gain {
	const char *swarm;
	struct entrain_settings settings;
	int64_t window_ns; /* 0: from one picture */
	struct gain_host *hosts;
	unsigned count;
	uint64_t lost;
	unsigned observing; /* hosts that delay nothing */
	unsigned watched;   /* of them, those that were told to, whatever the swarm's mode */
	struct history_overlap now;
	struct gain_level levels[GAIN_LEVELS];
	int64_t calm_ns;         /* median of the few actions that met fewest; 0: not known */
	struct gain_setting set; /* as the swarm is set, with the rule's cap */
	int set_fits;            /* most hosts fit it */
	struct gain_forecast as_set, advised;
	enum gain_verdict verdict;
};

/* From what was seen over a while, or from one picture. gain_free() it. */
void gain_from_history(struct gain *gain, struct history *history, const struct picture *picture);
void gain_from_picture(struct gain *gain, const struct picture *picture);
void gain_free(struct gain *gain);

/* Forecasts, verdict; `cap_ppm`: the cap that is asked about, 0: the smallest that does. */
void gain_judge(struct gain *gain, uint32_t cap_ppm);

/* How many actions of it there are a minute; of who comes by nothing regular, the usual interval does not say. 0: not known. */
double gain_per_minute(const struct gain_host *host);

/* For people, and as members of the open object. */
void gain_print(const struct gain *gain, FILE *out);
void gain_json(const struct gain *gain, struct json *json);

/* The name of a verdict ("worth"), and what it means in a sentence or two. */
const char *gain_verdict_name(enum gain_verdict verdict);
const char *gain_verdict_text(enum gain_verdict verdict);

#endif
