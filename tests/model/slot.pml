// SPDX-License-Identifier: MIT
/* Who may write a word of a slot, and when: claim, publish, read, release and reap of one slot. */

/*
 * Every access to shared memory is one step; any process may stop between two steps for as long as
 * it likes (spin tries every order) or crash there (an explicit choice). README.md says what is
 * abstracted. Names that begin with BUG_ leave one rule out, names that begin with TRAP_ claim that
 * something never happens; run.sh wants an error from each.
 */

#ifndef OWNERS
#define OWNERS 3	/* processes that claim */
#endif
#ifndef CLAIMS
#define CLAIMS 3	/* claims in all; the heir's comes on top */
#endif
#ifndef PUBLISHES
#define PUBLISHES 3	/* publishes of one owner in one claim; 3 fill one of the copies twice */
#endif
#ifndef READER
#define READER 1	/* 2: in full; 1: stops at once when its version has gone; 0: none */
#endif
#ifndef REAPER
#define REAPER 1	/* steps of a reap: look and free at once, or one after the other */
#endif
#ifndef TAGS
#define TAGS 8		/* tags before they repeat; more than CLAIMS + 1 */
#endif

/* version: taken (pid not 0), incarnation, sequence. The pid itself is left out, see README.md. */
#define VERSION(taken, inc, seq) ((taken) << 6 | (inc) << 3 | (seq))
#define TAKEN(v)		 ((v) >> 6)
#define INC(x)			 ((x) >> 3 & 7) /* of a version, and of a word: who wrote it */
#define SEQ(v)			 ((v)&7)

/* A word: its writer and a value. Shared memory holds only as much of the writer as TAG leaves. */
#define WORD(inc, value) ((inc) << 3 | (value))
#define VALUE(w)	 ((w)&7)
#ifdef BUG_NO_TAG
#define TAG(w) 0
#else
#define TAG(w) (INC(w) % TAGS)
#endif
#ifdef BUG_UNTAGGED_INSTANT
/* Word 0 of a copy is a bare instant: a claim pass writes its own, two owners may publish one. */
#define BARE(k)	      (k < ACTING && k % 2 == 0)
#define SAME(k, a, b) ((a) == (b) || (BARE(k) && VALUE(a) > 0 && VALUE(a) == VALUE(b)))
#else
#define SAME(k, a, b) (VALUE(a) == VALUE(b) && TAG(a) == TAG(b))
#endif

/* The words: two copies of two, then those outside the copies. */
#define COPY(seq)  (((seq)&1) * 2)
#define ACTING	   4
#define STATISTICS 5
#define WORDS	   6

byte version;
byte word[WORDS];

/* What only the proof knows. */
byte mine[OWNERS + 2]; /* the version that a process believes is its own, 0 = none */
byte owner;	       /* whose claim the version is, 0 = free */
byte replaced;	       /* bit k: this owner has replaced word k in its claim pass */
byte claimed;	       /* bit i: incarnation i was given out */
byte started;	       /* processes that have claimed at least once */
byte ended;
#if READER > 0
byte reading; /* the reader: the version it saw */
byte reads;   /* how far it is */
bool whole;   /* all that it read belongs to that version */
#endif
bool orphaned;	       /* the owner has crashed */

/* [4] Whatever happened: the copy that version selects is whole, and all of it this owner's. */
inline check_readable()
{
	assert(!TAKEN(version) || SEQ(version) == 0 ||
	       (word[COPY(SEQ(version))] == WORD(INC(version), SEQ(version)) &&
		word[COPY(SEQ(version)) + 1] == WORD(INC(version), SEQ(version)) &&
		INC(word[ACTING]) == INC(version) && INC(word[STATISTICS]) == INC(version)))
}

/* [1] Nobody else's hand on a word that its owner has replaced, no earlier one after a later. */
inline store(k, new)
{
	assert(owner == me || !(replaced >> (k) & 1));
	assert(INC(word[k]) <= INC(new));
#ifdef TRAP_WINDOW
	/* The benign window: a successor has claimed, and a former owner still changes a word. */
	assert(owner == me || owner == 0);
#endif
	printf("process %d (owner is %d): word %d = %d by incarnation %d\n",
	       me, owner, k, VALUE(new), INC(new));
	word[k] = new;
	check_readable()
}

inline forget_reading()
{
	reading = 0;
	reads = 0;
	whole = false
}

/* [3] A version that changes hands or sequence is believed in by one process at most. */
inline set_version(new)
{
	version = new;
	printf("version = %d, incarnation %d, sequence %d\n",
	       TAKEN(version), INC(version), SEQ(version));
#if READER == 1
	forget_reading();
#endif
	n = 0;
	i = 1;
	do
	:: i <= OWNERS + 1 ->
		n = n + (TAKEN(version) && mine[i] == version);
		i++
	:: else -> break
	od;
	assert(n <= 1);
	i = 0;
	n = 0;
	check_readable()
}

