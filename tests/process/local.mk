# SPDX-License-Identifier: MIT

# The tool: as users meet it, its manual, its completion, its parts.
TESTS += %D%/test_cli.sh %D%/test_cli_manual.sh %D%/test_cli_completion.sh %D%/test_cli_parts
check_PROGRAMS += %D%/cli_agent %D%/test_cli_parts
%C%_cli_agent_SOURCES = %D%/cli_agent.c
%C%_cli_agent_LDADD = libentrain.la
%C%_test_cli_parts_SOURCES = %D%/test_cli_parts.c \
	cli/json.c cli/memory.c cli/message.c cli/options.c cli/table.c cli/text.c
%C%_test_cli_parts_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/cli
%C%_test_cli_parts_LDADD = libentrain.la
EXTRA_DIST += %D%/test_cli.sh %D%/test_cli_manual.sh %D%/test_cli_completion.sh %D%/json_check.awk

# The demo on a real disk.
TESTS += %D%/test_demo.sh
EXTRA_DIST += %D%/test_demo.sh

# Deaths and faults: killed at any instruction or call, objects that are spoiled, storms. ENTRAIN_SWEEP=full is the long run.
if TESTS_BUILT
death_tests = %D%/test_kill_sweep %D%/test_kill_calls %D%/test_segment_faults %D%/test_segment_storms
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
%C%_test_segment_faults_SOURCES = %D%/test_segment_faults.c $(forge_sources)
%C%_test_segment_faults_CPPFLAGS = $(death_cppflags)
%C%_test_segment_faults_LDADD = $(death_libs)
%C%_test_segment_storms_SOURCES = %D%/test_segment_storms.c $(forge_sources)
%C%_test_segment_storms_CPPFLAGS = $(death_cppflags)
%C%_test_segment_storms_LDADD = $(death_libs)
endif
