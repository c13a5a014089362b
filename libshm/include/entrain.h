/* SPDX-License-Identifier: MIT */
/*
 * entrain.h - worker processes of one host as oscillators in a swarm.
 *
 * Workers that do the same thing on the same period (flush, fsync, checkpoint)
 * join a swarm by name. Each sees the others' turns in shared memory and
 * moves only its own, until the turns are spread evenly, or meet, as the swarm's
 * goal says. There is no leader, no daemon and no lock.
 *
 *	struct entrain_agent *agent = entrain_join("web", NULL, NULL);
 *	while (entrain_wait(agent) == 0) {
 *		entrain_begin(agent);
 *		flush();
 *		entrain_end(agent);
 *	}
 *	entrain_leave(agent);
 *
 * What holds for every function unless its own lines say otherwise:
 *
 * Units    Durations and instants are int64_t nanoseconds, names end in _ns.
 *          Instants are of CLOCK_MONOTONIC. Shares are parts per million
 *          of a period, names end in _ppm. Phase is in turns, 0 <= phase < 1.
 * Returns  0, or a positive enum entrain_code; functions that return a pointer
 *          return NULL on failure. errno is left as it was found.
 * Errors   A function with a parameter `error` fills it on failure; NULL is allowed.
 * Owner    The caller owns every struct it passes in; the library keeps no pointer to
 *          it after the call. Handles are owned by the library until entrain_leave() or
 *          entrain_close().
 * Threads  A handle belongs to one thread at a time; different handles may be used by
 *          different threads at once. Functions without a handle may be called at any time.
 * Signals  Only entrain_cancel() may be called from a signal handler.
 * Fork     A handle belongs to the process that made it. In a child of fork() or of a
 *          raw clone every call on it returns ENTRAIN_FORKED and touches nothing, until
 *          entrain_rejoin(). A child of vfork() must call nothing of this library.
 * Prints   The library prints nothing, never exits and installs no signal handler.
 */
#ifndef ENTRAIN_H
#define ENTRAIN_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define ENTRAIN_API __attribute__((visibility("default")))
#else
#define ENTRAIN_API
#endif

/* Version of this header; that of the library that runs is entrain_version(). */
#define ENTRAIN_VERSION_TEXT "0.1.0"

/* ---- errors --------------------------------------------------------------------------- */

/*
 * The one table of what can go wrong: name, message, what to do about it, exit status of
 * entrainctl. The enum, entrain_code_text(), the manual and the tool are made from it.
 */
#define ENTRAIN_CODES(X) \
	X(OK, "done", "", 0) \
	X(CANCELED, "the wait was cancelled", "", 1) \
	X(TIMEOUT, "the deadline passed", "", 1) \
	X(FORKED, "the handle belongs to the parent process", \
	  "call entrain_rejoin() or entrain_join() in the child", 1) \
	X(USAGE, "not a valid value", "", 2) \
	X(CONFIG, "the configuration is wrong", \
	  "entrainctl check --config FILE lists every finding", 2) \
	X(NO_SWARM, "no such swarm", "create it: entrainctl create SWARM", 3) \
	X(PERMISSION, "not permitted", \
	  "run as the swarm's owner or root, or create it with --group", 4) \
	X(FOREIGN, "the object belongs to somebody else or is not a swarm's", \
	  "see who made it with ls -li; remove it, or choose another name or ENTRAIN_DIR", 4) \
	X(EXISTS, "the swarm exists already", \
	  "use --if-missing, or remove it first: entrainctl rm SWARM", 1) \
	X(NOT_READY, "the swarm is being created and not ready yet", "try again in a moment", 1) \
	X(HALF_MADE, "its creator died half-way", "create it again: entrainctl create SWARM", 1) \
	X(UNSOUND, "the segment is unsound", \
	  "look with: entrainctl check SWARM; then rm and create it again", 1) \
	X(TRUNCATED, "the object is shorter than its header says", \
	  "rm and create the swarm again; nothing may truncate a swarm's objects", 1) \
	X(OTHER_BOOT, "the segment is of another boot of this host", \
	  "rm and create the swarm again", 1) \
	X(CLOCK, "this process sees another monotonic clock than the swarm", \
	  "a time namespace shifts it: run entrain inside only one of them", 1) \
	X(NOT_EMPTY, "agents are alive in the swarm", "stop them, or leave out --when-empty", 1) \
	X(FULL, "no slot is free", \
	  "free those of dead agents: entrainctl reap SWARM; or create it with a larger " \
	  "--capacity", \
	  5) \
	X(NO_SPACE, "no space for the segment", \
	  "free some, enlarge the tmpfs (mount -o remount,size=...), or use ENTRAIN_DIR", 5) \
	X(LIMIT, "a limit of this process is in the way", "see ulimit -a", 5) \
	X(SYSTEM, "the system refused", "", 5) \
	X(TOO_NEW, "the segment was made by a newer entrain", "update this side", 6) \
	X(TOO_OLD, "the segment was made by an older entrain", \
	  "restart what uses the swarm, then rm and create it again", 6)

enum entrain_code {
#define ENTRAIN_CODE_ENUM(name, text, hint, status) ENTRAIN_##name,
	ENTRAIN_CODES(ENTRAIN_CODE_ENUM)
#undef ENTRAIN_CODE_ENUM
		ENTRAIN_CODE_COUNT
};

/* What went wrong, on which object, and why. Texts are always terminated, printable ASCII. */
struct entrain_error {
	enum entrain_code code;
	int os_error;     /* errno of the call that failed, or 0 */
	char what[48];    /* what was tried: "open swarm" */
	char object[256]; /* on what: a path, a key, file:line */
	char why[256];    /* why it failed, in a sentence */
};

/* The message of a code, what to do about it ("" if nothing), and entrainctl's exit status for it.
 * Never NULL, also for values that are no code. Threads, Signals: safe. */
ENTRAIN_API const char *entrain_code_text(enum entrain_code code);
ENTRAIN_API const char *entrain_code_hint(enum entrain_code code);
ENTRAIN_API int entrain_code_status(enum entrain_code code);

/* ---- words ---------------------------------------------------------------------------- */

