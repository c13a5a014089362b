# SPDX-License-Identifier: MIT
# entrainctl simulate. The engine is a library of its own, which its tests link too.

noinst_LTLIBRARIES += libsimulate.la
libsimulate_la_SOURCES = \
	%D%/draw.h %D%/draw.c \
	%D%/queue.h %D%/queue.c \
	%D%/overlap.h %D%/overlap.c \
	%D%/graph.h %D%/graph.c \
	%D%/simulation.h %D%/simulation.c \
	%D%/step.h %D%/step.c \
	%D%/drift.h %D%/drift.c \
	%D%/rounds.h %D%/rounds.c \
	%D%/controls.h %D%/controls.c \
	%D%/gauge.h %D%/gauge.c \
	%D%/workload.h %D%/workload.c \
	%D%/traits.h %D%/traits.c \
	%D%/steal.h %D%/steal.c \
	%D%/runs.h %D%/runs.c
libsimulate_la_LIBADD = libentrain-rules.la -lm -lpthread

entrainctl_SOURCES += \
	%D%/command_simulate.c \
	%D%/settings.h %D%/settings.c \
	%D%/report.h %D%/report_cell.c %D%/report_text.c %D%/report_json.c \
	%D%/live.h %D%/live.c %D%/live_draw.c
entrainctl_LDADD += libsimulate.la -lm
EXTRA_DIST += %D%/README.md
