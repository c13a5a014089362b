// SPDX-License-Identifier: MIT
/* Who may pass a round of the barrier while others come, leave and die: rounds of all who take part, one word each. */

/*
 * Every load and store of a word is one step; any process may stop between two steps for as long as it likes, or crash
 * there (a crashed one's slot is freed later: its word reads 0). Names that begin with BUG_ leave one rule out, names that begin
 * with TRAP_ claim that something never happens; run.sh wants an error from each.
 */

#ifndef AGENTS
#define AGENTS 3
#endif
#ifndef ROUNDS
#define ROUNDS 3	/* an agent ends when it has passed that one */
#endif
#ifndef LEAVES
#define LEAVES 1	/* how often anybody leaves or crashes, in all */
#endif

#define NONE	 0
#define ENTERING 15
#define ANYBODY	 AGENTS

byte word[AGENTS];
bool rung[AGENTS]; /* the bell has rung since that agent listened */

/* What only the proof knows. */
byte settled[AGENTS]; /* the round that an agent takes part in, once it has entered; 0: none */
byte passed[AGENTS];  /* the last one that it passed */
byte leaves;

/*
 * [1] Of all who have entered, none is two rounds ahead of another.
 * [2] None has passed a round that another, who takes part, has not reached.
 */
inline check()
{
	i = 0;
	do
	:: i < AGENTS ->
		assert(!settled[i] || !settled[me] ||
		       (settled[i] <= settled[me] + 1 && settled[me] <= settled[i] + 1));
		assert(!settled[i] || passed[me] <= settled[i]);
		i++
	:: else -> break
	od;
	i = 0
}

inline ring()
{
	d_step {
		i = 0;
		do
		:: i < AGENTS -> rung[i] = true; i++
		:: else -> break
		od;
		i = 0
	}
}

/* Look at all others, one after the other: `found` if one of them is waited for. */
inline scan(round, above, below)
{
	found = false;
	j = 0;
	do
	:: atomic {
		j < AGENTS ->
		found = found || (j != me && ((word[j] == ENTERING && j >= above && j < below) ||
					      (round > 1 && word[j] + 1 == round)));
		j++
	   }
	:: atomic { j == AGENTS -> j = 0; break }
	od
}

/* Least and greatest round of the others. */
inline survey()
{
	j = 0;
	do
	:: atomic {
		j < AGENTS ->
		if
		:: j != me && word[j] != NONE && word[j] != ENTERING ->
			least = ((least == 0 || word[j] < least) -> word[j] : least);
			most = (word[j] > most -> word[j] : most)
		:: else -> skip
		fi;
		j++
	   }
	:: atomic { j == AGENTS -> j = 0; break }
	od
}

/* Reach a round, from now on as one of those who take part. */
inline settle()
{
	word[me] = round;
	settled[me] = round;
	check()
}

inline forget()
{
	settled[me] = 0;
	passed[me] = 0;
	round = 0;
	found = false;
	first = false
}

proctype agent(byte me)
{
	byte i, j, least, most, round;
	bool found, first;

outside:
	rung[me] = false;
	scan(0, 0, ANYBODY);
	if
	:: found -> rung[me] -> goto outside
	:: !found
	fi;
#ifndef BUG_NO_ENTERING
	word[me] = ENTERING;
	if
	:: atomic { leaves < LEAVES -> leaves++; goto gone } /* dies there */
	:: true
	fi;
#ifndef BUG_TOGETHER
	scan(0, 0, me);
	if
	:: found ->
#ifdef TRAP_STEPS_BACK
		assert(false);
#endif
		word[me] = NONE;
		ring();
		goto outside
	:: !found
	fi;
alone:
	rung[me] = false;
	#ifdef BUG_WAITS_FOR_ALL
	scan(0, 0, ANYBODY);
#else
	scan(0, me, ANYBODY); /* lower ones that come now wait for this one */
#endif
	if
	:: found -> rung[me] -> goto alone
	:: !found
	fi;
#endif
#endif
	survey();
	atomic {
#ifdef TRAP_ROUND_IN_PROGRESS
		assert(most <= least);
#endif
#ifdef BUG_NEXT_OF_MOST
		round = most + 1;
#else
		round = (most > least -> most : least + 1);
#endif
		settle();
		least = 0;
		most = 0
	}
#ifndef BUG_SETTLES_QUIETLY
	ring();
#endif

reached:
	first = true;
look:
	rung[me] = false;
#ifdef BUG_LOOKS_FIRST
	/* What it saw before it said that it has come. */
	if
	:: first && round > 1 -> skip
	:: else -> scan(round, 0, ANYBODY)
	fi;
#else
	scan(round, 0, ANYBODY);
#endif
	if
	:: atomic { leaves < LEAVES -> leaves++; goto gone }
	:: found -> first = false; rung[me] -> goto look
	:: atomic {
		!found ->
		passed[me] = round;
		check();
#ifdef TRAP_NEWCOMER
		assert(!leaves || round < ROUNDS);
#endif
	   }
	fi;
	if
#ifdef BUG_NO_RING
	:: first -> skip
#else
	:: first -> ring()
#endif
	:: !first
	fi;
	if
	:: round < ROUNDS
	:: round >= ROUNDS -> goto leave
	fi;
#ifdef BUG_LOOKS_FIRST
	scan(round + 1, 0, ANYBODY);
#endif
	atomic { round++; settle() }
	goto reached;

	/* It left, or it is dead and somebody has freed its slot; it, or another in its place, may come again. */
gone:
	atomic { forget() }
	word[me] = NONE;
	ring();
	if
	:: goto outside
	:: goto end_over
	fi;

leave:
	atomic { forget() }
	word[me] = NONE;
	ring();

end_over:
	false
}

init
{
	atomic {
		byte p = 0;
		do
		:: p < AGENTS ->
			run agent(p);
			p++
		:: else -> break
		od;
		p = 0
	}
end:
	false
}
