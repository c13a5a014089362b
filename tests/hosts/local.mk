# SPDX-License-Identifier: MIT
# Real servers (make check-hosts); what takes longest begins first.
HOST_TESTS += %D%/test_postgres_spread.sh %D%/test_nginx_turns.sh

# Those that know nothing of entrain, under the preload plugin.
HOST_TESTS += %D%/test_preload_postgresql.sh %D%/test_preload_redis.sh %D%/test_preload_nginx.sh \
	%D%/test_preload_apache.sh %D%/test_preload_stress_ng.sh %D%/test_preload_libraries.sh
EXTRA_DIST += %D%/test_preload_redis.sh %D%/redis_load.py %D%/flush_phases.py
EXTRA_DIST += %D%/test_preload_postgresql.sh %D%/postgresql_lib.sh %D%/checkpoint_bursts.py
EXTRA_DIST += %D%/test_preload_nginx.sh %D%/test_preload_apache.sh %D%/web_lib.sh %D%/web_client.py
EXTRA_DIST += %D%/test_preload_stress_ng.sh %D%/plugin_seen.py %D%/test_preload_libraries.sh

# PostgreSQL with the extension.
HOST_TESTS += %D%/test_postgres_life.sh %D%/test_postgres_standby.sh %D%/test_postgres_regress.sh
EXTRA_DIST += %D%/postgres_fixture.sh %D%/checkpoint_turns.py %D%/test_postgres_spread.sh \
	%D%/test_postgres_life.sh %D%/test_postgres_standby.sh \
	%D%/test_postgres_regress.sh %D%/postgres_picture.sh

# The nginx module; at length with the figures of its manual, period 4 s and flush=5s.
LONG_TESTS += %D%/test_nginx_turns.sh
HOST_TESTS += %D%/test_nginx_lines.sh %D%/test_nginx.sh
EXTRA_DIST += %D%/test_nginx_turns.sh %D%/test_nginx.sh %D%/nginx_lib.sh %D%/nginx_watch.py %D%/nginx_turns.py \
	%D%/nginx_load.py %D%/nginx_lines.py %D%/test_nginx_lines.sh
