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

# Two runs of at most three must reach everything. The disk of a shared machine has bad moments of its own, so that one
# run may miss; what one run in three reaches by luck is not reached. What is missed is printed.
reached=0
for run in 1 2 3; do
	"$tool" demo "${options[@]}" --json >"$out" 2>/dev/null || { echo "the demo failed"; exit 1; }
	if python3 "$(dirname "$0")/demo_targets.py" "$size" <"$out"; then
		reached=$((reached + 1))
		echo "run $run of the demo reached every target"
	else
		echo "run $run of the demo missed a target"
	fi
	if [ $reached -eq 2 ] || [ $((run - reached)) -eq 2 ]; then
		break
	fi
done
echo "$size: $reached of $run runs reached every target; 2 must"
[ $reached -eq 2 ]
