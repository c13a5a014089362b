#!/bin/sh
# SPDX-License-Identifier: MIT
# The manual and the sample file name what the library has: codes, functions, keys, defaults, words.
# Needs ./entrainctl and tests/process/manual_tables, built.

tool=${ENTRAINCTL:-./entrainctl}
tables=${MANUAL_TABLES:-./tests/process/manual_tables}
top=${srcdir:-.}
header=$top/libshm/include/entrain.h
sample=$top/etc/entrain.ini
[ -x "$tool" ] && [ -x "$tables" ] || exit 99

work=$(mktemp -d) || exit 99
trap 'rm -rf "$work"' EXIT
trap 'exit 1' INT TERM HUP PIPE
failed=0

no()
{
	failed=$((failed + 1))
	echo "FAILED: $*"
}

# agree WHAT ONE OTHER: two files of lines, each of which has some
agree()
{
	if ! [ -s "$2" ]; then
		no "$1: nothing found"
	elif ! diff "$2" "$3" >"$work/diff"; then
		no "$1: the manual (<) and the library (>) differ:"
		cat "$work/diff"
	fi
}

"$tables" >"$work/tables" || exit 1

codes_are_in_the_manual()
{
	awk '/^\.\\" BEGIN CODES/ { on = 1 } /^\.\\" END CODES/ { on = 0 }
		on && /^\.It Dv ENTRAIN_/ {
			name = $3; sub("ENTRAIN_", "", name)
			status = $NF; gsub("[()]", "", status)
			getline text
			print "code " name " " status " " text
		}' "$top/doc/entrain.3" >"$work/page"
	grep '^code ' "$work/tables" >"$work/library"
	agree "codes in entrain.3" "$work/page" "$work/library"
}

functions_are_in_the_manual()
{
	# what follows ENTRAIN_API up to the first parenthesis, over line ends
	tr '\n' ' ' <"$header" | grep -o 'ENTRAIN_API[^;(]*(' | grep -o 'entrain_[a-z_]*($' |
		tr -d '(' | sort -u >"$work/library"
	grep -oE '\bentrain_[a-z_]+' "$top/doc/entrain.3" | sort -u >"$work/words"
	# structs and files are words too
	grep -xvE 'entrain_(agent|error|code|strategy|view)' "$work/words" >"$work/page"
	agree "functions in entrain.3" "$work/page" "$work/library"
}

# Files spell keys with _.
keys_are_in_the_manual()
{
	sed -n 's/^\.It Cm \([a-z_]*\) = Ar \(.*\)$/\1 \2/p' "$top/doc/entrain.ini.5" |
		sort >"$work/page"
	sed -n 's/^key \([^ ]*\) \(.*\)|[^|]*$/\1 \2/p' "$work/tables" | tr - _ | sort >"$work/library"
	agree "keys in entrain.ini.5" "$work/page" "$work/library"
	# "Default", then the value on a line of its own; or "Default: words."
	awk '/^\.It Cm / { key = $3 }
		/^Default$/ { getline; print key " " $2 }
		/^Default: / { sub("^Default: ", ""); sub("[.]$", ""); print key " " $0 }' \
		"$top/doc/entrain.ini.5" | sort >"$work/page"
	# the second field ends at the last bar
	sed -n 's/^key \([^ ]*\) .*|\([^|]*\)$/\1 \2/p' "$work/tables" | sed 's/^max-delay/max_delay/' |
		sort >"$work/library"
	agree "defaults in entrain.ini.5" "$work/page" "$work/library"
}

words_are_in_the_manual()
{
	for word in $(sed -n 's/^word //p' "$work/tables"); do
		grep -q -- "\\b$word\\b" "$top/doc/entrain.7" || no "entrain.7 does not explain $word"
	done
	[ "$(grep -c '^word ' "$work/tables")" -eq 15 ] || no "there are other words than 15"
}

the_sample_is_right()
{
	"$tool" check --config "$sample" >"$work/out" 2>&1 || { no "the sample:"; cat "$work/out"; }
	# also with its commented keys, but for a group that may not exist here
	sed 's/^;\([a-z_]* = \)/\1/; s/^group = .*/group = 0/' "$sample" >"$work/full.ini"
	"$tool" check --config "$work/full.ini" >"$work/out" 2>&1 ||
		{ no "the sample, all keys given:"; cat "$work/out"; }
	sed -n 's/^\([a-z_]*\) = .*/\1/p' "$work/full.ini" | sort >"$work/page"
	sed -n 's/^key \([^ ]*\) .*/\1/p' "$work/tables" | tr - _ | sort >"$work/library"
	agree "keys in the sample" "$work/page" "$work/library"
	# those given are given their defaults; the others' default is no value, or depends on the goal
	sed -n 's/^\([a-z_]*\) = \(.*\)/key \1 \2/p' "$sample" | sort >"$work/page"
	sed -n 's/^key \([^ ]*\) .*|\([^| ]*\)$/key \1 \2/p' "$work/tables" | grep -vE '^key (max-delay|dir)' |
		sort >"$work/library"
	agree "defaults in the sample" "$work/page" "$work/library"
}