/* How a host comes to its turns (one kind a swarm). 0 in options: as the swarm. */
enum entrain_kind {
	ENTRAIN_KIND_SWARM,
	ENTRAIN_TAKEN,    /* takes its instants from us: a delay is not carried on */
	ENTRAIN_RELATIVE, /* sleeps a period after its last action: a delay shifts it for good */
	ENTRAIN_GRID,     /* its instants come from a clock: a delay must be paid each cycle */
	ENTRAIN_DRIFTING, /* comes whenever it likes: queues at the door, see entrain_wait() */
};

/* What an operator lets the swarm do; agents obey at once. */
enum entrain_mode {
	ENTRAIN_ACT = 1, /* coordinate */
	ENTRAIN_OBSERVE, /* publish and measure, delay nothing */
	ENTRAIN_OFF,     /* as if entrain were not there: own period, no delay */
};

/* The eight goals of Emerge. */
enum entrain_goal {
	ENTRAIN_MINIMIZE_API_CALLS = 1, /* alias batch: all together */
	ENTRAIN_DISTRIBUTE_LOAD,        /* alias spread: evenly apart */
	ENTRAIN_REACH_CONSENSUS,        /* groups */
	ENTRAIN_MINIMIZE_LATENCY,       /* all together, soonest */
	ENTRAIN_SAVE_ENERGY,
	ENTRAIN_MAINTAIN_RHYTHM,
	ENTRAIN_RECOVER_FROM_FAILURE, /* evenly apart, soonest */
	ENTRAIN_ADAPT_TO_TRAFFIC,
	ENTRAIN_GOAL_COUNT
};

enum entrain_state {
	ENTRAIN_IDLE,   /* between two turns */
	ENTRAIN_ACTING, /* in its turn */
	ENTRAIN_STALE, /* silent beyond its turn, but its process exists or cannot be proven dead */
	ENTRAIN_DEAD,  /* its process is gone; the slot can be reaped */
};

/* The words that users type and read: "taken", "act", "distribute-load", "idle", "splay" ("none": it has decided nothing yet;
 * "own": the application's), and the metric that a goal is judged by: "evenness", "coherence", "order", "rhythm", "load".
 * "?" for values that are none. Threads, Signals: safe. */
ENTRAIN_API const char *entrain_kind_name(int kind);
ENTRAIN_API const char *entrain_mode_name(int mode);
ENTRAIN_API const char *entrain_goal_name(int goal);
ENTRAIN_API const char *entrain_state_name(int state);
ENTRAIN_API const char *entrain_strategy_name(int strategy);
ENTRAIN_API const char *entrain_metric_name(int goal);

/* Version of the library, and of the segment's layout ("2.0"). */
ENTRAIN_API const char *entrain_version(void);
ENTRAIN_API const char *entrain_abi(void);

/* Now, as the library counts it: CLOCK_MONOTONIC in ns. Threads, Signals, Fork: safe. */
ENTRAIN_API int64_t entrain_now_ns(void);

/* ---- agents: for workers -------------------------------------------------------------- */

struct entrain_agent;

/* Join flags. */
#define ENTRAIN_CREATE \
	1u /* create the swarm, with `settings` or the defaults, where it is missing */
#define ENTRAIN_SEALED 2u /* take all that is needed now, but no slot: see entrain_claim() */
#define ENTRAIN_WATCH \
	4u /* publish and measure, and delay nothing in any mode: a host that is only watched */

struct entrain_settings;

/* How to join. Start from ENTRAIN_OPTIONS; what stays 0 or NULL is the default. */
struct entrain_options {
	uint32_t size;     /* sizeof, set by ENTRAIN_OPTIONS */
	uint32_t flags;    /* ENTRAIN_CREATE, ENTRAIN_SEALED, ENTRAIN_WATCH */
	const char *dir;   /* directory of the objects; default: as of entrain_create() */
	const char *name;  /* role, up to 18 bytes; default: the program's name */
	const char *label; /* trace label, up to 12 bytes, carried by status and events */
	const struct entrain_settings *settings; /* for ENTRAIN_CREATE */
	uint32_t kind;                           /* enum entrain_kind */
	uint32_t max_delay_ppm;   /* the most this agent is delayed a cycle; default and, but on a
				 * grid, limit: the swarm's */
	int64_t max_delay_ns;     /* the same as a duration; at most one of the two */
	int64_t period_ns;        /* own period; default: the swarm's. Outside the band: off-beat */
	int64_t ready_timeout_ns; /* how long to wait for a swarm in creation; default 2 s */
	uint32_t trust_owner;     /* nonzero: objects of user `owner` are accepted too */
	uint32_t owner;           /* default: objects of this user and of root only */
	/* Tried first whatever the goal, by name: built in or registered, else ENTRAIN_USAGE. NULL: the goal's. */
	const char *strategy;
	/* Nonzero: look up first whether the owners of the slots live, free those that are proven dead, then place the turn: for
	 * workers that replace others. Reads /proc once an agent. Without it a dead one keeps its gap until its turn was missed. */
	uint32_t probe;
};
#define ENTRAIN_OPTIONS \
	{ \
		.size = sizeof(struct entrain_options) \
	}

/*
 * Join swarm `swarm` ("default" if NULL): claims the lowest free slot and places the first turn in
 * the middle of the largest gap. `options` may be NULL.
 * Returns  the agent, or NULL: ENTRAIN_NO_SWARM, FULL, NOT_READY, HALF_MADE, PERMISSION, FOREIGN,
 *          TRUNCATED, UNSOUND, OTHER_BOOT, CLOCK, TOO_NEW, TOO_OLD, USAGE, SYSTEM, LIMIT, NO_SPACE.
 * Blocks   up to ready_timeout_ns where the swarm is being created; takes a process-private lock.
 * Allocates memory for the handle and its scratch (mapped, touched as far as agents are alive).
 *          The first agent of a process in a swarm maps its objects; later ones share the mapping.
 * Fork     a child may join whatever another thread of the parent held at the fork.
 */
ENTRAIN_API struct entrain_agent *
entrain_join(const char *swarm, const struct entrain_options *options, struct entrain_error *error);

