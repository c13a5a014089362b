#!/bin/sh
# SPDX-License-Identifier: MIT
# Writes the table of goals.md: cycles until each goal is reached, from the simulator. Usage: table.sh [ENTRAINCTL [SEEDS]]
set -e
tool=${1:-./entrainctl}
seeds=${2:-5}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' INT TERM HUP

# runs_of LABEL START SHARE OPTION...: lines "GOAL AGENTS START start|disrupt MEDIAN/WORST ENERGY" for all scales. LABEL is put
# behind the goal's name.
runs_of()
{
	label=$1 start=$2 share=$3
	shift 3
	"$tool" simulate --scale all --runs "$seeds" --cycles 60 --start "$start" --disrupt "$share@30" "$@" |
		awk -v label="$label" -v start="$start" -v seeds="$seeds" '
			$NF ~ /^[0-9.]+$/ && $(NF - 1) == seeds {
				what = $3 == "the" ? "start" : $3
				print $1 label, $2, start, what, $(NF - 3) "/" $(NF - 2), $NF
			}'
}

for both in 'random 0.3' 'identical 0.5'; do
	# shellcheck disable=SC2086
	{
		runs_of '' $both --goal all
		runs_of ',+-3%' $both --goal maintain-rhythm --spread 3%
		runs_of ',quiet' $both --goal adapt-to-traffic --duty 10%
	}
done >"$work/all"

cat <<END
| goal | agents | random start | after 30 % disrupted | identical start | after 50 % disrupted | least mean energy | Emerge: first reach; kept |
| --- | ---: | ---: | ---: | ---: | ---: | ---: | --- |
END
awk '
	{
		key = $1 " | " $2
		if (!(key in seen)) {
			seen[key] = 1
			order[++count] = key
		}
		cell[key, $3, $4] = $5
		if (!(key in energy) || $6 + 0 < energy[key])
			energy[key] = $6 + 0
	}
	END {
		for (i = 1; i <= count; i++) {
			key = order[i]
			printf "| %s | %s | %s | %s | %s | %.1f | 1 to 8 ticks; no |\n", key, cell[key, "random", "start"],
				cell[key, "random", "disrupt"], cell[key, "identical", "start"],
				cell[key, "identical", "disrupt"], energy[key]
		}
	}' "$work/all"
printf '\nCycles until the goal was reached for good, median/worst of %s seeds. Full topology, taken hosts, duty 50 %%\n' "$seeds"
printf '(quiet: 10 %%), all periods equal (+-3 %%: drawn within that).\n'
