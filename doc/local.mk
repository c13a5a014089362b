# SPDX-License-Identifier: MIT

dist_man_MANS += %D%/entrainctl.1 %D%/entrain.3 %D%/entrain.ini.5 %D%/entrain.7
dist_doc_DATA += %D%/algorithms.md %D%/simulator.md %D%/decisions.md %D%/contributing.md \
	%D%/benchmarks.md %D%/preload.md
EXTRA_DIST += %D%/README.md %D%/demo.svg tests/README.md

# The pictures and the table of goals.md, from the simulator: make goals-page, and look at what has changed.
EXTRA_PROGRAMS += %D%/goals/turns
%C%_goals_turns_SOURCES = %D%/goals/turns.c cli/memory.c cli/message.c cli/text.c
%C%_goals_turns_LDADD = libsimulate.la libentrain-core.la -lm -lpthread
goals_pictures = %D%/goals/minimize-api-calls.svg %D%/goals/distribute-load.svg %D%/goals/reach-consensus.svg \
	%D%/goals/minimize-latency.svg %D%/goals/save-energy.svg %D%/goals/maintain-rhythm.svg \
	%D%/goals/recover-from-failure.svg %D%/goals/adapt-to-traffic.svg
dist_doc_DATA += %D%/goals.md %D%/modules.md %D%/postgresql.md %D%/postgresql.svg
goalsdir = $(docdir)/goals
dist_goals_DATA = $(goals_pictures)
EXTRA_DIST += %D%/goals/draw.py %D%/goals/table.sh

goals-page: %D%/goals/turns$(EXEEXT) entrainctl$(EXEEXT)
	for picture in $(goals_pictures); do \
		goal=`basename $$picture .svg` && %D%/goals/turns $$goal >%D%/goals/turns.out && \
		python3 $(srcdir)/%D%/goals/draw.py $$goal <%D%/goals/turns.out >$(srcdir)/$$picture || exit 1; \
	done
	rm -f %D%/goals/turns.out
	$(SHELL) $(srcdir)/%D%/goals/table.sh ./entrainctl$(EXEEXT)
.PHONY: goals-page

# The picture of postgresql.md, from five minutes with four clusters.
postgresql-page: all
	srcdir=$(srcdir) $(srcdir)/tests/hosts/postgres_picture.sh $(srcdir)/%D%/postgresql.svg
.PHONY: postgresql-page

TESTS += tests/process/test_manual.sh
check_PROGRAMS += tests/process/manual_tables
tests_process_manual_tables_SOURCES = tests/process/manual_tables.c
tests_process_manual_tables_LDADD = libentrain.la
EXTRA_DIST += tests/process/test_manual.sh

# The picture of nginx.md, from a real run.
dist_doc_DATA += %D%/nginx.md
nginxdocdir = $(docdir)/nginx
dist_nginxdoc_DATA = %D%/nginx/nginx.svg
EXTRA_DIST += %D%/nginx/picture.sh %D%/nginx/draw.py
nginx-page: all
	srcdir='$(srcdir)' bash $(srcdir)/%D%/nginx/picture.sh $(srcdir)/%D%/nginx/nginx.svg
.PHONY: nginx-page
