/* SPDX-License-Identifier: MIT */
/* The buffered logs of a cycle: which there are, when they were written, and by whom. */
#include <dlfcn.h>
#include "ngx_http_entrain.h"

/*
 * How nginx's own log modules (http, stream) keep a buffer: not in any header, the same from 1.3.10 on. nginx loads a module
 * only if it was built for the very same version, so what was true when this was compiled is true when it runs.
 */
struct entrain_log_buffer {
	u_char *start, *pos, *last;
	ngx_event_t *event; /* of flush= */
	ngx_msec_t flush;
	ngx_int_t gzip;
};

/* The http log module's configuration of a location begins with its logs, and a log with its file. */
struct log_location {
	ngx_array_t *logs;
};

struct log_entry {
	ngx_open_file_t *file; /* NULL: syslog, or a name with variables */
};

extern ngx_module_t ngx_http_log_module;

/* Is `function` one of the log modules'? Others may buffer too, in ways that only they know. */
static bool of_log_modules(void (*function)(ngx_open_file_t *file, ngx_log_t *log))
{
	Dl_info http, other;
	const char *name;

	if (!dladdr((void *)(uintptr_t)function, &other) || !dladdr(&ngx_http_log_module, &http))
		return false;
	if (other.dli_fbase == http.dli_fbase)
		return true;
	name = strrchr(other.dli_fname, '/');
	return strcmp(name ? name + 1 : other.dli_fname, "ngx_stream_module.so") == 0;
}

static struct entrain_log_use *use_of(struct entrain_main *main, const ngx_open_file_t *file)
{
	struct entrain_log_use *uses = main->uses.elts;

	for (ngx_uint_t i = 0; i < main->uses.nelts; i++)
		if (uses[i].file == file)
			return &uses[i];
	return NULL;
}

ngx_int_t entrain_logs_note(ngx_conf_t *cf, struct entrain_main *main, bool on)
{
	const struct log_location *location =
		ngx_http_conf_get_module_loc_conf(cf, ngx_http_log_module);

	for (ngx_uint_t i = 0; location && location->logs && i < location->logs->nelts; i++) {
		const char *entry = location->logs->elts;
		ngx_open_file_t *file =
			((const struct log_entry *)(const void *)(entry + i * location->logs->size))
				->file;
		struct entrain_log_use *use = file ? use_of(main, file) : NULL;

		if (!file)
			continue;
		if (!use) {
			use = ngx_array_push(&main->uses);
			if (!use)
				return NGX_ERROR;
			*use = (struct entrain_log_use){ .file = file };
		}
		if (on)
			use->on = true;
		else
			use->off = true;
	}
	return NGX_OK;
}

/* A file that is written without entrain only is left alone. */
static bool is_ours(struct entrain_main *main, const ngx_open_file_t *file)
{
	const struct entrain_log_use *use = use_of(main, file);

	return file->flush && file->data && !(use && use->off && !use->on);
}

static ngx_int_t log_add(struct entrain_main *main, ngx_open_file_t *file)
{
	struct entrain_log *log;

	if (!is_ours(main, file))
		return NGX_OK;
	log = ngx_array_push(&main->logs);
	if (!log)
		return NGX_ERROR;
	log->file = file;
	log->buffer = of_log_modules(file->flush) ? file->data : NULL;
	log->seen = log->buffer ? log->buffer->pos : NULL;
	log->since = ngx_current_msec;
	log->fd = file->fd;
	return NGX_OK;
}

ngx_int_t entrain_logs_find(ngx_cycle_t *cycle, struct entrain_main *main)
{
	for (ngx_list_part_t *part = &cycle->open_files.part; part; part = part->next) {
		ngx_open_file_t *files = part->elts;

		for (ngx_uint_t i = 0; i < part->nelts; i++)
			if (log_add(main, &files[i]) != NGX_OK)
				return NGX_ERROR;
	}
	return NGX_OK;
}

ngx_msec_t entrain_logs_least_flush(const struct entrain_main *main, ngx_open_file_t **file)
{
	const struct entrain_log *logs = main->logs.elts;
	ngx_msec_t least = 0;

	for (ngx_uint_t i = 0; i < main->logs.nelts; i++) {
		const struct entrain_log_buffer *buffer = logs[i].buffer;

		if (!buffer || !buffer->flush || (least && buffer->flush >= least))
			continue;
		least = buffer->flush;
		*file = logs[i].file;
	}
	return least;
}

struct entrain_counters *entrain_counters_of(const struct entrain_main *main)
{
	return main->zone ? main->zone->data : NULL;
}

static void count(ngx_atomic_t *counter)
{
	(void)ngx_atomic_fetch_add(counter, 1);
}

/*
 * A buffer that is shorter than it was has been written by somebody else: because a line did not fit, if neither flush= was over nor
 * the file opened anew. (One line that leaves it just as long as it was goes unseen.)
 */
static void log_look(struct entrain_log *log, struct entrain_counters *counters)
{
	const struct entrain_log_buffer *buffer = log->buffer;
	const bool anew = log->fd != log->file->fd,
		   over = buffer->flush && ngx_current_msec - log->since >= buffer->flush;

	if (buffer->pos < log->seen && counters)
		count(anew || over ? &counters->other : &counters->full);
	if (buffer->pos < log->seen || log->seen == buffer->start)
		log->since = ngx_current_msec;
	log->seen = buffer->pos;
	log->fd = log->file->fd;
}

void entrain_logs_flush(struct entrain_main *main, ngx_log_t *log)
{
	struct entrain_counters *counters = entrain_counters_of(main);
	struct entrain_log *logs = main->logs.elts;

	for (ngx_uint_t i = 0; i < main->logs.nelts; i++) {
		const struct entrain_log_buffer *buffer = logs[i].buffer;

		if (buffer)
			log_look(&logs[i], counters);
		if (buffer && counters && buffer->pos > buffer->start)
			count(&counters->turn);
		logs[i].file->flush(logs[i].file, log);
		if (buffer)
			logs[i].seen = buffer->pos;
	}
}

ngx_int_t entrain_logs_watch(ngx_http_request_t *r)
{
	struct entrain_main *main = ngx_http_get_module_main_conf(r, ngx_http_entrain_module);
	struct entrain_counters *counters = entrain_counters_of(main);
	struct entrain_log *logs = main->logs.elts;

	for (ngx_uint_t i = 0; i < main->logs.nelts; i++)
		if (logs[i].buffer)
			log_look(&logs[i], counters);
	return NGX_OK;
}
