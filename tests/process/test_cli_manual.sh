#!/bin/sh
# SPDX-License-Identifier: MIT
# The manual page names exactly the commands, options and keys that the tool has, with their arguments.
# Needs the tool ($ENTRAINCTL, else ./entrainctl).

tool=${ENTRAINCTL:-./entrainctl}
page=${srcdir:-.}/doc/entrainctl.1
[ -x "$tool" ] || exit 99
work=$(mktemp -d) || exit 99
trap 'rm -rf "$work"' EXIT
trap 'exit 1' INT TERM HUP

"$tool" help --names >"$work/names" || exit 1

# What all commands share, the page says once.
grep -v -e ' --help$' -e ' --json$' -e ' --dir DIR$' "$work/names" | sort >"$work/tool"

# .Ss COMMAND, and in its section .It Fl -OPTION [Ar ARGUMENT] or .It Cm KEY Ns = Ns Ar ARGUMENT
awk '
	/^\.Sh/ { inside = $2 == "COMMANDS" }
	!inside { next }
	/^\.Ss/ { command = $2; print command }
	/^\.It Fl -/ {
		option = "-" $3
		sub(/^-*/, "--", option)
		print command " " option ($4 == "Ar" ? " " $5 : "")
	}
	/^\.It Cm / { print command " " $3 "=" $NF }
' "$page" | sort >"$work/page"

if ! diff "$work/page" "$work/tool" >"$work/diff"; then
	echo "doc/entrainctl.1 (<) and the tables of the tool (>) differ:"
	cat "$work/diff"
	echo "0 passed, 1 failed"
	exit 1
fi
for shared in help json dir; do
	if ! grep -q "^\\.It Fl -$shared" "$page"; then
		echo "doc/entrainctl.1 does not explain --$shared"
		exit 1
	fi
done
[ "$(wc -l <"$work/tool")" -gt 20 ] || exit 1
echo "1 passed, 0 failed"
