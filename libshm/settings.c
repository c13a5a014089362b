/* SPDX-License-Identifier: MIT */
/* settings.c - the settings of a swarm: one table of keys, their ranges, their text form. */
#include "settings.h"
#include <ctype.h>
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "duration.h"
#include "error.h"
#include "goal.h"
#include "topology.h"

typedef int key_setter(struct entrain_settings *settings, const char *key, const char *value,
		       struct entrain_error *error);

#define refuse(error, key, ...) error_set(error, ENTRAIN_USAGE, 0, "set", key, __VA_ARGS__)

static int set_period(struct entrain_settings *settings, const char *key, const char *value,
		      struct entrain_error *error)
{
	int64_t period_ns;
	int code = duration_parse(key, value, &period_ns, error);

	if (code)
		return code;
	if (period_ns < PERIOD_MIN_NS || period_ns > PERIOD_MAX_NS)
		return refuse(error, key, "%s is not between 1ms and 24h", value);
	settings->period_ns = period_ns;
	return 0;
}

static int set_band(struct entrain_settings *settings, const char *key, const char *value,
		    struct entrain_error *error)
{
	return percent_parse(key, value, PPM, &settings->band_ppm, error);
}

static int set_max_delay(struct entrain_settings *settings, const char *key, const char *value,
			 struct entrain_error *error)
{
	uint32_t ppm = 0;
	int64_t delay_ns = 0;
	int code;

	if (value[0] && value[strlen(value) - 1] == '%')
		code = percent_parse(key, value, PPM, &ppm, error);
	else
		code = duration_parse(key, value, &delay_ns, error);
	if (code)
		return code;
	if (delay_ns > PERIOD_MAX_NS)
		return refuse(error, key, "%s is more than 24h", value);
	settings->max_delay_ppm = ppm;
	settings->max_delay_ns = delay_ns;
	return 0;
}

static int set_kind(struct entrain_settings *settings, const char *key, const char *value,
		    struct entrain_error *error)
{
	for (uint32_t kind = ENTRAIN_TAKEN; kind <= ENTRAIN_DRIFTING; kind++)
		if (strcmp(value, entrain_kind_name((int)kind)) == 0) {
			settings->kind = kind;
			return 0;
		}
	return refuse(error, key, "'%s' is none of taken, relative, grid, drifting", value);
}

static int set_goal(struct entrain_settings *settings, const char *key, const char *value,
		    struct entrain_error *error)
{
	const struct goal *goal = goal_find(value);

	if (!goal)
		return refuse(error, key,
			      "'%s' is no goal; goals are minimize-api-calls (batch), "
			      "distribute-load (spread), reach-consensus, minimize-latency, "
			      "save-energy, maintain-rhythm, recover-from-failure, "
			      "adapt-to-traffic",
			      value);
	settings->goal = goal->id;
	settings->target_ppm = 0;
	return 0;
}

static int set_target(struct entrain_settings *settings, const char *key, const char *value,
		      struct entrain_error *error)
{
	char *end;
	double target = strtod(value, &end);

	if (end == value || *end || !(target > 0 && target <= 1))
		return refuse(error, key, "'%s' is not a number above 0, at most 1", value);
	settings->target_ppm = (uint32_t)(target * PPM + .5);
	if (settings->target_ppm == 0)
		settings->target_ppm = 1;
	return 0;
}

static int set_target_coherence(struct entrain_settings *settings, const char *key,
				const char *value, struct entrain_error *error)
{
	if (strcmp(entrain_metric_name((int)settings->goal), "coherence") != 0)
		return refuse(error, key, "the goal's metric is %s, not coherence; use target",
			      entrain_metric_name((int)settings->goal));
	return set_target(settings, key, value, error);
}

static int set_mode(struct entrain_settings *settings, const char *key, const char *value,
		    struct entrain_error *error)
{
	for (uint32_t mode = ENTRAIN_ACT; mode <= ENTRAIN_OFF; mode++)
		if (strcmp(value, entrain_mode_name((int)mode)) == 0) {
			settings->mode = mode;
			return 0;
		}
	return refuse(error, key, "'%s' is none of act, observe, off", value);
}

static int set_access(struct entrain_settings *settings, const char *key, const char *value,
		      struct entrain_error *error)
{
	char *end;
	unsigned long access = strtoul(value, &end, 8);

	if (!isdigit((unsigned char)value[0]) || *end || access > 0777 || (access & 0111) ||
	    (access & 0600) != 0600)
		return refuse(error, key,
			      "'%s' is not an octal mode such as 0660: the owner reads and "
			      "writes, nobody executes",
			      value);
	settings->access = (uint32_t)access;
	return 0;
}

static int set_count(struct entrain_settings *settings, const char *key, const char *value,
		     struct entrain_error *error)
{
	char *end;
	unsigned long count;

