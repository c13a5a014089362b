/* SPDX-License-Identifier: MIT */
/*
 * report.h - what the plugin lays open in its host's memory, for `entrainctl check PID` to read.
 *
 * Fixed widths only, and no pointer but addresses that the reader checks: the two sides may be of different versions.
 */
#ifndef PRELOAD_REPORT_H
#define PRELOAD_REPORT_H

#include <stdint.h>

#define PRELOAD_MAGIC \
	"entrain preload" /* 16 bytes with its end; in memory the report alone has it */
#define PRELOAD_ABI 2u
#define PRELOAD_RULES 16
#define PRELOAD_CALLS 10 /* as ENTRAIN_CALL_COUNT */

enum preload_state {
	PRELOAD_OFF,   /* every call passes; `why` says why */
	PRELOAD_ARMED, /* there are rules for this executable */
};

/* Where a rule stands in this process. */
enum preload_stand {
	PRELOAD_UNUSED,   /* fewer than two calls matched */
	PRELOAD_JOINED,   /* it has a slot */
	PRELOAD_OUT,      /* it could not take one: `code` */
	PRELOAD_OFF_BEAT, /* its calls do not fit the swarm: left alone */
	PRELOAD_WATCHED,  /* it is counted only: no swarm to be in */
};

struct preload_rule_report {
	char name[64], swarm[72];
	uint32_t action; /* enum entrain_action, as it is done */
	uint32_t calls;
	uint32_t attach_code; /* enum entrain_code of the attempt at start */
	uint32_t reserved;
};

/* Of the whole program image; the same in its children. */
struct preload_report {
	char magic[16];
	uint64_t self; /* its own address */
	uint32_t size, abi;
	uint32_t state, rules;
	uint64_t counts; /* address of struct preload_counts */
	uint64_t counts_size;
	char why[160];
	char exe[256];
	struct preload_rule_report rule[PRELOAD_RULES];
};

struct preload_rule_counts {
	uint64_t matched; /* calls */
	uint64_t bursts;  /* of them, that began a burst */
	uint64_t held;    /* bursts that were held */
	uint64_t held_ns, held_max_ns;
	uint64_t took_ns, took_max_ns; /* the calls themselves */
	uint64_t busy;                 /* calls that passed because another thread had the agent */
	uint64_t acted;                /* bursts whose action was measured ... */
	uint64_t acted_ns,
		acted_max_ns;   /* from the begin of the first call to the end of the last */
	uint64_t interval_ns;   /* median from burst to burst; 0: not known yet */
	uint64_t spread_ns;     /* from the shortest to the longest of the last ones */
	uint32_t stand;         /* enum preload_stand */
	uint32_t code;          /* enum entrain_code of the last claim */
	uint32_t rhythm;        /* enum entrain_kind recognised; 0: not yet */
	uint32_t thread_bursts; /* in a row that `thread` began; 0: names are not asked for */
	char thread[16];
};

/* Of one process: all zero in a child. */
struct preload_counts {
	uint64_t here; /* 1 in the process that wrote it; 0: a child that has made no call yet */
	uint64_t seen[PRELOAD_CALLS]; /* calls that came by, under a rule or not */
	struct preload_rule_counts rule[PRELOAD_RULES];
};

#endif
