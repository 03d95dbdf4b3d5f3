# demo/load/applications.sh: the applications of the demo, side by side.
#
# shellcheck shell=bash disable=SC2154
#
# Read by demo/run.sh, which sets bin, work, port, root and LOAD_SECONDS and
# exports PGHOST, PGPORT and PGDATABASE.  load_start begins, load_tick is called
# every second, load_stop ends everything that load_start began.

# Start one application: its name, its role, and pgbench's options.
application()
{
	local name=$1 role=$2

	shift 2
	# the time limit only matters if nobody is left to end it
	PGAPPNAME=$name PGUSER=$role "$bin/pgbench" -n \
		-T $((LOAD_SECONDS + 120)) "$@" >>"$work/load.log" 2>&1 &
	loaders+=($!)
}

# PgBouncer, on a Unix socket beside the server's own.
pooler_start()
{
	local program

	program=$(PATH=$PATH:/usr/sbin command -v pgbouncer) ||
		die "PgBouncer is not installed"
	cat >"$work/pgbouncer.ini" <<-END
		[databases]
		webapp = host=$work port=$port
		[pgbouncer]
		listen_port = 6432
		unix_socket_dir = $work
		auth_type = trust
		auth_file = $work/pgbouncer.users
		pool_mode = transaction
		default_pool_size = 4
	END
	echo '"mobile" ""' >"$work/pgbouncer.users"
	"$program" -q "$work/pgbouncer.ini" 2>"$work/pgbouncer.log" &
	loaders+=($!)
	for _ in {1..50}; do
		[ ! -S "$work/.s.PGSQL.6432" ] || return 0
		sleep 0.1
	done
	die "PgBouncer does not start" "$work/pgbouncer.log"
}

# The nameless client comes by network, where a password is needed.
partner_password()
{
	local word

	word=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
	query -c "ALTER ROLE partner PASSWORD '$word'"
	echo "*:*:*:partner:$word" >"$work/partner.pgpass"
}

load_start()
{
	local scripts=$root/demo/load

	pooler_start
	partner_password

	# the web backend: page loads of six parallel statements, and what people
	# do in between
	application web app -M simple -c 12 -j 2 -f "$scripts/web_page.sql"
	application web app -M prepared -c 6 -R 6 \
		-f "$scripts/web_task.sql@4" -f "$scripts/web_work_time.sql@4" \
		-f "$scripts/web_done.sql@3" -f "$scripts/web_settings.sql@1"

	# the worker, whose transactions wait for other systems
	application worker app -M extended -c 3 -f "$scripts/worker_export.sql"
	application worker app -M extended -c 1 -f "$scripts/worker_invoice.sql"

	# the report that should run at night
	application report reporting -c 1 -f "$scripts/report.sql"

	# 16 telephones share four connections through PgBouncer
	PGPORT=6432 application mobile-api mobile -M extended -c 16 -R 8 \
		-f "$scripts/mobile_sync.sql@3" -f "$scripts/mobile_read.sql@2"

	# a partner's program, by network, without a name
	PGHOST=127.0.0.1 PGPASSFILE=$work/partner.pgpass \
		application "" partner -M extended -c 3 -R 2 -f "$scripts/partner.sql"

	# a connection of the web backend on which statements fail; see load_tick
	exec {failing}> >(PGAPPNAME=web PGUSER=app \
		PGOPTIONS='-c statement_timeout=800ms -c max_parallel_workers_per_gather=0' \
		exec "$bin/psql" -Xq >/dev/null 2>&1)
	loaders+=($!)
}

# Every second: now and then a statement that fails.
load_tick()
{
	case $(($1 % 8)) in
		1)
			echo "INSERT INTO app_user (organisation_id, email, name, role, created_at) VALUES (1, 'user$1@example.org', 'Somebody', 'member', now()) /*route='%2Fsign-up'*/;" >&"$failing"
			;;
		3 | 7)
			echo "SELECT u.name, count(*) AS mentions FROM app_user u JOIN comment c ON c.body ILIKE '%' || u.name || '%' WHERE u.organisation_id = 1 GROUP BY u.name /*route='%2Fmentions'*/;" >&"$failing"
			;;
	esac
}

load_stop()
{
	local pid

	for pid in "${loaders[@]}"; do
		kill "$pid" 2>/dev/null || true
	done
	for pid in "${loaders[@]}"; do
		wait "$pid" 2>/dev/null || true
	done
	loaders=()
}
