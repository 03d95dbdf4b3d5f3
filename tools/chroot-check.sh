#!/bin/bash
#
# `make check` in another Debian release, for another PostgreSQL major version.
# Runs as root (check-all.sh calls it with sudo otherwise).
#
# usage: tools/chroot-check.sh trixie|sid
#
# The release is unpacked once into build/chroot/RELEASE and kept; the packages
# it needs are installed in it by the same install-deps.sh.  Mirror, proxy and
# certificates are those of this machine's apt.  /proc, /dev and /dev/shm are
# mounted in a mount namespace of this process only, so nothing can leak and
# nothing has to be unmounted.  Inside, the servers run as postgres, as ever.

set -euo pipefail

release=${1:?usage: chroot-check.sh RELEASE}
cd "$(dirname "$0")/.."
root=$PWD/build/chroot/$release

if [ "${2:-}" != mounted ]; then
	exec unshare --mount --propagation private "$0" "$release" mounted
fi

# The address from which this machine gets Debian itself.
mirror()
{
	apt-get indextargets --format '$(REPO_URI) $(ORIGIN)/$(LABEL)' 'Created-By: Packages' |
		awk '$1 ~ /^https?:/ && $2 == "Debian/Debian" { print $1; exit }
			 $1 ~ /^https?:.*\/debian\/$/ && !guess { guess = $1 }
			 END { if (guess) print guess }' | head -n 1
}

# What this machine's apt was told about reaching its mirror.
copy_network_settings()
{
	apt-config dump | grep -E '^Acquire::(https?::|Check-|Retries|Languages)' \
		>"$root/etc/apt/apt.conf.d/99host" || true
	cp -L /etc/resolv.conf "$root/etc/resolv.conf" 2>/dev/null || true
	if [ -e /etc/ssl/certs/ca-certificates.crt ]; then
		mkdir -p "$root/etc/ssl/certs"
		cp -L /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/"
	fi
}

if [ ! -e "$root.ready" ]; then
	echo "# unpacking $release"
	rm -rf "$root"
	mkdir -p "$root"
	proxy=
	eval "$(apt-config shell proxy Acquire::http::Proxy)"
	[ -z "$proxy" ] || export http_proxy=${http_proxy:-$proxy}
	debootstrap --variant=minbase --include=make "$release" "$root" "$(mirror)" \
		>"$root.log" 2>&1 || { tail -n 20 "$root.log"; exit 1; }
	touch "$root.ready"
fi
copy_network_settings
rm -rf "$root/src"
tools/copy-tree.sh "$root/src"

mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"
mount -t tmpfs tmpfs "$root/dev/shm"
exec chroot "$root" env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
	HOME=/root LC_ALL=C.UTF-8 CHECK_JOBS="${CHECK_JOBS:-2}" \
	CHECK_TAP_SECONDS="${CHECK_TAP_SECONDS:-900}" make -C /src check </dev/null