inline set_claimed()
{
#ifdef BUG_SAME_INCARNATION
	mine[me] = VERSION(1, INC(version) + (INC(version) == 0), 0);
#else
	mine[me] = VERSION(1, INC(version) + 1, 0);
	assert(!(claimed >> INC(mine[me]) & 1));
#endif
	claimed = claimed | 1 << INC(mine[me]);
	owner = me;
	replaced = 0;
	orphaned = false;
	set_version(mine[me])
}

inline set_free()
{
	owner = 0;
	replaced = 0;
	orphaned = false;
	set_version(VERSION(0, INC(version), SEQ(version)))
}

#define MY_INC INC(mine[me])
#define MY_SEQ SEQ(mine[me])

/* One cycle of an owner, in the order of its stores. */
#define ACT	0 /* acting := 1 */
#define FILL	1 /* FILL, FILL + 1: the words of the inactive copy */
#define FLIP	3 /* version: sequence + 1 */
#define COUNT	4 /* statistics */
#define REST	5 /* acting := 0 */
#define STEPS	6

#ifdef BUG_PLAIN_STORE
#define STORE_ANYWAY (step == FILL || step == FILL + 1)
#else
#define STORE_ANYWAY false
#endif

/* Which word comes next, what goes into it, and what this owner itself put there last. */
inline aim()
{
	if
	:: step == ACT ->
		k = ACTING;
		seen = WORD(MY_INC, 0);
		new = WORD(MY_INC, 1)
	:: step == FILL || step == FILL + 1 ->
#ifdef BUG_FILL_ACTIVE
		k = COPY(MY_SEQ) + step - FILL;
		seen = WORD(MY_INC, MY_SEQ);
#else
		k = COPY(MY_SEQ + 1) + step - FILL;
		seen = WORD(MY_INC, (MY_SEQ == 0 -> 0 : MY_SEQ - 1));
#endif
		new = WORD(MY_INC, MY_SEQ + 1)
	:: step == FLIP ->
		k = 0;
		seen = 0;
		new = 0
	:: step == COUNT ->
		k = STATISTICS;
		seen = WORD(MY_INC, MY_SEQ - 1);
		new = WORD(MY_INC, MY_SEQ)
	:: step == REST ->
		k = ACTING;
		seen = WORD(MY_INC, 1);
		new = WORD(MY_INC, 0)
	:: else -> skip
	fi
}

inline forget()
{
	mine[me] = 0;
	v = 0;
	k = 0;
	step = 0;
	seen = 0;
	new = 0
}

inline fenced()
{
#ifdef TRAP_JOINED_AGAIN
	late = true;
#endif
	forget()
}

inline leave()
{
#ifdef TRAP_JOINED_AGAIN
	late = false;
#endif
	forget();
	ended++
}

inline crash()
{
	orphaned = orphaned || owner == me;
	leave()
}

proctype process(byte me)
{
	byte v, k, step, seen, new, i, n;
#ifdef TRAP_JOINED_AGAIN
	bool late; /* was fenced before */
#endif

	/* Processes are alike: let them claim for the first time in the order of their numbers. */
join:
	if
	:: atomic { started >= me - 1 && !TAKEN(version) && INC(version) < CLAIMS -> v = version }
	:: atomic { true -> leave(); goto end_over } /* gives up, or crashes: it owns nothing */
	fi;
	if
	:: atomic {
		version == v ->
		set_claimed();
		started = (started < me -> me : started);
		v = 0
	   }
	:: atomic { version != v -> v = 0; goto join }
	fi;

	/* The claim pass: each word is this owner's from the moment it has replaced it. */
pass:
#ifdef BUG_CHECK_BEFORE_LOAD
check:
	if
	:: version == mine[me]
	:: atomic { version != mine[me] -> fenced(); goto join }
	:: atomic { true -> crash(); goto end_over }
	fi;
	if
	:: seen = word[k]
	:: atomic { true -> crash(); goto end_over }
	fi;
#else
	if
	:: seen = word[k]
	:: atomic { true -> crash(); goto end_over }
	fi;
check:
	if
	:: version == mine[me]
	:: atomic { version != mine[me] -> fenced(); goto join }
	:: atomic { true -> crash(); goto end_over }
	fi;
#endif
	if
	:: atomic { true -> crash(); goto end_over }
	:: atomic {
		SAME(k, word[k], seen) ->
		store(k, WORD(MY_INC, 0));
		replaced = replaced | (owner == me -> 1 << k : 0);
		k++;
		seen = 0;
		if
		:: k < WORDS -> goto pass
		:: else -> aim()
		fi
	   }
	:: atomic {
		!SAME(k, word[k], seen) ->
#ifdef TRAP_PASS_RETRY
		assert(version != mine[me]);
#endif
		seen = word[k];
		goto check
	   }
	fi;

	/* Owner. Each store is a compare-and-swap: of a word or, for step FLIP, of version. */
cycle:
	if
	:: atomic { true -> crash(); goto end_over }
	:: atomic {
		step == FLIP ->
		if
#ifdef BUG_BLIND_FLIP
		:: true ->
#else
		:: version == mine[me] ->
#endif
			assert(owner == me); /* [3] */
			mine[me]++;
			set_version(mine[me])
		:: version != mine[me] ->
#ifdef TRAP_FENCED_AT_FLIP
			/* Taken over, continued, fenced: by the version. */
			assert(owner == 0);
#endif
			fenced();
			goto join
		fi;
#ifdef TRAP_JOINED_AGAIN
		assert(!late || MY_SEQ < PUBLISHES);
#endif
		step++;
		aim();
		goto cycle
	   }
	:: atomic {
		step != FLIP && (STORE_ANYWAY || SAME(k, word[k], seen)) ->
		store(k, new);
		step++;
		if
		:: step == STEPS && MY_SEQ == PUBLISHES ->
			k = 0;
			seen = 0;
			new = 0;
			goto release
		:: step == STEPS && MY_SEQ < PUBLISHES -> step = 0
		:: else -> skip
		fi;
		aim();
		goto cycle
	   }
	:: atomic { step != FLIP && !STORE_ANYWAY && !SAME(k, word[k], seen) -> seen = word[k] }
	:: atomic { step == ACT && MY_SEQ > 0 -> goto release }
	fi;
	/* The compare-and-swap of a word failed. */
	if
	:: atomic {
		version == mine[me] ->
		/* Only in a claim pass do others get in between: to fail here is to be fenced. */
		assert(false);
		goto cycle
	   }
	:: atomic {
		version != mine[me] ->
#ifdef TRAP_FENCED_AT_WORD
		/* Taken over, continued, fenced: by a word, while the successor publishes. */
		assert(owner == 0 || SEQ(version) == 0);
#endif
		fenced();
		goto join
	   }
	:: atomic { true -> crash(); goto end_over }
	fi;

release:
	if
	:: atomic {
		version == mine[me] ->
		set_free();
		leave();
		goto end_over
	   }
	:: atomic { version != mine[me] -> fenced(); goto join }
	:: atomic { true -> crash(); goto end_over }
	fi;

end_over:
	false
}

