#!/bin/bash
#
# PostgreSQL's own regression and isolation suites as judges: with pg_caliper
# preloaded, every result must be what it is without, byte for byte.
#
# usage: tools/suites.sh
#
# The tests come from the distribution's source package, fetched through an apt
# configuration of our own in build/apt (this machine's configuration need not
# offer sources) and kept in build/source.  Where the source of the installed
# version cannot be had, the next older one does as well: what the suite expects
# is not looked at, only whether both runs agree.  Ends with "N passed, N failed".

set -euo pipefail

cd "$(dirname "$0")/.."
export PG_CONFIG=$(tools/pg-config.sh)
major=$("$PG_CONFIG" --version | sed 's/^PostgreSQL \([0-9]*\).*/\1/')
package=postgresql-$major
source=build/source/$package
apt=$PWD/build/apt

# apt with lists and caches of its own.
own_apt()
{
	local program=$1
	shift

	"$program" -o Dir::State::Lists="$apt/lists" -o Dir::Cache="$apt/cache" \
		-o Dir::Etc::SourceList="$apt/sources.list" -o Dir::Etc::SourceParts=/dev/null \
		-o APT::Sandbox::User=root -o Acquire::Languages=none "$@"
}

# The places where this machine gets Debian's packages, as places of sources.
source_places()
{
	local keys=/usr/share/keyrings/debian-archive-keyring.gpg

	apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(COMPONENT) $(ORIGIN)' \
		'Created-By: Packages' |
		awk -v option="$([ ! -e $keys ] || echo "[signed-by=$keys] ")" \
			'$4 == "Debian" { print "deb-src " option $1, $2, $3 }' | sort -u
}

fetch_source()
{
	local version unpacked

	mkdir -p "$apt/lists/partial" "$apt/cache/archives/partial" "$source"
	source_places >"$apt/sources.list"
	own_apt apt-get -qq update
	for version in $(own_apt apt-cache showsrc "$package" |
		sed -n 's/^Version: //p' | sort -ruV)
	do
		if (cd "$source" &&
			own_apt apt-get -qq source --download-only "$package=$version")
		then
			(cd "$source" && dpkg-source --no-check -x ./*.dsc unpacked >/dev/null)
			return
		fi
		rm -f "$source"/*
	done
	echo "no source of $package can be had" >&2
	return 1
}

[ -e "$source/unpacked/src/test/regress" ] || fetch_source

# Only the tests, and the one library they load, travel to the servers.
rm -rf build/suites
mkdir -p build/suites/lib
cp -R "$source/unpacked/src/test/regress" "$source/unpacked/src/test/isolation" build/suites
gcc -shared -fPIC -O2 -w -I"$("$PG_CONFIG" --includedir-server)" \
	-o build/suites/lib/regress.so build/suites/regress/regress.c

make -s stage
status=0
tools/run-as.sh -i build/stage -i build/suites -i tools/server-conf.sh \
	-i tools/pg-config.sh -i tools/suites-servers.sh -o build/check-suites -- \
	tools/suites-servers.sh || status=$?
exit $status
