# SPDX-License-Identifier: MIT
# Swarms on a virtual clock.

EXTRA_DIST += %D%/README.md

if TESTS_BUILT
virtual_tests = %D%/test_virtual_spread %D%/test_virtual_sync %D%/test_virtual_grid \
	%D%/test_virtual_goals %D%/test_virtual_neighbours
check_PROGRAMS += $(virtual_tests)
TESTS += $(virtual_tests)

virtual_cppflags = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS) -I$(srcdir)/libshm
virtual_ldadd = libentrain-core.la $(CMOCKA_LIBS) -lm
virtual_sim = %D%/sim.h %D%/sim.c %D%/sim_measure.c %D%/sim_graph.c

%C%_test_virtual_spread_SOURCES = %D%/test_virtual_spread.c $(virtual_sim)
%C%_test_virtual_spread_CPPFLAGS = $(virtual_cppflags)
%C%_test_virtual_spread_LDADD = $(virtual_ldadd)

%C%_test_virtual_sync_SOURCES = %D%/test_virtual_sync.c $(virtual_sim)
%C%_test_virtual_sync_CPPFLAGS = $(virtual_cppflags)
%C%_test_virtual_sync_LDADD = $(virtual_ldadd)

%C%_test_virtual_grid_SOURCES = %D%/test_virtual_grid.c $(virtual_sim)
%C%_test_virtual_grid_CPPFLAGS = $(virtual_cppflags)
%C%_test_virtual_grid_LDADD = $(virtual_ldadd)

%C%_test_virtual_goals_SOURCES = %D%/test_virtual_goals.c $(virtual_sim)
%C%_test_virtual_goals_CPPFLAGS = $(virtual_cppflags)
%C%_test_virtual_goals_LDADD = $(virtual_ldadd)

%C%_test_virtual_neighbours_SOURCES = %D%/test_virtual_neighbours.c $(virtual_sim)
%C%_test_virtual_neighbours_CPPFLAGS = $(virtual_cppflags)
%C%_test_virtual_neighbours_LDADD = $(virtual_ldadd)

# The simulator's engine, as entrainctl links it.
simulate_cli = cli/memory.c cli/message.c cli/text.c
simulate_tests = %D%/test_simulate %D%/test_simulate_tables %D%/test_simulate_drifting %D%/test_simulate_baselines
check_PROGRAMS += $(simulate_tests)
TESTS += $(simulate_tests)

%C%_test_simulate_SOURCES = %D%/test_simulate.c %D%/simulate_fixture.h %D%/simulate_fixture.c $(simulate_cli)
%C%_test_simulate_CPPFLAGS = $(virtual_cppflags) -I$(srcdir)/cli -I$(srcdir)/cli/simulate
%C%_test_simulate_LDADD = libsimulate.la libentrain-core.la $(CMOCKA_LIBS) -lm -lpthread

simulate_figures = %D%/simulate_tables.h %D%/simulate_tables.c %D%/simulate_fixture.h %D%/simulate_fixture.c

%C%_test_simulate_tables_SOURCES = %D%/test_simulate_tables.c $(simulate_figures) $(simulate_cli)
%C%_test_simulate_tables_CPPFLAGS = $(virtual_cppflags) -I$(srcdir)/cli -I$(srcdir)/cli/simulate
%C%_test_simulate_tables_LDADD = libsimulate.la libentrain-core.la $(CMOCKA_LIBS) -lm -lpthread

%C%_test_simulate_drifting_SOURCES = %D%/test_simulate_drifting.c $(simulate_figures) $(simulate_cli)
%C%_test_simulate_drifting_CPPFLAGS = $(virtual_cppflags) -I$(srcdir)/cli -I$(srcdir)/cli/simulate
%C%_test_simulate_drifting_LDADD = libsimulate.la libentrain-core.la $(CMOCKA_LIBS) -lm -lpthread

%C%_test_simulate_baselines_SOURCES = %D%/test_simulate_baselines.c $(simulate_figures) $(simulate_cli)
%C%_test_simulate_baselines_CPPFLAGS = $(virtual_cppflags) -I$(srcdir)/cli -I$(srcdir)/cli/simulate
%C%_test_simulate_baselines_LDADD = libsimulate.la libentrain-core.la $(CMOCKA_LIBS) -lm -lpthread
endif

# What the tool makes of hosts that were watched.
if TESTS_BUILT
check_PROGRAMS += %D%/test_gain
TESTS += %D%/test_gain
%C%_test_gain_SOURCES = %D%/test_gain.c cli/gain/history.c cli/gain/habit.c cli/gain/drifter.c cli/gain/forecast.c \
	cli/gain/gain.c cli/gain/gain_print.c cli/gain/advice.c cli/coverage.c cli/program.c \
	$(simulate_cli) plugin/preload/rhythm.c
%C%_test_gain_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS) -I$(srcdir)/libshm -I$(srcdir)/plugin/preload -I$(srcdir)/cli \
	-I$(srcdir)/cli/gain -I$(srcdir)/cli/simulate
%C%_test_gain_LDADD = libsimulate.la libentrain-core.la $(CMOCKA_LIBS) -lm
endif
