#!/usr/bin/env bash
#
# demo/run.sh: a private throw-away server, a web application's database, a
# minute of load from several applications, and what pg_caliper says about it.
#
# Called by "make demo", with
#	PG_CONFIG	pg_config of the PostgreSQL to use (default: as found by tools)
#	STAGE		the folder into which the extension was installed
#	KEEP		1: leave the server running afterwards, and say where it is
#	LOAD_SECONDS	how long the applications run before the answers (50)
#
# Everything lives in one directory that only its owner can enter: data, the
# Unix sockets and logs.  The server also listens on 127.0.0.1, on a free port
# and for one role with a random password, for the application that comes by
# network.  Root hands over to the user postgres.  On any exit, Ctrl-C too, all
# processes are ended and the directory is removed.
#
set -euo pipefail
umask 077

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
PG_CONFIG=${PG_CONFIG:-$("$root/tools/pg-config.sh")}
STAGE=${STAGE:-$root/build/stage}
LOAD_SECONDS=${LOAD_SECONDS:-50}
KEEP=${KEEP:-}
[ "$KEEP" != 0 ] || KEEP=
work=${DEMO_WORK:-}
finished=
loaders=()

for variable in "${!PG@}"; do
	[ "$variable" = PG_CONFIG ] || unset "$variable"
done
# shellcheck source=demo/load/applications.sh
source "$root/demo/load/applications.sh"

# One line that says what is going on: rewritten on a terminal, and otherwise
# printed when "$2" says that it is worth a line of its own.
progress()
{
	if [ -t 1 ]; then
		printf '\r\033[K%s' "$1"
	elif [ "${2:-}" = line ]; then
		printf '%s\n' "$1"
	fi
}

# End the line that progress() keeps rewriting.
settled()
{
	if [ -t 1 ]; then
		printf '\r\033[K'
	fi
	printf '%s\n' "$1"
}

# Give up, with the last lines of the file that knows why.
die()
{
	settled "demo: $1" >&2
	if [ -n "${2:-}" ] && [ -s "$2" ]; then
		tail -n 15 "$2" >&2
	fi
	exit 1
}

# Runs on any exit: nothing is left behind unless the server is to be kept.
cleanup()
{
	set +e
	trap '' HUP INT PIPE TERM
	trap - EXIT
	[ ! -t 1 ] || [ -n "$finished" ] || echo
	load_stop
	if [ -n "$KEEP" ] && [ -n "$finished" ]; then
		say_where
		return
	fi
	if [ -n "$work" ] && [ -f "$work/data/postmaster.pid" ]; then
		"$bin/pg_ctl" -D "$work/data" -m immediate -w stop >/dev/null 2>&1 || true
	fi
	if [ -n "$work" ]; then
		rm -rf "$work"
	fi
	if [ -n "$finished" ]; then
		echo "Server and data are removed again; \"make demo KEEP=1\" leaves them, to look around."
	fi
}

# KEEP=1: how to look around, and how to be rid of it.
say_where()
{
	local as=

	if [ -n "${DEMO_AS_ROOT:-}" ]; then
		as="runuser -u postgres -- "
	fi
	cat <<-END

		The server is still running, without load. Look around with
		    psql -h $work -p $port -U postgres webapp
		and end it, leaving nothing behind, with
		    $as$bin/pg_ctl -D $work/data -m fast stop && rm -rf $work
	END
}

# Make the directory; as root, hand it and the rest of the work to postgres,
# who may not be able to read the place where the sources are.
prepare()
{
	[ -d "$STAGE" ] || die "nothing is installed in $STAGE; use \"make demo\""
	work=$(mktemp -d /tmp/pg_caliper_demo.XXXXXX)
	trap cleanup EXIT
	cp -R "$STAGE" "$work/stage"
	if [ "$(id -u)" -ne 0 ]; then
		return
	fi
	mkdir "$work/tree"
	cp -R "$root/demo" "$root/tools" "$work/tree/"
	chown -R postgres: "$work"
	cd "$work"
	exec setpriv --reuid postgres --regid postgres --init-groups \
		env -i PATH="$PATH" HOME="$work" TERM="${TERM:-dumb}" \
		LANG="${LANG:-C}" LC_ALL="${LC_ALL:-}" \
		PG_CONFIG="$PG_CONFIG" STAGE="$work/stage" KEEP="$KEEP" \
		LOAD_SECONDS="$LOAD_SECONDS" DEMO_WORK="$work" DEMO_AS_ROOT=1 \
		bash "$work/tree/demo/run.sh"
}

