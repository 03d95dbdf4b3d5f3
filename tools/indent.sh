#!/bin/bash
#
# Lays out the C code as PostgreSQL's own pgindent does.
#
# usage: tools/indent.sh [--check | --typedefs]
#
#	--check		changes nothing, shows the differences, fails if there are any
#	--typedefs	renews typedefs.list from the debug information of the build
#
# The work is done by pg_bsd_indent (Debian: pg-bsd-indent; 2.1.1, which belongs
# to PostgreSQL 15) with pgindent's options.  It needs the names of all types;
# what pgindent adds around it is small, and the part of it that our code meets
# is in lay_out() below.

set -euo pipefail

cd "$(dirname "$0")/.."
options="-bad -bap -bbb -bc -bl -cli1 -cp33 -cdb -nce -d0 -di12 -nfc1 -i4 -l79
	-lp -lpl -nip -npro -sac -tpg -ts4"

sources()
{
	find extension t/unit fuzz -name '*.[ch]' 2>/dev/null | sort
}

lay_out()
{
	sed 's,/\* \+---,/*---X_X,' "$1" |
		pg_bsd_indent $options -Utypedefs.list |
		sed -e 's,/\*---X_X,/* ---,' -e 's/^\([A-Za-z_][^ \t]*\)[ \t]\+\*$/\1 */'
}

# A type is listed if the compiler met it and our sources name it.
typedefs()
{
	local all

	all=$(find extension -name '*.o' -exec readelf --debug-dump=info -W {} + |
		awk '/DW_TAG_/ { tag = $NF }
			 tag == "(DW_TAG_typedef)" && /DW_AT_name/ { print $NF; tag = "" }' |
		sort -u)
	[ -n "$all" ] || { echo "build first: make" >&2; exit 1; }
	comm -12 <(echo "$all" | LC_ALL=C sort -u) \
		<(sources | xargs grep -ohE '\<[A-Za-z_][A-Za-z_0-9]*\>' | LC_ALL=C sort -u)
}

if [ "${1:-}" = --typedefs ]; then
	list=$(LC_ALL=C typedefs)
	printf '%s\n' "$list" >typedefs.list
	exit 0
fi

if ! command -v pg_bsd_indent >/dev/null; then
	echo "indent: pg_bsd_indent is missing (Debian: pg-bsd-indent)" >&2
	exit 1
fi

changed=0
tmp=$(mktemp)
trap 'rm -f "$tmp"' EXIT
for file in $(sources); do
	if ! lay_out "$file" >"$tmp"; then
		# Mostly a variable named like a type, such as "text".
		echo "$file: pg_bsd_indent does not understand it"
		grep -A 2 INDENT "$tmp" || true
		changed=1
		continue
	fi
	cmp -s "$file" "$tmp" && continue
	changed=1
	if [ "${1:-}" = --check ]; then
		diff -u --label "$file" --label "$file (indented)" "$file" "$tmp" || true
	else
		cat "$tmp" >"$file"
		echo "indented $file"
	fi
done
[ "${1:-}" != --check ] || [ "$changed" = 0 ]
