#!/bin/sh
#
# Prints the postgresql.conf lines with which a server finds an extension that
# was staged with `make stage` instead of being installed.
#
# usage: tools/server-conf.sh STAGE
#
#	PG_CONFIG	the server's pg_config, else as found by pg-config.sh
#
# Debian's servers up to 17 know extension_destdir, a patch of theirs for
# exactly this, which covers all names that begin with $libdir; 18 has
# extension_control_path of its own.  The library path is for the bare name in
# shared_preload_libraries.  What to preload is each test's own choice.

set -eu

stage=${1:?usage: server-conf.sh STAGE}
pg_config=${PG_CONFIG:-$("$(dirname "$0")/pg-config.sh")}
settings=$("$("$pg_config" --bindir)/postgres" --describe-config | cut -f 1)

if echo "$settings" | grep -qx extension_control_path; then
	echo "extension_control_path = '$stage$("$pg_config" --sharedir):\$system'"
elif echo "$settings" | grep -qx extension_destdir; then
	echo "extension_destdir = '$stage'"
else
	echo "server-conf: this server only loads extensions installed into it" >&2
	exit 1
fi
echo "dynamic_library_path = '$stage$("$pg_config" --pkglibdir):\$libdir'"
