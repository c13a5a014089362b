# SPDX-License-Identifier: MIT
# entrainctl: the tool. It knows libentrain through <entrain.h> only.

bin_PROGRAMS += entrainctl
entrainctl_SOURCES = \
	%D%/main.c \
	%D%/command.h %D%/command.c \
	%D%/help.h %D%/help.c \
	%D%/options.h %D%/options.c \
	%D%/output.h %D%/output.c \
	%D%/message.h %D%/message.c \
	%D%/text.h %D%/text.c $(text_sources) \
	%D%/memory.h %D%/memory.c \
	%D%/pause.h %D%/pause.c \
	%D%/tally.h %D%/tally.c \
	%D%/follow.h %D%/follow.c \
	%D%/event_list.h %D%/event_list.c \
	%D%/program.h %D%/program.c \
	%D%/coverage.h %D%/coverage.c %D%/coverage_print.c \
	plugin/preload/glob.h plugin/preload/glob.c plugin/preload/wishes.h plugin/preload/wishes.c \
	plugin/preload/report.h \
	%D%/command_run.c \
	%D%/command_exec.c \
	%D%/command_create.c \
	%D%/command_list.c \
	%D%/command_status.c \
	%D%/command_stat.c \
	%D%/command_top.c \
	%D%/command_set.c \
	%D%/command_resize.c \
	%D%/command_wait.c \
	%D%/command_reap.c \
	%D%/command_disrupt.c \
	%D%/command_events.c \
	%D%/command_export.c \
	%D%/command_rm.c \
	%D%/command_check.c \
	%D%/command_version.c \
	%D%/command_help.c
entrainctl_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/%D% -I$(srcdir)/plugin/preload \
	-DENTRAIN_LIBDIR='"$(libdir)"'
entrainctl_LDADD = libentrain.la

# A full screen, where there is ncursesw.
entrainctl_SOURCES += %D%/screen.h
if CURSES
entrainctl_SOURCES += %D%/screen.c
entrainctl_LDADD += $(CURSES_LIBS)
else
entrainctl_SOURCES += %D%/screen_none.c
endif
EXTRA_DIST += %D%/README.md

include %D%/demo/local.mk
include %D%/simulate/local.mk
include %D%/gain/local.mk
