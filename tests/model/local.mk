# SPDX-License-Identifier: MIT
# The protocols of slot and barrier in spin; run.sh skips itself (77) where spin is missing.
TESTS += %D%/run.sh
EXTRA_DIST += %D%/run.sh %D%/slot.pml %D%/barrier.pml %D%/README.md
