#!/bin/bash
#
# Installs the Debian packages that are missing, and nothing else.
#
# usage: tools/install-deps.sh demo|check|bench|clients|all
#
#	PG_MAJOR	PostgreSQL major version, if not the distribution's own
#
# When everything is there, no package tool runs and no right is needed.
#
# A fresh PostgreSQL package creates a cluster "main" and starts it, and a fresh
# pgbouncer starts listening.  Nobody asked for these servers: all of ours are
# private and short-lived.  Packages know two switches for that, and both are
# files: create_main_cluster in postgresql-common's configuration, and
# policy-rc.d, which every maintainer script asks before it starts a service.
# Both are put in place for the length of the installation only, and never over
# a file that is already there; afterwards pgbouncer's unit is disabled, so that
# a reboot does not start it either.  Clusters and services that existed before
# are left alone.

set -euo pipefail

purpose=${1:?usage: install-deps.sh demo|check|bench|clients|all}
here=$(cd "$(dirname "$0")" && pwd)

createcluster=/etc/postgresql-common/createcluster.d/pg_caliper.conf
policy=/usr/sbin/policy-rc.d
export DEBIAN_FRONTEND=noninteractive

say() { printf '%s\n' "install-deps: $*" >&2; }

# Which major version: the one that can be built for now, else the one that the
# distribution's own package "postgresql" stands for.
major_version()
{
	local pg_config

	pg_config=$("$here/pg-config.sh")
	if [ -n "${PG_MAJOR:-}" ]; then
		echo "$PG_MAJOR"
	elif [ -n "$pg_config" ]; then
		"$pg_config" --version | sed 's/^PostgreSQL \([0-9]*\).*/\1/'
	else
		apt-cache depends postgresql 2>/dev/null |
			sed -n 's/.*Depends: postgresql-\([0-9]*\)$/\1/p' | head -n 1
	fi
}

# The packages for a purpose, one per line; "?" marks those that may be absent
# from a distribution, and whose absence only skips a measurement or a check.
packages()
{
	local pg=$1

	# libkrb5-dev: the server's own header of a connection asks for it.
	printf '%s\n' gcc libc6-dev make binutils perl libkrb5-dev \
		"postgresql-$pg" "postgresql-server-dev-$pg" pgbouncer
	case $purpose in check | clients | all)
		printf '%s\n' libipc-run-perl libdbd-pg-perl git ;;
	esac
	case $purpose in bench | all)
		printf '%s\n' valgrind strace
		printf '?postgresql-%s-%s\n' "$pg" hypopg "$pg" pg-stat-kcache \
			"$pg" pg-qualstats "$pg" pg-wait-sampling ;;
	esac
	# Node.js may have come from elsewhere, and bring its npm along.
	case $purpose in clients | all)
		printf '%s\n' python3-psycopg2 python3-psycopg python3-django \
			ruby-pg ruby-activerecord
		command -v node >/dev/null || echo nodejs
		command -v npm >/dev/null || echo npm ;;
	esac
	case $purpose in all)
		printf '%s\n' clang libclang-rt-dev debootstrap dpkg-dev \
			'?pg-bsd-indent' ;;
	esac
}

# Those of the packages that are not installed.
missing()
{
	local package name

	for package in $(packages "$1"); do
		name=${package#\?}
		case $(dpkg-query -W -f '${db:Status-Abbrev}' "$name" 2>/dev/null) in
			ii*) ;;
			*) echo "$package" ;;
		esac
	done
}

as_root()
{
	if [ "$(id -u)" = 0 ]; then
		"$@"
	else
		sudo --preserve-env=DEBIAN_FRONTEND "$@"
	fi
}

# Puts the two switches in place; remembers which of them are ours.
hold_services()
{
	if [ ! -e "$createcluster" ]; then
		as_root mkdir -p "${createcluster%/*}"
		echo 'create_main_cluster = false' |
			as_root tee "$createcluster" >/dev/null
		ours+=("$createcluster")
	fi
	if [ ! -e "$policy" ]; then
		printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy" >/dev/null
		as_root chmod 755 "$policy"
		ours+=("$policy")
	fi
}

release_services()
{
	[ "${#ours[@]}" = 0 ] || as_root rm -f "${ours[@]}"
	as_root rmdir --ignore-fail-on-non-empty "${createcluster%/*}" 2>/dev/null || true
	ours=()
}

if ! command -v apt-get >/dev/null; then
	say "this is no Debian system; please install by hand: $(packages NN | tr -d '?' | xargs)"
	exit 1
fi

pg=$(major_version)
wanted=$([ -z "$pg" ] || missing "$pg")
# What is optional is asked for only when something else is missing too, or when
# the package lists are there to say that it exists.
for package in $wanted; do
	name=${package#\?}
	[ "$name" = "$package" ] || apt-cache show "$name" >/dev/null 2>&1 ||
		wanted=$(grep -vxF "$package" <<<"$wanted" || true)
done
[ -z "$pg" ] || [ -n "$wanted" ] || exit 0

if [ "$(id -u)" != 0 ] && ! command -v sudo >/dev/null; then
	say "missing: $(tr -d '?' <<<"${wanted:-PostgreSQL}" | xargs)"
	say "installing them needs root: run this as root, or install sudo"
	exit 1
fi

ours=()
trap release_services EXIT
trap 'exit 1' HUP INT TERM

say "updating the package lists"
as_root apt-get -qq update
pg=$(major_version)
[ -n "$pg" ] || { say "apt knows no package postgresql"; exit 1; }

install=()
for package in $(missing "$pg"); do
	name=${package#\?}
	if [ "$name" = "$package" ] || apt-cache show "$name" >/dev/null 2>&1; then
		install+=("$name")
	fi
done

had_pgbouncer=$(dpkg-query -W -f '${db:Status-Abbrev}' pgbouncer 2>/dev/null || true)
say "installing ${install[*]}"
hold_services
as_root apt-get -qq -y --no-install-recommends \
	-o Dpkg::Use-Pty=0 install "${install[@]}" >&2
[ "${had_pgbouncer:0:2}" = ii ] || ! command -v update-rc.d >/dev/null ||
	as_root update-rc.d pgbouncer disable >/dev/null 2>&1 || true
