#!/bin/bash
#
# Measures time, on servers that all run at once and take turns: CPU time of
# backends per statement, and transactions per second.
#
# usage: bench/native.sh STARTS ROUNDS PAIRS SECONDS CONFIGURATION...
#
#	STARTS	of all servers, since where code and data happen to lie in a
#			process and in memory makes tens of nanoseconds
#	ROUNDS	of pipeline.c after each start
#	PAIRS	of pgbench runs, bare and pg_caliper in turn, SECONDS each
#
# Appends to out/results.tsv; all single values are left in out/.

set -euo pipefail
. bench/lib.sh

starts=$1 rounds=$2 pairs=$3 seconds=$4
shift 4
gcc -O2 -Wall -Wextra -I"$("$PG_CONFIG" --includedir)" -o pipeline bench/pipeline.c \
	-L"$("$PG_CONFIG" --libdir)" -lpq

start_all()
{
	local config

	for config in "$@"; do
		start "$config"
	done
}

# The CPU time that the quickest tenth of the rounds stays below: what disturbs
# such a measurement only ever adds to it.
quickest()
{
	awk -F '\t' -v mode="$1" -v host="$WORK/$2" \
		'$1 == mode && $2 == host { print $4 }' cpu.round |
		sort -n | awk '{ v[NR] = $1 } END { print v[int(NR / 10) + 1] }'
}

# One line per start and mode in out/cpu.tsv: the figure of each configuration.
measure_cpu()
{
	local i mode config

	for i in $(seq "$starts"); do
		start_all "$@"
		./pipeline "$rounds" "${@/#/$WORK/}" >cpu.round
		for mode in pipeline sync; do
			{
				echo $mode
				for config in "$@"; do quickest $mode "$config"; done
			} | paste -s
		done >>out/cpu.tsv
		stop "$@"
	done
}

cpu_times()
{
	local mode config column

	echo "# CPU time: $starts starts of $*, $rounds rounds each" >&2
	measure_cpu "$@"
	for mode in pipeline sync; do
		record "cpu.$mode" bare $(awk -v m=$mode '$1 == m { print $2, 0 }' out/cpu.tsv |
			bench/stats.pl difference)
		column=2
		for config in "${@:2}"; do
			column=$((column + 1))
			record "cpu_above.$mode" "$config" $(awk -v m=$mode -v c=$column \
				'$1 == m { print $c, $2 }' out/cpu.tsv | bench/stats.pl difference)
		done
	done
}

# Transactions per second of one pgbench run.
tps()
{
	pgbench -h "$WORK/$1" -n -S -M prepared -c 1 -T "$seconds" 2>pgbench.log |
		sed -n 's/^tps = \([0-9.]*\).*/\1/p'
}

tps_ratio()
{
	local pair bare caliper

	echo "# tps: $pairs pairs of $seconds s" >&2
	tps bare >/dev/null
	tps caliper >/dev/null
	for pair in $(seq "$pairs"); do
		if [ $((pair % 2)) = 0 ]; then
			bare=$(tps bare); caliper=$(tps caliper)
		else
			caliper=$(tps caliper); bare=$(tps bare)
		fi
		echo "$caliper $bare"
	done >out/tps.tsv
	record tps_ratio caliper $(bench/stats.pl ratio <out/tps.tsv)
}

cpu_times "$@"
start_all bare caliper
tps_ratio
stop bare caliper