# Those that are shipped, and what a reader would copy from the manual.
rules_are_right()
{
	sed -n 's/^    \(\[swarm .*\|\[rule .*\|[a-z_]* = .*\)$/\1/p' "$top/doc/preload.md" >"$work/preload.ini"
	grep -q '^\[rule ' "$work/preload.ini" || no "preload.md has no rules"
	for file in "$top"/etc/rules/*.ini "$work/preload.ini"; do
		sed 's/^group = .*/group = 0/' "$file" >"$work/rules.ini"
		"$tool" check --config "$work/rules.ini" >"$work/out" 2>&1 || { no "$file:"; cat "$work/out"; }
	done
}

# As the layout has it, wherever it is said.
recorders_are_as_long_as_is_said()
{
	rings=$(sed -n 's/^#define SHM_RINGS \([0-9]*\)u.*/\1/p' "$top/libshm/layout.h")
	events=$(sed -n 's/^#define SHM_RING_EVENTS \([0-9]*\)u.*/\1/p' "$top/libshm/layout.h")
	[ -n "$rings" ] && [ -n "$events" ] || no "the layout has no rings of events"
	"$tool" events --help >"$work/help"
	for text in "$work/help" "$header" "$top"/doc/entrain.3 "$top"/doc/entrain.7 "$top"/doc/entrainctl.1; do
		sed 's/^ \*//' "$text" | tr -s '\n ' '  ' | grep -qE \
			"\<$events (of|in) each of the first $rings slots|first $rings slots keeps its latest $events events" ||
			no "${text##*/} does not say that the first $rings slots keep $events events"
	done
}

# Each variable that is read stands where those look who would set it; the library reads two.
the_environment_is_in_the_manual()
{
	grep -hoE '(getenv|environment_text)\("ENTRAIN_[A-Z_]*"' "$top"/libshm/*.c "$top"/cli/*.c \
		"$top"/plugin/preload/*.c | grep -o 'ENTRAIN_[A-Z_]*' | sort -u >"$work/library"
	[ "$(wc -l <"$work/library")" -ge 7 ] || no "the sources read only $(cat "$work/library")"
	awk '/^\.Sh/ { on = $2 == "ENVIRONMENT" } on && /^\.It Ev ENTRAIN_/ { print $3 }' \
		"$top/doc/entrainctl.1" | sort >"$work/page"
	agree "variables in entrainctl.1" "$work/page" "$work/library"
	grep -o '^| `ENTRAIN_.* |' "$top/doc/preload.md" | cut -d'|' -f2 | grep -o 'ENTRAIN_[A-Z_]*' |
		sort >"$work/page"
	agree "variables in preload.md" "$work/page" "$work/library"
}

pages_are_clean()
{
	command -v mandoc >/dev/null || { echo "no mandoc: pages are not checked for form"; return; }
	for page in "$top"/doc/*.[1357]; do
		mandoc -Tlint -W warning "$page" >"$work/out" 2>&1 || { no "$page:"; cat "$work/out"; }
	done
}

# Also in a tree unpacked from the tarball, as distcheck has it: what a page points to was packed.
links_lead_somewhere()
{
	: >"$work/links"
	for page in "$top/README.md" "$top"/doc/*.md "$top"/*/README.md; do
		grep -oE '\]\([^)#:]+\)' "$page" | tr -d '()]' | while read -r link; do
			echo "$link" >>"$work/links"
			[ -e "${page%/*}/$link" ] || echo "$page: $link"
		done
	done >"$work/out"
	[ -s "$work/links" ] || no "no links found"
	[ ! -s "$work/out" ] || { no "links that lead nowhere:"; cat "$work/out"; }
}

for test in codes_are_in_the_manual functions_are_in_the_manual keys_are_in_the_manual \
	words_are_in_the_manual the_sample_is_right rules_are_right recorders_are_as_long_as_is_said the_environment_is_in_the_manual pages_are_clean \
	links_lead_somewhere; do
	before=$failed
	$test
	[ $failed -eq $before ] && echo "ok $test" || echo "not ok $test"
done
[ $failed -eq 0 ]
