/* SPDX-License-Identifier: MIT */
/* The location of entrain_status: a picture of the swarm as JSON, text or metrics. */
#include <stdlib.h>
#include "ngx_http_entrain.h"

/* To look at the swarm. Kept, for whether it has converged is judged over several looks. */
static struct entrain_swarm *swarm;

static const struct {
	ngx_str_t name, type;
	enum entrain_format format;
} formats[] = {
	{ ngx_string("json"), ngx_string("application/json"), ENTRAIN_JSON },
	{ ngx_string("text"), ngx_string("text/plain"), ENTRAIN_TEXT },
	{ ngx_string("prometheus"), ngx_string("text/plain; version=0.0.4"), ENTRAIN_PROMETHEUS },
};

#define FORMATS (sizeof(formats) / sizeof(formats[0]))

static const ngx_str_t *header_find(const ngx_http_request_t *r, const char *name)
{
	for (const ngx_list_part_t *part = &r->headers_in.headers.part; part; part = part->next) {
		const ngx_table_elt_t *headers = part->elts;

		for (ngx_uint_t i = 0; i < part->nelts; i++)
			if (headers[i].key.len == strlen(name) &&
			    ngx_strncasecmp(headers[i].key.data, (u_char *)(uintptr_t)name,
					    headers[i].key.len) == 0)
				return &headers[i].value;
	}
	return NULL;
}

/* How much a range is wanted, in thousandths: "text/plain; q=0.5" is 500. */
static int weight_of(const char *range, size_t length)
{
	for (const char *at = range; (at = memchr(at, ';', length - (size_t)(at - range))); at++) {
		const char *name = at + 1 + strspn(at + 1, " \t");

		if (ngx_strncasecmp((u_char *)(uintptr_t)name, (u_char *)(uintptr_t) "q=", 2) == 0)
			return (int)(atof(name + 2) * 1000);
	}
	return 1000;
}

static bool range_is(const char *range, const char *name)
{
	return ngx_strncasecmp((u_char *)(uintptr_t)range, (u_char *)(uintptr_t)name,
			       strlen(name)) == 0;
}

/* Of an Accept header (RFC 9110, 12.5.1): is text wanted more than JSON or, where they are wanted alike, named before it? */
static bool text_preferred(const char *accept)
{
	int text = -1, json = -1, any = -1;
	bool text_first = false;

	for (size_t length; *accept; accept += length + (accept[length] == ',')) {
		int weight;

		accept += strspn(accept, " \t");
		length = strcspn(accept, ",");
		weight = weight_of(accept, length);
		if (range_is(accept, "text/")) {
			text_first = text_first || json < 0;
			text = weight > text ? weight : text;
		} else if (range_is(accept, "application/json") ||
			   range_is(accept, "application/*")) {
			json = weight > json ? weight : json;
		} else if (range_is(accept, "*/*")) {
			any = weight;
		}
	}
	if (text <= 0)
		return false;
	json = json < 0 ? any : json;
	return text > json || (text == json && text_first);
}

/* Row of formats[]; -1: there is no such one. JSON unless something else is wanted. */
static int format_wanted(ngx_http_request_t *r)
{
	const ngx_str_t *accept = header_find(r, "Accept");
	ngx_str_t argument;

	if (ngx_http_arg(r, (u_char *)(uintptr_t) "format", 6, &argument) == NGX_OK) {
		for (unsigned i = 0; i < FORMATS; i++)
			if (argument.len == formats[i].name.len &&
			    ngx_strncmp(argument.data, formats[i].name.data, argument.len) == 0)
				return (int)i;
		return -1;
	}
	/* nginx ends each header's value with a NUL */
	return accept && text_preferred((const char *)accept->data);
}

/* A swarm that was removed and made anew is another one. */
static char *picture_text(const struct entrain_main *main, enum entrain_format format,
			  size_t *length, struct entrain_error *error)
{
	char *text = swarm ? entrain_status_text(swarm, format, length, error) : NULL;

	if (text)
		return text;
	entrain_close(swarm);
	swarm = entrain_open(main->dir, main->swarm, ENTRAIN_READ, error);
	return swarm ? entrain_status_text(swarm, format, length, error) : NULL;
}

