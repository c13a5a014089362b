#!/bin/bash
# SPDX-License-Identifier: MIT
# Is every file of the tree in the archive that `make dist` made? Usage: archive_check.sh TOP BUILD
set -eu
cd "$1"
git rev-parse --git-dir >/dev/null 2>&1 || { echo "no git here: nothing to compare with"; exit 0; }
archive=$(ls "$2"/entrain-*.tar.xz)
missing=$(comm -23 <(git ls-files | grep -v '^\.' | sort) <(tar -tf "$archive" | sed 's|^[^/]*/||' | sort))
[ -z "$missing" ] || { printf 'not in %s:\n%s\n' "$archive" "$missing"; exit 1; }
