#!/bin/sh
# SPDX-License-Identifier: MIT
# Two word sizes, one swarm: a 32-bit program sees the same fields at the same places, reads a live swarm as a 64-bit one does,
# and refuses with the same findings; the library itself says at once that it takes 64 bits.
# Needs the tool and tests/process/cli_agent, and a compiler that makes 32-bit programs (gcc-multilib).

. "${srcdir:-.}/tests/process/cli_fixture.sh"

sources=${srcdir:-.}/libshm
compiler=gcc

# compiled BITS OUTPUT: the reader, from the library's own sources. What needs 128-bit numbers is not among them.
compiled()
{
	$compiler "-m$1" -std=gnu11 -O1 -D_GNU_SOURCE -ffunction-sections -Wl,--gc-sections \
		-I"$sources" -I"$sources/include" -o "$2" "$here/word_reader.c" \
		"$sources/layout.c" "$sources/clock.c" "$sources/procfile.c" \
		"$sources/liveness.c" 2>"$work/err" >"$work/out"
}

echo 'int main(void) { return sizeof(long) != 4; }' >"$work/probe.c"
if ! $compiler -m32 -o "$work/probe" "$work/probe.c" 2>/dev/null || ! "$work/probe"; then
	echo "no 32-bit programs can be made and run here: install gcc-multilib"
	exit 77
fi

for bits in 32 64; do
	compiled $bits "$work/reader$bits"
	judge $? "the reader does not compile with -m$bits"
	"$work/reader$bits" layout >"$work/layout$bits" 2>"$work/err"
	cmp -s "$work/layout$bits" "${srcdir:-.}/tests/unit/layout.golden"
	judge $? "with -m$bits fields lie elsewhere: $(diff "$work/layout$bits" \
		"${srcdir:-.}/tests/unit/layout.golden" | head -3 | tr '\n' ' ')"
done

# seen BITS: what a reader sees
seen()
{
	"$work/reader$1" "$ENTRAIN_DIR" words >"$work/seen$1" 2>"$work/err"
}

# agrees STATUS: both readers end so, and say the same
agrees()
{
	for bits in 32 64; do
		seen $bits
		same "exit status of the $bits-bit reader" $? "$1"
	done
	cmp -s "$work/seen32" "$work/seen64"
	judge $? "32 bits: $(head -3 "$work/seen32"), 64 bits: $(head -3 "$work/seen64")"
}

run 0 create words --period 1h --band 7% --capacity 32 --goal reach-consensus
agrees 0
# So long a period that nobody has a turn while both look.
start words first one 0
first=$started
start words second two 0
run 0 set words target=0.75
agrees 0
same "slots seen" "$(grep -c '^slot ' "$work/seen32")" 2
grep -q "^slot [0-9]* pid $first .* period 3600000000000 " "$work/seen32"
judge $? "the first agent is not seen: $(cat "$work/seen32")"
grep -q '^swarm .* capacity 32 period 3600000000000 band 70000 target 750000 ' "$work/seen32"
judge $? "the settings are not seen: $(head -1 "$work/seen32")"

# patch OBJECT OFFSET BYTES: as printf writes them
patch()
{
	printf "$3" | dd of="$ENTRAIN_DIR/entrain.words.$1" bs=1 seek="$2" conv=notrunc 2>/dev/null
}

# A newer layout, an older one, an object that is none: the same refusal, whatever the word size.
major=$(od -An -tu4 -j8 -N4 "$ENTRAIN_DIR/entrain.words.control" | tr -d ' ')
patch control 8 "\\$(printf %o $((major + 1)))"
agrees 1
newer=$(cat "$work/seen32")
patch control 8 "\\$(printf %o $((major - 1)))"
agrees 1
[ "$newer" != "$(cat "$work/seen32")" ]
judge $? "newer and older are refused alike: $newer"
patch control 8 "\\$(printf %o "$major")"
patch agents 0 'x'
agrees 1
end "$first" KILL
end "$started" KILL

# The library decides in 128-bit numbers, which 32-bit compilers do not have: one clear line, not a hundred.
$compiler -m32 -std=gnu11 -fsyntax-only -I"$sources" -I"$sources/include" \
	"$sources/strategy/decide.c" 2>"$work/err" && no "decide.c compiles with -m32"
same "what the compiler says first" \
	"$(grep -o 'error: .*' "$work/err" | head -1)" 'error: #error "entrain takes a compiler for 64 bits"'

rm -rf "$ENTRAIN_DIR"/entrain.words.*
finish 20