/*
 * Sleep until this agent's turn.
 * Returns  0 it is the turn; ENTRAIN_CANCELED after entrain_cancel() (once for each burst of
 *          calls); ENTRAIN_FORKED; ENTRAIN_USAGE for NULL.
 *          A turn always comes: if the slot was lost or the swarm removed, the agent keeps its own
 *          period and joins again as soon as it can (see entrain_joined()).
 * Drifting hosts have no next turn to wait for: they call this when there is something to do, and then act. It returns when those
 *          who came before are expected to be done, at most max_delay later; at once where that would be longer, and where the
 *          goal is to be together. Who gives the wait up keeps its place for a period; entrain_pass()
 *          before the turn gives it up too, entrain_acted() after the action gives back what is left.
 *          (A worker that has no other clock than this would never pause: it is none of that kind.)
 * Blocks   until the turn: at most the period and max_delay, and where the agent just left a
 *          turn out, one period more. `set mode=off` ends a delay within 100 ms.
 *          A cancellation point of pthreads. Signals that are handled do not end the wait.
 * Wakeups  none but the turn; while the turn is being delayed one each 50 ms at most.
 */
ENTRAIN_API int entrain_wait(struct entrain_agent *agent);

/* The same, but not beyond `deadline_ns`: then ENTRAIN_TIMEOUT, and the turn stands. */
ENTRAIN_API int entrain_wait_until(struct entrain_agent *agent, int64_t deadline_ns);

/*
 * End the present or next entrain_wait() of this agent.
 * Signals  async-signal-safe. Threads: from any thread while the handle exists. No wakeup is lost:
 *          called before the wait, it ends the wait that follows.
 */
ENTRAIN_API void entrain_cancel(struct entrain_agent *agent);

/*
 * Say that the action of this turn begins. A taken or grid host looks at the others here and plans
 * its next turn (a relative host does so in entrain_end()).
 * Returns  0, ENTRAIN_FORKED, ENTRAIN_USAGE.
 * Blocks   never; no lock, no allocation, and no system call while no agent is overdue, but for the two that
 *          arm a timerfd where there is one, and those that map a topology that was just published. If an agent is
 *          overdue, one such process is looked up after planning, and its slot freed if it is dead.
 * Source   SPREAD: one-sided Kolmogorov-Smirnov distance to an even spread; SYNC: largest gap; where only neighbours are
 *          seen: the middle of a gap that is as large as any (after Degesys and Nagpal 2008); drifting hosts: a generic cell
 *          rate algorithm (ITU-T I.371); see doc/algorithms.md.
 */
ENTRAIN_API int entrain_begin(struct entrain_agent *agent);

/* Say that the action is over, and measure how long it took. A relative host plans its next turn
 * here. Returns and blocks as entrain_begin(); without a begin it does nothing and returns 0. */
ENTRAIN_API int entrain_end(struct entrain_agent *agent);

/*
 * Take this turn without an action that begins and ends here, and plan the next: for turns with nothing to do, and for hosts that
 * do not act themselves, but ask somebody else to, or are told afterwards. Between entrain_begin() and entrain_end() it does
 * nothing. Returns and blocks as entrain_begin(). Of a relative host the next turn is a period from now; a drifting one has none.
 */
ENTRAIN_API int entrain_pass(struct entrain_agent *agent);

/*
 * Say that an action took place, from `began_ns` to `ended_ns`, whoever did it: its time is learnt and shown as if entrain_begin()
 * and entrain_end() had been called then, and compared with those of the others. Plans nothing: see entrain_pass().
 * Returns  0; ENTRAIN_USAGE unless began_ns <= ended_ns <= now, and after the last action's beginning, and within an
 *          entrain_begin(); ENTRAIN_FORKED. Blocks: never; no lock, no allocation, no system call.
 */
ENTRAIN_API int entrain_acted(struct entrain_agent *agent, int64_t began_ns, int64_t ended_ns);

/* The instant of this agent's next turn, for hosts with a timer of their own; INT64_MAX for NULL, in
 * a forked child, or of a drifting host that is not at the door. Ask again after each entrain_begin()/entrain_end(). Such a host calls entrain_due() when its timer
 * fires: `set mode=off` cannot reach its timer, and a lost slot or a removed swarm is noticed, and joined again, in
 * calls that wait or ask only. */
ENTRAIN_API int64_t entrain_next_turn_ns(const struct entrain_agent *agent);

/* When to call entrain_due() next, for hosts with a timer of their own; INT64_MAX where there is no next turn (NULL, a forked
 * child, a relative host within its action, a drifting one that is not at the door). It is the next turn, or, where that is being delayed, at most 50 ms from now or
 * from where the delay began: so `set mode=off` is obeyed without a descriptor. Ask again after each entrain_due() and
 * entrain_begin() (a relative host: entrain_end()). A timer that fires early does no harm. */
ENTRAIN_API int64_t entrain_wake_ns(const struct entrain_agent *agent);

/* Where in its cycle this agent is now, in turns: 0 <= phase < 1, as status shows it; -1 for NULL or in a forked child. */
ENTRAIN_API double entrain_phase(const struct entrain_agent *agent);

/*
 * A timerfd, readable when entrain_due() has something to say; armed anew by the library at each plan.
 * Made at the first call, owned by the agent, closed by entrain_leave(). Close-on-exec, non-blocking.
 * Returns  the descriptor, or -1 (errno says why).
 */
ENTRAIN_API int entrain_timerfd(struct entrain_agent *agent);

/*
 * For event loops, when the timerfd is readable: is it this agent's turn? Reads the timerfd and, when
 * the turn is still being delayed, arms it again (at most 50 ms ahead, so that `set mode=off` is obeyed). A drifting host asks
 * when there is something to do, and again whenever the timerfd is readable, until it is.
 * Returns  1 yes: call entrain_begin(), act, entrain_end(); 0 not yet.
 */
ENTRAIN_API int entrain_due(struct entrain_agent *agent);

/* 1 while the agent holds a slot; 0 while it keeps its own period alone (slot lost, swarm removed or
 * recreated: it tries to join again at its turns). `why` (may be NULL) says why not. */
ENTRAIN_API int entrain_joined(const struct entrain_agent *agent, enum entrain_code *why);

/* In a child of fork(): make the inherited handle the child's own, with a slot of its own. In the
 * process that owns it: join again if the slot was lost. Returns 0 or as entrain_join(). */
ENTRAIN_API int entrain_rejoin(struct entrain_agent *agent, struct entrain_error *error);

/*
 * Free what earlier resizes of the swarm left behind in this process. Hosts that never call entrain_wait(), and whose agents share
 * a swarm, may do so now and then; joining and leaving do it by themselves.
 * Returns 0, ENTRAIN_FORKED, ENTRAIN_USAGE.
 * Blocks  for the process-private lock, and until every thread that reads under liburcu-bp now has left its section: not from
 *         within one.
 */
