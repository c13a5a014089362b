# SPDX-License-Identifier: MIT
# libentrain: everything about the swarm. The core is a convenience library that tests link, hidden symbols
# and all; the shared library exports what libshm/libentrain.map says.

noinst_LTLIBRARIES += libentrain-core.la
libentrain_core_la_SOURCES = \
	%D%/include/entrain.h \
	%D%/layout.h %D%/layout.c \
	%D%/segment.h %D%/segment.c %D%/segment_create.c \
	%D%/slot.h %D%/slot.c %D%/mark.h \
	%D%/lock.h %D%/lock.c \
	%D%/roster.h %D%/roster.c \
	%D%/liveness.h %D%/liveness.c \
	%D%/procfile.h %D%/procfile.c \
	%D%/process.h %D%/process.c \
	%D%/clock.h %D%/clock.c \
	%D%/energy.h %D%/energy.c \
	%D%/goal.h %D%/goal.c \
	%D%/settings.h %D%/settings.c \
	%D%/duration.h %D%/duration.c \
	%D%/config.c %D%/host_rule.h %D%/host_rule.c \
	%D%/error.h %D%/error.c \
	%D%/agent.h %D%/agent_join.c %D%/agent_wait.c %D%/agent_turn.c %D%/agent_probe.c %D%/agent_measure.c \
	%D%/measure.h %D%/measure.c \
	%D%/swarm.h %D%/swarm.c %D%/status.c %D%/check.c %D%/version.c \
	%D%/strategy/decide.h %D%/strategy/decide.c \
	%D%/strategy/sift.c %D%/strategy/order.h %D%/strategy/order.c \
	%D%/strategy/spread.c %D%/strategy/sync.c %D%/strategy/grid.c %D%/strategy/rules.h %D%/strategy/level.h
libentrain_core_la_CPPFLAGS = $(AM_CPPFLAGS) $(INIH_CFLAGS) -I$(srcdir)/%D%
libentrain_core_la_LIBADD = $(INIH_LIBS) -lm -lpthread

lib_LTLIBRARIES += libentrain.la
libentrain_la_SOURCES =
libentrain_la_LIBADD = libentrain-core.la
libentrain_la_LDFLAGS = $(AM_LDFLAGS) -version-info $(ENTRAIN_LT_VERSION) -no-undefined \
	-Wl,--version-script=$(srcdir)/%D%/libentrain.map -Wl,-z,nodelete -Wl,-z,defs
EXTRA_libentrain_la_DEPENDENCIES = $(srcdir)/%D%/libentrain.map

include_HEADERS = %D%/include/entrain.h
pkgconfigdir = $(libdir)/pkgconfig
pkgconfig_DATA = %D%/entrain.pc
EXTRA_DIST += %D%/libentrain.map %D%/README.md
