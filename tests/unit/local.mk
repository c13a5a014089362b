# SPDX-License-Identifier: MIT

EXTRA_DIST += %D%/unit.h %D%/layout.golden
if TESTS_BUILT
unit_cppflags = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS) -I$(srcdir)/libshm
unit_libs = libentrain-core.la $(CMOCKA_LIBS) -lm
core_unit_tests = \
	%D%/test_slot \
	%D%/test_recorder \
	%D%/test_event_text \
	%D%/test_layout \
	%D%/test_settings \
	%D%/test_config \
	%D%/test_measure \
	%D%/test_error \
	%D%/test_energy \
	%D%/test_topology \
	%D%/test_phasor \
	%D%/test_agent_measure \
	%D%/test_status_text \
	%D%/test_barrier
check_PROGRAMS += $(core_unit_tests)
TESTS += $(core_unit_tests)
VALGRIND_TESTS += $(core_unit_tests)
%C%_test_status_text_SOURCES = %D%/test_status_text.c
%C%_test_status_text_CPPFLAGS = $(unit_cppflags)
%C%_test_status_text_LDADD = $(unit_libs)
%C%_test_slot_SOURCES = %D%/test_slot.c
%C%_test_slot_CPPFLAGS = $(unit_cppflags)
%C%_test_slot_LDADD = $(unit_libs)
%C%_test_recorder_SOURCES = %D%/test_recorder.c
%C%_test_recorder_CPPFLAGS = $(unit_cppflags)
%C%_test_recorder_LDADD = $(unit_libs)
%C%_test_event_text_SOURCES = %D%/test_event_text.c
%C%_test_event_text_CPPFLAGS = $(unit_cppflags)
%C%_test_event_text_LDADD = $(unit_libs)
%C%_test_layout_SOURCES = %D%/test_layout.c
%C%_test_layout_CPPFLAGS = $(unit_cppflags)
%C%_test_layout_LDADD = $(unit_libs)
%C%_test_settings_SOURCES = %D%/test_settings.c
%C%_test_settings_CPPFLAGS = $(unit_cppflags)
%C%_test_settings_LDADD = $(unit_libs)
%C%_test_config_SOURCES = %D%/test_config.c
%C%_test_config_CPPFLAGS = $(unit_cppflags)
%C%_test_config_LDADD = $(unit_libs)
%C%_test_measure_SOURCES = %D%/test_measure.c
%C%_test_measure_CPPFLAGS = $(unit_cppflags)
%C%_test_measure_LDADD = $(unit_libs)
%C%_test_error_SOURCES = %D%/test_error.c
%C%_test_error_CPPFLAGS = $(unit_cppflags)
%C%_test_error_LDADD = $(unit_libs)
%C%_test_topology_SOURCES = %D%/test_topology.c
%C%_test_topology_CPPFLAGS = $(unit_cppflags)
%C%_test_topology_LDADD = $(unit_libs)
%C%_test_phasor_SOURCES = %D%/test_phasor.c
%C%_test_phasor_CPPFLAGS = $(unit_cppflags)
%C%_test_phasor_LDADD = $(unit_libs)
%C%_test_agent_measure_SOURCES = %D%/test_agent_measure.c
%C%_test_agent_measure_CPPFLAGS = $(unit_cppflags)
%C%_test_agent_measure_LDADD = $(unit_libs)
%C%_test_barrier_SOURCES = %D%/test_barrier.c
%C%_test_barrier_CPPFLAGS = $(unit_cppflags)
%C%_test_barrier_LDADD = $(unit_libs)
%C%_test_energy_SOURCES = %D%/test_energy.c
%C%_test_energy_CPPFLAGS = $(unit_cppflags)
%C%_test_energy_LDADD = $(unit_libs)
endif

if TESTS_BUILT
decide_tests = %D%/test_door %D%/test_decide %D%/test_decide_rules %D%/test_decide_hostile %D%/test_decide_values %D%/test_order %D%/test_strategies %D%/test_steer
check_PROGRAMS += $(decide_tests)
TESTS += $(decide_tests)

