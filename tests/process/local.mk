# SPDX-License-Identifier: MIT

# The tool: as users meet it, its manual, its completion, its parts.
TESTS += %D%/test_cli.sh %D%/test_cli_manual.sh %D%/test_cli_completion.sh %D%/test_cli_config.sh \
	%D%/test_cli_parts
check_PROGRAMS += %D%/cli_agent %D%/test_cli_parts
%C%_cli_agent_SOURCES = %D%/cli_agent.c
%C%_cli_agent_LDADD = libentrain.la
%C%_test_cli_parts_SOURCES = %D%/test_cli_parts.c \
	cli/memory.c cli/message.c cli/options.c cli/tally.c cli/text.c $(text_sources)
%C%_test_cli_parts_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/cli
%C%_test_cli_parts_LDADD = libentrain.la
EXTRA_DIST += %D%/README.md %D%/cli_fixture.sh %D%/test_cli_config.sh %D%/test_cli.sh %D%/test_cli_manual.sh \
	%D%/test_cli_completion.sh %D%/json_check.awk

# The demo on a real disk.
TESTS += %D%/test_demo.sh
EXTRA_DIST += %D%/test_demo.sh

# Deaths and faults: killed at any instruction or call, objects that are spoiled, storms. ENTRAIN_SWEEP=full is the long run.
if TESTS_BUILT
death_tests = %D%/test_kill_sweep %D%/test_kill_calls %D%/test_segment_faults %D%/test_segment_storms \
	%D%/test_lock %D%/test_remove
check_PROGRAMS += $(death_tests)
TESTS += $(death_tests)
death_cppflags = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS) -I$(srcdir)/libshm
death_libs = libentrain-core.la $(CMOCKA_LIBS) -lm
fixture_sources = %D%/swarm_fixture.h %D%/swarm_fixture.c
sweep_sources = %D%/sweep_trace.h %D%/sweep_trace.c %D%/sweep_stage.h %D%/sweep_stage.c $(fixture_sources)
forge_sources = %D%/segment_forge.h %D%/segment_forge.c $(fixture_sources)
%C%_test_kill_sweep_SOURCES = %D%/test_kill_sweep.c $(sweep_sources)
%C%_test_kill_sweep_CPPFLAGS = $(death_cppflags)
%C%_test_kill_sweep_LDADD = $(death_libs)
%C%_test_kill_calls_SOURCES = %D%/test_kill_calls.c $(sweep_sources)
%C%_test_kill_calls_CPPFLAGS = $(death_cppflags)
%C%_test_kill_calls_LDADD = $(death_libs)
%C%_test_remove_SOURCES = %D%/test_remove.c $(forge_sources)
%C%_test_remove_CPPFLAGS = $(death_cppflags)
%C%_test_remove_LDADD = $(death_libs)
%C%_test_lock_SOURCES = %D%/test_lock.c $(forge_sources)
%C%_test_lock_CPPFLAGS = $(death_cppflags)
%C%_test_lock_LDADD = $(death_libs)
%C%_test_segment_faults_SOURCES = %D%/test_segment_faults.c $(forge_sources)
%C%_test_segment_faults_CPPFLAGS = $(death_cppflags)
%C%_test_segment_faults_LDADD = $(death_libs)
%C%_test_segment_storms_SOURCES = %D%/test_segment_storms.c $(forge_sources)
%C%_test_segment_storms_CPPFLAGS = $(death_cppflags)
%C%_test_segment_storms_LDADD = $(death_libs)
endif

# An agent's life, in real processes: fork, exec, death, stops, namespaces, storms, lies, waits, costs. ENTRAIN_LONG=1 is
# the long run.
TESTS += %D%/test_costs.sh
check_PROGRAMS += %D%/cost_agent
EXTRA_DIST += %D%/test_costs.sh
%C%_cost_agent_SOURCES = %D%/cost_agent.c
%C%_cost_agent_LDADD = libentrain-core.la -lm
%C%_cost_agent_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc,--wrap=mmap
if TESTS_BUILT
life_tests = %D%/test_drifting %D%/test_fork %D%/test_lifecycle %D%/test_namespace %D%/test_storm %D%/test_spread %D%/test_wait \
	%D%/test_delay %D%/test_liar %D%/test_threads %D%/test_host %D%/test_host_turns %D%/test_events %D%/test_goals \
	%D%/test_strategy %D%/test_phase %D%/test_acted
