# SPDX-License-Identifier: MIT
# The protocols of slot and barrier in spin, a minute of it; run.sh skips itself (77) where spin is missing.
LONG_TESTS += %D%/run.sh
EXTRA_DIST += %D%/run.sh %D%/slot.pml %D%/barrier.pml %D%/README.md
