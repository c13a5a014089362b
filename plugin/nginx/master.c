/* SPDX-License-Identifier: MIT */
/* What the master does at start and at each reload: the swarm is there, and is what the directive says. */
#include "ngx_http_entrain.h"

void entrain_error_log(ngx_log_t *log, ngx_uint_t level, const struct entrain_error *error)
{
	const char *hint = entrain_code_hint(error->code);

	ngx_log_error(level, log, (ngx_err_t)error->os_error, "entrain: %s %s: %s%s%s%s",
		      error->what, error->object,
		      error->why[0] ? error->why : entrain_code_text(error->code),
		      *hint ? " (" : "", hint, *hint ? ")" : "");
}

/* As the directive says; objects of root's master belong to the workers' group. */
static struct entrain_settings settings_wanted(ngx_cycle_t *cycle, const struct entrain_main *main)
{
	const ngx_core_conf_t *core =
		(ngx_core_conf_t *)ngx_get_conf(cycle->conf_ctx, ngx_core_module);
	struct entrain_settings settings = main->settings;

	if (settings.gid == ENTRAIN_SAME && geteuid() == 0)
		settings.gid = core->group;
	return settings;
}

static bool is_spelled(const struct entrain_main *main, const char *name)
{
	const struct entrain_key *key;

	for (unsigned row = 0; (key = entrain_settings_key(row)); row++)
		if (main->spelled & 1u << row && strcmp(key->name, name) == 0)
			return true;
	return false;
}

/* Put into `now` what the directive spells out and is otherwise. True: there was something. */
static bool live_differ(const struct entrain_main *main, struct entrain_settings *now)
{
	const struct entrain_settings *wanted = &main->settings, before = *now;

	if (is_spelled(main, "period"))
		now->period_ns = wanted->period_ns;
	if (is_spelled(main, "goal"))
		now->goal = wanted->goal;
	if (is_spelled(main, "target"))
		now->target_ppm = wanted->target_ppm;
	if (is_spelled(main, "max-delay")) {
		now->max_delay_ns = wanted->max_delay_ns;
		now->max_delay_ppm = wanted->max_delay_ppm;
	}
	return now->period_ns != before.period_ns || now->goal != before.goal ||
	       now->target_ppm != before.target_ppm || now->max_delay_ns != before.max_delay_ns ||
	       now->max_delay_ppm != before.max_delay_ppm;
}

/* What stays as it is while the swarm is there. */
static void fixed_warn(ngx_cycle_t *cycle, const struct entrain_main *main,
		       const struct entrain_settings *now)
{
	const struct entrain_settings *wanted = &main->settings;
	const char *key = NULL;

	if (now->kind != wanted->kind)
		key = "kind"; /* workers would be refused */
	else if (is_spelled(main, "band") && now->band_ppm != wanted->band_ppm)
		key = "band";
	else if (is_spelled(main, "capacity") && now->capacity < wanted->capacity)
		key = "capacity";
	else if (is_spelled(main, "topology") && strcmp(now->topology, wanted->topology) != 0)
		key = "topology";
	if (key)
		ngx_log_error(NGX_LOG_WARN, cycle->log, 0,
			      "entrain: swarm %s exists with another %s than %V:%ui says: see "
			      "entrainctl resize, or entrainctl rm it and reload",
			      main->swarm, key, &main->file, main->line);
}

/* It exists: an administrator's changes stay, but for what the directive spells out. */
static int swarm_follow(ngx_cycle_t *cycle, const struct entrain_main *main,
			struct entrain_error *error)
{
	struct entrain_status status = ENTRAIN_STATUS;
	struct entrain_swarm *swarm = entrain_open(main->dir, main->swarm, ENTRAIN_READ, error);
	bool differ = false;
	int code = swarm ? entrain_status(swarm, &status, NULL, 0, error) : (int)error->code;

	entrain_close(swarm);
	if (code)
		return code;
	fixed_warn(cycle, main, &status.settings);
	differ = live_differ(main, &status.settings);
	if (!differ)
		return 0;
	swarm = entrain_open(main->dir, main->swarm, ENTRAIN_ADMIN, error);
	code = swarm ? entrain_set(swarm, &status.settings, error) : (int)error->code;
	entrain_close(swarm);
	return code;
}

void entrain_swarm_provide(ngx_cycle_t *cycle, const struct entrain_main *main)
{
	const struct entrain_settings settings = settings_wanted(cycle, main);
	struct entrain_error error = { .code = ENTRAIN_OK };
	int code = entrain_create(main->dir, main->swarm, &settings, &error);

	if (code == 0) {
		ngx_log_error(NGX_LOG_NOTICE, cycle->log, 0, "entrain: swarm %s created",
			      main->swarm);
	} else if (code == ENTRAIN_EXISTS) {
		code = swarm_follow(cycle, main, &error);
	}
	if (code)
		entrain_error_log(cycle->log, NGX_LOG_ERR, &error);
}