check_PROGRAMS += $(life_tests)
TESTS += $(life_tests)
life_sources = %D%/life.h %D%/life.c %D%/life_worker.c %D%/swarm_fixture.h %D%/swarm_fixture.c
%C%_test_fork_SOURCES = %D%/test_fork.c $(life_sources)
%C%_test_fork_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS) -I$(srcdir)/libshm
%C%_test_fork_LDADD = libentrain-core.la $(CMOCKA_LIBS) -lm
%C%_test_lifecycle_SOURCES = %D%/test_lifecycle.c $(life_sources)
%C%_test_lifecycle_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS) -I$(srcdir)/libshm
%C%_test_lifecycle_LDADD = libentrain-core.la $(CMOCKA_LIBS) -lm
%C%_test_namespace_SOURCES = %D%/test_namespace.c $(life_sources)
%C%_test_namespace_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS) -I$(srcdir)/libshm
%C%_test_namespace_LDADD = libentrain-core.la $(CMOCKA_LIBS) -lm
%C%_test_storm_SOURCES = %D%/test_storm.c $(life_sources)
%C%_test_storm_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS) -I$(srcdir)/libshm
%C%_test_storm_LDADD = libentrain-core.la $(CMOCKA_LIBS) -lm
%C%_test_drifting_SOURCES = %D%/test_drifting.c $(life_sources)
%C%_test_drifting_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS) -I$(srcdir)/libshm
%C%_test_drifting_LDADD = libentrain-core.la $(CMOCKA_LIBS) -lm
%C%_test_acted_SOURCES = %D%/test_acted.c $(life_sources)
%C%_test_acted_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS) -I$(srcdir)/libshm
%C%_test_acted_LDADD = libentrain-core.la $(CMOCKA_LIBS) -lm
%C%_test_spread_SOURCES = %D%/test_spread.c $(life_sources)
%C%_test_spread_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS) -I$(srcdir)/libshm
%C%_test_spread_LDADD = libentrain-core.la $(CMOCKA_LIBS) -lm
%C%_test_wait_SOURCES = %D%/test_wait.c $(life_sources)
%C%_test_wait_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS) -I$(srcdir)/libshm
%C%_test_wait_LDADD = libentrain-core.la $(CMOCKA_LIBS) -lm
%C%_test_delay_SOURCES = %D%/test_delay.c $(life_sources)
%C%_test_delay_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS) -I$(srcdir)/libshm
%C%_test_delay_LDADD = libentrain-core.la $(CMOCKA_LIBS) -lm
%C%_test_liar_SOURCES = %D%/test_liar.c $(life_sources)
%C%_test_liar_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS) -I$(srcdir)/libshm
%C%_test_liar_LDADD = libentrain-core.la $(CMOCKA_LIBS) -lm
%C%_test_threads_SOURCES = %D%/test_threads.c $(life_sources)
%C%_test_threads_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS) -I$(srcdir)/libshm
%C%_test_threads_LDADD = libentrain-core.la $(CMOCKA_LIBS) -lm
%C%_test_goals_SOURCES = %D%/test_goals.c $(life_sources)
%C%_test_goals_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS) -I$(srcdir)/libshm
%C%_test_goals_LDADD = libentrain-core.la $(CMOCKA_LIBS) -lm
# The shared library is opened by test_host, as two copies of it.
%C%_test_host_SOURCES = %D%/test_host.c %D%/segment_forge.h %D%/segment_forge.c $(life_sources)
%C%_test_host_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS) -I$(srcdir)/libshm
%C%_test_host_LDADD = libentrain-core.la $(CMOCKA_LIBS) -lm
%C%_test_host_turns_SOURCES = %D%/test_host_turns.c $(life_sources)
%C%_test_host_turns_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS) -I$(srcdir)/libshm
%C%_test_host_turns_LDADD = libentrain-core.la $(CMOCKA_LIBS) -lm
%C%_test_events_SOURCES = %D%/test_events.c $(life_sources)
%C%_test_events_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS) -I$(srcdir)/libshm
%C%_test_events_LDADD = libentrain-core.la $(CMOCKA_LIBS) -lm
%C%_test_phase_SOURCES = %D%/test_phase.c $(life_sources)
%C%_test_phase_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS) -I$(srcdir)/libshm
%C%_test_phase_LDADD = libentrain-core.la $(CMOCKA_LIBS) -lm
%C%_test_strategy_SOURCES = %D%/test_strategy.c $(life_sources)
%C%_test_strategy_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS) -I$(srcdir)/libshm
%C%_test_strategy_LDADD = libentrain-core.la $(CMOCKA_LIBS) -lm -lpthread
endif