/* [2] What is accepted was written as a whole, by one owner, under exactly this version. */
#if READER > 0
active proctype reader()
{
end:
	do
	:: atomic {
		reads == 0 && TAKEN(version) && SEQ(version) > 0 -> /* others are skipped */
		reading = version;
		whole = true;
		reads = 1
	   }
	:: atomic {
		reads == 1 || reads == 2 ->
		whole = whole &&
			word[COPY(SEQ(reading)) + reads - 1] == WORD(INC(reading), SEQ(reading));
		reads++
	   }
	:: atomic {
		reads == 3 ->
		whole = whole && INC(word[ACTING]) == INC(reading);
		reads++
	   }
	:: atomic {
		reads == 4 ->
		if
#ifdef BUG_READ_ONCE
		:: true -> assert(whole)
#else
		:: version == reading -> assert(whole)
		:: version != reading ->
#ifdef TRAP_TORN
			assert(whole);
#endif
			skip
#endif
		fi;
		forget_reading()
	   }
	od
}
#endif

/*
 * Frees a slot whose owner is dead, stuck in its claim, or (when the swarm is full) silent for too
 * long. A stopped process is silent for as long as anyone likes, so this is any owner at any time.
 */
active proctype reaper()
{
	byte v, i, n;

#ifdef BUG_UNTAGGED_INSTANT
/* Here the lease counts: who has published is taken only when all its instants have passed. */
#define REAPABLE (TAKEN(version) && (SEQ(version) == 0 || orphaned))
#else
#define REAPABLE TAKEN(version)
#endif
end:
	do
#if REAPER == 2
	:: atomic { v == 0 && REAPABLE -> v = version }
	:: atomic {
		v != 0 ->
		if
		:: version == v -> set_free()
		:: else -> skip
		fi;
		v = 0
	   }
#else
	:: atomic { REAPABLE -> set_free() }
#endif
	od
}

/* [5] Wherever all others crashed or left: one alone can free the slot, claim it, publish. */
active proctype heir()
{
	byte me = OWNERS + 1;
#ifdef TRAP_INHERITED
	bool inherited;
#endif
	byte k, i, n;

end:
	atomic {
		ended == OWNERS ->
		if
#ifdef BUG_KEEP_CLAIM
		:: TAKEN(version) && SEQ(version) > 0 ->
#else
		:: TAKEN(version) ->
#endif
#ifdef TRAP_INHERITED
			inherited = orphaned;
#endif
			assert(orphaned); /* who leaves has released, or was fenced */
			set_free()
		:: else -> skip
		fi;
		assert(!TAKEN(version));
		set_claimed();
		do
		:: k < WORDS ->
			store(k, WORD(MY_INC, 0));
			replaced = replaced | 1 << k;
			k++
		:: else -> break
		od;
		store(COPY(1), WORD(MY_INC, 1));
		store(COPY(1) + 1, WORD(MY_INC, 1));
		mine[me]++;
		set_version(mine[me]);
#ifdef TRAP_INHERITED
		assert(!inherited);
#endif
		k = 0
	}
}

init
{
	atomic {
		byte p = 1;
		do
		:: p <= OWNERS ->
			run process(p);
			p++
		:: else -> break
		od;
		p = 0
	}
}