ENTRAIN_API int entrain_quiesce(struct entrain_agent *agent);

/* Change the trace label (up to 12 bytes; NULL: none) that status and events show. Returns 0, ENTRAIN_FORKED, ENTRAIN_USAGE. */
ENTRAIN_API int entrain_label(struct entrain_agent *agent, const char *label);

/*
 * Give up the slot and free the handle. NULL is allowed. In a forked child it frees the child's copy
 * only. Threads: not while another thread uses or waits on the handle. Blocks: for the process-private
 * lock only. A process that exits without it is noticed by the others.
 */
ENTRAIN_API void entrain_leave(struct entrain_agent *agent);

/* ---- sealed agents: for plugins within a host that knows nothing of them --------------- */

/*
 * Take a slot with an agent that was joined with ENTRAIN_SEALED. Such a join maps the swarm and takes its memory, but no slot:
 * until this call entrain_joined() says ENTRAIN_NOT_READY. From the join on the functions of this part, and entrain_begin(),
 * entrain_end(), entrain_next_turn_ns() and entrain_joined(), make no system call on the handle, allocate nothing, wait for no lock
 * and leave liburcu alone, whatever happens: so they are safe in a host that has changed its root or user, closed all
 * descriptors or filters system calls. The price: a sealed agent looks nobody up, follows a topology of neighbours as if it were
 * full (cannot_follow), and does not come back to a swarm that was removed. Calls that wait must not be made on it.
 * Returns  0 it has a slot (also if it had one); ENTRAIN_NOT_READY: another thread is at it, or a former try failed less than a
 *          period ago; ENTRAIN_FULL; ENTRAIN_NO_SWARM: removed; ENTRAIN_UNSOUND; ENTRAIN_USAGE: not sealed; ENTRAIN_FORKED:
 *          a child of a raw clone or _Fork(), which stays out.
 * Fork     in a child of fork() it makes the handle the child's own; its mapping is inherited.
 */
ENTRAIN_API int entrain_claim(struct entrain_agent *agent);

/*
 * For hosts that come to their turn by themselves, and are there since `arrived_ns`: until when to hold them.
 * Returns  an instant. At or before now: let it go on. Later: ask again then; it is at most 50 ms ahead, so that `set mode=off`
 *          is obeyed. Never a later one than max_delay after `arrived_ns`; none at all where the turn cannot be reached
 *          within it, has just been missed, or in any mode but act. To be asked at each turn, also where nothing is to be held.
 *          A drifting host comes to the door with the first call for an arrival: see entrain_wait().
 */
ENTRAIN_API int64_t entrain_hold_ns(struct entrain_agent *agent, int64_t arrived_ns);

/* The own period, as it has been found to be; 0: the swarm's. Outside the swarm's band the agent is off-beat: shown, and left
 * alone. From the next turn on. Returns 0, ENTRAIN_FORKED, or ENTRAIN_USAGE if it is not 1 ms .. 24 h. */
ENTRAIN_API int entrain_set_period(struct entrain_agent *agent, int64_t period_ns);

/* Of a grid host: how long after the wall clock's whole periods it has been found to come; 0 if never said. From the next turn on.
 * Returns 0, ENTRAIN_FORKED, or ENTRAIN_USAGE if it is not 0 .. 24 h. */
ENTRAIN_API int entrain_set_offset(struct entrain_agent *agent, int64_t offset_ns);

/* The action that entrain_end() ended last goes on: a further call of the same burst. The next entrain_end() measures it from its
 * first begin, and replaces what the last one counted and planned. Nothing while an action is in progress. Returns 0, ENTRAIN_FORKED,
 * ENTRAIN_USAGE. */
ENTRAIN_API int entrain_resume(struct entrain_agent *agent);

/* What has been found out of the host, for status: what drives it (enum entrain_kind; 0: nothing is known), how long from one
 * action to the next (median), and by how much that varies. Returns 0, ENTRAIN_FORKED, ENTRAIN_USAGE. */
ENTRAIN_API int entrain_set_rhythm(struct entrain_agent *agent, int kind, int64_t interval_ns,
				   int64_t spread_ns);

/* The settings of the agent's swarm, as they are now. Returns 0, ENTRAIN_FORKED, ENTRAIN_USAGE, ENTRAIN_UNSOUND, or
 * ENTRAIN_NO_SWARM where it was removed. */
ENTRAIN_API int entrain_swarm_settings(const struct entrain_agent *agent,
				       struct entrain_settings *settings);

/* ---- barrier: phase-locked rounds ------------------------------------------------------ */

/*
 * Wait until every agent that takes part has called this as often as this one: a round. An agent takes part from its
 * first call on, in the round that comes next for the others, until it leaves or dies: the dead block nobody, whoever is
 * merely stopped does. It needs neither turns nor the swarm's mode or topology.
 * deadline_ns  an instant; INT64_MAX: none. One that has passed looks once.
 * Returns  0 the round is passed; ENTRAIN_TIMEOUT at `deadline_ns`, ENTRAIN_CANCELED after entrain_cancel(): the round
 *          stands, and calling again waits for the same one; ENTRAIN_NO_SWARM while not joined, or if slot or swarm are lost
 *          meanwhile (it joins again in entrain_wait(), and then comes in anew); ENTRAIN_FORKED, ENTRAIN_USAGE.
 * Blocks   until then; wakes at least each 10 ms to look for cancels and for the dead. A cancellation point.
 * Allocates nothing. Threads: one at a time for a handle, and not while it is in entrain_begin() or entrain_end().
 * Source   own; newcomers enter by Lamport's one-bit rule (1986), see libshm/barrier.h; proven in tests/model/barrier.pml.
 */
ENTRAIN_API int entrain_barrier_wait(struct entrain_agent *agent, int64_t deadline_ns);

/* Take part no longer; the round that others wait in passes without this agent. entrain_leave() does it too.
 * Returns 0, also if it took no part; ENTRAIN_FORKED, ENTRAIN_USAGE. Blocks: never. Threads: as entrain_barrier_wait(). */
ENTRAIN_API int entrain_barrier_leave(struct entrain_agent *agent);

/* ---- strategies of one's own ----------------------------------------------------------- */

/* Another agent that counts, as a strategy sees it. */
struct entrain_neighbour {
	int64_t offset_ns; /* its turn after mine; 0 .. common period, more while it is being delayed */
	int64_t period_ns; /* its own */
	int64_t work_ns;   /* how long its action takes; 0: not known yet */
	uint32_t slot;
	uint32_t reserved;
};

