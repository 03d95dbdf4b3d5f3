#!/bin/bash
#
# Runs all measurements, one after the other: they must not disturb each other.
# Called by run.sh within the work directory.

set -euo pipefail
. bench/lib.sh

transactions=3000 starts=12 rounds=40 pairs=40 seconds=2 repetitions=31
if [ "${1:-}" = --quick ]; then
	transactions=600 starts=5 rounds=20 pairs=20 seconds=1 repetitions=11
fi

configurations=()
for config in ${BENCH_CONFIGURATIONS:-bare caliper pgss five}; do
	if available "$config"; then
		configurations+=("$config")
	else
		echo "# $config: not installed, left out" >&2
	fi
done

record machine "" "$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1), $(nproc) CPUs"
record server "" "$("$PG_CONFIG" --version)"
for part in ${BENCH_PARTS:-count native reading}; do
	case $part in
		count) bench/count.sh $transactions "${configurations[@]}" ;;
		native) bench/native.sh $starts $rounds $pairs $seconds "${configurations[@]}" ;;
		reading) bench/reading.sh $repetitions ;;
	esac
done
