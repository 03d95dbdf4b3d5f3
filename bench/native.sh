#!/bin/bash
#
# Measures time, on servers that all run at once and take turns: CPU time of
# backends per statement, and transactions per second.
#
# usage: bench/native.sh ROUNDS PAIRS SECONDS CONFIGURATION...
#
#	ROUNDS	of pipeline.c
#	PAIRS	of pgbench runs, bare and pg_caliper in turn, SECONDS each
#
# Appends to out/results.tsv; all single values are left in out/.

set -euo pipefail
. bench/lib.sh

rounds=$1 pairs=$2 seconds=$3
shift 3
gcc -O2 -Wall -Wextra -I"$("$PG_CONFIG" --includedir)" -o pipeline bench/pipeline.c \
	-L"$("$PG_CONFIG" --libdir)" -lpq
for config in "$@"; do
	start "$config"
done

# The values of one mode and server, by round.
values_of()
{
	awk -F '\t' -v mode="$1" -v host="$WORK/$2" \
		'$1 == mode && $2 == host { print $4 }' out/cpu.tsv
}

cpu_times()
{
	local mode config

	echo "# CPU time: $rounds rounds on $*" >&2
	./pipeline "$rounds" "${@/#/$WORK/}" >out/cpu.tsv
	for mode in pipeline sync; do
		values_of $mode bare >reference
		record "cpu.$mode" bare $(sed 's/$/ 0/' reference | bench/stats.pl quickest)
		for config in "${@:2}"; do
			record "cpu_above.$mode" "$config" \
				$(values_of $mode "$config" | paste - reference | bench/stats.pl quickest)
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
	local pair

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
tps_ratio
stop "$@"
