#!/bin/bash
# SPDX-License-Identifier: MIT
# The simulator in entrainctl is the library's own rules: the same object files, none of them copied or compiled again.
# Needs a build tree (the current directory), nm, ar and objdump.

for needed in .libs/entrainctl .libs/libentrain.so .libs/libentrain-rules.a .libs/libsimulate.a .libs/libentrain-core.a; do
	[ -e "$needed" ] || { echo "$needed is not built"; exit 99; }
done
export LC_ALL=C
work=$(mktemp -d) || exit 99
trap 'rm -rf "$work"' EXIT
trap 'exit 1' INT TERM HUP
passed=0
failed=0

# judge STATUS TEXT: of the last command: was it true? (Not $? in here: making the text may change it.)
judge()
{
	if [ "$1" -eq 0 ]; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		echo "FAILED: $2"
	fi
}

# The object files themselves, in both.
ar t .libs/libentrain-rules.a >"$work/members"
[ "$(wc -l <"$work/members")" -ge 20 ]
judge $? "few object files in the rules: $(cat "$work/members")"
while read -r member; do
	object=$(find libshm -path "*.libs/$member")
	for archive in .libs/libsimulate.a .libs/libentrain-core.a; do
		ar p "$archive" "$member" 2>/dev/null | cmp -s - "$object"
		judge $? "$archive does not hold $object as it is"
	done
done <"$work/members"

# functions_of FILE...: names, those that a file keeps to itself included; .cold and .part ones are parts of these
functions_of()
{
	nm --defined-only "$@" 2>/dev/null | awk '$2 ~ /^[tT]$/ && $3 !~ /[.]/ { print $3 }' | sort -u
}

# What the simulator and the tool are made of besides.
others=$(find cli -name '*.o' ! -path '*/demo/*')
[ "$(wc -w <<<"$others")" -ge 40 ]
judge $? "few object files in the tool: $others"
nm --defined-only -g .libs/libentrain-rules.a | awk '$2 == "T" { print $3 }' | sort -u >"$work/rules"
[ "$(wc -l <"$work/rules")" -ge 30 ]
judge $? "few functions in the rules: $(cat "$work/rules")"
# shellcheck disable=SC2086
functions_of $others >"$work/own"
comm -12 "$work/rules" "$work/own" >"$work/both"
[ ! -s "$work/both" ]
judge $? "the tool has its own: $(tr '\n' ' ' <"$work/both")"
for name in steer_turn steer_open decide_scratch_size topology_build goal_row phasor_root; do
	grep -qx "$name" "$work/rules" && nm -u $others | grep -qw "$name"
	judge $? "nothing in the simulator calls $name of the rules"
done

# bodies SHORT FILE...: for each function its name and what it does, without addresses and names. Those of fewer than SHORT
# instructions are left out: they are alike by chance, as functions that compare two numbers for qsort() are.
bodies()
{
	local short=$1

	shift
	objdump -d --no-show-raw-insn "$@" | awk -v short="$short" '
		function flush() {
			if (name != "" && count >= short)
				print text "\t" name
			name = ""
		}
		/^[0-9a-f]+ <.*>:$/ { flush(); name = substr($2, 2, length($2) - 3); text = ""; count = 0; next }
		/^ *[0-9a-f]+:\t/ {
			sub(/^ *[0-9a-f]+:\t/, "")
			sub(/ *#.*/, "")
			gsub(/<[^>]*>/, "")
			# where a branch goes, where data lies
			gsub(/-?0x[0-9a-f]+\(%rip\)/, "(rip)")
			if ($1 ~ /^(call|j|b|adr|tb|cb)/)
				$0 = $1
			# what fills up to the next function
			if ($1 ~ /^(nop|nopw|nopl|xchg|data16|cs|int3)$/)
				next
			gsub(/[ \t]+/, " ")
			text = text ";" $0
			count++
		}
		END { flush() }'
}

# Nor by another name.
bodies 80 .libs/libentrain-rules.a | sort -u >"$work/bodies_rules"
# shellcheck disable=SC2086
bodies 80 $others | sort -u >"$work/bodies_own"
join -t "$(printf '\t')" -o 1.2,2.2 "$work/bodies_rules" "$work/bodies_own" >"$work/copies"
[ ! -s "$work/copies" ]
judge $? "the tool has copies: $(cat "$work/copies")"

# And in what runs: each function of the rules is there once, and is in the tool what it is in the library.
for file in entrainctl libentrain.so; do
	bodies 25 ".libs/$file" | awk -F '\t' '{ print $2 "\t" $1 }' | sort >"$work/$file"
	join -t "$(printf '\t')" "$work/rules" "$work/$file" >"$work/$file.rules"
	cut -f 1 "$work/$file.rules" | uniq -d >"$work/twice"
	[ ! -s "$work/twice" ]
	judge $? "$file has two of: $(tr '\n' ' ' <"$work/twice")"
done
join -t "$(printf '\t')" -o 1.1,1.2,2.2 "$work/entrainctl.rules" "$work/libentrain.so.rules" >"$work/compared"
[ "$(wc -l <"$work/compared")" -ge 20 ]
judge $? "few functions could be compared: $(cut -f 1 "$work/compared")"
awk -F '\t' '$2 != $3 { print $1 }' "$work/compared" >"$work/differ"
[ ! -s "$work/differ" ]
judge $? "not the same in tool and library: $(tr '\n' ' ' <"$work/differ")"
echo "$(wc -l <"$work/members") object files, $(wc -l <"$work/compared") functions compared"

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