# The server's settings: those of a small production server, except that its
# data need not survive a crash while it is being loaded.
configure()
{
	cat >>"$work/data/postgresql.conf" <<-END
		listen_addresses = '127.0.0.1'
		unix_socket_directories = '$work'
		shared_preload_libraries = 'pg_caliper'
		shared_buffers = 256MB
		max_wal_size = 1GB
		wal_level = minimal
		max_wal_senders = 0
		fsync = off
		track_io_timing = on
		log_min_messages = warning
	END
	PG_CONFIG="$PG_CONFIG" STAGE="$work/stage" \
		"$root/tools/server-conf.sh" "$work/stage" >>"$work/data/postgresql.conf"
	cat >"$work/data/pg_hba.conf" <<-END
		local all all trust
		host webapp partner 127.0.0.1/32 scram-sha-256
	END
}

# A free port below those that the system gives out by itself.
free_port()
{
	for _ in {1..50}; do
		port=$((20000 + RANDOM % 12000))
		if ! (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
			return
		fi
	done
	die "no free port found"
}

start_server()
{
	local log=$work/server.log

	"$bin/initdb" -D "$work/data" -U postgres -A trust -E UTF8 \
		--locale=C.UTF-8 --no-sync >"$work/initdb.log" 2>&1 ||
		die "initdb failed" "$work/initdb.log"
	configure
	free_port
	"$bin/pg_ctl" -D "$work/data" -l "$log" -o "-p $port" -w -t 60 start \
		>/dev/null 2>&1 || die "the server does not start" "$log"
	export PGHOST=$work PGPORT=$port PGDATABASE=webapp PGUSER=postgres
	export PGAPPNAME=demo
}

query()
{
	"$bin/psql" -XAtq -v ON_ERROR_STOP=1 "$@"
}

# The database; what is being loaded shows while it is.
load_database()
{
	local log=$work/schema.log pid

	query -d postgres -c "CREATE DATABASE webapp" >"$log" 2>&1 ||
		die "the database cannot be created" "$log"
	query -c "CREATE EXTENSION pg_caliper" >"$log" 2>&1 ||
		die "CREATE EXTENSION pg_caliper failed" "$log"
	query -f "$root/demo/schema.sql" >"$log" 2>&1 &
	pid=$!
	while kill -0 "$pid" 2>/dev/null; do
		progress "  loading the database: $(tail -n 1 "$log")"
		sleep 0.3
	done
	wait "$pid" || die "the database cannot be loaded" "$log"
	query -c "ALTER SYSTEM SET fsync = on" -c "SELECT pg_reload_conf()" \
		-c "CHECKPOINT" -c "SELECT caliper.reset()" >"$log" 2>&1 ||
		die "the server is not ready for the load" "$log"
	settled "  database: $(query -c "SELECT to_char(sum(n_live_tup),
		'FM9,999,999') || ' rows in ' || count(*) || ' tables, ' ||
		pg_size_pretty(pg_database_size(current_database()))
		FROM pg_stat_user_tables") (${SECONDS} s)"
}

# What the server's own activity view says at this moment.
activity()
{
	query -c "SELECT count(*) || ' connections: ' ||
		count(*) FILTER (WHERE state = 'active') || ' working, ' ||
		count(*) FILTER (WHERE state LIKE 'idle in%') ||
		' idle in transaction, ' ||
		count(*) FILTER (WHERE state = 'idle') || ' idle'
		FROM pg_stat_activity WHERE datname = 'webapp'
		AND application_name <> 'demo'" 2>/dev/null || true
}

run_load()
{
	local left last="" end=$((SECONDS + LOAD_SECONDS)) printed=-10 kind

	load_start
	while left=$((end - SECONDS)) && [ "$left" -gt 0 ]; do
		sleep 0.7
		[ "$left" = "$last" ] || load_tick "$left"
		last=$left
		kind=
		if [ $((SECONDS - printed)) -ge 10 ]; then
			kind=line
			printed=$SECONDS
		fi
		progress "  load: $left s left, $(activity)" $kind
	done
	settled "  load: $LOAD_SECONDS s of web pages, a worker, a report, 16 mobile clients through PgBouncer, and a nameless partner"
}

if [ -z "$work" ]; then
	prepare
fi
bin=$("$PG_CONFIG" --bindir)
trap cleanup EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 141' PIPE
trap 'exit 143' TERM
cd "$work"

echo "pg_caliper demo: a private server, a web application's database, $LOAD_SECONDS s of load, and the answers"
progress "  starting a private PostgreSQL server"
start_server
settled "  server: PostgreSQL $(query -d postgres -c "SHOW server_version") with pg_caliper, in $work"
load_database
run_load
"$bin/psql" -Xq -v ON_ERROR_STOP=1 -P pager=off -f "$root/demo/answers.sql" ||
	die "the answers cannot be read" "$work/server.log"
finished=1
