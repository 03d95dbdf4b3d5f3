#!/bin/bash
#
# Judges the index advice: a workload as web frameworks send it, advice under
# three budgets, and what comes of it when it is followed.
#
# usage: bench/advisor/run.sh ROWS
#
# One private server, filled by schema.sql, data.sql and keys.sql with about ROWS
# rows: a help desk with many companies in it, used by four services that speak
# as ActiveRecord, Django, Prisma and node-postgres do (workload.sql).  score.pl
# runs that, asks caliper.advise_indexes() under each budget, builds what it
# advises, and compares with before and with the indexes of somebody who knows
# (expert.sql).  Leaves out/advisor.txt, and in out/advisor_advice.json all rows of
# the advice.  The bars hold at 3,000,000 rows, for which the budgets are 90 MB,
# 175 MB and none; with fewer rows the budgets shrink and nothing is judged.
# Takes about twelve minutes; with a tenth of the rows about two.
#
# Honest means: the workload was written before the advice was seen, and is not
# changed to suit it.

set -euo pipefail
. bench/lib.sh

rows=$1

psql() { "$BINDIR/psql" -Xq -v ON_ERROR_STOP=1 "$@"; }

gcc -O2 -Wall -Wextra -I"$("$PG_CONFIG" --includedir)" -o drive bench/advisor/drive.c \
	-L"$("$PG_CONFIG" --libdir)" -lpq
start caliper
echo "# advisor: filling the tables" >&2
export PGHOST=$WORK/caliper
psql -c 'CREATE DATABASE advisor'
export PGDATABASE=advisor
psql -f bench/advisor/schema.sql
psql -v rows="$rows" -f bench/advisor/data.sql >/dev/null
psql -f bench/advisor/keys.sql
psql -c 'CREATE EXTENSION pg_caliper' -c 'VACUUM ANALYZE' -c 'CHECKPOINT'
echo "# advisor: workload and advice" >&2
status=0
bench/advisor/score.pl "$rows" >out/advisor.txt || status=$?
stop caliper
exit $status
