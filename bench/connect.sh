#!/bin/bash
#
# Measures what connecting and disconnecting costs.
#
# usage: bench/connect.sh STARTS CONNECTIONS CONFIGURATION...
#
# All servers run at once and take turns with each connection (see connect.c):
# in the mode "empty" the client sends nothing, in the mode "select" one SELECT
# that returns a constant.  Of each start, the figure is the CPU time that the
# quickest tenth of the connections stays below: what disturbs such a
# measurement only ever adds to it.  Most of it is the kernel's work for pages
# that a new process touches, which takes a fraction of a microsecond each on some
# machines and ten or more on virtual ones; so these are counted, too (mean).
# Appends to out/results.tsv; the figures of the starts are left in
# out/connect.tsv.

set -euo pipefail
. bench/lib.sh

starts=$1 connections=$2
shift 2
gcc -O2 -Wall -Wextra -I"$("$PG_CONFIG" --includedir)" -o connect bench/connect.c \
	-L"$("$PG_CONFIG" --libdir)" -lpq

# The figure of a mode and a configuration, in microseconds.
quickest()
{
	awk -F '\t' -v mode="$1" -v directory="$WORK/$2" \
		'$1 == mode && $2 == directory { print $4 / 1000 }' connect.round |
		sort -n | awk '{ v[NR] = $1 } END { print v[int(NR / 10) + 1] }'
}

# Page faults of a mode and a configuration, on average.
faults()
{
	awk -F '\t' -v mode="$1" -v directory="$WORK/$2" \
		'$1 == mode && $2 == directory { s += $5; n++ } END { print s / n }' connect.round
}

# One line per start and mode: the figure of each configuration.
measure()
{
	local i mode config

	for i in $(seq "$starts"); do
		for config in "$@"; do start "$config"; done
		./connect "$connections" "${@/#/$WORK/}" >connect.round
		for mode in empty select; do
			{
				echo $mode
				for config in "$@"; do quickest $mode "$config"; done
			} | paste -s >>out/connect.tsv
			for config in "$@"; do
				record "connect_faults.$mode" "$config" "$(faults $mode "$config")"
			done
		done
		stop "$@"
	done
}

# pairs MODE COLUMN: a configuration's figures beside those of the first.
pairs()
{
	awk -v m="$1" -v c="$2" '$1 == m { print $c, $2 }' out/connect.tsv
}

echo "# connecting: $starts starts of $*, $connections connections each" >&2
measure "$@"
for mode in empty select; do
	record "connect.$mode" bare $(pairs $mode 2 | awk '{ print $1, 0 }' |
		bench/stats.pl difference)
	column=2
	for config in "${@:2}"; do
		column=$((column + 1))
		record "connect_above.$mode" "$config" $(pairs $mode $column |
			bench/stats.pl difference)
		record "connect_ratio.$mode" "$config" $(pairs $mode $column |
			bench/stats.pl ratio)
	done
done
