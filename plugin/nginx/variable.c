/* SPDX-License-Identifier: MIT */
/* The variables $entrain_phase, $entrain_turns, $entrain_coherence: of the worker that serves the request. */
#include "ngx_http_entrain.h"

#define TEXT_MOST 32

enum { PHASE, TURNS, COHERENCE };

/* Not found ("" in strings, "-" in logs) while the worker is not in the swarm. */
static ngx_int_t variable_get(ngx_http_request_t *r, ngx_http_variable_value_t *value,
			      uintptr_t which)
{
	struct entrain_agent *agent = entrain_worker_agent();
	double order[4];

	value->not_found = 1;
	if (!agent || (which == COHERENCE && entrain_coherence(agent, order)))
		return NGX_OK;
	value->data = ngx_pnalloc(r->pool, TEXT_MOST);
	if (!value->data)
		return NGX_ERROR;
	if (which == TURNS)
		value->len = (unsigned)snprintf((char *)value->data, TEXT_MOST, "%llu",
						(unsigned long long)entrain_worker_turns());
	else
		value->len = (unsigned)snprintf((char *)value->data, TEXT_MOST, "%.3f",
						which == PHASE ? entrain_phase(agent) : order[0]);
	value->valid = 1;
	value->no_cacheable = 1;
	value->not_found = 0;
	return NGX_OK;
}

ngx_int_t entrain_variables_add(ngx_conf_t *cf)
{
	static struct {
		ngx_str_t name;
		uintptr_t which;
	} table[] = {
		{ ngx_string("entrain_phase"), PHASE },
		{ ngx_string("entrain_turns"), TURNS },
		{ ngx_string("entrain_coherence"), COHERENCE },
	};

	for (unsigned i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		ngx_http_variable_t *variable =
			ngx_http_add_variable(cf, &table[i].name, NGX_HTTP_VAR_NOCACHEABLE);

		if (!variable)
			return NGX_ERROR;
		variable->get_handler = variable_get;
		variable->data = table[i].which;
	}
	return NGX_OK;
}
