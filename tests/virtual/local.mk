# SPDX-License-Identifier: MIT
# Swarms on a virtual clock.

EXTRA_DIST += %D%/README.md

if TESTS_BUILT
virtual_tests = %D%/test_virtual_spread %D%/test_virtual_sync %D%/test_virtual_grid
check_PROGRAMS += $(virtual_tests)
TESTS += $(virtual_tests)

virtual_cppflags = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS) -I$(srcdir)/libshm
virtual_ldadd = libentrain-core.la $(CMOCKA_LIBS) -lm
virtual_sim = %D%/sim.h %D%/sim.c %D%/sim_measure.c

%C%_test_virtual_spread_SOURCES = %D%/test_virtual_spread.c $(virtual_sim)
%C%_test_virtual_spread_CPPFLAGS = $(virtual_cppflags)
%C%_test_virtual_spread_LDADD = $(virtual_ldadd)

%C%_test_virtual_sync_SOURCES = %D%/test_virtual_sync.c $(virtual_sim)
%C%_test_virtual_sync_CPPFLAGS = $(virtual_cppflags)
%C%_test_virtual_sync_LDADD = $(virtual_ldadd)

%C%_test_virtual_grid_SOURCES = %D%/test_virtual_grid.c $(virtual_sim)
%C%_test_virtual_grid_CPPFLAGS = $(virtual_cppflags)
%C%_test_virtual_grid_LDADD = $(virtual_ldadd)
endif
