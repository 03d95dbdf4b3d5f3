#!/bin/bash
#
# Counts what a transaction costs: instructions and clock reads under callgrind,
# system calls under strace.
#
# usage: bench/count.sh TRANSACTIONS CONFIGURATION...
#
# One client, and the whole server under the tool.  Every workload runs once, so
# that its statements are known, then for TRANSACTIONS and for twice as many, with
# the same seed, each on a connection of its own; the difference between the last
# two backends is the cost, without that of connecting.  Appends to
# out/results.tsv.

set -euo pipefail
. bench/lib.sh
. bench/workloads.sh

transactions=$1
shift
profiles=$WORK/profiles
# Addresses are not randomised, where a container does not forbid that.
fixed="setarch -R"
$fixed true 2>/dev/null || fixed=
mkdir -p "$profiles"

# The number of transactions of a workload: as many statements for each, but
# more than the five executions after which a prepared statement has its plan.
amount()
{
	local n=$((transactions / $(statements_in "$1")))

	echo $((n > 6 ? n : 6))
}

# run CONFIGURATION WORKLOAD TRANSACTIONS: prints the backend's process id.
run()
{
	pgbench -h "$WORK/$1" -n -c 1 -t "$3" --random-seed=1 $(workload "$2") \
		>"$1/pgbench.log" 2>&1 || { cat "$1/pgbench.log" >&2; return 1; }
	client_pid "$1"
}

# Runs workloads on a server under a tool and stops it; CONFIGURATION/pairs gets
# a line "WORKLOAD PID PID TRANSACTIONS" for each.
run_pairs()
{
	local config=$1 name n
	shift

	for name in "$@"; do
		n=$(amount "$name")
		run "$config" "$name" 1 >/dev/null
		echo "$name $(run "$config" "$name" "$n") $(run "$config" "$name" $((2 * n)))" \
			"$((n * $(statements_in "$name")))"
	done >"$config/pairs"
	stop "$config"
}

# record_parts WORKLOAD CONFIGURATION FUNCTIONS: what pg_caliper's own code used,
# and what libc's allocator did, which the instructions leave out.
record_parts()
{
	record "own.$1" "$2" "$(awk -F '\t' '$3 == "pg_caliper.so" { n += $1 }
		END { printf "%.1f", n }' "$3")"
	record "heap.$1" "$2" "$(awk -F '\t' '$3 ~ /^libc/ &&
		$2 ~ /alloc|free|systrim|sbrk|^brk|morecore|unlink_chunk/ { n += $1 }
		END { printf "%.1f", n }' "$3")"
}

# Instructions and clock reads.
callgrind()
{
	local config=$1 name first second n what value
	shift

	mkdir "$profiles/$config"
	start "$config" $fixed valgrind -q --tool=callgrind \
		--callgrind-out-file="$profiles/$config/%p"
	run_pairs "$config" "$@"
	while read -r name first second n; do
		while read -r what value; do
			record "$what.$name" "$config" "$value"
		done < <(bench/callgrind.pl "$profiles/$config/$first" \
			"$profiles/$config/$second" "$n")
		bench/callgrind.pl "$profiles/$config/$first" \
			"$profiles/$config/$second" "$n" functions \
			>"$WORK/out/functions.$name.$config"
		record_parts "$name" "$config" "$WORK/out/functions.$name.$config"
	done <"$config/pairs"
	rm -rf "$profiles/$config"
}

# System calls by name in a trace.  Waiting for the client is left out, as in
# callgrind.pl: epoll_wait, and the attempts to receive that found nothing.
# Reads of the clock are counted by callgrind, wherever the kernel serves them.
calls_of()
{
	sed -n 's/^\([a-z_0-9]*\)(.*/&/p' "$1" |
		grep -vE '^(epoll_wait|clock_gettime|gettimeofday)\(|^recvfrom.* EAGAIN ' |
		sed 's/(.*//' | sort | uniq -c | awk '{ print $2, $1 }'
}

system_calls()
{
	local config=$1 name first second n
	shift

	start "$config" strace -qq -ff -o "$profiles/strace"
	run_pairs "$config" "$@"
	while read -r name first second n; do
		calls_of "$profiles/strace.$first" >"$config/first"
		calls_of "$profiles/strace.$second" >"$config/second"
		awk -v n="$n" 'NR == FNR { before[$1] = $2; next }
			{ printf "%.3f\t%s\n", ($2 - before[$1]) / n, $1 }' "$config/first" "$config/second" |
			sort -rn >"$WORK/out/syscalls.$name.$config"
		record "syscalls.$name" "$config" \
			"$(awk '{ s += $1 } END { printf "%.3f", s }' "$WORK/out/syscalls.$name.$config")"
	done <"$config/pairs"
	rm -f "$profiles"/strace.*
}

# Callgrind on some configurations; what was counted once is counted again when
# there is time, to show that it repeats.
lane()
{
	local config

	for config in "$@"; do
		echo "# callgrind: $config" >&2
		callgrind "$config" $pgbench_workloads one many
	done
	[ "$transactions" -lt 2000 ] || {
		echo "# callgrind: $1, again" >&2
		callgrind "$1" $pgbench_workloads
	}
}

make_template
make_scripts
pgbench_workloads="select_prepared select_simple tpcb_prepared"

# Two at a time: counts do not depend on how fast they are taken.
odd=() even=()
for config in "$@"; do
	if [ ${#odd[@]} = ${#even[@]} ]; then odd+=("$config"); else even+=("$config"); fi
done
lane "${odd[@]}" &
other=$!
lane "${even[@]}"
wait $other

for config in bare caliper; do
	echo "# strace: $config" >&2
	system_calls "$config" $pgbench_workloads
done
