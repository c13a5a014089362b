# SPDX-License-Identifier: MIT
# entrainctl: the tool. It knows libentrain through <entrain.h> only.

bin_PROGRAMS += entrainctl
entrainctl_SOURCES = \
	%D%/main.c \
	%D%/command.h %D%/command.c \
	%D%/help.h %D%/help.c \
	%D%/options.h %D%/options.c \
	%D%/json.h %D%/json.c \
	%D%/message.h %D%/message.c \
	%D%/text.h %D%/text.c \
	%D%/table.h %D%/table.c \
	%D%/memory.h %D%/memory.c \
	%D%/picture.h %D%/picture.c %D%/picture_print.c \
	%D%/pause.h %D%/pause.c \
	%D%/follow.h %D%/follow.c \
	%D%/command_create.c \
	%D%/command_list.c \
	%D%/command_status.c \
	%D%/command_set.c \
	%D%/command_wait.c \
	%D%/command_reap.c \
	%D%/command_rm.c \
	%D%/command_check.c \
	%D%/command_version.c \
	%D%/command_help.c
entrainctl_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/%D%
entrainctl_LDADD = libentrain.la
EXTRA_DIST += %D%/README.md

include %D%/demo/local.mk
