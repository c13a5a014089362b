/* SPDX-License-Identifier: MIT */
/* A worker's agent: one timer of its loop, and at each turn all buffered logs of its cycle. */
#include "ngx_http_entrain.h"

#define MS_NS INT64_C(1000000)
#define JOIN_AFTER_MOST_NS (500 * MS_NS)

/*
 * One a process. Static, for a process without a master changes its cycle under it. `place` is what nginx's debug log looks
 * for behind an event.
 */
static struct {
	struct entrain_main *main;
	struct entrain_agent *agent;
	enum entrain_code told; /* what was last said about why it is not in the swarm */
	ngx_event_t timer;
	ngx_connection_t place;
	uint64_t turns;
	bool late; /* flush= comes first, and it was said */
} worker;

struct entrain_agent *entrain_worker_agent(void)
{
	return worker.agent && entrain_joined(worker.agent, NULL) ? worker.agent : NULL;
}

uint64_t entrain_worker_turns(void)
{
	return worker.turns;
}

/* Once for each reason, and once when it is over. */
static void state_tell(ngx_log_t *log, const struct entrain_error *error)
{
	if (error->code == worker.told)
		return;
	if (error->code)
		entrain_error_log(log, NGX_LOG_ERR, error);
	else
		ngx_log_error(NGX_LOG_NOTICE, log, 0, "entrain: joined swarm %s",
			      worker.main->swarm);
	worker.told = error->code;
}

/* Never waits: a swarm that is not ready yet is asked again a period later. */
static void join(ngx_log_t *log)
{
	struct entrain_options options = ENTRAIN_OPTIONS;
	struct entrain_error error = { .code = ENTRAIN_OK };
	char label[16];

	snprintf(label, sizeof(label), "worker %u", (unsigned)ngx_worker % 1000);
	options.dir = worker.main->dir;
	options.name = "nginx";
	options.label = label;
	options.kind = ENTRAIN_TAKEN;
	options.ready_timeout_ns = 1;
	options.probe = 1; /* it may be here because another one died */
	if (worker.main->settings.uid != ENTRAIN_SAME) {
		options.trust_owner = 1;
		options.owner = worker.main->settings.uid;
	}
	worker.agent = entrain_join(worker.main->swarm, &options, &error);
	state_tell(log, &error);
}

/* An agent that lost its place comes back by itself. */
static void joined_tell(ngx_log_t *log)
{
	struct entrain_error error = { .what = "swarm" };

	if (entrain_joined(worker.agent, &error.code))
		error.code = ENTRAIN_OK;
	ngx_cpystrn((u_char *)error.object, (u_char *)worker.main->swarm, sizeof(error.object));
	state_tell(log, &error);
}

/* A period that was set live may not fit flush= any more: said once, until it fits again. */
static void fit_tell(ngx_log_t *log, const struct entrain_settings *settings)
{
	ngx_open_file_t *file = NULL;
	const ngx_msec_t flush = entrain_logs_least_flush(worker.main, &file);
	const bool late = flush && settings->period_ns + entrain_settings_max_delay_ns(settings) >
					   (int64_t)flush * MS_NS;
	char period[32];

	if (late && !worker.late)
		ngx_log_error(NGX_LOG_WARN, log, 0,
			      "entrain: the period of swarm %s is %s now: \"%V\" is written before "
			      "a turn comes, by flush=%Mms",
			      worker.main->swarm,
			      entrain_duration_text(settings->period_ns, period), &file->name,
			      flush);
	worker.late = late;
}

static void turn(ngx_log_t *log)
{
	struct entrain_settings settings;
	bool acts = true;

	entrain_settings_init(&settings);
	if (entrain_swarm_settings(worker.agent, &settings) == 0) {
		fit_tell(log, &settings);
		acts = settings.mode == ENTRAIN_ACT;
	}
	worker.turns++;
	/* In mode observe or off nginx's own flush= writes, as if we were not there. */
	if (!acts) {
		entrain_pass(worker.agent);
		return;
	}
	entrain_begin(worker.agent);
	entrain_logs_flush(worker.main, log);
	entrain_end(worker.agent);
}

static void timer_set(void)
{
	const int64_t now_ns = entrain_now_ns();
	int64_t wake_ns = worker.agent ? entrain_wake_ns(worker.agent)
				       : now_ns + worker.main->settings.period_ns;

	/* nginx counts whole milliseconds, from when its loop last woke: if that makes it early, it is set again */
	if (wake_ns > now_ns + worker.main->settings.period_ns * 4)
		wake_ns = now_ns + worker.main->settings.period_ns * 4;
	ngx_add_timer(&worker.timer,
		      wake_ns <= now_ns ? 1 : (ngx_msec_t)((wake_ns - now_ns + MS_NS - 1) / MS_NS));
}

static void timer_fired(ngx_event_t *timer)
{
	/* A process without a master has read its configuration anew. */
	struct entrain_main *main = entrain_main_of(ngx_cycle);

	if (!main || !main->enabled) {
		entrain_worker_end();
		return;
	}
	worker.main = main;
	if (!worker.agent) {
		join(timer->log);
	} else if (entrain_due(worker.agent)) {
		joined_tell(timer->log);
		turn(timer->log);
	}
	timer_set();
}

/*
 * A worker joins a moment after it started: those that it replaces at a reload have left by then, so the new ones divide the
 * whole circle and not what the old ones leave free. The first turn is within flush= all the same: the delay that is allowed
 * in a cycle is not needed in the first.
 */
static ngx_msec_t join_after_ms(const struct entrain_main *main)
{
	const int64_t after_ns = entrain_settings_max_delay_ns(&main->settings);

	return (ngx_msec_t)((after_ns < JOIN_AFTER_MOST_NS ? after_ns : JOIN_AFTER_MOST_NS) /
			    MS_NS) +
	       1;
}

void entrain_worker_start(ngx_cycle_t *cycle, struct entrain_main *main)
{
	worker.main = main;
	worker.place.fd = (ngx_socket_t)-1;
	worker.timer.data = &worker.place;
	worker.timer.handler = timer_fired;
	worker.timer.log = cycle->log;
	/* A worker that is to end does not wait for its turn. */
	worker.timer.cancelable = 1;
	worker.told = ENTRAIN_OK;
	ngx_add_timer(&worker.timer, join_after_ms(main));
}

void entrain_worker_end(void)
{
	if (worker.timer.timer_set)
		ngx_del_timer(&worker.timer);
	entrain_leave(worker.agent);
	worker.agent = NULL;
}
