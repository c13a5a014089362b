/* SPDX-License-Identifier: MIT */
/* The five lines of a worker, complete: it says why when it cannot join, and ends after some turns. */
#include <entrain.h>
#include <stdio.h>
#include <stdlib.h>

static void flush(unsigned long turn)
{
	printf("five_lines: turn %lu at %.3f ms\n", turn, (double)entrain_now_ns() / 1e6);
	fflush(stdout);
}

/* five_lines SWARM TURNS; the swarm must be there: entrainctl create SWARM --period 1s */
int main(int count, char **arguments)
{
	struct entrain_error error;
	struct entrain_agent *agent;
	unsigned long turns = count == 3 ? strtoul(arguments[2], NULL, 10) : 0;

	if (turns == 0) {
		fprintf(stderr, "usage: five_lines SWARM TURNS\n");
		return 2;
	}
	agent = entrain_join(arguments[1], NULL, &error);
	if (!agent) { /* a server would go on here, with a timer of its own */
		fprintf(stderr, "%s: %s: %s\n", error.what, error.object, error.why);
		fprintf(stderr, "try: %s\n", entrain_code_hint(error.code));
		return entrain_code_status(error.code);
	}
	for (unsigned long turn = 1; turn <= turns && entrain_wait(agent) == 0; turn++) {
		entrain_begin(agent); /* looks at the others, plans the next turn */
		flush(turn);
		entrain_end(agent); /* measures how long it took */
	}
	entrain_leave(agent);
	return 0;
}
