# SPDX-License-Identifier: MIT

# make bench: every program here, with BENCH_RUNS and BENCH_DIR from the environment. Its whole output is what
# doc/benchmarks.md quotes.
bench_programs = %D%/bench_decide %D%/bench_step %D%/bench_measure %D%/bench_view %D%/bench_barrier \
	%D%/bench_side_by_side
EXTRA_PROGRAMS += $(bench_programs)
CLEANFILES += $(bench_programs)

bench-programs: $(bench_programs) %D%/bench_preload_call

bench: bench-programs
	@for program in $(bench_programs); do \
		echo "== $$program"; ./$$program || exit 1; echo; \
	done
	@for script in bench_preload bench_preload_redis bench_preload_postgresql bench_postgres bench_nginx; do \
		echo "== %D%/$$script.sh"; srcdir='$(srcdir)' $(srcdir)/%D%/$$script.sh || test $$? = 77 || exit 1; echo; \
	done

%C%_bench_decide_SOURCES = %D%/bench_decide.c
%C%_bench_decide_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/libshm
%C%_bench_decide_LDADD = libentrain-core.la

%C%_bench_step_SOURCES = %D%/bench_step.c
%C%_bench_step_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/libshm
%C%_bench_step_LDADD = libentrain-core.la -lm

%C%_bench_side_by_side_SOURCES = %D%/bench_side_by_side.c \
	%D%/bench_paces.h %D%/bench_paces.c %D%/bench_table.h %D%/bench_table.c
%C%_bench_side_by_side_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/cli/demo
%C%_bench_side_by_side_LDADD = libdemo.la libentrain.la -lm

%C%_bench_view_SOURCES = %D%/bench_view.c
%C%_bench_view_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/libshm
%C%_bench_view_LDADD = libentrain-core.la -lm

%C%_bench_measure_SOURCES = %D%/bench_measure.c
%C%_bench_measure_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/libshm
%C%_bench_measure_LDADD = libentrain-core.la -lm -lpthread

%C%_bench_barrier_SOURCES = %D%/bench_barrier.c
%C%_bench_barrier_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/libshm
%C%_bench_barrier_LDADD = libentrain-core.la -lm -lpthread

# Run by bench_preload.sh, bare and under the plugin.
EXTRA_PROGRAMS += %D%/bench_preload_call
CLEANFILES += %D%/bench_preload_call
%C%_bench_preload_call_SOURCES = %D%/bench_preload_call.c
EXTRA_DIST += %D%/bench_preload.sh
EXTRA_DIST += %D%/bench_preload_redis.sh %D%/bench_preload_postgresql.sh %D%/pairs.py %D%/redis_open_loop.py %D%/pgbench_waits.py
EXTRA_DIST += %D%/bench_postgres.sh %D%/postgres_rounds.py
EXTRA_DIST += %D%/bench_nginx.sh %D%/nginx_rounds.py