/* What a strategy decides from; all of it is this agent's copy, valid during the call only. */
struct entrain_view {
	uint32_t size;     /* sizeof, as the library has it */
	uint32_t goal;     /* enum entrain_goal */
	uint32_t slot;     /* own */
	uint32_t spreads;  /* 1: the wanted pattern is apart, 0: together */
	uint32_t clusters; /* in how many groups */
	uint32_t count;    /* of others */
	int64_t period_ns; /* that all follow: the longest of those that count */
	int64_t own_period_ns;
	int64_t work_ns;     /* how long the own action takes; 0: not known yet */
	int64_t most_ns;     /* the longest delay that can be granted now */
	int64_t pattern_ns;  /* the delay that splay or sync would ask for */
	int64_t lag_ns;      /* how far the others and I are from the pattern; 0: there */
	uint32_t energy_ppm; /* of a full account, 0..1,000,000 */
	uint32_t reserved;
	const struct entrain_neighbour *others; /* `count`, in no order */
};

/*
 * A strategy: a pure function from what it sees to a delay of the next turn in ns. It is cut to 0 .. most_ns, and to what the
 * energy pays for. Called in entrain_begin() or entrain_end(), or while joining, by the thread that is in there: by several at
 * once where several agents have it, so what `context` points to is to be read only, or locked without waiting. It must not
 * block, allocate, jump out or call the library. Not asked on a grid, whose rule has no strategies.
 */
struct entrain_strategy {
	uint32_t size;    /* sizeof, set by ENTRAIN_STRATEGY */
	uint32_t price;   /* energy units for a whole turn moved, 0..1000; splay: 40 */
	const char *name; /* as a swarm's; neither "own" nor "none" */
	int64_t (*delay_ns)(const struct entrain_view *view, void *context);
	void *context;
};
#define ENTRAIN_STRATEGY \
	{ \
		.size = sizeof(struct entrain_strategy) \
	}

/*
 * Make a strategy known to this process, for options.strategy. Up to 16 a process, for good.
 * Returns  0; ENTRAIN_USAGE; ENTRAIN_EXISTS for a name that is taken; ENTRAIN_LIMIT.
 * Owner    the caller; the library keeps the pointer, so the struct, its name and its function stay as they are until the
 *          process ends. (The one exception to what is said above.)
 * Threads  any, at any time. Fork: children have them too. Blocks: never. Allocates: nothing.
 */
ENTRAIN_API int entrain_strategy_register(const struct entrain_strategy *strategy,
					  struct entrain_error *error);

/* ---- measuring ------------------------------------------------------------------------ */

/* The state of a swarm. Gaps are between circularly consecutive planned turns, as multiples of
 * the wanted gap (own action time plus an equal share of the idle time). Only agents that are neither stale,
 * dead, off-beat nor implausible count. Source: doc/algorithms.md. */
struct entrain_measure {
	uint32_t size;         /* sizeof, set by ENTRAIN_MEASURE */
	uint32_t agents_alive; /* idle or acting */
	uint32_t agents_stale;
	uint32_t agents_dead;        /* only where processes are probed: entrain_status() */
	uint32_t agents_off_beat;    /* own period outside the swarm's band */
	uint32_t agents_implausible; /* values that cannot be; left out */
	uint32_t peak_overlap;       /* most actions in progress at once in the last full period */
	/* 1: the goal is reached, its metric and, if any, its energy; or was less than a cycle ago. 0 where all are off-beat, 1
	 * without agents. */
	uint32_t converged;
	double order_parameters[4]; /* R1..R4 of the phases, 0..1 (Daido 1992) */
	double coherence;           /* R1 (Kuramoto 1984) */
	double min_gap, max_gap;    /* 1, 1 when perfectly even; 0, N when all together */
	double evenness;            /* 1 / max_gap of the planned turns, 0..1 */
	double evenness_actual; /* the same of the instants at which actions began, last period */
	double value, target;   /* in the metric of the goal, entrain_metric_name(goal); 0..1 */
	int64_t longest_period_ns;
	uint32_t goal;
	uint32_t mode;
	/* 1 - the largest deviation of an agent's interval between turns from the longest period, as a share of it. */
	double rhythm; /* 0..1 */
	double duty; /* sum of all action times as a share of the longest period; above 1 they overlap */
	double energy; /* mean, 0..100 */
	/* What value is in: 0 evenness, 1 coherence, 2 order, 3 rhythm; the goal's, by the load where it adapts to that. */
	uint32_t metric;
	uint32_t reserved;
};
#define ENTRAIN_MEASURE \
	{ \
		.size = sizeof(struct entrain_measure) \
	}

/* Measure the whole swarm from inside, whatever the topology. Blocks: never; allocates nothing; O(n log n) of the agents alive.
 * Returns 0, ENTRAIN_FORKED, ENTRAIN_USAGE, or ENTRAIN_NO_SWARM while not joined. */
ENTRAIN_API int entrain_measure(struct entrain_agent *agent, struct entrain_measure *measure);

/* R1..R4 of entrain_measure() alone, the quick way: the same values to 1e-6. Blocks: never; allocates nothing;
 * O(agents alive). Returns as entrain_measure(). Source: Daido 1992. */
ENTRAIN_API int entrain_coherence(struct entrain_agent *agent, double order_parameters[4]);

/* ---- settings of a swarm -------------------------------------------------------------- */

#define ENTRAIN_CAPACITY_MAX 65536u
#define ENTRAIN_SAME UINT32_MAX /* uid, gid: as the creating process has it */

/* What an administrator sets. Start from entrain_settings_init(). */
struct entrain_settings {
	uint32_t size;
	uint32_t capacity;      /* slots, 1..65536 */
	int64_t period_ns;      /* 1 ms .. 24 h */
	uint32_t band_ppm;      /* periods within [period/(1+band), period*(1+band)] count */
	uint32_t kind;          /* enum entrain_kind */
	uint32_t goal;          /* enum entrain_goal */
	uint32_t mode;          /* enum entrain_mode */
	uint32_t max_delay_ppm; /* the most an agent is delayed a cycle: a share ... */
	uint32_t target_ppm;    /* target in the goal's metric, in millionths; 0: the goal's own */
	int64_t max_delay_ns;   /* ... or a duration; 0: the share holds */
	uint32_t access;        /* permission bits of the agents object, as 0660 */
	uint32_t uid, gid;      /* owner and group of the objects, or ENTRAIN_SAME */
	uint32_t changes;       /* as entrain_status() read it: guards entrain_set() against another
			   * administrator; 0: no guard */
	/* "full", "ring:K", "star", "small-world:K:P", "file:PATH"; entrain_set() ignores it, see entrain_resize(). */
	char topology[256];
};

