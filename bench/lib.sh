# bench/lib.sh: private servers, one per configuration.
#
# Sourced by the measuring scripts, which run in the work directory that
# tools/run-as.sh made.  All servers start from copies of one cluster, so that
# nothing but the preloaded libraries differs between them.
#
# A configuration is a name: bare, caliper, pgss, five, both.  Its server has the
# socket directory $WORK/CONFIGURATION, which is also its host for libpq.

BINDIR=$("$PG_CONFIG" --bindir)
STAGE=$WORK/build/stage
export PGDATABASE=postgres PGUSER=postgres PGOPTIONS= PGCONNECT_TIMEOUT=120

# The libraries that a configuration preloads.
preload()
{
	case $1 in
		bare) ;;
		caliper) echo pg_caliper ;;
		pgss) echo pg_stat_statements ;;
		five) echo pg_stat_statements,pg_stat_kcache,pg_qualstats,pg_wait_sampling,auto_explain ;;
		both) echo pg_stat_statements,pg_caliper ;;
	esac
}

# Whether all libraries of a configuration are installed.
available()
{
	local library

	for library in $(preload "$1" | tr , ' '); do
		[ -e "$("$PG_CONFIG" --pkglibdir)/$library.so" ] ||
			[ -e "$STAGE$("$PG_CONFIG" --pkglibdir)/$library.so" ] || return 1
	done
}

# Settings common to all servers: whatever runs by itself, waits for a disk, or
# depends on the machine is off or fixed.  Everything else is at its default.
common_settings()
{
	cat <<-EOF
		listen_addresses = ''
		max_connections = ${MAX_CONNECTIONS:-100}
		shared_buffers = 128MB
		huge_pages = off
		max_wal_size = 4GB
		checkpoint_timeout = 1h
		autovacuum = off
		fsync = off
		log_connections = on
		log_line_prefix = '%p %a '
	EOF
	"$WORK/tools/server-conf.sh" "$STAGE"
}

# The cluster all servers are copies of, with pgbench's tables at scale 1.
make_template()
{
	[ ! -e template ] || return 0
	"$BINDIR/initdb" -D template -U postgres -A trust --no-locale -E UTF8 -N >/dev/null
	mkdir -p socket
	common_settings >>template/postgresql.conf
	"$BINDIR/pg_ctl" -D template -w -l template.log -o "-k $WORK/socket" start >/dev/null
	PGHOST=$WORK/socket pgbench -i -s 1 -q >/dev/null 2>&1
	"$BINDIR/psql" -h "$WORK/socket" -qc 'VACUUM ANALYZE' -c 'CHECKPOINT'
	"$BINDIR/pg_ctl" -D template -w stop >/dev/null
}

# start CONFIGURATION [WRAPPER...]: a fresh server, under a wrapper if given
# (callgrind, strace).
start()
{
	local config=$1 extension
	shift

	make_template
	rm -rf "$config"
	mkdir "$config"
	cp -R template "$config/data"
	echo "shared_preload_libraries = '$(preload "$config")'" >>"$config/data/postgresql.conf"
	"$@" "$BINDIR/postgres" -D "$config/data" -k "$WORK/$config" >"$config/log" 2>&1 &
	echo $! >"$config/pid"
	for _ in $(seq 240); do
		"$BINDIR/pg_isready" -q -h "$WORK/$config" && break
		kill -0 "$(cat "$config/pid")" 2>/dev/null || { tail "$config/log" >&2; return 1; }
		sleep 0.5
	done
	for extension in $(preload "$config" | tr , ' '); do
		[ "$extension" = auto_explain ] ||
			"$BINDIR/psql" -h "$WORK/$config" -qc "CREATE EXTENSION $extension"
	done
}

stop()
{
	local config pid

	for config in "$@"; do
		pid=$(head -n 1 "$config/data/postmaster.pid" 2>/dev/null) || continue
		kill -INT "$pid"
		while kill -0 "$pid" 2>/dev/null; do sleep 0.2; done
	done
}

# The process of pgbench's latest client on a server: the last connection that
# gave this name (pgbench itself opens one before, to look at its tables).
client_pid()
{
	sed -n 's/^\([0-9]*\) .*connection authorized.*application_name=pgbench.*/\1/p' \
		"$1/log" | tail -n 1
}

# record METRIC CONFIGURATION VALUE [LOW HIGH]: one line of the results.
record()
{
	printf '%s\t%s\t%s\t%s\t%s\n' "$1" "$2" "$3" "${4:-}" "${5:-}" >>"$WORK/out/results.tsv"
}
