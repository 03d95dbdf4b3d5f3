#!/bin/bash
#
# The part of suites.sh that starts servers, in the work directory of run-as.sh.
#
# Leaves in $WORK/out, for each suite, the results of the runs "without" and
# "with" and the differences between them.  A test counts as passed when its
# result is the same in both.

set -euo pipefail

pgxs_test=$(dirname "$("$PG_CONFIG" --pgxs)")/../test
lib=$WORK/build/suites/lib
passed=0
failed=0

# Libraries of contrib that the suite's triggers use.
for module in refint autoinc; do
	cp "$("$PG_CONFIG" --pkglibdir)/$module.so" "$lib/" 2>/dev/null || true
done

# The suite's last word: was pg_caliper really there, and did it count?
cat >build/suites/regress/sql/caliper_counted.sql <<'SQL'
CREATE DATABASE caliper_counted TEMPLATE template0;
\c caliper_counted
CREATE EXTENSION pg_caliper;
SELECT sum(calls) > 10000 AS counted FROM caliper.statements;
\c regression
DROP DATABASE caliper_counted;
SQL
touch build/suites/regress/expected/caliper_counted.out

# The two configurations differ in the library alone.
configure()
{
	tools/server-conf.sh "$WORK/build/stage"
	echo "compute_query_id = regress"
	# What the suite's own harness sets, or what makes its results steadier.
	echo "max_prepared_transactions = 2"
	echo "autovacuum_naptime = 1d"
	[ "$1" = without ] || echo "shared_preload_libraries = 'pg_caliper'"
}

# run SUITE MODE PROGRAM OPTION...: one suite, one configuration.
run()
{
	local suite=$1 mode=$2 program=$3 place=$WORK/tmp/$1-$2
	shift 3

	# Both runs work in folders whose names have the same length, since paths
	# appear in results; the name itself is replaced before comparing.
	mkdir -p "$place" "$WORK/out/$suite/$mode"
	configure "$mode" >"$place.conf"
	cp -R "$WORK/build/suites/$suite/." "$place/"
	(cd "$place" && timeout -k 10 900 "$program" --bindir="$("$PG_CONFIG" --bindir)" \
		--dlpath="$lib" --inputdir=. --outputdir=. --max-concurrent-tests=20 \
		--temp-instance="$place/instance" --temp-config="$place.conf" \
		--no-locale --encoding=UTF8 "$@" >"$WORK/out/$suite/$mode.log" 2>&1) || true
	for result in "$place"/results/*.out; do
		[ -e "$result" ] || continue
		sed "s,$place,PLACE,g" "$result" >"$WORK/out/$suite/$mode/$(basename "$result")"
	done
	rm -rf "$place/instance"
}

# compare SUITE AT_LEAST: the two sets of results, one test after the other.
compare()
{
	local suite=$1 at_least=$2 name same=0 other=0
	cd "$WORK/out/$suite"

	for name in $(ls without with | sed -n 's/\.out$//p' | sort -u); do
		[ "$name" != caliper_counted ] || continue
		if diff -u "without/$name.out" "with/$name.out" >>differences 2>&1; then
			same=$((same + 1))
		else
			echo "$suite: $name differs"
			other=$((other + 1))
		fi
	done
	if [ "$same" -lt "$at_least" ]; then
		echo "$suite: only $same tests came to a result"
		tail -n 20 without.log with.log
		other=$((other + 1))
	fi
	head -n 100 differences
	echo "$suite: $same the same, $other not"
	passed=$((passed + same))
	failed=$((failed + other))
	cd "$WORK"
}

schedule=$WORK/build/suites/regress/parallel_schedule
sed '$a test: caliper_counted' "$schedule" >"$schedule.with"
isolation=$pgxs_test/isolation/pg_isolation_regress
regress=$pgxs_test/regress/pg_regress

run isolation without "$isolation" --schedule="$WORK/build/suites/isolation/isolation_schedule" &
run isolation with "$isolation" --schedule="$WORK/build/suites/isolation/isolation_schedule" &
run regress without "$regress" --schedule="$schedule"
run regress with "$regress" --schedule="$schedule.with"
wait
compare regress 150
compare isolation 80

if grep -qx ' t' out/regress/with/caliper_counted.out 2>/dev/null; then
	passed=$((passed + 1))
else
	echo "pg_caliper has not counted the suite's statements"
	cat out/regress/with/caliper_counted.out 2>/dev/null || true
	failed=$((failed + 1))
fi

echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