/* One key of the settings, as users type it; the same row feeds the parser, --help, the manual and the sample file. */
struct entrain_key {
	const char *name;     /* "max-delay"; files spell it "max_delay" */
	const char *argument; /* "DURATION|PERCENT" */
	const char *fallback; /* default, as typed */
	const char *text;     /* one sentence */
	uint32_t at_creation; /* may be given to create and in a file */
	uint32_t live;        /* may be given to `set` while the swarm runs */
};

/* Row `index` of the table of keys, or NULL past its end. */
ENTRAIN_API const struct entrain_key *entrain_settings_key(unsigned index);

/* Fill in the defaults. */
ENTRAIN_API void entrain_settings_init(struct entrain_settings *settings);

/* Set one key from text as users type it ("period", "250ms"). `live`: as for `set`, where `mode` is
 * act|observe|off; else as at creation, where `mode` is the permission bits. ENTRAIN_USAGE for an unknown key, a
 * bare number where a unit is needed, or a value out of range; `error` says what would be right. */
ENTRAIN_API int entrain_settings_set(struct entrain_settings *settings, const char *key,
				     const char *value, int live, struct entrain_error *error);

/* Check that the values fit together. */
ENTRAIN_API int entrain_settings_check(const struct entrain_settings *settings,
				       struct entrain_error *error);

/* The most that an agent of such a swarm is delayed a cycle, in ns: as it is set, or as the goal has it. So no more than this and a
 * period lie between two turns. 0 for NULL. */
ENTRAIN_API int64_t entrain_settings_max_delay_ns(const struct entrain_settings *settings);

/* Parse "250ms" (us ms s min h; a bare number is refused). Returns 0 or ENTRAIN_USAGE. */
ENTRAIN_API int entrain_duration_parse(const char *text, int64_t *duration_ns,
				       struct entrain_error *error);

/* Write a duration as people read it: "4.2 ms". Returns `text`. */
ENTRAIN_API char *entrain_duration_text(int64_t duration_ns, char text[32]);

/*
 * Read section [swarm NAME] of the configuration file (NULL: $ENTRAIN_CONFIG, else the installed one) into
 * `settings`, over what is there. ENTRAIN_NO_SWARM: no such file or section (settings untouched);
 * ENTRAIN_CONFIG: a key is wrong; error->object is file:line; or there is no such file, but $ENTRAIN_CONFIG names it.
 */
ENTRAIN_API int entrain_config_read(const char *file, const char *swarm,
				    struct entrain_settings *settings, struct entrain_error *error);

/* Check a whole file; `finding` is called once for each thing that is wrong. Returns 0 if none. */
ENTRAIN_API int entrain_config_check(const char *file,
				     void (*finding)(const struct entrain_error *finding,
						     void *context),
				     void *context, struct entrain_error *error);

/* The path of the configuration file that would be read. */
ENTRAIN_API const char *entrain_config_path(void);

/* ---- rules for hosts that know nothing of entrain ------------------------------------- */

/* The calls that a rule can name. */
#define ENTRAIN_CALLS(X) \
	X(fsync) \
	X(fdatasync) \
	X(sync_file_range) \
	X(msync) \
	X(syncfs) \
	X(sync) \
	X(nanosleep) \
	X(clock_nanosleep) \
	X(usleep) \
	X(sleep)

enum entrain_call {
#define ENTRAIN_CALL_ENUM(name) ENTRAIN_CALL_##name,
	ENTRAIN_CALLS(ENTRAIN_CALL_ENUM)
#undef ENTRAIN_CALL_ENUM
		ENTRAIN_CALL_COUNT
};

enum entrain_action {
	ENTRAIN_ACTION_UNSAID,
	ENTRAIN_ACTION_STAGGER, /* wait for this agent's turn */
	ENTRAIN_ACTION_BATCH,   /* wait for the common turn */
	ENTRAIN_ACTION_PACE,    /* stretch a sleep */
	ENTRAIN_ACTION_OBSERVE  /* count and time */
};

#define ENTRAIN_GLOB_MOST 200

/* A section [rule NAME] of the configuration file: which calls of which hosts it means, and what to do. */
struct entrain_rule {
	char name[64];                  /* NAME, cut */
	char exe[ENTRAIN_GLOB_MOST];    /* globs; "": anything */
	char role[ENTRAIN_GLOB_MOST];   /* on the process title */
	char path[ENTRAIN_GLOB_MOST];   /* of the call's file */
	char thread[ENTRAIN_GLOB_MOST]; /* on the thread's name */
	uint32_t calls;                 /* bits 1 << enum entrain_call; 0: any */
	char swarm[65];
	enum entrain_action action;
	int64_t max_delay_ns; /* one of the two; both 0: as the swarm */
	uint32_t max_delay_ppm;
};

/* Call `each` with every rule of the configuration file, in its order. ENTRAIN_NO_SWARM: there is no such file;
 * ENTRAIN_CONFIG: a rule is wrong; error->object is file:line, and `each` was not called for it. Sections of swarms are not looked at. */
ENTRAIN_API int entrain_config_rules(const char *file,
				     void (*each)(const struct entrain_rule *rule, void *context),
				     void *context, struct entrain_error *error);

/* ---- swarms: for administrators ------------------------------------------------------- */

/*
 * Create swarm `name` in `dir` (NULL: $ENTRAIN_DIR, or `dir` of its section in the configuration file, or /dev/shm): exclusively, all or nothing.
 * A half-made swarm whose creator died is taken over by the same user or root.
 * Returns  0, ENTRAIN_EXISTS, NO_SPACE (nothing is left behind), PERMISSION, FOREIGN, USAGE, LIMIT, SYSTEM.
 * Blocks   for the file system only.
 */
ENTRAIN_API int entrain_create(const char *dir, const char *name,
			       const struct entrain_settings *settings,
			       struct entrain_error *error);

