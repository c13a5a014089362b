# SPDX-License-Identifier: MIT
# Real servers (make check-hosts). First those that know nothing of entrain, under the preload plugin.
HOST_TESTS += %D%/test_preload_redis.sh %D%/test_preload_postgresql.sh
EXTRA_DIST += %D%/test_preload_redis.sh %D%/redis_load.py %D%/flush_phases.py
EXTRA_DIST += %D%/test_preload_postgresql.sh %D%/checkpoint_bursts.py
