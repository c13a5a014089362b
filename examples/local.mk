# SPDX-License-Identifier: MIT
# Programs to copy from; built and run by `make check`, installed as source.

check_PROGRAMS += %D%/five_lines %D%/prefork_server %D%/event_loop %D%/threads %D%/own_strategy
check_PROGRAMS += %D%/module_process
%C%_five_lines_SOURCES = %D%/five_lines.c
%C%_five_lines_LDADD = libentrain.la
%C%_prefork_server_SOURCES = %D%/prefork_server.c
%C%_prefork_server_LDADD = libentrain.la
%C%_event_loop_SOURCES = %D%/event_loop.c
%C%_event_loop_LDADD = libentrain.la
%C%_threads_SOURCES = %D%/threads.c
%C%_threads_LDADD = libentrain.la -lpthread
%C%_own_strategy_SOURCES = %D%/own_strategy.c
%C%_own_strategy_LDADD = libentrain.la
%C%_module_process_SOURCES = %D%/module_process.c
%C%_module_process_LDADD = libentrain.la

examplesdir = $(docdir)/examples
dist_examples_DATA = %D%/README.md %D%/five_lines.c %D%/prefork_server.c %D%/event_loop.c %D%/threads.c \
	%D%/own_strategy.c
dist_examples_DATA += %D%/module_process.c

TESTS += tests/process/test_examples.sh
EXTRA_DIST += tests/process/test_examples.sh tests/process/turns_spread.awk

# The skeleton of a module for a daemon with event loops.
check_PROGRAMS += %D%/module_loop
%C%_module_loop_SOURCES = %D%/module_loop.c
%C%_module_loop_LDADD = libentrain.la
dist_examples_DATA += %D%/module_loop.c