/* Remove the swarm's objects; what is mapped lives on until its users notice. With `when_empty`
 * ENTRAIN_NOT_EMPTY while an agent may be alive. Removes half-made swarms too, if their creator is gone. */
ENTRAIN_API int entrain_remove(const char *dir, const char *name, int when_empty,
			       struct entrain_error *error);

/* Call `each` with the name of each swarm in `dir`, sorted; NULL: $ENTRAIN_DIR, or /dev/shm and where the configuration file has
 * swarms. Returns 0 or an error. */
ENTRAIN_API int entrain_list(const char *dir, void (*each)(const char *name, void *context),
			     void *context, struct entrain_error *error);

struct entrain_swarm;

#define ENTRAIN_READ 0u
#define ENTRAIN_ADMIN 1u /* may change settings and reap */

/* Open a swarm to look at it or, with ENTRAIN_ADMIN, to change it. Root reads any user's swarm.
 * Returns NULL as entrain_join() does. */
ENTRAIN_API struct entrain_swarm *entrain_open(const char *dir, const char *name, unsigned flags,
					       struct entrain_error *error);
ENTRAIN_API void entrain_close(struct entrain_swarm *swarm);

/* One agent, as status shows it. */
struct entrain_agent_info {
	uint32_t slot;
	uint32_t pid;
	uint32_t state;                 /* enum entrain_state */
	uint32_t strategy;              /* entrain_strategy_name() */
	uint32_t off_beat, implausible; /* 1: left out of the measures */
	uint32_t cannot_follow;         /* 1: it cannot open the topology and follows full */
	uint32_t behind;                /* 1: it has not taken the present topology yet, and can */
	uint32_t neighbours; /* other slots that it sees in the topology; capacity - 1 for full */
	uint32_t reached;    /* 1: it sees the goal reached */
	char name[24], label[16];                  /* printable ASCII, always terminated */
	double phase;                              /* turns */
	double energy;                             /* 0..100 */
	int64_t period_ns, next_turn_ns, began_ns; /* began_ns: its last action; 0: none yet */
	uint64_t turns;                            /* modulo 2^32 */
	uint64_t turns_missed; /* above 2,047 rounded down, by a thousandth at most */
	/* Rounded down, by a 262,144th at most, as are delay_last_ns, delay_max_ns and lateness_ns. */
	int64_t action_last_ns, action_mean_ns;
	int64_t delay_last_ns, delay_max_ns, delay_total_ns;
	int64_t lateness_ns; /* mean */
	uint32_t observes; /* 1: it delays nothing, by the swarm's mode or as it was told at join */
	uint32_t watches;  /* 1: as it was told at join */
	uint32_t
		overlap; /* actions in progress when its last one began, with itself; 0: none yet */
	uint32_t
		rhythm; /* enum entrain_kind that drives its host, as was found out; 0: not known */
	int64_t interval_ns; /* median from action to action that was found; 0: not known */
	int64_t spread_ns;   /* by how much the last intervals, or rests of a sleep, differ */
};

/* One picture of a swarm. */
struct entrain_status {
	uint32_t size; /* sizeof, set by ENTRAIN_STATUS */
	uint32_t capacity;
	uint32_t agents;        /* entries that there are; may exceed the space given */
	uint32_t acknowledged;  /* agents that count and follow the present topology */
	uint32_t cannot_follow; /* those that count and follow full because they cannot open it */
	uint32_t scattered;     /* those that count and that the last disruption moved */
	uint32_t disruption;    /* its number, 1..65535, then 1 again; 0: none yet */
	uint32_t reserved;
	uint64_t topology_generation; /* 1 at creation, greater with each that is published */
	struct entrain_settings settings;
	struct entrain_measure measure;
};
#define ENTRAIN_STATUS \
	{ \
		.size = sizeof(struct entrain_status), .measure = ENTRAIN_MEASURE \
	}

/*
 * Fill `status` and up to `space` entries of `agents` (may be NULL with 0), lowest slot first. Looks each
 * silent agent's process up, changes nothing. `converged` has one cycle's hysteresis over the calls on one handle.
 * Allocates scratch. Returns 0 or an error.
 */
ENTRAIN_API int entrain_status(struct entrain_swarm *swarm, struct entrain_status *status,
			       struct entrain_agent_info *agents, unsigned space,
			       struct entrain_error *error);

enum entrain_format {
	ENTRAIN_JSON = 1,   /* what `entrainctl status --json` prints */
	ENTRAIN_TEXT,       /* what `entrainctl status --all` prints into a pipe */
	ENTRAIN_PROMETHEUS, /* metrics, in the text format of Prometheus */
};

/*
 * The whole picture of a swarm, with all agents, as text. `length` (may be NULL) gets its bytes, without the NUL that ends it.
 * Returns the text, to be given to free(); NULL with `error` filled: as entrain_status(), ENTRAIN_LIMIT without memory.
 */
ENTRAIN_API char *entrain_status_text(struct entrain_swarm *swarm, enum entrain_format format,
				      size_t *length, struct entrain_error *error);

/* Publish changed settings (period, mode, goal, target, max delay) of an ENTRAIN_ADMIN handle: agents follow
 * at their next turn (that which was planned before, also when the period becomes shorter), `mode` at once. What cannot change while the swarm runs is refused with ENTRAIN_USAGE. ENTRAIN_NOT_READY: another
 * administrator is at it or has changed something since settings->changes: read the status again. */
ENTRAIN_API int entrain_set(struct entrain_swarm *swarm, const struct entrain_settings *settings,
			    struct entrain_error *error);

/*
 * Grow to `capacity` slots (0: as it is; it never shrinks), publish a new topology (NULL: as it is), of an
 * ENTRAIN_ADMIN handle. All or nothing. Agents follow at their next turn; whether they have is status->acknowledged.
 * topology as in struct entrain_settings; for the slots up to the last agent's, and as many as its degree needs; agents in
 *          later ones see all. The same swarm and text give the same graph on every host.
 * Returns  0; ENTRAIN_USAGE, also for a file that is wrong (error->object is file:line); ENTRAIN_NOT_READY: another
 *          administrator is at it; ENTRAIN_NO_SWARM: it was removed; ENTRAIN_NO_SPACE, LIMIT, PERMISSION, SYSTEM, UNSOUND:
 *          nothing has changed. What a killed predecessor left behind is removed.
 * Blocks   for the file system. Allocates: the graph, freed before it returns.
 * Source   small worlds: Watts and Strogatz 1998.
 */
