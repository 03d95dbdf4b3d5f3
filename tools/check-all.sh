#!/bin/bash
#
# `make check-all`: what takes longer than `make check`, or needs more.
#
# usage: tools/check-all.sh [PART...]
#
#	trixie, sid	`make check` on PostgreSQL 17 and 18 (chroot-check.sh)
#	suites	PostgreSQL's own regression and isolation suites (suites.sh)
#	fuzz	the fuzz targets, FUZZ_SECONDS (30) each
#	ubsan	the regression tests with -fsanitize=undefined
#	clients	real clients, from Debian and from npm, t/clients/*.pl
#	long	the crash and endurance tests, t/long/*.pl
#
# The releases run beside the rest.  The whole output of a part goes to
# build/check-all/PART.log; what is printed is its result, and its end when
# something failed.  Ends with the line "N passed, N failed".

set -uo pipefail

cd "$(dirname "$0")/.."
parts=${*:-trixie sid suites fuzz ubsan clients long}
logs=$PWD/build/check-all
export PG_CONFIG=$(tools/pg-config.sh)
export CHECK_JOBS=${CHECK_JOBS:-1} CHECK_TAP_SECONDS=${CHECK_TAP_SECONDS:-900}
mkdir -p "$logs"

as_root()
{
	if [ "$(id -u)" = 0 ]; then
		"$@"
	else
		sudo --preserve-env=http_proxy,https_proxy,no_proxy,CHECK_JOBS,CHECK_TAP_SECONDS "$@"
	fi
}

part_trixie() { as_root tools/chroot-check.sh trixie; }

part_sid() { as_root tools/chroot-check.sh sid; }

part_suites() { tools/suites.sh; }

# A fuzz target that stops early has found something.
part_fuzz()
{
	[ -e fuzz/fuzz.mk ] || { echo "0 passed, 0 failed"; return; }
	if make -j 2 -f fuzz/fuzz.mk fuzz-build fuzz-run FUZZ_SECONDS="${FUZZ_SECONDS:-30}"; then
		echo "1 passed, 0 failed"
	else
		echo "0 passed, 1 failed"
	fi
}

part_ubsan()
{
	rm -rf build/ubsan
	tools/copy-tree.sh build/ubsan
	CHECK_COPT="-O1 -fsanitize=undefined -fno-sanitize-recover=undefined" \
		build/ubsan/tools/check.sh regress isolation
}

part_clients()
{
	tools/install-clients.sh &&
		CHECK_TAP=$(echo t/clients/*.pl) CHECK_INPUT=build/clients \
			CHECK_OUT=build/check-clients tools/check.sh tap
}

part_long()
{
	[ -n "$(ls t/long/*.pl 2>/dev/null)" ] || { echo "0 passed, 0 failed"; return; }
	CHECK_TAP=$(echo t/long/*.pl) CHECK_OUT=build/check-long tools/check.sh tap
}

# Runs parts one after the other and reports on each.
lane()
{
	local part start result status

	for part in "$@"; do
		start=$SECONDS
		"part_$part" >"$logs/$part.log" 2>&1 </dev/null
		status=$?
		result=$(grep -E '^[0-9]+ passed, [0-9]+ failed$' "$logs/$part.log" | tail -n 1)
		if [ -z "$result" ]; then
			result="0 passed, 1 failed"
		elif [ "$status" != 0 ] && [[ $result = *" 0 failed" ]]; then
			result="${result% 0 failed} 1 failed"
		fi
		echo "$result" >"$logs/$part.result"
		[[ $result = *" 0 failed" ]] || tail -n 150 "$logs/$part.log"
		echo "# $part: $result, $((SECONDS - start)) s"
	done
}

releases=()
others=()
for part in $parts; do
	rm -f "$logs/$part.result"
	case $part in
		trixie | sid) releases+=("$part") ;;
		*) others+=("$part") ;;
	esac
done

lane "${releases[@]}" &
lane "${others[@]}"
wait

passed=0
failed=0
for part in $parts; do
	read -r p _ f _ <"$logs/$part.result" || { p=0; f=1; }
	passed=$((passed + p))
	failed=$((failed + f))
done
echo "$passed passed, $failed failed"
[ "$failed" = 0 ] && [ "$passed" -gt 0 ]
