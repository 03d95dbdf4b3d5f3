#!/bin/bash
#
# The part of check.sh that starts servers.  Runs in the work directory that
# run-as.sh made, with copies of the staged library and the tests.
#
# usage: tools/check-servers.sh KIND...
#
# Leaves in $WORK/out: counts (one line "passed failed" for each group of tests),
# regress/ and isolation/ (results, differences, server logs), tap/ (logs).
#
# What tests can rely on in their environment:
#
#	PG_CALIPER_CONF	file with the postgresql.conf lines that make the staged
#			extension visible (see server-conf.sh)
#	TEMP_CONFIG	the same; PostgreSQL::Test::Cluster appends it to the
#			configuration of every node it initialises
#	PG_CALIPER_STAGE	the staged files
#	PATH		the server's programs, pgbouncer
#	WORK, TMPDIR	see run-as.sh; the current directory is $WORK, which
#			holds copies of t/, sql/, specs/, tools/

set -euo pipefail

pgxs_test=$(dirname "$("$PG_CONFIG" --pgxs)")/../test
export PG_CALIPER_STAGE=$WORK/build/stage
export PG_CALIPER_CONF=$WORK/server.conf
tools/server-conf.sh "$PG_CALIPER_STAGE" >"$PG_CALIPER_CONF"

# Runs pg_regress or pg_isolation_regress, given as KIND, with the tests named.
# Its own report is the source of the numbers: "name ... ok" up to 15, "ok 1 -
# name" since 16.  A run that reports no test at all counts as one failure.
run_regress()
{
	local kind=$1 program=$2 folder=$3 log=$WORK/out/$1.log status=0 p f
	shift 3

	mkdir -p "$WORK/out/$kind"
	echo "# $kind"
	timeout -k 10 400 "$program" --bindir="$("$PG_CONFIG" --bindir)" \
		--dlpath="$("$PG_CONFIG" --pkglibdir)" \
		--inputdir="$WORK" --outputdir="$WORK/out/$kind" \
		--temp-instance="$WORK/tmp/$kind" --no-locale --encoding=UTF8 \
		--temp-config="$PG_CALIPER_CONF" \
		${folder:+--temp-config="$folder"} "$@" >"$log" 2>&1 || status=$?
	p=$(grep -cE '\.\.\. ok|^ok [0-9]' "$log" || true)
	f=$(grep -cE '\.\.\. FAILED|^not ok [0-9]' "$log" || true)
	[ "$status" = 0 ] || [ "$f" -gt 0 ] || f=1
	cat "$log"
	[ "$f" = 0 ] || head -n 300 "$WORK/out/$kind/regression.diffs" || true
	[ "$f" = 0 ] || cp -R "$WORK/tmp/$kind/log" "$WORK/out/$kind/" 2>/dev/null || true
	echo "$p $f" >>"$WORK/out/counts"
}

# Runs TAP programs: tap KIND JOBS SECONDS FILE...
tap()
{
	local kind=$1 jobs=$2 seconds=$3
	shift 3

	echo "# $kind"
	timeout -k 10 "$seconds" perl tools/tap.pl "$WORK/out/counts" "$jobs" \
		"$pgxs_test/perl" "$WORK/out/tap" "$@" || {
		[ $? = 1 ] || { echo "$kind: not finished"; echo "0 1" >>"$WORK/out/counts"; }
	}
}

unit()
{
	local programs

	programs=$(find build/unit -maxdepth 1 -type f -perm -u+x 2>/dev/null | sort)
	[ -z "$programs" ] || tap unit 2 120 $programs
}

regress()
{
	local names=() config name

	[ -n "$(ls sql/*.sql 2>/dev/null)" ] || return 0
	config=$([ ! -e sql/regress.conf ] || echo "$WORK/sql/regress.conf")
	for name in sql/*.sql; do
		name=$(basename "$name" .sql)
		if [ ! -e sql/schedule ]; then
			names+=("$name")
		elif ! grep -qE "^test:.*\<$name\>" sql/schedule; then
			echo "sql/$name.sql is missing in sql/schedule"
			echo "0 1" >>"$WORK/out/counts"
		fi
	done
	[ ! -e sql/schedule ] || names=(--schedule="$WORK/sql/schedule")
	run_regress regress "$pgxs_test/regress/pg_regress" "$config" "${names[@]}"
}

isolation()
{
	local config

	[ -n "$(ls specs/*.spec 2>/dev/null)" ] || return 0
	config=$([ ! -e sql/regress.conf ] || echo "$WORK/sql/regress.conf")
	[ ! -e specs/isolation.conf ] || config=$WORK/specs/isolation.conf
	run_regress isolation "$pgxs_test/isolation/pg_isolation_regress" "$config" \
		$(basename -s .spec specs/*.spec)
}

tap_servers()
{
	local tests

	tests=${CHECK_TAP:-$(ls t/*.pl 2>/dev/null || true)}
	[ -n "$tests" ] || return 0

	export PG_REGRESS=$pgxs_test/regress/pg_regress
	export TEMP_CONFIG=$PG_CALIPER_CONF
	# 15 knows only TESTDIR and takes tmp_check below it; 16 splits it in two.
	export TESTDIR=$WORK/tmp/tap TESTDATADIR=$WORK/tmp/tap/tmp_check
	export TESTLOGDIR=$TESTDATADIR/log PG_TEST_PORT_DIR=$WORK/tmp/ports
	export top_builddir=$WORK/tmp
	mkdir -p "$TESTLOGDIR" "$PG_TEST_PORT_DIR"
	tap tap ${CHECK_JOBS:-2} "${CHECK_TAP_SECONDS:-540}" $tests
	cp -R "$TESTLOGDIR" "$WORK/out/tap"
	tail_logs
}

# The last lines of the log of each TAP program that failed.
tail_logs()
{
	local program log

	while read -r program; do
		log=$WORK/out/tap/regress_log_$(basename "$program" .pl)
		[ -e "$log" ] || continue
		echo "# the end of the log of $program"
		tail -n 40 "$log"
	done < <(cat "$WORK/out/tap.failed" 2>/dev/null || true)
}

touch "$WORK/out/counts"
for kind in "$@"; do
	case $kind in
		unit) unit ;;
		regress) regress ;;
		isolation) isolation ;;
		tap) tap_servers ;;
	esac
done
