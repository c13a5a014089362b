# SPDX-License-Identifier: MIT
# libentrain: everything about the swarm. The core is a convenience library that tests link, hidden symbols
# and all; the shared library exports what libshm/libentrain.map says.

# What includes view.h reads liburcu's header.
AM_CPPFLAGS += $(URCU_CFLAGS)

# What is pure: the rules, and what they stand on. The simulator links the same object files as the library.
noinst_LTLIBRARIES += libentrain-rules.la
libentrain_rules_la_SOURCES = \
	%D%/energy.h %D%/energy.c \
	%D%/phasor.h %D%/phasor.c \
	%D%/goal.h %D%/goal.c \
	%D%/steer.h %D%/steer.c \
	%D%/topology.h %D%/topology.c %D%/topology_build.c \
	%D%/error.h %D%/error.c \
	%D%/strategy/decide.h %D%/strategy/decide.c \
	%D%/strategy/sift.c %D%/strategy/order.h %D%/strategy/order.c \
	%D%/strategy/circle.h %D%/strategy/circle.c \
	%D%/strategy/arrivals.h %D%/strategy/arrivals.c \
	%D%/strategy/door.h %D%/strategy/door.c \
	%D%/strategy/strategy.h %D%/strategy/strategy.c \
	%D%/strategy/rules.h %D%/strategy/level.h %D%/strategy/lap.h %D%/strategy/clusters.h \
	%D%/strategy/spread.c %D%/strategy/sync.c %D%/strategy/grid.c %D%/strategy/neighbours.c \
	%D%/strategy/phase_nudge.c %D%/strategy/frequency_lock.c %D%/strategy/pulse_coupling.c \
	%D%/strategy/energy_aware.c %D%/strategy/adaptive.c %D%/strategy/own.c
libentrain_rules_la_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/%D%
libentrain_rules_la_LIBADD = -lm

# A picture of a swarm in words; the tool has it too, for streams of its own.
text_sources = \
	%D%/text/style.h %D%/text/style.c \
	%D%/text/json.h %D%/text/json.c \
	%D%/text/table.h %D%/text/table.c \
	%D%/text/picture.h %D%/text/picture.c %D%/text/picture_print.c %D%/text/picture_prometheus.c
AM_CPPFLAGS += -I$(srcdir)/%D%/text

noinst_LTLIBRARIES += libentrain-core.la
libentrain_core_la_SOURCES = \
	%D%/include/entrain.h \
	%D%/layout.h %D%/layout.c \
	%D%/object.h %D%/object.c \
	%D%/segment.h %D%/segment.c %D%/segment_create.c %D%/segment_topology.c \
	%D%/view.h %D%/view.c %D%/view_fork.h %D%/view_fork.c \
	%D%/slot.h %D%/slot.c %D%/mark.h \
	%D%/recorder.h %D%/recorder.c \
	%D%/events.c %D%/event_text.h %D%/event_text.c %D%/disrupt.c \
	%D%/lock.h %D%/lock.c %D%/lock_search.c \
	%D%/roster.h %D%/roster.c \
	%D%/barrier.h %D%/barrier.c %D%/agent_barrier.c \
	%D%/liveness.h %D%/liveness.c \
	%D%/procfile.h %D%/procfile.c \
	%D%/process.h %D%/process.c \
	%D%/clock.h %D%/clock.c \
	%D%/settings.h %D%/settings.c \
	%D%/duration.h %D%/duration.c \
	%D%/config.h %D%/config.c %D%/config_file.h %D%/config_file.c %D%/host_rule.h %D%/host_rule.c \
	%D%/agent.h %D%/agent_sealed.c %D%/agent_join.c %D%/agent_wait.c %D%/agent_turn.c %D%/agent_learn.c %D%/agent_acted.c %D%/agent_door.c \
	%D%/agent_snapshot.h %D%/agent_snapshot.c %D%/agent_probe.c %D%/agent_measure.c \
	%D%/items.h %D%/gaps.h %D%/gaps.c %D%/measure.h %D%/measure.c \
	%D%/swarm.h %D%/swarm.c %D%/resize.c %D%/status.c %D%/status_text.c $(text_sources) %D%/check.c %D%/version.c \
	%D%/register.h %D%/register.c
libentrain_core_la_CPPFLAGS = $(AM_CPPFLAGS) $(INIH_CFLAGS) -I$(srcdir)/%D%
libentrain_core_la_LIBADD = libentrain-rules.la $(INIH_LIBS) $(URCU_LIBS) -lm -lpthread

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
