/* SPDX-License-Identifier: MIT */
/* member.c - the worker's place in the swarm: entered where the settings fit, left where they do not. */
#include "postgres.h"

#include "access/xlog.h"
#include "fits.h"
#include "miscadmin.h"
#include "postmaster/bgwriter.h"
#include "postmaster/postmaster.h"
#include "settings.h"
#include "member.h"
#include "utils/elog.h"
#include "utils/guc.h"

#define MS_NS INT64CONST(1000000)
#define S_NS INT64CONST(1000000000)
/* How long until it looks again whether it can enter after all. */
#define AGAIN_NS (10 * S_NS)
#define READY_NS (200 * MS_NS)
#define SAYING_MOST 600
#define CHANGE_TRIES 10

struct entrain_agent *member_agent;
int64_t member_again_ns;

static char swarm_name[65]; /* that the agent is in */
static char said[SAYING_MOST];
static int64_t again_ns; /* how long until the next try */

/* What was said last is not said again. */
__attribute__((format(printf, 2, 3))) static void say(const char *hint, const char *format, ...)
{
	char text[SAYING_MOST];
	va_list values;

	va_start(values, format);
	vsnprintf(text, sizeof(text), format, values);
	va_end(values);
	if (strcmp(text, said) == 0)
		return;
	strlcpy(said, text, sizeof(said));
	ereport(LOG, (errmsg("entrain: %s", text), hint && *hint ? errhint("%s", hint) : 0));
}

/* A swarm that another cluster is creating at this moment is there in the next. */
static void say_error(const struct entrain_error *error)
{
	if (error->code == ENTRAIN_NOT_READY) {
		again_ns = READY_NS;
		return;
	}
	say(entrain_code_hint(error->code), "not in the swarm: %s: %s: %s", error->what,
	    error->object, error->why);
}

/* What a swarm is created with. */
static void settings_wanted(struct entrain_settings *settings)
{
	entrain_settings_init(settings);
	settings->period_ns = setting_period_ms * MS_NS;
	settings->goal = (uint32_t)setting_goal;
	settings->kind = ENTRAIN_TAKEN;
}

/* The settings of the swarm as it is or, where it is missing, as it would be created. */
static bool settings_look(struct entrain_settings *settings)
{
	struct entrain_status status = ENTRAIN_STATUS;
	struct entrain_error error;
	struct entrain_swarm *swarm;
	int code;

	swarm = entrain_open(NULL, setting_swarm, ENTRAIN_READ, &error);
	if (!swarm && error.code == ENTRAIN_NO_SWARM) {
		settings_wanted(settings);
		return true;
	}
	if (!swarm) {
		say_error(&error);
		return false;
	}
	code = entrain_status(swarm, &status, NULL, 0, &error);
	entrain_close(swarm);
	if (code) {
		say_error(&error);
		return false;
	}
	*settings = status.settings;
	return true;
}

static void say_misfit(enum fits misfit, const struct fits_values *values)
{
	char hint[200];
	uint32_t percent;
	int64_t period_s;

	fits_suggest(values, &period_s, &percent);
	snprintf(hint, sizeof(hint),
		 "These fit checkpoint_timeout = %ds: entrain.period = %llds, "
		 "checkpoint_completion_target = %u.%02u.",
		 CheckPointTimeout, (long long)period_s, percent / 100, percent % 100);
	if (misfit == FITS_NOT_PERIOD)
		say(hint,
		    "only watches: a period of %lld ms, delayed by up to %lld ms, is not below "
		    "checkpoint_timeout, %lld ms",
		    (long long)values->period_ms, (long long)values->delay_ms,
		    (long long)values->timeout_ms);
	else
		say(hint,
		    "only watches: writing for checkpoint_completion_target x checkpoint_timeout, "
		    "%lld ms, is not below 0.9 of the period, %lld ms",
		    (long long)(values->timeout_ms * values->target_ppm / 1000000),
		    (long long)values->period_ms);
}

static struct fits_values values_of(const struct entrain_settings *settings)
{
	return (struct fits_values){
		.period_ms = settings->period_ns / MS_NS,
		.delay_ms = entrain_settings_max_delay_ns(settings) / MS_NS,
		.timeout_ms = CheckPointTimeout * INT64CONST(1000),
		.target_ppm = (uint32_t)(CheckPointCompletionTarget * 1e6 + 0.5),
	};
}

static bool settings_fit(const struct entrain_settings *settings)
{
	const struct fits_values values = values_of(settings);
	enum fits misfit = fits_check(&values);

	if (misfit != FITS)
		say_misfit(misfit, &values);
	else if (!log_checkpoints || !message_level_is_interesting(LOG))
		say("Set log_checkpoints = on, and log_min_messages to error or lower.",
		    "not in the swarm: without log_checkpoints it is not known when a checkpoint "
		    "syncs");
	else
		return true;
	return false;
}

/* Which cluster it is: as its administrator calls it, else by its port. */
static const char *cluster_label(char port[16])
{
	const char *name = GetConfigOption("cluster_name", true, false);

	if (name && *name)
		return name;
	snprintf(port, 16, ":%d", PostPortNumber);
	return port;
}

