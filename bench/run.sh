#!/bin/bash
#
# `make bench`: what pg_caliper costs, beside other extensions.
#
# usage: bench/run.sh [--quick]
#
# Measures on private servers, prints a table with the budget beside each figure,
# and ends with status 1 if one was missed.  All single values are left in
# build/bench/.  Takes about fifteen minutes, with --quick about four; then there
# are fewer transactions, rounds and pairs, and the intervals are wider.
#
#	BENCH_PARTS	which parts to run, "count native reading worker connect" by default; the
#			figures of the others are then missing, which is no pass.  "advisor"
#			is one more, which judges index advice instead of costs: see
#			advisor/run.sh
#	BENCH_CONFIGURATIONS	"bare caliper pgss five" by default, bare being the
#			server without any extension, and five the five others

set -euo pipefail

cd "$(dirname "$0")/.."
status=0
tools/run-as.sh -i build/stage -i bench -i tools -o build/bench -- \
	bench/measure.sh "$@" || status=1
if [ "${BENCH_PARTS:-}" != advisor ]; then
	bench/table.pl <build/bench/results.tsv >build/bench/table.txt || status=1
	cat build/bench/table.txt
fi
[ ! -e build/bench/advisor.txt ] || cat build/bench/advisor.txt
exit $status
