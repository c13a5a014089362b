# SPDX-License-Identifier: MIT
# Were the turns spread? Reads lines "WHO: turn N at X ms", of AGENTS agents with a period of PERIOD ms.
# Takes what lies in the second half of the time in which all were there, and prints the largest
# gap between two consecutive turns, as a multiple of an equal share, in the best of the cycles: a machine that stands still for half
# a period makes all begin together once more. 1 is even, AGENTS is all at once, in each cycle. Prints "none" where there is less
# than one cycle.

/: turn [0-9]+ at [0-9.]+ ms/ {
	match($0, /: turn [0-9]+ at /)
	who = substr($0, 1, RSTART - 1)
	at = substr($0, RSTART + RLENGTH) + 0
	if (!(who in first) || at < first[who])
		first[who] = at
	if (!(who in last) || at > last[who])
		last[who] = at
	all[++count] = at
}

function sort(list, n,    i, j, item)
{
	for (i = 2; i <= n; i++) {
		item = list[i]
		for (j = i - 1; j >= 1 && list[j] > item; j--)
			list[j + 1] = list[j]
		list[j + 1] = item
	}
}

END {
	begin = 0
	for (who in first) {
		agents++
		begin = first[who] > begin ? first[who] : begin
		end = !end || last[who] < end ? last[who] : end
	}
	begin = (begin + end) / 2
	sort(all, count)
	for (i = 2; i <= count; i++) {
		if (all[i - 1] < begin || all[i] > end)
			continue
		gap = (all[i] - all[i - 1]) * AGENTS / PERIOD
		most = gap > most ? gap : most
		if (++seen == AGENTS) {
			if (!cycles++ || most < best)
				best = most
			most = seen = 0
		}
	}
	if (agents != AGENTS || cycles < 1) {
		print "none"
		exit
	}
	printf "%.2f\n", best
}