ENTRAIN_API int entrain_resize(struct entrain_swarm *swarm, uint32_t capacity, const char *topology,
			       struct entrain_error *error);

/*
 * Ask a share of the agents (0 < share_ppm <= 1,000,000, rounded up to 1/65536) to scatter their phase at their next turn, of an
 * ENTRAIN_ADMIN handle. The low 31 bits of `seed` pick them, each for itself by its slot, and their places in the period.
 * Agents obey in mode act, neither on a grid nor at a door; the last request counts. `number` (may be NULL) gets the number of the request,
 * for status->disruption; status->scattered counts those that it moved.
 * Returns 0; ENTRAIN_USAGE; ENTRAIN_NOT_READY: another administrator is at it; ENTRAIN_NO_SWARM: it was removed. Blocks: never.
 */
ENTRAIN_API int entrain_disrupt(struct entrain_swarm *swarm, uint32_t share_ppm, uint32_t seed,
				uint32_t *number, struct entrain_error *error);

/* ---- flight recorder -------------------------------------------------------------------- */

enum entrain_event_kind {
	ENTRAIN_EVENT_NONE,
	ENTRAIN_EVENT_JOINED,   /* value: pid, of its own pid namespace */
	ENTRAIN_EVENT_LEFT,     /* gave its slot back; value: pid, of its own pid namespace */
	ENTRAIN_EVENT_GOAL,     /* follows another goal; value: enum entrain_goal */
	ENTRAIN_EVENT_MODE,     /* follows another mode; value: enum entrain_mode */
	ENTRAIN_EVENT_STRATEGY, /* changes strategy; value: strategy << 8 | enum entrain_reason */
	ENTRAIN_EVENT_REACHED,  /* sees the goal reached; value: its metric, ppm */
	ENTRAIN_EVENT_MISSED_GOAL, /* no longer; value: its metric, ppm | enum entrain_reason << 24 */
	ENTRAIN_EVENT_PATTERN,     /* adapts to the load; value: 0 apart, 1 together */
	ENTRAIN_EVENT_TOPOLOGY,    /* follows a new topology; value: its generation */
	ENTRAIN_EVENT_CANNOT_FOLLOW, /* cannot open it, follows full; value: errno */
	ENTRAIN_EVENT_DISRUPTED, /* was asked to scatter; value: 1 does, 0 was not chosen or must not */
	ENTRAIN_EVENT_TURNS_MISSED, /* left out turns that had passed; value: how many */
	ENTRAIN_EVENT_LATE, /* woke more than half a period late; value: ms; told once until it is in time again */
	ENTRAIN_EVENT_FENCED,     /* its former slot was taken from it; value: that slot */
	ENTRAIN_EVENT_EXHAUSTED,  /* no energy left: keeps its phase */
	ENTRAIN_EVENT_NEIGHBOURS, /* agents that count changed; value: from << 16 | to */
	ENTRAIN_EVENT_COUNT
};

/* Why a strategy was changed, or a goal missed. */
enum entrain_reason {
	ENTRAIN_REASON_GOAL = 1,  /* the goal or its target was set */
	ENTRAIN_REASON_STALLED,   /* no tenth better in five cycles */
	ENTRAIN_REASON_DISRUPTED, /* on request */
	ENTRAIN_REASON_JOINED,    /* there are more agents */
	ENTRAIN_REASON_LEFT,      /* there are fewer */
	ENTRAIN_REASON_DRIFTED,   /* lateness or other actions */
	ENTRAIN_REASON_BEST,      /* all were tried, this came closest */
};

struct entrain_event {
	int64_t when_ns;    /* in grains of 64 ns */
	uint32_t slot, pid; /* pid 0: not known any more */
	uint32_t kind;      /* enum entrain_event_kind, or one that this version does not know */
	uint32_t value;     /* as the kind says */
	uint64_t
		order; /* owner of the slot (16 bits) << 8 | number in its ring (8 bits, wraps): with slot and when_ns, tells
			 * two readings whether an event is the same; not an order between slots */
	char name[24],
		label[16]; /* of the agent, printable ASCII; "" where its slot has another owner since */
	char text[80]; /* in words */
};

/*
 * Read what the recorders hold (the latest 16 of each of the first 200 slots, the latest one of each beyond), also of agents that are
 * gone: by instant, then slot, then as they were written. `events` has room for `space` (may be NULL with 0) and gets the latest ones, oldest first; `count` gets
 * how many there are, which may exceed `space`. Looks only: maps nothing and never holds a writer up.
 * Returns  0; ENTRAIN_NO_SWARM with events and count filled all the same: the swarm was removed, and there will be no more;
 *          with *count == 0: ENTRAIN_USAGE, TRUNCATED, LIMIT, SYSTEM. Any handle will do.
 * Blocks   for the file system. Allocates scratch of some 40 bytes an event, freed before it returns.
 */
ENTRAIN_API int entrain_events(struct entrain_swarm *swarm, struct entrain_event *events,
			       unsigned space, unsigned *count, struct entrain_error *error);

/* "joined", "left", "goal", "mode", "strategy", "reached", "missed-goal", "pattern", "topology", "cannot-follow", "disrupted",
 * "turns-missed", "late", "fenced", "exhausted", "neighbours"; "?" for values that are none. Never NULL. Threads, Signals: safe. */
ENTRAIN_API const char *entrain_event_name(int kind);

/* Release the slots of agents whose processes are proven dead. `released` gets their number, `unproven` that
 * of the silent ones that cannot be proven dead (another pid namespace, no /proc). Blocks: for a second
 * where an owner seems to have died between two words of its claim. Returns 0, ENTRAIN_USAGE (not an ENTRAIN_ADMIN handle),
 * ENTRAIN_UNSOUND. */
ENTRAIN_API int entrain_reap(struct entrain_swarm *swarm, uint32_t *released, uint32_t *unproven,
			     struct entrain_error *error);

/* Is the segment sound? Calls `finding` for each thing that is not; with `repair` (ENTRAIN_ADMIN) mends what can be
 * mended without touching a live agent. Returns 0 sound (or mended), ENTRAIN_UNSOUND. */
ENTRAIN_API int entrain_check(const char *dir, const char *name, int repair,
			      void (*finding)(const char *text, int repaired, void *context),
			      void *context, struct entrain_error *error);

#ifdef __cplusplus
}
#endif
#endif
