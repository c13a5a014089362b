#!/bin/bash
# SPDX-License-Identifier: MIT
# The demo reaches what it is meant to show, at three sizes: demo_targets.sh ENTRAINCTL small|medium|large
set -eu
tool=$1 size=$2
case $size in
small) options=(--workers 8 --period 500ms --duration 6s --duty 25%) ;;
medium) options=(--workers 64 --period 2s --duration 20s --duty 10%) ;;
large) options=(--workers 200 --period 4s --duration 24s --duty 10%) ;;
*) echo "usage: $0 ENTRAINCTL small|medium|large" >&2; exit 2 ;;
esac

out=$(mktemp)
trap 'rm -f "$out"' EXIT

reaches()
{
	"$tool" demo "${options[@]}" --json >"$out" 2>/dev/null || { echo "the demo failed"; exit 1; }
	python3 "$(dirname "$0")/demo_targets.py" "$size" <"$out"
}

# The disk of a shared machine has bad moments of its own: where one run misses a target, the next two must miss none.
# What is missed is printed.
reaches || { echo "again, twice"; reaches && reaches; }
