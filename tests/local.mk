# SPDX-License-Identifier: MIT
# Tests find sources and programs here, and use no swarm or file of whoever runs them.
AM_TESTS_ENVIRONMENT = srcdir='$(srcdir)'; export srcdir; builddir='$(builddir)'; export builddir; \
	unset ENTRAIN_DIR ENTRAIN_CONFIG;

EXTRA_DIST += %D%/lint.sh

include %D%/unit/local.mk
include %D%/virtual/local.mk
include %D%/process/local.mk
include %D%/model/local.mk
include %D%/bench/local.mk
