/* SPDX-License-Identifier: MIT */
/*
 * layout.h - what lies where in the shared objects of a swarm.
 *
 * /entrain.NAME.control   struct shm_control                       only its owner writes it
 * /entrain.NAME.agents    struct shm_agents, then struct shm_slot[] agents write their own slot, and their ring
 *
 * Only fixed-width integers live here. The listing of fields in layout.c is the table of field, unit
 * and writer; a test compares offsets and sizes with tests/unit/layout.golden. A change there changes the ABI.
 */
#ifndef ENTRAIN_LAYOUT_H
#define ENTRAIN_LAYOUT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "entrain.h"

#define SHM_CONTROL_MAGIC UINT64_C(0x006c7274636e6565) /* "eencrtl" */
#define SHM_AGENTS_MAGIC UINT64_C(0x0074676100006e65)  /* "en..agt" */

/* Major: readers of another major refuse. Minor: fields were added where zero means "not there". */
#define SHM_ABI_MAJOR 2u
#define SHM_ABI_MINOR 0u

/* A swarm takes 256 bytes an agent and 64 KiB: what is left of those beside control and the bitmap is the flight recorders of the
 * slots that are claimed first. */
#define SHM_CONTROL_SIZE 4096u
#define SHM_SLOT_SIZE 256u
#define SHM_AGENTS_OFFSET (65536u - SHM_CONTROL_SIZE) /* of the first slot */
#define SHM_BITMAP_WORDS (ENTRAIN_CAPACITY_MAX / 64u)
#define SHM_RINGS 200u      /* slots with a ring of their own there */
#define SHM_RING_EVENTS 16u /* in each */
#define SHM_SLOT_EVENTS 1u  /* in each of the slots beyond, within the slot */

/* Bytes of the agents object for a capacity. */
#define SHM_AGENTS_SIZE(capacity) (SHM_AGENTS_OFFSET + (uint64_t)(capacity)*SHM_SLOT_SIZE)

/* The head of both objects. All but `magic` is written before magic is published and never changes. */
struct shm_header {
	_Atomic uint64_t magic; /* [L1] stored last, with release: the object is complete */
	uint32_t abi_major;
	uint32_t abi_minor;
	uint64_t creation_id; /* random; the same in both objects of a swarm */
	uint8_t boot_id[16];
	uint32_t header_size; /* sizeof the struct that follows from here on, for this version */
	uint32_t slot_size;
	uint64_t slots_offset;
	uint64_t created_ns;     /* CLOCK_REALTIME */
	int64_t clock_offset_ns; /* of the creator's time namespace */
	uint32_t creator_pid;    /* for people only */
	uint32_t access;         /* permission bits that the objects were made with */
	uint32_t uid, gid;       /* owner that they were made for */
};

/* What an administrator sets, live. Each word is valid by itself; none is used without a check. */
struct shm_settings {
	_Atomic uint32_t mode;     /* enum entrain_mode */
	_Atomic uint32_t goal;     /* enum entrain_goal */
	_Atomic uint32_t kind;     /* enum entrain_kind */
	_Atomic uint32_t capacity; /* [L2] slots that exist; release after the object grew */
	_Atomic int64_t period_ns;
	_Atomic uint32_t band_ppm;
	_Atomic uint32_t target_ppm;
	_Atomic int64_t max_delay_ns;
	_Atomic uint32_t max_delay_ppm;
	_Atomic uint32_t removed; /* 1: the swarm is gone; agents leave it at their next turn */
	_Atomic uint64_t
		topology; /* [L3] SHM_TOPOLOGY_*: generation and kind; release after its object */
	_Atomic uint64_t changes; /* how often anything here was set */
	_Atomic uint64_t
		disruption; /* SHM_DISRUPTION_*: the last request to scatter; 0: none yet */
};

struct shm_control {
	struct shm_header header;
	uint8_t reserved1[128 - sizeof(struct shm_header)];
	_Atomic uint64_t
		holder; /* [L5] of the lock of administrators, where a read lock is in its way: lock.c */
	uint8_t reserved2[256 - 136];
	struct shm_settings settings;
};

/*
 * A word that names its writer: the low 16 bits of the owner's incarnation above 48 bits of value. A store
 * into a slot is a compare-and-swap from the word last seen there (slot.c), so that a former owner who wakes
 * up cannot write into its successor's slot: the successor has replaced every word by one of its own.
 * Instants are no exception (tests/model shows why): they count 64 ns, modulo 208 days, and are read as
 * the one nearest to now.
 */