# Random lives of many processes; ENTRAIN_LONG: a minute of them.
if TESTS_BUILT
check_PROGRAMS += %D%/test_soak
TESTS += %D%/test_soak
LONG_TESTS += %D%/test_soak
%C%_test_soak_SOURCES = %D%/test_soak.c %D%/soak_worker.h %D%/soak_worker.c \
	%D%/picture_ranges.h %D%/picture_ranges.c %D%/swarm_fixture.h %D%/swarm_fixture.c
%C%_test_soak_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS) -I$(srcdir)/libshm
%C%_test_soak_LDADD = libentrain-core.la $(CMOCKA_LIBS) -lm
endif

# The flight recorder and disruptions, as users meet them.
TESTS += %D%/test_cli_events.sh %D%/test_cli_export.sh %D%/test_report_page.sh %D%/test_cli_stat.sh %D%/test_cli_top.sh %D%/test_disrupt.sh
EXTRA_DIST += %D%/test_cli_events.sh %D%/test_cli_export.sh %D%/test_report_page.sh %D%/test_cli_stat.sh %D%/test_cli_top.sh %D%/test_disrupt.sh

# A hostile process of another user beside workers and tool.
TESTS += %D%/test_hostile.sh
EXTRA_DIST += %D%/test_hostile.sh
check_PROGRAMS += %D%/hostile_writer
%C%_hostile_writer_SOURCES = %D%/hostile_writer.c
%C%_hostile_writer_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/libshm
%C%_hostile_writer_LDADD = libentrain-core.la

# How objects are opened, and read by programs of another word size.
TESTS += %D%/test_open_flags.sh %D%/test_word_sizes.sh
EXTRA_DIST += %D%/test_open_flags.sh %D%/test_word_sizes.sh %D%/word_reader.c

TESTS += %D%/test_cli_resize.sh
EXTRA_DIST += %D%/test_cli_resize.sh

# Topologies: read under a storm of resizes; live resizes of real workers.
if TESTS_BUILT
check_PROGRAMS += %D%/test_view %D%/test_resize %D%/test_resize_lives
TESTS += %D%/test_view %D%/test_resize %D%/test_resize_lives
THREAD_TESTS += %D%/test_view
check_LTLIBRARIES += %D%/liburcu_user.la
%C%_liburcu_user_la_SOURCES = %D%/urcu_user.c
%C%_liburcu_user_la_LIBADD = $(URCU_LIBS)
%C%_liburcu_user_la_LDFLAGS = $(AM_LDFLAGS) -module -avoid-version -shared -rpath /nowhere
EXTRA_%C%_test_view_DEPENDENCIES = %D%/liburcu_user.la
%C%_test_view_SOURCES = %D%/test_view.c $(life_sources)
%C%_test_view_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS) -I$(srcdir)/libshm
%C%_test_view_LDADD = libentrain-core.la $(CMOCKA_LIBS) -lm
%C%_test_resize_SOURCES = %D%/test_resize.c %D%/resize_life.h $(life_sources)
%C%_test_resize_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS) -I$(srcdir)/libshm
%C%_test_resize_LDADD = libentrain-core.la $(CMOCKA_LIBS) -lm
%C%_test_resize_lives_SOURCES = %D%/test_resize_lives.c %D%/resize_life.h $(life_sources)
%C%_test_resize_lives_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS) -I$(srcdir)/libshm
%C%_test_resize_lives_LDADD = libentrain-core.la $(CMOCKA_LIBS) -lm
endif

