/* SPDX-License-Identifier: MIT */
/* The location of entrain_status: a picture of the swarm as JSON, text or metrics. */
#include "ngx_http_entrain.h"
char *entrain_status_directive(ngx_conf_t *cf, ngx_command_t *command, void *conf)
{
	(void)cf;
	(void)command;
	(void)conf;
	return NGX_CONF_OK;
}
