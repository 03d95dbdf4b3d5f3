#!/bin/bash
#
# `make lint`: what can be said about the sources without running them.
#
# usage: tools/lint.sh [CHECK...]
#
# Each check prints what it finds and then one line, "ok - NAME" or "not ok -
# NAME"; exit status 1 when one failed.  check_* are programs beside this one.

set -uo pipefail

cd "$(dirname "$0")/.."
export PG_CONFIG=${PG_CONFIG:-$(tools/pg-config.sh)}
checks=${*:-layers size banned sql docs exports warnings_gcc warnings_clang indent}

# Every source compiled alone, for its warnings only.
warnings()
{
	[ -n "$PG_CONFIG" ] || { echo "no pg_config"; return 1; }
	find extension -name '*.c' | sort | xargs -r -P 2 -n 4 sh -c '
		for file; do
			'"$1"' -std=gnu99 -O2 -Wall -Wextra -Werror -Wmissing-prototypes \
				-Wpointer-arith -Wdeclaration-after-statement -Wvla -Wundef \
				-Wno-unused-parameter -Wno-sign-compare \
				-Wno-missing-field-initializers -fno-strict-aliasing -fwrapv -fPIC \
				-Iextension '"$2"' -isystem "$('"$PG_CONFIG"' --includedir-server)" \
				-D_GNU_SOURCE -c -o /dev/null "$file" || status=1
		done
		exit ${status:-0}' sh
}

run()
{
	case $1 in
		warnings_gcc) warnings gcc -Wimplicit-fallthrough=3 ;;
		warnings_clang) warnings clang "" ;;
		indent) tools/indent.sh --check ;;
		*) "tools/check_$1.pl" ;;
	esac
}

# What a check needs and only `make check-all` installs: without it, skip.
needs()
{
	case $1 in
		warnings_clang) echo clang ;;
		indent) echo pg_bsd_indent ;;
	esac
}

failed=0
for check in $checks; do
	tool=$(needs "$check")
	if [ -n "$tool" ] && ! command -v "$tool" >/dev/null; then
		echo "skipped - $check: no $tool here"
	elif run "$check" 2>&1; then
		echo "ok - $check"
	else
		echo "not ok - $check"
		failed=1
	fi
done
exit $failed
