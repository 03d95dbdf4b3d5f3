# bench/workloads.sh: what pgbench runs in the counted measurements.
#
# Sourced by count.sh.  A workload is a name:
#
#	select_prepared	pgbench -S -M prepared
#	select_simple	pgbench -S -M simple
#	tpcb_prepared	pgbench -M prepared, the TPC-B-like transaction
#	one, many		300 prepared statements in a row on one connection: the same
#			300 times, and 300 that differ only in the signs of their terms,
#			so that PostgreSQL's own work is the same

STATEMENTS=300

# statements COUNT [BITS]: as many distinct ones, by their signs.
statements()
{
	awk -v n="$1" -v bits=13 'BEGIN {
		for (i = 0; i < n; i++) {
			terms = "abalance"
			for (b = 0; b < bits; b++)
				terms = terms (int(i / 2 ^ b) % 2 ? " - " : " + ") "bid"
			print "SELECT " terms " FROM pgbench_accounts WHERE aid = :aid;"
		}
	}'
}

make_scripts()
{
	echo '\set aid random(1, 100000)' | tee one.sql >many.sql
	statements $STATEMENTS >>many.sql
	for _ in $(seq $STATEMENTS); do statements 1; done >>one.sql
}

# pgbench's options for a workload.
workload()
{
	case $1 in
		select_prepared) echo "-S -M prepared" ;;
		select_simple) echo "-S -M simple" ;;
		tpcb_prepared) echo "-M prepared" ;;
		one | many) echo "-M prepared -f $WORK/$1.sql" ;;
	esac
}

# Statements that count as one transaction of a workload.
statements_in()
{
	case $1 in
		one | many) echo $STATEMENTS ;;
		*) echo 1 ;;
	esac
}