/* How often the logs of all workers were written: what no picture of the swarm knows. JSON is as `entrainctl status` has it. */
static u_char *counters_print(const struct entrain_main *main, enum entrain_format format,
			      u_char *at, u_char *end)
{
	const struct entrain_counters *counters = entrain_counters_of(main);

	if (!counters || format == ENTRAIN_JSON)
		return at;
	if (format == ENTRAIN_TEXT)
		return ngx_slprintf(at, end,
				    "\nbuffered logs written: %uA at a turn, %uA when full, %uA by "
				    "flush= or as files were opened anew\n",
				    counters->turn, counters->full, counters->other);
	return ngx_slprintf(
		at, end,
		"# HELP entrain_nginx_log_writes_total Buffers of logs written, by cause.\n"
		"# TYPE entrain_nginx_log_writes_total counter\n"
		"entrain_nginx_log_writes_total{swarm=\"%s\",cause=\"turn\"} %uA\n"
		"entrain_nginx_log_writes_total{swarm=\"%s\",cause=\"full\"} %uA\n"
		"entrain_nginx_log_writes_total{swarm=\"%s\",cause=\"other\"} %uA\n",
		main->swarm, counters->turn, main->swarm, counters->full, main->swarm,
		counters->other);
}

#define COUNTERS_MOST 1024

static ngx_int_t answer(ngx_http_request_t *r, ngx_uint_t status, const ngx_str_t *type,
			ngx_buf_t *buffer)
{
	ngx_chain_t chain = { .buf = buffer };
	ngx_int_t result;

	buffer->last_buf = r == r->main;
	buffer->last_in_chain = 1;
	r->headers_out.status = status;
	r->headers_out.content_type = *type;
	r->headers_out.content_type_len = type->len;
	r->headers_out.content_length_n = buffer->last - buffer->pos;
	result = ngx_http_send_header(r);
	if (result == NGX_ERROR || result > NGX_OK || r->header_only)
		return result;
	return ngx_http_output_filter(r, &chain);
}

static ngx_int_t refuse(ngx_http_request_t *r, ngx_uint_t status, const char *what, const char *why)
{
	const size_t most = strlen(what) + strlen(why) + 8;
	ngx_buf_t *buffer = ngx_create_temp_buf(r->pool, most);

	if (!buffer)
		return NGX_HTTP_INTERNAL_SERVER_ERROR;
	buffer->last = ngx_slprintf(buffer->last, buffer->end, "%s: %s\n", what, why);
	return answer(r, status, &formats[1].type, buffer);
}

static ngx_int_t status_handler(ngx_http_request_t *r)
{
	const struct entrain_main *main = ngx_http_get_module_main_conf(r, ngx_http_entrain_module);
	struct entrain_error error = { .code = ENTRAIN_OK };
	ngx_buf_t *buffer;
	size_t length = 0;
	char *text;
	int row;

	if (!(r->method & (NGX_HTTP_GET | NGX_HTTP_HEAD)))
		return NGX_HTTP_NOT_ALLOWED;
	if (ngx_http_discard_request_body(r) != NGX_OK)
		return NGX_HTTP_INTERNAL_SERVER_ERROR;
	row = format_wanted(r);
	if (row < 0)
		return refuse(r, NGX_HTTP_BAD_REQUEST, "format", "one of json, text, prometheus");
	if (!main->enabled)
		return refuse(r, NGX_HTTP_SERVICE_UNAVAILABLE, "entrain", "off");
	text = picture_text(main, formats[row].format, &length, &error);
	if (!text)
		return refuse(r, NGX_HTTP_SERVICE_UNAVAILABLE, main->swarm,
			      error.why[0] ? error.why : entrain_code_text(error.code));
	buffer = ngx_create_temp_buf(r->pool, length + COUNTERS_MOST);
	if (buffer) {
		buffer->last = ngx_cpymem(buffer->last, text, length);
		buffer->last = counters_print(main, formats[row].format, buffer->last, buffer->end);
	}
	free(text);
	return buffer ? answer(r, NGX_HTTP_OK, &formats[row].type, buffer)
		      : NGX_HTTP_INTERNAL_SERVER_ERROR;
}

char *entrain_status_directive(ngx_conf_t *cf, ngx_command_t *command, void *conf)
{
	ngx_http_core_loc_conf_t *location =
		ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);

	(void)command;
	(void)conf;
	location->handler = status_handler;
	return NGX_CONF_OK;
}
