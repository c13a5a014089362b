/* SPDX-License-Identifier: MIT */
/* What the parts of the nginx module share: its configuration, the logs of a cycle, the worker's agent. */
#ifndef NGX_HTTP_ENTRAIN_H
#define NGX_HTTP_ENTRAIN_H

#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>
#include <ngx_http.h>
#include <entrain.h>
#include <stdbool.h>

extern ngx_module_t ngx_http_entrain_module;

/* ---- configuration: owned by its cycle's pool ------------------------------------------- */

/* How often logs were written, and why; in a zone that all workers share and that outlives reloads. */
struct entrain_counters {
	ngx_atomic_t turn;  /* at the worker's turn */
	ngx_atomic_t full;  /* a line did not fit any more */
	ngx_atomic_t other; /* flush= was faster, the files were opened anew */
};

/* A log file that servers or locations with or without entrain write to. */
struct entrain_log_use {
	ngx_open_file_t *file;
	bool on, off;
};

/* What `entrain swarm=...` says, once a cycle. */
struct entrain_main {
	bool enabled;   /* it is there, and not off */
	ngx_str_t file; /* where */
	ngx_uint_t line;
	char swarm[65];
	const char *dir; /* NULL: the library's default */
	struct entrain_settings settings;
	uint32_t spelled;     /* 1 << row of entrain_settings_key(): the directive says so itself */
	ngx_array_t uses;     /* of struct entrain_log_use */
	ngx_array_t logs;     /* of struct entrain_log: what a worker flushes */
	ngx_shm_zone_t *zone; /* of struct entrain_counters */
};

/* ---- logs.c: buffered logs of a cycle --------------------------------------------------- */

/* A buffered log; what lies in its buffer is known only for logs of nginx's own modules. */
struct entrain_log {
	ngx_open_file_t *file;
	const struct entrain_log_buffer *buffer; /* NULL: not known */
	/* as it was when last looked at: its end, when its first line came, and the descriptor */
	u_char *seen;
	ngx_msec_t since;
	ngx_fd_t fd;
};

/* Remember that the log files of a location are written with (`on`) or without entrain. */
ngx_int_t entrain_logs_note(ngx_conf_t *cf, struct entrain_main *main, bool on);

/* Find the logs of `cycle` that its workers flush. */
ngx_int_t entrain_logs_find(ngx_cycle_t *cycle, struct entrain_main *main);

/* The smallest flush= of these logs in ms, 0 if none has one; `file` gets whose it is. */
ngx_msec_t entrain_logs_least_flush(const struct entrain_main *main, ngx_open_file_t **file);

/* Write everything that is in the buffers. */
void entrain_logs_flush(struct entrain_main *main, ngx_log_t *log);

/* After a request was logged: count what was written meanwhile other than by entrain_logs_flush(). */
ngx_int_t entrain_logs_watch(ngx_http_request_t *r);

/* NULL while there is no zone. */
struct entrain_counters *entrain_counters_of(const struct entrain_main *main);

/* ---- directive.c: what stands in nginx.conf --------------------------------------------- */

char *entrain_directive(ngx_conf_t *cf, ngx_command_t *command, void *conf);

/* When all of the configuration was read: does it fit together? NGX_ERROR: no, and it was said with file and line. */
ngx_int_t entrain_directive_check(ngx_cycle_t *cycle, struct entrain_main *main);

/* ---- master.c: the swarm, when a master starts or has read its configuration anew -------- */

/* Create it where it is missing, else set what the directive spells out and is not so. Failures are logged, and no more. */
void entrain_swarm_provide(ngx_cycle_t *cycle, const struct entrain_main *main);

/* ---- worker.c: the agent ------------------------------------------------------------------ */

void entrain_worker_start(ngx_cycle_t *cycle, struct entrain_main *main);
void entrain_worker_end(void);

/* This process's agent, NULL if it is not in the swarm. */
struct entrain_agent *entrain_worker_agent(void);

/* Turns that this worker took. */
uint64_t entrain_worker_turns(void);

/* Log a failure of the library's in one line. */
void entrain_error_log(ngx_log_t *log, ngx_uint_t level, const struct entrain_error *error);

/* ---- variable.c, status.c ------------------------------------------------------------------ */

ngx_int_t entrain_variables_add(ngx_conf_t *cf);
char *entrain_status_directive(ngx_conf_t *cf, ngx_command_t *command, void *conf);

/* The configuration of a cycle; NULL where there is no http block. */
struct entrain_main *entrain_main_of(const volatile ngx_cycle_t *cycle);

#endif
