# SPDX-License-Identifier: MIT

dist_man_MANS += %D%/entrainctl.1 %D%/entrain.3 %D%/entrain.ini.5 %D%/entrain.7
dist_doc_DATA += %D%/algorithms.md %D%/decisions.md %D%/contributing.md
EXTRA_DIST += %D%/README.md %D%/demo.svg tests/README.md

TESTS += tests/process/test_manual.sh
check_PROGRAMS += tests/process/manual_tables
tests_process_manual_tables_SOURCES = tests/process/manual_tables.c
tests_process_manual_tables_LDADD = libentrain.la
EXTRA_DIST += tests/process/test_manual.sh
