# SPDX-License-Identifier: MIT
# The PostgreSQL extension: it knows libentrain through <entrain.h> and the shared library only.

EXTRA_DIST += %D%/README.md %D%/Makefile %D%/sql/entrain.sql %D%/expected/entrain.out

postgres_sources = %D%/module.c %D%/settings.h %D%/settings.c %D%/record.h %D%/record.c %D%/fits.h %D%/fits.c \
	%D%/lead.h %D%/lead.c \
	%D%/replayed.h %D%/replayed.c %D%/member.h %D%/member.c %D%/worker.h %D%/worker.c %D%/sql.c
postgres_data = %D%/entrain.control %D%/entrain--1.0.sql

if POSTGRESQL
pglib_LTLIBRARIES = entrain.la
entrain_la_SOURCES = $(postgres_sources)
# The server's headers are the system's: their warnings are not ours. It is built to be compiled with these two flags.
entrain_la_CPPFLAGS = $(AM_CPPFLAGS) -isystem $(PG_INCLUDEDIR_SERVER)
entrain_la_CFLAGS = $(AM_CFLAGS) -fvisibility=default -fno-strict-aliasing -fwrapv
entrain_la_LIBADD = libentrain.la
# The server finds its functions by name; nothing else is seen.
entrain_la_LDFLAGS = $(AM_LDFLAGS) -module -avoid-version -shared \
	-export-symbols-regex '^(_PG_init|Pg_magic_func|pg_finfo_entrain_sql_.*|entrain_sql_.*|entrain_worker_main)$$'
pgextension_DATA = $(postgres_data)
endif
# What is not built here is in the archive all the same.
EXTRA_DIST += $(postgres_sources) $(postgres_data)
