#!/bin/sh
# SPDX-License-Identifier: MIT
# Has spin prove the protocols of slot and barrier, and find each mistake that is sown into them.
#
#	run.sh                 what `make check` runs
#	run.sh large           two larger proofs on top (half a minute more)
#	run.sh trail MODEL -DFLAG    the shortest run of slot or barrier that ends in the error, step by step

set -u

here=$(cd "$(dirname "$0")" && pwd) || exit 99
model=slot
cc=${CC:-cc}
passed=0
failed=0

for tool in spin "${cc%% *}"; do
	if ! command -v "$tool" >/dev/null 2>&1; then
		echo "skipped: the models need $tool, which is not installed"
		exit 77
	fi
done

work=$(mktemp -d) || exit 99
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
cp "$here"/*.pml "$work" && cd "$work" || exit 99

# build OPTIMISATION FLAG...: makes ./pan, the program that tries every order of steps.
build() {
	level=$1
	shift
	rm -f pan pan.*
	# shellcheck disable=SC2086 # the compiler may be several words
	spin -P"$cc -E -x c" "$@" -a $model.pml >spin.log 2>&1 &&
		$cc "$level" -w -DSAFETY -DMEMLIM=1900 $search -o pan pan.c >cc.log 2>&1
}

pass() {
	passed=$((passed + 1))
	echo "ok    $1"
}

# fail TEXT FILE...: says what came instead.
fail() {
	failed=$((failed + 1))
	echo "FAIL  $1"
	shift
	for log in "$@"; do
		[ -s "$log" ] && sed 's/^/      | /' "$log" | head -n 40
	done
}

# proven TEXT FLAG...: all orders tried, none ends in an error.
proven() {
	text=$1
	shift
	search=
	if ! build -O1 "$@"; then
		fail "$text: cannot be built" spin.log cc.log
		return
	fi
	./pan -m20000 -w23 >pan.log 2>&1
	if grep -q 'errors: 0$' pan.log && ! grep -Eq 'not completed|too small|MEMLIM' pan.log; then
		pass "$text ($(awk '/states, stored/ { print $1 }' pan.log) states)"
	else
		fail "$text" pan.log
		[ -f $model.pml.trail ] &&
			spin -P"$cc -E -x c" "$@" -t $model.pml | tail -n 40 | sed 's/^/      | /'
	fi
}

# found TEXT ASSERTION FLAG...: some order violates this assertion, or ends where nobody can go on (invalid end state).
found() {
	text=$1
	want=$2
	shift 2
	search=
	if ! build -O0 "$@"; then
		fail "$text: cannot be built" spin.log cc.log
		return
	fi
	./pan -m20000 -w20 >pan.log 2>&1
	if grep -E 'assertion violated|invalid end state ' pan.log | grep -Fq "$want"; then
		pass "$text"
	else
		fail "$text: spin found no violation of $want" pan.log
	fi
}

if [ "${1-}" = trail ]; then
	model=$2
	shift 2
	search=-DBFS
	build -O1 "$@" || { cat spin.log cc.log; exit 1; }
	./pan -w22 >pan.log 2>&1
	spin -P"$cc -E -x c" "$@" -t $model.pml
	exit 0
fi

one='((owner==me)|| !(((replaced>>k)&1)))'

proven "three processes, three claims, three publishes, reader, reaper, heir"
proven "reaper in two steps, reader never cut short, two claims" -DCLAIMS=2 -DREADER=2 -DREAPER=2
if [ "${1-}" = large ]; then
	proven "four claims" -DCLAIMS=4 -DPUBLISHES=1 -DREADER=0
	proven "three claims, reader never cut short" -DPUBLISHES=2 -DREADER=2
fi

found "finds: publish with plain stores" "$one" -DBUG_PLAIN_STORE
found "finds: words without a tag" "$one" -DBUG_NO_TAG
found "finds: version checked before the word is loaded" "$one" -DBUG_CHECK_BEFORE_LOAD
found "finds: reader reads version once" "whole" -DBUG_READ_ONCE -DREADER=2
found "finds: tags that repeat too soon" "$one" -DTAGS=2
found "finds: bare instants that two owners may publish" "$one" -DBUG_UNTAGGED_INSTANT
found "finds: version flipped by a plain store" "(owner==me) " -DBUG_BLIND_FLIP
found "finds: claim that keeps the incarnation" "(n<=1)" -DBUG_SAME_INCARNATION -DREADER=0
found "finds: active copy filled" "((word[" -DBUG_FILL_ACTIVE
found "finds: stuck claim never freed" " !((version>>6))" -DBUG_KEEP_CLAIM

found "reached: former owner stores while its successor is in its claim pass" \
	"((owner==me)||(owner==0))" -DTRAP_WINDOW
found "reached: successor's claim pass had to try a word again" \
	"(version!=mine[me])" -DTRAP_PASS_RETRY
found "reached: taken over, continued, fenced by a word" \
	"((owner==0)||((version&7)==0))" -DTRAP_FENCED_AT_WORD
found "reached: taken over, continued, fenced by version" "(owner==0)" -DTRAP_FENCED_AT_FLIP
found "reached: fenced, joined again, published all" "late" -DTRAP_JOINED_AGAIN
found "reached: reader saw a torn copy and refused it" "whole" -DTRAP_TORN -DREADER=2
found "reached: slot of a crashed owner inherited" "inherited" -DTRAP_INHERITED

model=barrier
near='((settled[i]<=(settled[me]+1))&&(settled[me]<=(settled[i]+1)))'
reached='(passed[me]<=settled[i])'
asleep='invalid end state'

proven "barrier: three agents, two rounds, one leaves or dies" -DROUNDS=2
proven "barrier: two agents, four rounds, three leave or die" -DAGENTS=2 -DROUNDS=4 -DLEAVES=3
if [ "${1-}" = large ]; then
	proven "barrier: three agents, three rounds, one leaves or dies"
fi

found "finds: newcomer that does not say that it is entering" "$reached" -DBUG_NO_ENTERING
found "finds: newcomers that enter together" "$near" -DBUG_TOGETHER
found "finds: newcomers that wait for each other" "$asleep" -DBUG_WAITS_FOR_ALL
found "finds: newcomer beyond the round in progress" "$near" -DBUG_NEXT_OF_MOST
found "finds: newcomer that has entered and does not ring" "$asleep" -DBUG_SETTLES_QUIETLY
found "finds: round that is passed without ringing" "$asleep" -DBUG_NO_RING
found "finds: others looked at before the own word is out" "$reached" -DBUG_LOOKS_FIRST
found "reached: newcomer steps back for a lower slot" "violated 0" -DTRAP_STEPS_BACK
found "reached: newcomer enters a round in progress" "(most<=least)" -DTRAP_ROUND_IN_PROGRESS
found "reached: last round passed after somebody left" "(round<3)" -DTRAP_NEWCOMER

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