	errno = 0;
	count = strtoul(value, &end, 10);
	if (!isdigit((unsigned char)value[0]) || *end || errno || count < 1 ||
	    count > ENTRAIN_CAPACITY_MAX)
		return refuse(error, key, "'%s' is not a number between 1 and 65536", value);
	settings->capacity = (uint32_t)count;
	return 0;
}

static int set_topology(struct entrain_settings *settings, const char *key, const char *value,
			struct entrain_error *error)
{
	struct topology_spec spec;
	enum entrain_code code = topology_parse(key, value, &spec, error);

	if (!code)
		memcpy(settings->topology, spec.text, sizeof(settings->topology));
	return (int)code;
}

/* A user or group: by name, or by number. */
static int id_parse(const char *value, uint32_t *id)
{
	char *end;
	unsigned long number = strtoul(value, &end, 10);

	if (!isdigit((unsigned char)value[0]) || *end || number >= UINT32_MAX)
		return -1;
	*id = (uint32_t)number;
	return 0;
}

static int set_owner(struct entrain_settings *settings, const char *key, const char *value,
		     struct entrain_error *error)
{
	char buffer[4096];
	struct passwd entry, *found = NULL;

	if (id_parse(value, &settings->uid) == 0)
		return 0;
	if (getpwnam_r(value, &entry, buffer, sizeof(buffer), &found) != 0 || !found)
		return refuse(error, key, "there is no user '%s'", value);
	settings->uid = entry.pw_uid;
	return 0;
}

static int set_group(struct entrain_settings *settings, const char *key, const char *value,
		     struct entrain_error *error)
{
	char buffer[16384];
	struct group entry, *found = NULL;

	if (id_parse(value, &settings->gid) == 0)
		return 0;
	if (getgrnam_r(value, &entry, buffer, sizeof(buffer), &found) != 0 || !found)
		return refuse(error, key, "there is no group '%s'", value);
	settings->gid = entry.gr_gid;
	return 0;
}

_Static_assert(sizeof(((struct entrain_settings *)NULL)->topology) == SHM_TOPOLOGY_TEXT, "text");

static const struct {
	struct entrain_key key;
	key_setter *set;
} table[] = {
	{ { "period", "DURATION", "5s", "how often each agent acts: 1ms to 24h", 1, 1 },
	  set_period },
	{ { "band", "PERCENT", "10%",
	    "agents whose own period is further off than this are off-beat and left alone", 1, 0 },
	  set_band },
	{ { "kind", "KIND", "taken",
	    "how the hosts come to their turns: taken, relative, grid or drifting", 1, 0 },
	  set_kind },
	{ { "goal", "GOAL", "distribute-load",
	    "distribute-load (spread), minimize-api-calls (batch), reach-consensus, "
	    "minimize-latency, save-energy, maintain-rhythm, recover-from-failure or "
	    "adapt-to-traffic",
	    1, 1 },
	  set_goal },
	{ { "target", "NUMBER", "the goal's own", "when the goal counts as reached, in its metric",
	    1, 1 },
	  set_target },
	{ { "target-coherence", "NUMBER", "the goal's own", "the same, for goals of coherence", 0,
	    1 },
	  set_target_coherence },
	{ { "max-delay", "DURATION|PERCENT", "10%",
	    "the most an agent is delayed a cycle; not given, recover-from-failure has 25% and "
	    "minimize-latency 50%",
	    1, 1 },
	  set_max_delay },
	{ { "mode", "act|observe|off", "act",
	    "act: coordinate; observe: measure only; off: as if entrain were not there", 0, 1 },
	  set_mode },
	{ { "capacity", "N", "64", "slots for agents, 1 to 65536", 1, 0 }, set_count },
	{ { "topology", "T", "full",
	    "who sees whom: full, ring:K, star, small-world:K:P or file:PATH; live: see resize", 1,
	    0 },
	  set_topology },
	{ { "mode", "OCTAL", "0660",
	    "permission bits of the objects; control is never writable for others", 1, 0 },
	  set_access },
	{ { "owner", "USER", "who creates it", "owner of the objects", 1, 0 }, set_owner },
	{ { "group", "GROUP", "who creates it", "group of the objects: whose processes may join", 1,
	    0 },
	  set_group },
};

#define ROWS (sizeof(table) / sizeof(table[0]))

const struct entrain_key *entrain_settings_key(unsigned index)
{
	return index < ROWS ? &table[index].key : NULL;
}

void entrain_settings_init(struct entrain_settings *settings)
{
	memset(settings, 0, sizeof(*settings));
	settings->size = sizeof(*settings);
	settings->capacity = 64;
	settings->period_ns = INT64_C(5000000000);
	settings->band_ppm = 100000;
	settings->kind = ENTRAIN_TAKEN;
	settings->goal = ENTRAIN_DISTRIBUTE_LOAD;
	settings->mode = ENTRAIN_ACT;
	settings->access = 0660;
	settings->uid = settings->gid = ENTRAIN_SAME;
	snprintf(settings->topology, sizeof(settings->topology), "full");
}

