# SPDX-License-Identifier: MIT
# The preload plugin: it knows libentrain through <entrain.h> only, and carries it within, unseen by the host.

preloaddir = $(libdir)/entrain
preload_LTLIBRARIES = libentrain-preload.la
libentrain_preload_la_SOURCES = \
	%D%/hooks.h %D%/calls.c \
	%D%/real.h %D%/real.c \
	%D%/gate.h %D%/gate.c \
	%D%/fit.h %D%/fit.c \
	%D%/state.h %D%/state.c \
	%D%/match.h %D%/match.c \
	%D%/glob.h %D%/glob.c \
	%D%/title.h %D%/title.c \
	%D%/rhythm.h %D%/rhythm.c \
	%D%/wishes.h %D%/wishes.c \
	%D%/report.h
libentrain_preload_la_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/%D%
libentrain_preload_la_LIBADD = libentrain-core.la
libentrain_preload_la_LDFLAGS = $(AM_LDFLAGS) -module -avoid-version -shared -no-undefined \
	-Wl,--version-script=$(srcdir)/%D%/preload.map -Wl,-z,nodelete -Wl,-z,defs -Wl,-z,now \
	-Wl,--as-needed
EXTRA_libentrain_preload_la_DEPENDENCIES = $(srcdir)/%D%/preload.map
EXTRA_DIST += %D%/README.md %D%/preload.map
