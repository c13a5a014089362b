# SPDX-License-Identifier: MIT
# Tests find sources and programs here, and use no swarm or file of whoever runs them.
AM_TESTS_ENVIRONMENT = srcdir='$(srcdir)'; export srcdir; builddir='$(builddir)'; export builddir; \
	unset ENTRAIN_DIR ENTRAIN_CONFIG;

EXTRA_DIST += %D%/lint.sh

# What takes longest begins first.
if TESTS_BUILT
LONG_TESTS += %D%/process/test_goals
endif
include %D%/model/local.mk
include %D%/hosts/local.mk
include %D%/unit/local.mk
include %D%/virtual/local.mk
include %D%/process/local.mk
include %D%/fuzz/local.mk
include %D%/bench/local.mk

# What ThreadSanitizer can see: agents as threads of one process. What has a longer form: see ENTRAIN_LONG, ENTRAIN_SWEEP.
if TESTS_BUILT
THREAD_TESTS += %D%/process/test_threads %D%/unit/test_slot %D%/unit/test_recorder
VALGRIND_TESTS += %D%/unit/test_decide_rules %D%/unit/test_reckon
LONG_TESTS += %D%/process/test_kill_sweep %D%/process/test_kill_calls %D%/process/test_segment_storms \
	%D%/process/test_storm %D%/process/test_spread %D%/process/test_liar %D%/process/test_wait \
	%D%/process/test_resize
endif
EXTRA_DIST += %D%/process/archive_check.sh %D%/process/demo_targets.sh %D%/process/demo_targets.py %D%/process/install_check.sh