%C%_test_door_SOURCES = %D%/test_door.c
%C%_test_door_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS) -I$(srcdir)/libshm
%C%_test_door_LDADD = libentrain-core.la $(CMOCKA_LIBS)

%C%_test_decide_SOURCES = %D%/test_decide.c %D%/decide_scene.h %D%/decide_draw.h
%C%_test_decide_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS) -I$(srcdir)/libshm
%C%_test_decide_LDADD = libentrain-core.la $(CMOCKA_LIBS)

%C%_test_decide_hostile_SOURCES = %D%/test_decide_hostile.c %D%/decide_scene.h %D%/decide_draw.h
%C%_test_decide_hostile_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS) -I$(srcdir)/libshm
%C%_test_decide_hostile_LDADD = libentrain-core.la $(CMOCKA_LIBS)

%C%_test_decide_values_SOURCES = %D%/test_decide_values.c %D%/decide_scene.h %D%/decide_draw.h
%C%_test_decide_values_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS) -I$(srcdir)/libshm
%C%_test_decide_values_LDADD = libentrain-core.la $(CMOCKA_LIBS) -lm

%C%_test_decide_rules_SOURCES = %D%/test_decide_rules.c %D%/decide_scene.h
%C%_test_decide_rules_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS) -I$(srcdir)/libshm
%C%_test_decide_rules_LDADD = libentrain-core.la $(CMOCKA_LIBS)

%C%_test_order_SOURCES = %D%/test_order.c
%C%_test_order_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS) -I$(srcdir)/libshm
%C%_test_order_LDADD = libentrain-core.la $(CMOCKA_LIBS)

%C%_test_strategies_SOURCES = %D%/test_strategies.c %D%/decide_scene.h
%C%_test_strategies_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS) -I$(srcdir)/libshm
%C%_test_strategies_LDADD = libentrain-core.la $(CMOCKA_LIBS) -lm

%C%_test_steer_SOURCES = %D%/test_steer.c %D%/decide_scene.h
%C%_test_steer_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS) -I$(srcdir)/libshm
%C%_test_steer_LDADD = libentrain-core.la $(CMOCKA_LIBS)
endif

if TESTS_BUILT
check_PROGRAMS += %D%/test_reckon
TESTS += %D%/test_reckon
VALGRIND_TESTS += %D%/test_reckon
%C%_test_reckon_SOURCES = %D%/test_reckon.c
%C%_test_reckon_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS) -I$(srcdir)/cli/demo
%C%_test_reckon_LDADD = libdemo.la $(CMOCKA_LIBS)
endif

# The pure parts of the preload plugin.
if TESTS_BUILT
check_PROGRAMS += %D%/test_preload %D%/test_preload_fit
TESTS += %D%/test_preload %D%/test_preload_fit
%C%_test_preload_SOURCES = %D%/test_preload.c plugin/preload/glob.c plugin/preload/match.c \
	plugin/preload/rhythm.c plugin/preload/title.c
%C%_test_preload_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS) -I$(srcdir)/plugin/preload
%C%_test_preload_LDADD = $(CMOCKA_LIBS)
%C%_test_preload_fit_SOURCES = %D%/test_preload_fit.c plugin/preload/fit.c
%C%_test_preload_fit_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS) -I$(srcdir)/plugin/preload
%C%_test_preload_fit_LDADD = libentrain-core.la $(CMOCKA_LIBS) -lm
endif

# Of the PostgreSQL extension what needs no server.
if TESTS_BUILT
check_PROGRAMS += %D%/test_postgres
TESTS += %D%/test_postgres
VALGRIND_TESTS += %D%/test_postgres
%C%_test_postgres_SOURCES = %D%/test_postgres.c plugin/postgres/fits.c plugin/postgres/lead.c
%C%_test_postgres_CPPFLAGS = $(unit_cppflags) -I$(srcdir)/plugin/postgres
%C%_test_postgres_LDADD = $(CMOCKA_LIBS)
endif