typedef _Atomic uint64_t shm_tagged;

enum shm_copy_word {
	COPY_CUR,      /* instant: scheduled instant of the present (last) turn */
	COPY_NEXT,     /* instant: planned instant of the next */
	COPY_PERIOD,   /* ns: own period */
	COPY_WORK,     /* ns: how long its action takes, as others plan for it; 0: not known yet */
	COPY_DELAY,    /* ns: how much of next is delay */
	COPY_STATUS,   /* goal, strategy, kind, pattern, flags, way: see SHM_STATUS_* */
	COPY_TOPOLOGY, /* generation followed (32), energy in 1/512 (16) */
	COPY_WORDS
};

/* What is published together, once a turn; two of them, flipped by the version. */
struct shm_copy {
	shm_tagged word[COPY_WORDS];
};

enum shm_fact_word {
	/* identity, written at join */
	FACT_START,     /* the process's start time, clock ticks since boot */
	FACT_PID_SPACE, /* inode of its pid namespace */
	FACT_NAME1,
	FACT_NAME2,
	FACT_NAME3, /* role: 6 bytes a word */
	FACT_LABEL1,
	FACT_LABEL2, /* trace label */
	/* statistics, written at turns: two in a word where one of them need not be exact, see pair_make() */
	FACT_TURNS,       /* turns (32, modulo), and those left out because they had passed (16) */
	FACT_ACTION,      /* ns: the last one's, and running mean */
	FACT_DELAY,       /* ns: the last one's, and the longest */
	FACT_DELAY_TOTAL, /* us */
	/* ns of lateness, the running mean of begin - scheduled (24); actions in progress that it saw when its last one began,
	 * with itself (24; 0: it has not acted yet) */
	FACT_OVERLAP,
	FACT_WORDS
};
#define FACT_IDENTITY_END FACT_TURNS

/*
 * One event of the flight recorder. Its writer clears what, writes when, then what again with release; so one that was
 * being written at a death reads as 0 and is lost, like the oldest always is. The next owner of the slot goes on
 * in the same ring: the tag says whose an event is.
 */
struct shm_event {
	shm_tagged when; /* instant */
	shm_tagged what; /* [E1] SHM_EVENT_*: number (8), kind (8), value (32); 0: none */
};

/* One agent. The first 128 bytes are what a step reads, the rest is identity, statistics, and what happened. */
struct shm_slot {
	/* pid (22 bits, 0 = free), incarnation (18), sequence (24; 0 = claimed, nothing published). The low
	 * bit of the sequence selects the copy that is valid. */
	_Atomic uint64_t version;
	shm_tagged
		acting; /* instant (64 ns, 47 bits) its last action began, and 1 while it lasts */
	struct shm_copy copy[2];
	/* identity and statistics */
	shm_tagged fact[FACT_WORDS];
	shm_tagged barrier; /* [B1] rounds of the barrier that it has reached; 0: takes no part */
	shm_tagged
		rhythm; /* RHYTHM_*: what its host comes by, as far as it was found out; 0: not said */
	struct shm_event event[SHM_SLOT_EVENTS]; /* the recorder of a slot that has no other */
};

struct shm_agents {
	struct shm_header header;
	uint8_t reserved1[256 - sizeof(struct shm_header)];
	uint8_t reserved2[1024 - 256]; /* barrier.h */
	/* [D1] When the door of drifting hosts is free next: the one word that several agents write, each by compare-and-swap
	 * over what it was reckoned from. Any value will do: see strategy/door.h. */
	_Atomic int64_t door;
	uint8_t reserved3[2048 - 1032];
	/* Hint: bit i is set while slot i is probably occupied. Set by who claims, cleared by who frees,
	 * repaired by the slot's owner at each turn; being wrong costs time, never correctness. */
	_Atomic uint64_t occupied[SHM_BITMAP_WORDS];
	/* The flight recorders of the first slots, which are those that a swarm uses while it has no more agents. */
	struct shm_event ring[SHM_RINGS][SHM_RING_EVENTS];
};

