# SPDX-License-Identifier: MIT
# entrainctl report, and what status says of hosts that are only watched.

entrainctl_SOURCES += \
	%D%/command_report.c \
	%D%/history.h %D%/history.c \
	%D%/habit.h %D%/habit.c \
	%D%/drifter.h %D%/drifter.c \
	%D%/forecast.h %D%/forecast.c \
	%D%/advice.h %D%/advice.c \
	%D%/course.h %D%/course.c \
	%D%/page.h %D%/page.c %D%/page_draw.c \
	%D%/gain.h %D%/gain.c %D%/gain_print.c %D%/gain_json.c \
	plugin/preload/rhythm.h plugin/preload/rhythm.c
EXTRA_DIST += %D%/README.md
