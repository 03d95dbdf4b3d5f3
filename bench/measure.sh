#!/bin/bash
#
# Runs all measurements, one after the other: they must not disturb each other.
# Called by run.sh within the work directory.

set -euo pipefail
. bench/lib.sh

transactions=3000 starts=24 rounds=20 pairs=40 seconds=2 repetitions=31 watch=60
connect_starts=12 connects=150 advisor_rows=3000000
if [ "${1:-}" = --quick ]; then
	transactions=600 starts=6 rounds=20 pairs=20 seconds=1 repetitions=11 watch=20
	connect_starts=6 advisor_rows=300000
fi

configurations=()
for config in ${BENCH_CONFIGURATIONS:-bare caliper pgss five}; do
	if available "$config"; then
		configurations+=("$config")
	else
		echo "# $config: not installed, left out" >&2
	fi
done

status=0
record machine "" "$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1), $(nproc) CPUs"
record server "" "$("$PG_CONFIG" --version)"
for part in ${BENCH_PARTS:-count native reading worker connect}; do
	case $part in
		count) bench/count.sh $transactions "${configurations[@]}" ;;
		native) bench/native.sh $starts $rounds $pairs $seconds "${configurations[@]}" ;;
		reading) bench/reading.sh $repetitions ;;
		worker) bench/worker.sh $watch ;;
		connect) bench/connect.sh $connect_starts $connects "${configurations[@]}" ;;
		advisor) bench/advisor/run.sh $advisor_rows || status=1 ;;
	esac
done
exit $status