/* COPY_STATUS, 48 bits. */
#define SHM_STATUS_GOAL(word) ((uint32_t)(word)&0x1f)              /* enum entrain_goal */
#define SHM_STATUS_STRATEGY(word) ((uint32_t)((word) >> 5) & 0x3f) /* enum strategy */
#define SHM_STATUS_KIND(word) ((uint32_t)((word) >> 11) & 0x7)     /* enum entrain_kind */
#define SHM_STATUS_PATTERN(word) ((uint32_t)((word) >> 14) & 0x3)  /* enum decide_rule it follows */
#define SHM_STATUS_OBSERVES (UINT64_C(1) << 16)                    /* delays nothing */
#define SHM_STATUS_CANNOT_FOLLOW \
	(UINT64_C(1) << 17)                      /* the topology cannot be opened: follows full */
#define SHM_STATUS_SCATTERED (UINT64_C(1) << 18) /* the last disruption moved it */
#define SHM_STATUS_REACHED (UINT64_C(1) << 19)   /* it sees the goal reached */
#define SHM_STATUS_WATCHES \
	(UINT64_C(1) << 20) /* delays nothing in any mode: its host is only watched */
#define SHM_STATUS_DISRUPTION(word) \
	((uint32_t)((word) >> 24) & 0xff) /* low bits of the request obeyed */
#define SHM_STATUS_WAY(word) \
	((uint32_t)((word) >> 32) & 0xffff) /* way to its target, 1/65536 turns */

static inline uint64_t status_make(uint32_t goal, uint32_t strategy, uint32_t kind,
				   uint32_t pattern, uint64_t flags, uint32_t disruption,
				   uint32_t way)
{
	return (uint64_t)(goal & 0x1f) | (uint64_t)(strategy & 0x3f) << 5 |
	       (uint64_t)(kind & 0x7) << 11 | (uint64_t)(pattern & 0x3) << 14 | flags |
	       (uint64_t)(disruption & 0xff) << 24 | (uint64_t)(way & 0xffff) << 32;
}

/*
 * shm_slot.rhythm, 48 bits: kind (3), spread (20: 15 above an exponent of 5), interval (25: 20 above an exponent of 5). A
 * duration is rounded down to what its digits hold: to a millionth, a spread to 1/16384.
 */
#define SHM_RHYTHM_KIND(word) ((uint32_t)((word) >> 45) & 0x7) /* enum entrain_kind */
#define SHM_RHYTHM_SPREAD_DIGITS 15
#define SHM_RHYTHM_INTERVAL_DIGITS 20

static inline uint64_t digits_pack(int64_t value_ns, int digits)
{
	uint64_t value = value_ns < 0 ? 0 : (uint64_t)value_ns, exponent = 0;

	while (value >> digits) {
		value >>= 1;
		exponent++;
	}
	return exponent > 31 ? (UINT64_C(1) << (digits + 5)) - 1 : value << 5 | exponent;
}

static inline int64_t digits_unpack(uint64_t word, int digits)
{
	return (int64_t)((word >> 5 & ((UINT64_C(1) << digits) - 1)) << (word & 31));
}

/* Two durations in a word, each rounded down to what 19 digits hold: to a 262,144th. */
#define SHM_PAIR_DIGITS 19
#define SHM_PAIR_BITS 24

static inline uint64_t pair_make(int64_t low_ns, int64_t high_ns)
{
	return digits_pack(low_ns, SHM_PAIR_DIGITS) | digits_pack(high_ns, SHM_PAIR_DIGITS)
							      << SHM_PAIR_BITS;
}

static inline int64_t pair_low_ns(uint64_t word)
{
	return digits_unpack(word, SHM_PAIR_DIGITS);
}

static inline int64_t pair_high_ns(uint64_t word)
{
	return digits_unpack(word >> SHM_PAIR_BITS, SHM_PAIR_DIGITS);
}

/* FACT_TURNS. Turns count modulo 2^32; of those missed 11 digits are kept: exact to 2047, then to a thousandth. */
#define SHM_MISSED_DIGITS 11

static inline uint64_t turns_make(uint64_t turns, uint64_t missed)
{
	return (turns & UINT32_MAX) | digits_pack((int64_t)missed, SHM_MISSED_DIGITS) << 32;
}

static inline uint64_t turns_missed(uint64_t word)
{
	return (uint64_t)digits_unpack(word >> 32, SHM_MISSED_DIGITS);
}

/* FACT_OVERLAP */
#define SHM_ACTED (UINT64_C(1) << SHM_PAIR_BITS) /* the least of who has acted */
#define SHM_OVERLAP(word) \
	((uint32_t)((word) >> SHM_PAIR_BITS) & 0xffffff) /* 0: it has not acted yet */