/* Files spell keys with _, the command line with -. */
static bool key_matches(const char *name, const char *typed)
{
	for (; *name && *typed; name++, typed++)
		if (*name != *typed && !(*name == '-' && *typed == '_'))
			return false;
	return *name == *typed;
}

int entrain_settings_set(struct entrain_settings *settings, const char *key, const char *value,
			 int live, struct entrain_error *error)
{
	bool known = false;

	if (!settings || !key || !value)
		return error_set(error, ENTRAIN_USAGE, 0, "set", key, "no value");
	for (unsigned i = 0; i < ROWS; i++) {
		if (!key_matches(table[i].key.name, key))
			continue;
		known = true;
		if (live ? table[i].key.live : table[i].key.at_creation)
			return table[i].set(settings, key, value, error);
	}
	if (!known)
		return error_set(error, ENTRAIN_USAGE, 0, "set", key, "there is no such key");
	return error_set(error, ENTRAIN_USAGE, 0, "set", key,
			 live ? "it cannot change while the swarm runs"
			      : "it is not given at creation; use entrainctl set");
}

bool settings_valid(const struct entrain_settings *settings)
{
	const struct goal *goal = goal_row((int)settings->goal);

	return settings->period_ns >= PERIOD_MIN_NS && settings->period_ns <= PERIOD_MAX_NS &&
	       settings->capacity >= 1 && settings->capacity <= ENTRAIN_CAPACITY_MAX &&
	       settings->band_ppm <= PPM && settings->target_ppm <= PPM &&
	       settings->max_delay_ppm <= PPM && settings->max_delay_ns >= 0 &&
	       settings->max_delay_ns <= PERIOD_MAX_NS && settings->kind >= ENTRAIN_TAKEN &&
	       settings->kind <= ENTRAIN_DRIFTING && settings->mode >= ENTRAIN_ACT &&
	       settings->mode <= ENTRAIN_OFF && goal;
}

int entrain_settings_check(const struct entrain_settings *settings, struct entrain_error *error)
{
	char delay[32], period[32];
	struct topology_spec spec;

	if (!settings || settings->size != sizeof(*settings) || !settings_valid(settings) ||
	    (settings->access & ~0666u) || (settings->access & 0600) != 0600 ||
	    !memchr(settings->topology, 0, sizeof(settings->topology)) ||
	    topology_parse("topology", settings->topology, &spec, NULL))
		return error_set(error, ENTRAIN_USAGE, 0, "set", "settings",
				 "a value is out of its range; start from entrain_settings_init()");
	if (settings->max_delay_ns && settings->max_delay_ppm)
		return error_set(error, ENTRAIN_USAGE, 0, "set", "max-delay",
				 "give it as a duration or as a share, not both");
	if (settings->max_delay_ns >= settings->period_ns)
		return error_set(error, ENTRAIN_USAGE, 0, "set", "max-delay",
				 "%s is not shorter than the period, %s",
				 entrain_duration_text(settings->max_delay_ns, delay),
				 entrain_duration_text(settings->period_ns, period));
	return 0;
}

static int64_t share_ns(int64_t period_ns, uint32_t ppm)
{
	return (int64_t)((__int128)period_ns * ppm / PPM);
}

int64_t settings_cap_ns(const struct entrain_settings *settings, int64_t period_ns, int64_t own_ns,
			uint32_t own_ppm)
{
	int64_t swarm_ns = settings->max_delay_ns, cap_ns;

	if (!swarm_ns)
		swarm_ns = share_ns(period_ns, settings->max_delay_ppm
						       ? settings->max_delay_ppm
						       : goal_row((int)settings->goal)->cap_ppm);
	cap_ns = own_ns ? own_ns : own_ppm ? share_ns(period_ns, own_ppm) : swarm_ns;
	/* More than the swarm's is implausible to the others; where delays do not add up (a clock), or nothing is planned, it is not. */
	if (cap_ns > swarm_ns && settings->kind != ENTRAIN_GRID &&
	    settings->kind != ENTRAIN_DRIFTING)
		cap_ns = swarm_ns;
	/* A whole period of delay is a turn left out, never a delay. */
	return cap_ns >= period_ns ? period_ns - 1 : cap_ns;
}

int64_t entrain_settings_max_delay_ns(const struct entrain_settings *settings)
{
	if (!settings || settings->size != sizeof(*settings) || !settings_valid(settings))
		return 0;
	return settings_cap_ns(settings, settings->period_ns, 0, 0);
}

bool swarm_name_valid(const char *name)
{
	size_t length = strlen(name);

	return length >= 1 && length <= 64 && strchr("-_.", name[0]) == NULL &&
	       strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-_.") == length;
}
