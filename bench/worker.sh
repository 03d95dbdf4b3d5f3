#!/bin/bash
#
# Measures what the background worker itself uses: sampling waits, writing the
# history, looking for blockers, and saving, once a minute.
#
# usage: bench/worker.sh SECONDS
#
# One server with 500 connections, in three states: idle; all in a statement that
# waits; and running SELECTs as fast as the machine lets them.  The figure is the
# worker's CPU time in percent of one core, as the scheduler accounts it; over a
# time that is a whole number of minutes, the saves are in it.  Appends to
# out/results.tsv.

set -euo pipefail
. bench/lib.sh

seconds=$1
connections=500
MAX_CONNECTIONS=$((connections + 20))

psql() { "$BINDIR/psql" -XAtq -h "$WORK/caliper" "$@"; }

# Nanoseconds of CPU that the worker has used so far.
used() { cut -d ' ' -f 1 "/proc/$worker/schedstat"; }

# load STATE OPTION...: 500 clients, until the measurement is over.
load()
{
	local state=$1 client before after
	shift

	PGAPPNAME=$state PGHOST=$WORK/caliper "$BINDIR/pgbench" -n -c $connections \
		-T $((seconds + 40)) "$@" >"$state.out" 2>&1 &
	client=$!
	for _ in $(seq 120); do
		[ "$(psql -c "SELECT connections FROM caliper.pools WHERE application_name = '$state'" |
			head -n 1)" != $connections ] || break
		sleep 0.5
	done
	sleep 3
	before=$(used)
	sleep "$seconds"
	after=$(used)
	record "worker.$state" caliper "$(awk -v ns=$((after - before)) -v s="$seconds" \
		'BEGIN { printf "%.3f", ns / s / 1e7 }')"
	kill $client 2>/dev/null || true
	wait $client || true
	sleep 2
}

rm -rf template
make_template
start caliper
worker=$(psql -c "SELECT value FROM caliper.info WHERE component = 'worker' AND name = 'pid'")
printf 'SELECT 1;\n\\sleep 1000 s\n' >idle.sql
printf 'SELECT pg_sleep(1000);\n' >waiting.sql

echo "# the worker with $connections connections" >&2
load idle -f idle.sql
load waiting -f waiting.sql
load busy -S -M prepared
stop caliper
rm -rf template