static inline uint64_t overlap_make(uint32_t overlap, int64_t lateness_ns)
{
	return digits_pack(lateness_ns, SHM_PAIR_DIGITS) | (uint64_t)(overlap & 0xffffff)
								   << SHM_PAIR_BITS;
}

static inline uint64_t rhythm_make(uint32_t kind, int64_t interval_ns, int64_t spread_ns)
{
	return (uint64_t)(kind & 0x7) << 45 |
	       digits_pack(spread_ns, SHM_RHYTHM_SPREAD_DIGITS) << 25 |
	       digits_pack(interval_ns, SHM_RHYTHM_INTERVAL_DIGITS);
}

static inline int64_t rhythm_interval_ns(uint64_t word)
{
	return digits_unpack(word, SHM_RHYTHM_INTERVAL_DIGITS);
}

static inline int64_t rhythm_spread_ns(uint64_t word)
{
	return digits_unpack(word >> 25, SHM_RHYTHM_SPREAD_DIGITS);
}

/* shm_settings.topology */
#define SHM_TOPOLOGY_KIND(word) \
	((uint32_t)(word)&0xff) /* enum topology_kind; 0: full, which has no object */
#define SHM_TOPOLOGY_GENERATION(word) ((uint64_t)(word) >> 8)

/* shm_settings.disruption: number (16, never 0), share of the agents in 1/65536 (17), seed (31) */
#define SHM_DISRUPTION_NUMBER(word) ((uint32_t)((uint64_t)(word) >> 48))
#define SHM_DISRUPTION_SHARE(word) ((uint32_t)((word) >> 31) & 0x1ffff)
#define SHM_DISRUPTION_SEED(word) ((uint32_t)(word)&0x7fffffff)

/* shm_event.what, 48 bits */
#define SHM_EVENT_NUMBER(word) \
	((uint32_t)((word) >> 40) & 0xff) /* counts up in the ring, modulo 256 */
#define SHM_EVENT_KIND(word) \
	((uint32_t)((word) >> 32) & 0xff) /* enum entrain_event_kind, never 0 */
#define SHM_EVENT_VALUE(word) ((uint32_t)(word))

_Static_assert(sizeof(struct shm_header) == 88, "header");
_Static_assert(offsetof(struct shm_control, holder) == 128, "control.holder");
_Static_assert(offsetof(struct shm_control, settings) == 256, "control.settings");
_Static_assert(sizeof(struct shm_control) <= SHM_CONTROL_SIZE, "control fits");
_Static_assert(offsetof(struct shm_agents, door) == 1024, "agents.door");
_Static_assert(offsetof(struct shm_agents, occupied) == 2048, "agents.occupied");
_Static_assert(offsetof(struct shm_agents, ring) == 10240, "agents.ring");
_Static_assert(sizeof(struct shm_agents) == SHM_AGENTS_OFFSET, "slots follow");
_Static_assert(sizeof(struct shm_copy) == 56, "copy");
_Static_assert(offsetof(struct shm_slot, acting) == 8, "slot.acting");
_Static_assert(offsetof(struct shm_slot, copy) == 16, "slot.copy");
_Static_assert(offsetof(struct shm_slot, fact) == 128, "slot.fact");
_Static_assert(offsetof(struct shm_slot, barrier) == 224, "slot.barrier");
_Static_assert(offsetof(struct shm_slot, rhythm) == 232, "slot.rhythm");
_Static_assert(offsetof(struct shm_slot, event) == 240, "slot.event");
_Static_assert(sizeof(struct shm_slot) == SHM_SLOT_SIZE, "slot");
_Static_assert(SHM_CONTROL_SIZE + SHM_AGENTS_OFFSET == 65536, "64 KiB besides the slots");

/* ---- packing --------------------------------------------------------------------------- */

#define SHM_VALUE_BITS 48
#define SHM_VALUE_MAX ((UINT64_C(1) << SHM_VALUE_BITS) - 1)
#define SHM_PID_MAX ((1u << 22) - 1)
#define SHM_INCARNATION_MASK ((1u << 18) - 1)
#define SHM_SEQUENCE_MASK ((1u << 24) - 1)

static inline uint64_t version_make(uint32_t pid, uint32_t incarnation, uint32_t sequence)
{
	return (uint64_t)pid << 42 | (uint64_t)(incarnation & SHM_INCARNATION_MASK) << 24 |
	       (sequence & SHM_SEQUENCE_MASK);
}

