#!/bin/bash
# SPDX-License-Identifier: MIT
# Completion in bash offers what the tool itself names.
# Needs the tool ($ENTRAINCTL, else ./entrainctl).

tool=${ENTRAINCTL:-./entrainctl}
passed=0
failed=0
[ -x "$tool" ] || exit 99
ENTRAIN_DIR=$(mktemp -d /dev/shm/entrain-test-completion.XXXXXX) || exit 99
export ENTRAIN_DIR
trap 'rm -rf "$ENTRAIN_DIR"' EXIT
trap 'exit 1' INT TERM HUP

# shellcheck source=/dev/null
. "${srcdir:-.}/etc/completion/entrainctl" || exit 1

# offers WANTED WORD...: what is offered for the last word, in one line
offers()
{
	local wanted=$1
	shift
	COMP_WORDS=("$tool" "$@")
	COMP_CWORD=$#
	_entrainctl
	local got="${COMPREPLY[*]}"
	if [ "$got" = "$wanted" ]; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		echo "FAILED: entrainctl $*: offers '$got', not '$wanted'"
	fi
}

"$tool" create web >/dev/null && "$tool" create with >/dev/null || exit 1
offers 'status stat' st
offers 'create check' c
offers 'resize reap report rm run' r
offers '--if-missing' create --i
offers '--when-empty' rm web --w
offers 'web with' status w
offers 'web' status we
offers 'max-delay= mode=' set web m
offers 'period=' set web p
offers 'version' help v
offers '' list w
offers '' create web --period ''
cd / && tool=$(cd "$OLDPWD" && realpath "$tool") && offers '/proc' list --dir /pro
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
