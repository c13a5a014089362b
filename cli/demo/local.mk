# SPDX-License-Identifier: MIT
# entrainctl demo. What the benchmark uses as well is a library of its own.

noinst_LTLIBRARIES += libdemo.la
libdemo_la_SOURCES = \
	%D%/instant.h %D%/instant.c \
	%D%/log.h %D%/log.c \
	%D%/reckon.h %D%/reckon.c \
	%D%/load.h %D%/load.c \
	%D%/worker.h %D%/worker.c \
	%D%/pace.h %D%/pace_timer.c %D%/pace_swarm.c \
	%D%/bystander.h %D%/bystander.c \
	%D%/run.h %D%/run.c \
	%D%/calibrate.h %D%/calibrate.c \
	%D%/place.h %D%/place.c \
	%D%/tidy.h %D%/tidy.c
libdemo_la_LIBADD = -lm

entrainctl_SOURCES += \
	%D%/command_demo.c \
	%D%/demo.h \
	%D%/demo_runs.h %D%/demo_runs.c \
	%D%/progress.c \
	%D%/show.c \
	%D%/timeline.c \
	%D%/report_json.c \
	%D%/report_svg.c
entrainctl_LDADD += libdemo.la
EXTRA_DIST += %D%/README.md
