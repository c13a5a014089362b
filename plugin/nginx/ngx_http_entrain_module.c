/* SPDX-License-Identifier: MIT */
/* The module as nginx sees it: its directives, its configurations, what is called when. */
#include "ngx_http_entrain.h"

/* ---- configurations ------------------------------------------------------------------------ */

static void *main_create(ngx_conf_t *cf)
{
	struct entrain_main *main = ngx_pcalloc(cf->pool, sizeof(*main));

	if (!main ||
	    ngx_array_init(&main->uses, cf->pool, 4, sizeof(struct entrain_log_use)) != NGX_OK ||
	    ngx_array_init(&main->logs, cf->pool, 4, sizeof(struct entrain_log)) != NGX_OK)
		return NULL;
	return main;
}

/* Of a location, server or http: is entrain on? */
static void *location_create(ngx_conf_t *cf)
{
	ngx_flag_t *on = ngx_palloc(cf->pool, sizeof(*on));

	if (on)
		*on = NGX_CONF_UNSET;
	return on;
}

static char *location_merge(ngx_conf_t *cf, void *parent, void *child)
{
	struct entrain_main *main = ngx_http_conf_get_module_main_conf(cf, ngx_http_entrain_module);
	ngx_flag_t *outer = parent, *on = child;

	ngx_conf_merge_value(*on, *outer, 1);
	return entrain_logs_note(cf, main, *on) == NGX_OK ? NGX_CONF_OK : NGX_CONF_ERROR;
}

static ngx_int_t hooks_add(ngx_conf_t *cf)
{
	const struct entrain_main *main =
		ngx_http_conf_get_module_main_conf(cf, ngx_http_entrain_module);
	ngx_http_core_main_conf_t *core =
		ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module);
	ngx_http_handler_pt *handler;

	if (!main->enabled)
		return NGX_OK;
	/* after the log module's, which was there first */
	handler = ngx_array_push(&core->phases[NGX_HTTP_LOG_PHASE].handlers);
	if (!handler)
		return NGX_ERROR;
	*handler = entrain_logs_watch;
	return NGX_OK;
}

struct entrain_main *entrain_main_of(const volatile ngx_cycle_t *cycle)
{
	return ngx_http_cycle_get_module_main_conf(cycle, ngx_http_entrain_module);
}

/* ---- when what is called --------------------------------------------------------------------- */

/* All blocks have been read, also a stream block after http. A refusal here leaves what runs as it is. */
static char *all_read(ngx_cycle_t *cycle, void *conf)
{
	struct entrain_main *main = entrain_main_of(cycle);

	(void)conf;
	if (!main || !main->enabled)
		return NGX_CONF_OK;
	return entrain_directive_check(cycle, main) == NGX_OK ? NGX_CONF_OK : NGX_CONF_ERROR;
}

/* In the master, at start and at reload; not where a configuration is only tested. */
static ngx_int_t master_ready(ngx_cycle_t *cycle)
{
	const struct entrain_main *main = entrain_main_of(cycle);

	if (main && main->enabled && !ngx_test_config)
		entrain_swarm_provide(cycle, main);
	return NGX_OK; /* anything else ends the master */
}

/* In each process; cache manager and loader are helpers, though their ngx_worker is 0. */
static ngx_int_t process_start(ngx_cycle_t *cycle)
{
	struct entrain_main *main = entrain_main_of(cycle);

	if (main && main->enabled &&
	    (ngx_process == NGX_PROCESS_WORKER || ngx_process == NGX_PROCESS_SINGLE))
		entrain_worker_start(cycle, main);
	return NGX_OK;
}

static void process_end(ngx_cycle_t *cycle)
{
	(void)cycle;
	entrain_worker_end();
}

/* ---- tables --------------------------------------------------------------------------------- */

static ngx_command_t commands[] = {
	{ ngx_string("entrain"),
	  NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_HTTP_LOC_CONF | NGX_CONF_1MORE,
	  entrain_directive, NGX_HTTP_LOC_CONF_OFFSET, 0, NULL },
	{ ngx_string("entrain_status"), NGX_HTTP_LOC_CONF | NGX_CONF_NOARGS,
	  entrain_status_directive, NGX_HTTP_LOC_CONF_OFFSET, 0, NULL },
	ngx_null_command
};

static ngx_http_module_t http_context = {
	.preconfiguration = entrain_variables_add,
	.postconfiguration = hooks_add,
	.create_main_conf = main_create,
	.create_loc_conf = location_create,
	.merge_loc_conf = location_merge,
};

/* clang-format off */
ngx_module_t ngx_http_entrain_module = {
	NGX_MODULE_V1,
	.ctx = &http_context,
	.commands = commands,
	.type = NGX_HTTP_MODULE,
	.init_process = process_start,
	.exit_process = process_end,
};

/* http modules are not asked once everything was read: a core module is. */
static ngx_core_module_t core_context = {
	.name = ngx_string("entrain"),
	.init_conf = all_read,
};

static ngx_module_t ngx_entrain_module = {
	NGX_MODULE_V1,
	.ctx = &core_context,
	.type = NGX_CORE_MODULE,
	.init_module = master_ready,
};
/* clang-format on */

/* What nginx looks for in a shared object that it loads. */
extern ENTRAIN_API ngx_module_t *ngx_modules[];
extern ENTRAIN_API char *ngx_module_names[];
extern ENTRAIN_API char *ngx_module_order[];

ngx_module_t *ngx_modules[] = { &ngx_http_entrain_module, &ngx_entrain_module, NULL };
static char http_name[] = "ngx_http_entrain_module", core_name[] = "ngx_entrain_module";
char *ngx_module_names[] = { http_name, core_name, NULL };
char *ngx_module_order[] = { NULL };