static void say_joined(const struct entrain_settings *settings)
{
	bool own = settings->period_ns == setting_period_ms * MS_NS &&
		   (int)settings->goal == setting_goal;
	char period[32];

	say(own ? ""
		: "entrain.period or entrain.goal say otherwise: entrainctl set changes the "
		  "swarm's, "
		  "and so does a reload that changes them.",
	    "in swarm %s, period %s, goal %s, mode %s", swarm_name,
	    entrain_duration_text(settings->period_ns, period),
	    entrain_goal_name((int)settings->goal), entrain_mode_name((int)settings->mode));
}

static void join(void)
{
	struct entrain_options options = ENTRAIN_OPTIONS;
	struct entrain_settings settings;
	struct entrain_error error;
	char port[16];

	settings_wanted(&settings);
	options.flags = ENTRAIN_CREATE;
	options.settings = &settings;
	options.kind = ENTRAIN_TAKEN;
	options.name = "postgres";
	options.label = cluster_label(port);
	options.ready_timeout_ns = READY_NS;
	options.probe = 1; /* after a crash of the server the slot of the worker before this one */
	member_agent = entrain_join(setting_swarm, &options, &error);
	if (member_agent)
		strlcpy(swarm_name, setting_swarm, sizeof(swarm_name));
	else
		say_error(&error);
}

void member_leave(void)
{
	entrain_leave(member_agent);
	member_agent = NULL;
}

/* With an agent: is it where the settings want it, and does the swarm still fit? */
static void attend_agent(void)
{
	struct entrain_settings settings;
	enum entrain_code why;

	if (entrain_swarm_settings(member_agent, &settings) == 0 && !settings_fit(&settings))
		member_leave();
	else if (!entrain_joined(member_agent, &why)) /* it tries to come back by itself */
		say(entrain_code_hint(why), "not in the swarm: %s", entrain_code_text(why));
	else if (entrain_swarm_settings(member_agent, &settings) == 0)
		say_joined(&settings);
}

void member_attend(void)
{
	struct entrain_settings settings;
	bool wanted = setting_enabled && *setting_swarm;

	if (member_agent && (!wanted || strcmp(swarm_name, setting_swarm) != 0))
		member_leave();
	member_again_ns = INT64_MAX;
	again_ns = AGAIN_NS;
	if (!wanted) {
		say("", setting_enabled ? "entrain.swarm is not set: nothing is done"
					: "entrain.enabled is off: nothing is done");
		return;
	}
	if (!member_agent && settings_look(&settings) && settings_fit(&settings))
		join();
	if (member_agent)
		attend_agent();
	if (!member_agent)
		member_again_ns = entrain_now_ns() + again_ns;
}

/* ENTRAIN_NOT_READY: somebody else, such as another cluster after the same reload, has just changed something. */
static int settings_change(struct entrain_swarm *swarm, bool period, bool goal,
			   struct entrain_error *error)
{
	struct entrain_status status = ENTRAIN_STATUS;
	struct entrain_settings *settings = &status.settings;
	int code = entrain_status(swarm, &status, NULL, 0, error);
	const struct entrain_settings was = *settings;
	struct fits_values values;

	if (code)
		return code;
	if (period)
		settings->period_ns = setting_period_ms * MS_NS;
	if (goal)
		settings->goal = (uint32_t)setting_goal;
	if (settings->period_ns == was.period_ns && settings->goal == was.goal)
		return ENTRAIN_OK;
	/* Its own mistake: the others go on as they were. */
	values = values_of(settings);
	if (fits_check(&values) != FITS) {
		strlcpy(error->why,
			"what is set now does not go with this cluster's checkpoint_timeout and "
			"checkpoint_completion_target",
			sizeof(error->why));
		return error->code = ENTRAIN_USAGE;
	}
	return entrain_set(swarm, settings, error);
}

/* What a reload has changed is meant for the swarm that is there: of several clusters the last one's word counts. */
static void settings_pass_on(bool period, bool goal)
{
	struct entrain_error error;
	struct entrain_swarm *swarm = entrain_open(NULL, setting_swarm, ENTRAIN_ADMIN, &error);
	int code = swarm ? ENTRAIN_NOT_READY : (int)error.code;

	for (int tries = 0; swarm && code == ENTRAIN_NOT_READY && tries < CHANGE_TRIES; tries++)
		code = settings_change(swarm, period, goal, &error);
	entrain_close(swarm);
	if (code && code != ENTRAIN_NO_SWARM)
		ereport(LOG, (errmsg("entrain: swarm %s keeps its period and goal: %s",
				     setting_swarm, error.why),
			      errhint("%s", entrain_code_hint(error.code))));
}

void member_reload(void)
{
	int period_ms = setting_period_ms, goal = setting_goal;

	ProcessConfigFile(PGC_SIGHUP);
	said[0] = '\0'; /* whoever reloads wants to hear how it stands */
	if (member_agent && !entrain_joined(member_agent, NULL))
		member_leave(); /* and a swarm that was removed created anew */
	if (setting_enabled && *setting_swarm &&
	    (period_ms != setting_period_ms || goal != setting_goal))
		settings_pass_on(period_ms != setting_period_ms, goal != setting_goal);
	member_attend();
}

bool member_acts(int64_t *period_ns)
{
	struct entrain_settings settings;

	if (!member_agent || !entrain_joined(member_agent, NULL) ||
	    entrain_swarm_settings(member_agent, &settings))
		return false;
	*period_ns = settings.period_ns;
	return settings.mode == ENTRAIN_ACT;
}
