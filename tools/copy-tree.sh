#!/bin/bash
#
# Copies the project's own files, without what is ignored, to a new folder.
#
# usage: tools/copy-tree.sh DIRECTORY
#
# In a git clone these are the files git knows or would add; elsewhere (an
# unpacked release) all but build/ and compiled files.

set -eu

target=${1:?usage: copy-tree.sh DIRECTORY}
mkdir -p "$target"
target=$(cd "$target" && pwd)
cd "$(dirname "$0")/.."

if [ -e .git ] && command -v git >/dev/null; then
	# The clone may belong to somebody else than the caller (root, say).
	git -c safe.directory='*' ls-files -zco --exclude-standard |
		while IFS= read -r -d '' file; do
			[ ! -e "$file" ] || printf '%s\0' "$file"
		done | tar -cf - --null -T - | tar -xf - -C "$target" --no-same-owner
else
	tar -cf - --exclude=./build --exclude=./.git --exclude='*.o' --exclude='*.so' . |
		tar -xf - -C "$target" --no-same-owner
fi
