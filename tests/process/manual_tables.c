/* SPDX-License-Identifier: MIT */
/* The tables of the public interface as lines, for the test that compares the manual with them. */
#include <entrain.h>
#include <stdio.h>

int main(void)
{
#define PRINT_CODE(name, text, hint, status) printf("code %s %d %s\n", #name, status, text);
	ENTRAIN_CODES(PRINT_CODE)
#undef PRINT_CODE
	/* no setting: it says where they are */
	printf("key dir DIR|/dev/shm\n");
	for (unsigned i = 0; entrain_settings_key(i); i++) {
		const struct entrain_key *key = entrain_settings_key(i);

		if (key->at_creation) /* what may stand in a file */
			printf("key %s %s|%s\n", key->name, key->argument, key->fallback);
	}
	for (int goal = 1; goal < ENTRAIN_GOAL_COUNT; goal++)
		printf("word %s\n", entrain_goal_name(goal));
	for (int kind = ENTRAIN_TAKEN; kind <= ENTRAIN_DRIFTING; kind++)
		printf("word %s\n", entrain_kind_name(kind));
	for (int mode = ENTRAIN_ACT; mode <= ENTRAIN_OFF; mode++)
		printf("word %s\n", entrain_mode_name(mode));
	return 0;
}
