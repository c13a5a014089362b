# SPDX-License-Identifier: MIT
# What tests of the preload plugin share: a directory of their own for objects and files, the library with an absolute path,
# and the way to run something under it.

entrainctl=${ENTRAINCTL:-$PWD/entrainctl}
library=${PRELOAD_LIBRARY:-$PWD/.libs/libentrain-preload.so}
host=${PRELOAD_HOST:-$PWD/tests/process/preload_host}
[ -x "$entrainctl" ] && [ -e "$library" ] && [ -x "$host" ] || exit 99
case $entrainctl in /*) ;; *) entrainctl=$PWD/$entrainctl ;; esac

# A library that was built with a sanitizer needs its runtime first.
runtime=$(ldd "$library" | sed -n 's/.* => \(.*lib[at]san[^ ]*\) .*/\1/p')
ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0:verify_asan_link_order=0
export ASAN_OPTIONS

ENTRAIN_DIR=$(mktemp -d /dev/shm/entrain-test-preload.XXXXXX) || exit 99
work=$(mktemp -d /dev/shm/entrain-test-preload-work.XXXXXX) || exit 99
export ENTRAIN_DIR
# for those that end before they have a trap of their own
trap 'rm -rf "$ENTRAIN_DIR" "$work"' EXIT
ENTRAIN_CONFIG=$work/entrain.ini
export ENTRAIN_CONFIG
unset ENTRAIN_SWARM ENTRAIN_GOAL ENTRAIN_MAX_DELAY ENTRAIN_MODE ENTRAIN_LOG LD_PRELOAD
: >"$ENTRAIN_CONFIG"

failed=0 passed=0
no()
{
	failed=$((failed + 1))
	echo "FAILED: $*"
}

yes_or()
{
	if "$@" >"$work/yes_or" 2>&1; then
		passed=$((passed + 1))
	else
		no "$*"
		sed 's/^/	/' "$work/yes_or"
	fi
}

# under COMMAND...: run it with the plugin; its log goes to $work/log
under()
{
	env LD_PRELOAD="${runtime:+$runtime:}$library" ENTRAIN_LOG="$work/log" "$@"
}

tool()
{
	"$entrainctl" "$@" >/dev/null
}

finish()
{
	echo "$passed passed, $failed failed"
	[ "$failed" -eq 0 ]
	exit
}