# The barrier: who passes and who does not, deaths at any instruction, threads, storms.
if TESTS_BUILT
barrier_tests = %D%/test_barrier %D%/test_barrier_deaths %D%/test_barrier_storm %D%/test_barrier_threads
check_PROGRAMS += $(barrier_tests)
TESTS += $(barrier_tests)
THREAD_TESTS += %D%/test_barrier_threads
LONG_TESTS += %D%/test_barrier_storm
%C%_test_barrier_SOURCES = %D%/test_barrier.c %D%/barrier_life.h $(life_sources)
%C%_test_barrier_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS) -I$(srcdir)/libshm
%C%_test_barrier_LDADD = libentrain-core.la $(CMOCKA_LIBS) -lm -lpthread
%C%_test_barrier_deaths_SOURCES = %D%/test_barrier_deaths.c %D%/barrier_life.h %D%/sweep_trace.h %D%/sweep_trace.c $(life_sources)
%C%_test_barrier_deaths_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS) -I$(srcdir)/libshm
%C%_test_barrier_deaths_LDADD = libentrain-core.la $(CMOCKA_LIBS) -lm -lpthread
%C%_test_barrier_storm_SOURCES = %D%/test_barrier_storm.c %D%/barrier_life.h $(life_sources)
%C%_test_barrier_storm_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS) -I$(srcdir)/libshm
%C%_test_barrier_storm_LDADD = libentrain-core.la $(CMOCKA_LIBS) -lm -lpthread
%C%_test_barrier_threads_SOURCES = %D%/test_barrier_threads.c %D%/barrier_life.h $(life_sources)
%C%_test_barrier_threads_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS) -I$(srcdir)/libshm
%C%_test_barrier_threads_LDADD = libentrain-core.la $(CMOCKA_LIBS) -lm -lpthread
endif

# The simulator: as users meet it; on a real terminal (tmux is the terminal).
TESTS += %D%/test_cli_simulate.sh %D%/test_cli_live.sh
EXTRA_DIST += %D%/test_cli_simulate.sh %D%/test_cli_live.sh

# ... and that it is made of the library's own object files.
TESTS += %D%/test_same_objects.sh
EXTRA_DIST += %D%/test_same_objects.sh

# The preload plugin, in front of hosts of all sorts.
TESTS += %D%/test_preload.sh %D%/test_preload_lives.sh %D%/test_preload_unseen.sh %D%/test_preload_early.sh \
	%D%/test_cli_run.sh %D%/test_cli_exec.sh
# Programs with rhythms of their own take their time.
HOST_TESTS += %D%/test_report.sh %D%/test_report_lines.sh %D%/test_preload_stagger.sh %D%/test_preload_pace.sh \
	%D%/test_preload_drifting.sh
check_PROGRAMS += %D%/preload_host %D%/preload_grid %D%/preload_loop %D%/preload_flush %D%/preload_drift
%C%_preload_drift_SOURCES = %D%/preload_drift.c
%C%_preload_drift_LDADD = -lm
EXTRA_DIST += %D%/test_preload_drifting.sh %D%/preload_drift.py
%C%_preload_flush_SOURCES = %D%/preload_flush.c
%C%_preload_flush_LDADD =
%C%_preload_loop_SOURCES = %D%/preload_loop.c
%C%_preload_loop_LDADD =
%C%_preload_grid_SOURCES = %D%/preload_grid.c
%C%_preload_grid_LDADD = -lpthread
%C%_preload_host_SOURCES = %D%/preload_host.h %D%/preload_host.c %D%/preload_host_children.c \
	%D%/preload_host_cancel.c
%C%_preload_host_LDADD = -lpthread
check_LTLIBRARIES += %D%/libpreload_early.la
%C%_libpreload_early_la_SOURCES = %D%/preload_early.c
%C%_libpreload_early_la_LDFLAGS = $(AM_LDFLAGS) -module -avoid-version -shared -rpath /nowhere
EXTRA_DIST += %D%/preload_lib.sh %D%/test_preload.sh %D%/test_preload_lives.sh %D%/test_preload_early.sh \
	%D%/test_preload_unseen.sh %D%/test_cli_run.sh \
	%D%/test_preload_stagger.sh %D%/test_preload_pace.sh %D%/test_cli_exec.sh %D%/test_report.sh %D%/test_report_lines.sh %D%/report_judge.py
if TESTS_BUILT
check_PROGRAMS += %D%/test_sealed
TESTS += %D%/test_sealed
%C%_test_sealed_SOURCES = %D%/test_sealed.c $(life_sources)
%C%_test_sealed_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS) -I$(srcdir)/libshm
%C%_test_sealed_LDADD = libentrain-core.la $(CMOCKA_LIBS) -lm

# Beside the simulator's engine.
check_PROGRAMS += %D%/test_grid
TESTS += %D%/test_grid
%C%_test_grid_SOURCES = %D%/test_grid.c $(life_sources) cli/memory.c cli/message.c cli/text.c
%C%_test_grid_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS) -I$(srcdir)/libshm -I$(srcdir)/cli -I$(srcdir)/cli/simulate
%C%_test_grid_LDADD = libsimulate.la libentrain-core.la $(CMOCKA_LIBS) -lm -lpthread
endif
