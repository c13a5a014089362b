/* SPDX-License-Identifier: MIT */
/* The directive `entrain`: read, and checked with file and line, without a look at any swarm. */
#include "ngx_http_entrain.h"

#define SPARE_NS INT64_C(100000000) /* between the latest turn and nginx's own flush */
#define MS_NS INT64_C(1000000)

/* As the library has it: 1 to 64 of a-z 0-9 - _ . that begin with a letter or digit. */
static bool name_valid(const char *name)
{
	const size_t length = strlen(name);

	return length >= 1 && length <= 64 && !strchr("-_.", name[0]) &&
	       strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-_.") == length;
}

/* Which row of the library's table has this name; files spell keys with _. -1: none that is for creation. */
static int key_row(const char *name)
{
	const struct entrain_key *key;

	for (unsigned row = 0; (key = entrain_settings_key(row)); row++) {
		size_t i = 0;

		while (key->name[i] &&
		       (key->name[i] == name[i] || (key->name[i] == '-' && name[i] == '_')))
			i++;
		if (!key->name[i] && !name[i] && key->at_creation)
			return (int)row;
	}
	return -1;
}

static char *argument_wrong(ngx_conf_t *cf, const char *argument, const char *why)
{
	ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "entrain: \"%s\": %s", argument, why);
	return NGX_CONF_ERROR;
}

/* One argument KEY=VALUE; it is ended with a NUL in nginx's copy. */
static char *argument_read(ngx_conf_t *cf, struct entrain_main *main, char *argument)
{
	struct entrain_error error = { .code = ENTRAIN_OK };
	char *value = strchr(argument, '='), key[32];
	int row;

	if (!value || value == argument || (size_t)(value - argument) >= sizeof(key))
		return argument_wrong(cf, argument, "not of the form KEY=VALUE, nor \"off\"");
	ngx_cpystrn((u_char *)key, (u_char *)argument, (size_t)(value - argument) + 1);
	value++;
	if (strcmp(key, "swarm") == 0) {
		if (!name_valid(value))
			return argument_wrong(cf, argument,
					      "a name is 1 to 64 of a-z 0-9 - _ . and begins with "
					      "a letter or digit");
		if (*main->swarm)
			return argument_wrong(cf, argument, "it is given twice");
		ngx_cpystrn((u_char *)main->swarm, (u_char *)value, sizeof(main->swarm));
		return NGX_CONF_OK;
	}
	if (strcmp(key, "dir") == 0) {
		if (value[0] != '/')
			return argument_wrong(cf, argument, "not an absolute path");
		if (main->dir)
			return argument_wrong(cf, argument, "it is given twice");
		main->dir = value;
		return NGX_CONF_OK;
	}
	row = key_row(key);
	if (row < 0)
		return argument_wrong(cf, argument, "there is no such key");
	if (main->spelled & 1u << row)
		return argument_wrong(cf, argument, "it is given twice");
	if (entrain_settings_set(&main->settings, key, value, 0, &error))
		return argument_wrong(cf, argument, error.why);
	main->spelled |= 1u << row;
	return NGX_CONF_OK;
}

static char *settings_check(ngx_conf_t *cf, const struct entrain_main *main)
{
	struct entrain_error error = { .code = ENTRAIN_OK };

	if (!main->swarm[0])
		return argument_wrong(cf, "entrain", "swarm=NAME is missing");
	if (main->settings.kind != ENTRAIN_TAKEN)
		return argument_wrong(cf, "kind",
				      "nginx takes its instants from the swarm: kind=taken");
	if (entrain_settings_check(&main->settings, &error))
		return argument_wrong(cf, error.object, error.why);
	return NGX_CONF_OK;
}

static ngx_int_t counters_init(ngx_shm_zone_t *zone, void *data)
{
	ngx_slab_pool_t *pool = (ngx_slab_pool_t *)(void *)zone->shm.addr;

	zone->data = data               ? data
		     : zone->shm.exists ? pool->data
					: ngx_slab_calloc(pool, sizeof(struct entrain_counters));
	pool->data = zone->data;
	return zone->data ? NGX_OK : NGX_ERROR;
}

static char *counters_add(ngx_conf_t *cf, struct entrain_main *main)
{
	ngx_str_t name = ngx_string("entrain");

	main->zone = ngx_shared_memory_add(cf, &name, 8 * ngx_pagesize, &ngx_http_entrain_module);
	if (!main->zone)
		return NGX_CONF_ERROR;
	main->zone->init = counters_init;
	return NGX_CONF_OK;
}