static inline uint32_t version_pid(uint64_t version)
{
	return (uint32_t)(version >> 42);
}

static inline uint32_t version_incarnation(uint64_t version)
{
	return (uint32_t)(version >> 24) & SHM_INCARNATION_MASK;
}

static inline uint32_t version_sequence(uint64_t version)
{
	return (uint32_t)version & SHM_SEQUENCE_MASK;
}

/* The version after one more publish: sequence 0 is left out when it wraps. Keeps the parity alternating:
 * the largest sequence is odd, its successor is 2. */
static inline uint64_t version_next(uint64_t version)
{
	uint32_t sequence = version_sequence(version);

	return version_make(version_pid(version), version_incarnation(version),
			    sequence == SHM_SEQUENCE_MASK ? 2 : sequence + 1);
}

static inline uint64_t tagged_make(uint64_t version, uint64_t value)
{
	return (uint64_t)(version_incarnation(version) & 0xffff) << SHM_VALUE_BITS |
	       (value & SHM_VALUE_MAX);
}

/* Durations above what fits are the longest that does. */
static inline uint64_t tagged_duration(uint64_t version, int64_t duration_ns)
{
	uint64_t value = duration_ns < 0 ? 0 : (uint64_t)duration_ns;

	return tagged_make(version, value > SHM_VALUE_MAX ? SHM_VALUE_MAX : value);
}

static inline uint64_t tagged_value(uint64_t word)
{
	return word & SHM_VALUE_MAX;
}

/* Instants are published in grains of 64 ns; their owner uses them so too, that all see the same. */
#define SHM_GRAIN_SHIFT 6

static inline int64_t instant_grained(int64_t instant_ns)
{
	return (int64_t)((uint64_t)instant_ns >> SHM_GRAIN_SHIFT << SHM_GRAIN_SHIFT);
}

/* The low `bits` of the grain count, and back: the instant nearest to now that has them. */
static inline uint64_t instant_pack(int64_t instant_ns, int bits)
{
	return (uint64_t)instant_ns >> SHM_GRAIN_SHIFT & ((UINT64_C(1) << bits) - 1);
}

static inline int64_t instant_unpack(uint64_t value, int bits, int64_t now_ns)
{
	uint64_t now = (uint64_t)now_ns >> SHM_GRAIN_SHIFT;
	int64_t ahead = (int64_t)((value - now) << (64 - bits)) >> (64 - bits);

	return (int64_t)((now + (uint64_t)ahead) << SHM_GRAIN_SHIFT);
}

static inline uint64_t tagged_instant(uint64_t version, int64_t instant_ns)
{
	return tagged_make(version, instant_pack(instant_ns, SHM_VALUE_BITS));
}

static inline uint64_t acting_make(uint64_t version, int64_t began_ns, bool acting)
{
	return tagged_make(version, instant_pack(began_ns, SHM_VALUE_BITS - 1) << 1 | acting);
}

static inline int64_t acting_began_ns(uint64_t word, int64_t now_ns)
{
	return instant_unpack(tagged_value(word) >> 1, SHM_VALUE_BITS - 1, now_ns);
}

/* ---- checks: pure functions over a local copy ------------------------------------------ */

/* A copy of the words of a header, made by one read of each. */
struct header_copy {
	uint64_t magic;
	struct shm_header fields; /* magic in it unused */
};

/* What the reader expects of this host and process. */
struct header_expectation {
	uint64_t magic;
	const uint8_t *boot_id;
	int64_t clock_offset_ns;
	uint64_t file_size;
	uint64_t least_size;  /* of the object */
	uint64_t creation_id; /* 0: any */
};

/* ENTRAIN_OK, NOT_READY (no magic yet), FOREIGN, TRUNCATED, TOO_NEW, TOO_OLD, OTHER_BOOT, CLOCK, UNSOUND. */
enum entrain_code header_check(const struct header_copy *copy,
			       const struct header_expectation *expectation);

/* Copy the live settings, each word read once; what is out of range makes ENTRAIN_UNSOUND. `file_size`
 * of the agents object bounds the capacity; 0: not known any more. */
enum entrain_code settings_load(const struct shm_settings *shared, uint64_t agents_size,
				struct entrain_settings *settings);

/* One row a field, for the golden test and the manual. */
struct layout_row {
	const char *object, *field, *unit, *writer;
	uint32_t offset, size;
};
const struct layout_row *layout_row(unsigned index);

#endif
