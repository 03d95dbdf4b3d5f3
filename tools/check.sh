#!/bin/bash
#
# `make check`: builds, stages, and runs every kind of test there is.
#
# usage: tools/check.sh [KIND...]
#
# KIND is one of unit, regress, isolation, tap, lint; all of them by default.
# A kind of which the tree holds no test is passed over.  What can be looked at
# afterwards (logs, differences) is left in build/check/.  Ends with the line
# "N passed, N failed"; exit status 1 when a test failed or none ran.
#
#	CHECK_TAP	TAP tests to run instead of t/*.pl (relative to the project)
#	CHECK_INPUT	one more path that the tests need (relative to the project)
#	CHECK_OUT	folder for the results instead of build/check
#	CHECK_COPT	compiler options instead of -Werror (see COPT in PGXS)
#	CHECK_JOBS	TAP programs at a time, 2
#	CHECK_TAP_SECONDS	time limit for all TAP programs together, 540

set -euo pipefail

cd "$(dirname "$0")/.."
kinds=${*:-unit regress isolation tap lint}
out=${CHECK_OUT:-build/check}
export PG_CONFIG=$(tools/pg-config.sh)

passed=0
failed=0
# Adds up lines "passed failed" from standard input.
count()
{
	local p f

	while read -r p f; do
		passed=$((passed + p))
		failed=$((failed + f))
	done
}

rm -rf "$out"
if ! make -s stage COPT="${CHECK_COPT--Werror}" ||
	{ [ -e t/unit/unit.mk ] && ! make -s -f t/unit/unit.mk unit-build; }
then
	echo "the build failed"
	failed=1
else
	tools/run-as.sh -i build/stage -i build/unit -i sql -i expected -i specs \
		-i t -i tools ${CHECK_INPUT:+-i "$CHECK_INPUT"} -o "$out" -- \
		tools/check-servers.sh $kinds ||
		[ -s "$out/counts" ] || failed=1
	count < <(cat "$out/counts" 2>/dev/null || true)

	case " $kinds " in *" lint "*)
		mkdir -p "$out"
		tools/lint.sh | tee "$out/lint.log" || true
		count < <(sed -n 's/^ok .*/1 0/p; s/^not ok .*/0 1/p' "$out/lint.log")
	esac
fi

echo "$passed passed, $failed failed"
[ "$failed" = 0 ] && [ "$passed" -gt 0 ]
