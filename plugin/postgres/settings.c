/* SPDX-License-Identifier: MIT */
/* settings.c - entrain.swarm, entrain.enabled, entrain.period, entrain.goal. */
#include "postgres.h"

#include <entrain.h>
#include "settings.h"
#include "utils/guc.h"

#define PERIOD_MS 240000
#define PERIOD_LEAST_MS 1000
#define PERIOD_MOST_MS 86400000

char *setting_swarm;
bool setting_enabled = true;
int setting_period_ms = PERIOD_MS;
int setting_goal = ENTRAIN_DISTRIBUTE_LOAD;

static const struct config_enum_entry goals[] = {
	{ "minimize-api-calls", ENTRAIN_MINIMIZE_API_CALLS, false },
	{ "batch", ENTRAIN_MINIMIZE_API_CALLS, true },
	{ "distribute-load", ENTRAIN_DISTRIBUTE_LOAD, false },
	{ "spread", ENTRAIN_DISTRIBUTE_LOAD, true },
	{ "reach-consensus", ENTRAIN_REACH_CONSENSUS, false },
	{ "minimize-latency", ENTRAIN_MINIMIZE_LATENCY, false },
	{ "save-energy", ENTRAIN_SAVE_ENERGY, false },
	{ "maintain-rhythm", ENTRAIN_MAINTAIN_RHYTHM, false },
	{ "recover-from-failure", ENTRAIN_RECOVER_FROM_FAILURE, false },
	{ "adapt-to-traffic", ENTRAIN_ADAPT_TO_TRAFFIC, false },
	{ NULL, 0, false },
};

/* A name as the library takes it: 1 to 64 of a-z 0-9 - _ . and a letter or digit first. */
static bool swarm_check(char **value, void **extra, GucSource source)
{
	static const char first[] = "abcdefghijklmnopqrstuvwxyz0123456789";
	static const char any[] = "abcdefghijklmnopqrstuvwxyz0123456789-_.";
	const char *name = *value;
	size_t length = strlen(name);

	(void)extra;
	(void)source;
	if (length == 0 || (length <= 64 && strspn(name, any) == length && strchr(first, name[0])))
		return true;
	GUC_check_errdetail("A swarm's name is 1 to 64 of a-z 0-9 - _ . and begins with a letter "
			    "or digit.");
	return false;
}

void settings_define(void)
{
	DefineCustomStringVariable("entrain.swarm",
				   "The swarm that all clusters of this host share.",
				   "It is created where it is missing. Empty: none.",
				   &setting_swarm, "", PGC_SIGHUP, 0, swarm_check, NULL, NULL);
	DefineCustomBoolVariable("entrain.enabled", "Whether this cluster is in the swarm.", NULL,
				 &setting_enabled, true, PGC_SIGHUP, 0, NULL, NULL, NULL);
	DefineCustomIntVariable("entrain.period",
				"How often each cluster of the swarm checkpoints.",
				"Of the swarm where it is created, and where a reload changes it. "
				"checkpoint_timeout must be longer.",
				&setting_period_ms, PERIOD_MS, PERIOD_LEAST_MS, PERIOD_MOST_MS,
				PGC_SIGHUP, GUC_UNIT_MS, NULL, NULL, NULL);
	DefineCustomEnumVariable("entrain.goal", "What the swarm is to reach.",
				 "Of the swarm where it is created, and where a reload changes it.",
				 &setting_goal, ENTRAIN_DISTRIBUTE_LOAD, goals, PGC_SIGHUP, 0, NULL,
				 NULL, NULL);
	MarkGUCPrefixReserved("entrain");
}
