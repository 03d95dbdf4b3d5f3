#!/bin/bash
#
# Measures reading the views, and the memory.
#
# usage: bench/reading.sh REPETITIONS
#
# One server with pg_stat_statements and pg_caliper both, so that both hold the
# same 5,000 statements; their views are read in turn, by psql.  Then again with
# 100 more sessions, each of which has run 130 of the statements, so that its
# slab is full.  Appends to out/results.tsv.

set -euo pipefail
. bench/lib.sh
. bench/workloads.sh

repetitions=$1
entries=5000
sessions=100
per_session=130

# The views and what is read of them.
reads='
count pgss SELECT count(*) FROM pg_stat_statements
count caliper SELECT count(*) FROM caliper.statements
all pgss SELECT * FROM pg_stat_statements
all caliper SELECT * FROM caliper.statements'

psql() { "$BINDIR/psql" -X -h "$WORK/both" "$@"; }

# time_reads METRIC: each query in turn, as often as wanted; the medians.
time_reads()
{
	local what view query i metric=$1

	{
		echo '\timing on'
		echo '\o /dev/null'
		for i in $(seq "$repetitions"); do
			while read -r what view query; do
				[ -z "$what" ] || printf '\\echo %s %s\n%s;\n' "$what" "$view" "$query"
			done <<<"$reads"
		done
	} | psql -q | paste -d ' ' - - >"out/$metric.txt"
	for what in count all; do
		for view in pgss caliper; do
			awk -v w=$what -v v=$view '$1 == w && $2 == v { print $4 }' \
				"out/$metric.txt" >"times.$view"
			record "$metric.$what" $view $(sed 's/$/ 0/' "times.$view" |
				bench/stats.pl difference)
		done
		record "$metric.$what.ratio" caliper \
			$(paste times.caliper times.pgss | bench/stats.pl ratio)
	done
}

# Sessions that stay after having run their part of the statements, until the
# pipe "hold" is closed.
open_sessions()
{
	local i first

	mkfifo hold
	exec 9<>hold
	for i in $(seq 0 $((sessions - 1))); do
		first=$((i * 48 + 1))
		{
			sed -n "$first,$((first + per_session - 1))p" fill.sql
			echo "\\! touch ready.$i"
			cat hold
		} 9>&- | psql -q >/dev/null 9>&- &
	done
	for i in $(seq 240); do
		[ "$(ls ready.* 2>/dev/null | wc -l)" -lt "$sessions" ] || return 0
		sleep 0.5
	done
	echo "reading.sh: sessions did not get ready" >&2
	return 1
}

memory()
{
	start caliper
	record memory caliper "$("$BINDIR/psql" -XAt -h "$WORK/caliper" -c \
		"SELECT value FROM caliper.info WHERE component = 'total' AND name = 'memory'")"
	"$BINDIR/psql" -XAt -F "$(printf '\t')" -h "$WORK/caliper" -c \
		"SELECT component, value FROM caliper.info WHERE name = 'memory'" >out/memory.txt
	stop caliper
}

echo "# memory" >&2
memory

echo "# reading $entries entries" >&2
MAX_CONNECTIONS=120
make_scripts
statements $entries | sed 's/:aid/1/' >fill.sql
rm -rf template
make_template
echo "pg_stat_statements.max = $((entries + 500))" >>template/postgresql.conf
start both
psql -qc 'SELECT pg_stat_statements_reset()' -c 'SELECT caliper.reset()' >/dev/null
psql -q -f fill.sql >/dev/null
record entries pgss "$(psql -Atc 'SELECT count(*) FROM pg_stat_statements')"
record entries caliper "$(psql -Atc 'SELECT count(*) FROM caliper.statements')"
time_reads read

echo "# reading with $sessions full sessions" >&2
open_sessions
record entries_full caliper "$(psql -Atc 'SELECT count(*) FROM caliper.statements')"
time_reads read_full
exec 9>&-
stop both
wait
