# SPDX-License-Identifier: MIT
# The nginx module: it knows libentrain through <entrain.h> and the shared library only.

EXTRA_DIST += %D%/README.md %D%/configure-nginx.sh

if NGINX
nginxmodule_LTLIBRARIES = ngx_http_entrain_module.la
ngx_http_entrain_module_la_SOURCES = \
	%D%/ngx_http_entrain.h %D%/ngx_http_entrain_module.c \
	%D%/directive.c \
	%D%/logs.c \
	%D%/master.c \
	%D%/worker.c \
	%D%/variable.c \
	%D%/status.c
# nginx's headers are the system's: their warnings are not ours.
ngx_http_entrain_module_la_CPPFLAGS = $(AM_CPPFLAGS) -isystem %D%/objs \
	-isystem $(NGINX_SOURCE)/src/core -isystem $(NGINX_SOURCE)/src/event \
	-isystem $(NGINX_SOURCE)/src/event/modules -isystem $(NGINX_SOURCE)/src/os/unix \
	-isystem $(NGINX_SOURCE)/src/http -isystem $(NGINX_SOURCE)/src/http/modules \
	-isystem $(NGINX_SOURCE)/src/http/v2
# Its macro for strings casts const away.
ngx_http_entrain_module_la_CFLAGS = $(AM_CFLAGS) -Wno-cast-qual
ngx_http_entrain_module_la_LIBADD = libentrain.la
ngx_http_entrain_module_la_LDFLAGS = $(AM_LDFLAGS) -module -avoid-version -shared

# How Debian pleases its administrators: a link to this in /etc/nginx/modules-enabled loads the module.
nodist_nginxconf_DATA = %D%/mod-http-entrain.conf
%D%/mod-http-entrain.conf: Makefile
	$(AM_V_GEN)$(MKDIR_P) %D% && echo 'load_module $(nginxmoduledir)/ngx_http_entrain_module.so;' >$@
CLEANFILES += %D%/mod-http-entrain.conf

nginx_headers = %D%/objs/ngx_auto_config.h
$(nginx_headers): $(srcdir)/%D%/configure-nginx.sh $(NGINX_SOURCE)/conf_flags
	$(AM_V_GEN)$(srcdir)/%D%/configure-nginx.sh $(NGINX_SOURCE) %D%/objs && touch $@
$(ngx_http_entrain_module_la_OBJECTS): $(nginx_headers)
else
# What is not built here is in the archive all the same.
EXTRA_DIST += %D%/ngx_http_entrain.h %D%/ngx_http_entrain_module.c %D%/directive.c %D%/logs.c %D%/master.c \
	%D%/worker.c %D%/variable.c %D%/status.c
endif

clean-local: clean-nginx
clean-nginx:
	rm -rf %D%/objs
.PHONY: clean-nginx
