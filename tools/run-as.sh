#!/bin/bash
#
# Runs a command in a temporary work directory, as a user PostgreSQL accepts.
#
# usage: tools/run-as.sh [-i PATH]... [-o DIRECTORY] -- COMMAND [ARGUMENT...]
#
#	-i PATH		copy PATH (relative to the project) into the work directory,
#			under the same relative name; one that does not exist is skipped
#	-o DIRECTORY	afterwards, replace DIRECTORY by what COMMAND left in $WORK/out
#
# PostgreSQL refuses to run as root, and the project may lie where other users
# cannot read.  So COMMAND sees only copies: its current directory is the work
# directory ($WORK, under ${TMPDIR:-/tmp}), it runs as "postgres" when the caller
# is root and as the caller otherwise, and it finds in its environment
#
#	WORK		the work directory
#	HOME		$WORK, so that no dot file of the caller matters
#	TMPDIR		$WORK/tmp
#	PG_CONFIG	as found by pg-config.sh
#	PATH		with the server's programs first, and /usr/sbin for pgbouncer
#
# At the end, whatever happened, processes that still have their current
# directory in $WORK (servers are there) are ended, and $WORK is removed; with
# KEEP=1 in the environment both are left alone.  The exit status is COMMAND's.

set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
project=$(dirname "$here")
inputs=()
output=
while getopts i:o: option; do
	case $option in
		i) inputs+=("$OPTARG") ;;
		o) output=$OPTARG ;;
		*) exit 2 ;;
	esac
done
shift $((OPTIND - 1))

# Processes whose current directory is the work directory or below.
inhabitants()
{
	local link place

	for link in /proc/[0-9]*/cwd; do
		place=$(readlink "$link" 2>/dev/null) || continue
		case ${place% (deleted)} in
			"$WORK" | "$WORK"/*) link=${link%/cwd}; echo "${link#/proc/}" ;;
		esac
	done
}

clean_up()
{
	local pids

	trap '' HUP INT TERM
	if [ -n "$output" ]; then
		rm -rf "$output"
		mkdir -p "$(dirname "$output")"
		cp -R "$WORK/out" "$output"
	fi
	[ -z "${KEEP:-}" ] || return 0
	cd /
	pids=$(inhabitants)
	if [ -n "$pids" ]; then
		kill -QUIT $pids 2>/dev/null || true
		sleep 1
		pids=$(inhabitants)
		[ -z "$pids" ] || kill -KILL $pids 2>/dev/null || true
	fi
	rm -rf "$WORK"
}

WORK=$(mktemp -d "${TMPDIR:-/tmp}/pg_caliper.XXXXXX")
[ -z "$output" ] || case $output in /*) ;; *) output=$PWD/$output ;; esac
trap clean_up EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

mkdir "$WORK/out" "$WORK/tmp"
for input in "${inputs[@]}"; do
	[ -e "$project/$input" ] || continue
	mkdir -p "$WORK/$(dirname "$input")"
	cp -RL "$project/$input" "$WORK/$input"
done

PG_CONFIG=$("$here/pg-config.sh")
[ -n "$PG_CONFIG" ] || { echo "run-as: no PostgreSQL server found" >&2; exit 1; }
export WORK PG_CONFIG HOME=$WORK TMPDIR=$WORK/tmp
export PATH="$("$PG_CONFIG" --bindir):$PATH:/usr/sbin:/sbin"
unset PGHOST PGPORT PGUSER PGDATABASE PGSERVICE PGOPTIONS PGDATA PGPASSFILE

cd "$WORK"
if [ "$(id -u)" = 0 ]; then
	chown -R postgres: "$WORK"
	runuser -u postgres -- "$@"
else
	"$@"
fi
