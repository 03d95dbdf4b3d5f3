#!/bin/sh
#
# Prints the pg_config of a PostgreSQL that extensions can be built for, or
# nothing.  Debian's /usr/bin/pg_config may come from libpq-dev alone and point
# at no server, so what counts is whether its pgxs.mk exists.
#
#	PG_CONFIG	looked at first, when set
#	PG_MAJOR	only this major version is considered, when set

for candidate in ${PG_CONFIG:-} \
	$(ls -d /usr/lib/postgresql/${PG_MAJOR:-*}/bin/pg_config 2>/dev/null | sort -rV) \
	pg_config
do
	pgxs=$("$candidate" --pgxs 2>/dev/null) || continue
	[ -f "$pgxs" ] || continue
	case "$("$candidate" --version)" in
		"PostgreSQL "${PG_MAJOR:-1[5-8]}*) command -v "$candidate"; exit 0 ;;
	esac
done
exit 0