/* In http: the swarm, or off. */
static char *swarm_directive(ngx_conf_t *cf, struct entrain_main *main)
{
	const ngx_str_t *arguments = cf->args->elts;

	if (main->file.len)
		return argument_wrong(cf, "entrain", "it stands here twice");
	main->file = cf->conf_file->file.name;
	main->line = cf->conf_file->line;
	if (cf->args->nelts == 2 && ngx_strcmp(arguments[1].data, "off") == 0)
		return NGX_CONF_OK;
	entrain_settings_init(&main->settings);
	for (ngx_uint_t i = 1; i < cf->args->nelts; i++) {
		char *result = argument_read(cf, main, (char *)arguments[i].data);

		if (result != NGX_CONF_OK)
			return result;
	}
	if (settings_check(cf, main) != NGX_CONF_OK)
		return NGX_CONF_ERROR;
	main->enabled = true;
	/* a configuration that is only tested shares nothing with anybody */
	return ngx_test_config ? NGX_CONF_OK : counters_add(cf, main);
}

char *entrain_directive(ngx_conf_t *cf, ngx_command_t *command, void *conf)
{
	const ngx_str_t *arguments = cf->args->elts;
	ngx_flag_t *on = conf;

	(void)command;
	if (cf->cmd_type & NGX_HTTP_MAIN_CONF)
		return swarm_directive(
			cf, ngx_http_conf_get_module_main_conf(cf, ngx_http_entrain_module));
	if (*on != NGX_CONF_UNSET)
		return argument_wrong(cf, "entrain", "it stands here twice");
	if (cf->args->nelts != 2 ||
	    (ngx_strcmp(arguments[1].data, "off") != 0 && ngx_strcmp(arguments[1].data, "on") != 0))
		return argument_wrong(cf, "entrain",
				      "it takes \"off\" or \"on\" here: the swarm is that of all "
				      "workers, and is said in http");
	*on = ngx_strcmp(arguments[1].data, "on") == 0;
	return NGX_CONF_OK;
}

static ngx_int_t flush_too_short(ngx_cycle_t *cycle, const struct entrain_main *main,
				 const ngx_open_file_t *file, ngx_msec_t flush)
{
	const int64_t cap_ns = entrain_settings_max_delay_ns(&main->settings),
		      period_ns = main->settings.period_ns, flush_ns = (int64_t)flush * MS_NS,
		      needed_ns = period_ns + cap_ns + SPARE_NS;
	int64_t fitting_ns = flush_ns - SPARE_NS;
	char period[32], cap[32], fits[96] = "";

	if (main->settings.max_delay_ns)
		fitting_ns -= cap_ns;
	else
		fitting_ns = (int64_t)((__int128)fitting_ns * period_ns / (period_ns + cap_ns));
	if (fitting_ns >= 2 * MS_NS)
		snprintf(fits, sizeof(fits), ", or period=%lldms here",
			 (long long)(fitting_ns / MS_NS));
	ngx_log_error(NGX_LOG_EMERG, cycle->log, 0,
		      "entrain: with a period of %s and a delay of up to %s, \"%V\" has to keep "
		      "its lines for that and 100 ms: it needs flush=%Lms (not %Mms)%s in %V:%ui",
		      entrain_duration_text(period_ns, period), entrain_duration_text(cap_ns, cap),
		      &file->name, (needed_ns + MS_NS - 1) / MS_NS, flush, fits, &main->file,
		      main->line);
	return NGX_ERROR;
}

ngx_int_t entrain_directive_check(ngx_cycle_t *cycle, struct entrain_main *main)
{
	ngx_open_file_t *file = NULL;
	ngx_msec_t flush;

	if (entrain_logs_find(cycle, main) != NGX_OK)
		return NGX_ERROR;
	if (main->logs.nelts == 0)
		ngx_log_error(NGX_LOG_WARN, cycle->log, 0,
			      "entrain: no log has a buffer, so there is nothing to flush: see "
			      "access_log ... buffer= flush= in %V:%ui",
			      &main->file, main->line);
	flush = entrain_logs_least_flush(main, &file);
	if (flush &&
	    main->settings.period_ns + entrain_settings_max_delay_ns(&main->settings) + SPARE_NS >
		    (int64_t)flush * MS_NS)
		return flush_too_short(cycle, main, file, flush);
	return NGX_OK;
}
