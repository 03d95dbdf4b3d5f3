# In any order of shared_preload_libraries all extensions see the same work.
use strict;
use warnings;
use Test::More;
use FindBin;
use lib "$FindBin::RealBin/../lib";
use Caliper;

my @others = qw(pg_stat_statements pg_stat_kcache pg_qualstats pg_wait_sampling auto_explain hypopg);

# Caliper first, last, and at each place in between; and the others turned round.
my @orders;
for my $place (0 .. @others)
{
	my @order = @others;
	splice @order, $place, 0, 'pg_caliper';
	push @orders, \@order;
}
push @orders, [ 'pg_caliper', grep({ $_ ne 'pg_stat_kcache' } @others), 'pg_stat_kcache' ];

my $n = 0;
for my $order (@orders)
{
	my $libraries = join ', ', @$order;
	my $node = Caliper::node('order' . $n++, shared_preload_libraries => $libraries,
		'auto_explain.log_min_duration' => 0, 'auto_explain.log_analyze' => 'on',
		'pg_stat_statements.track_utility' => 'off', 'pg_caliper.slow_min_duration' => 0);
	$node->safe_psql('postgres', "CREATE EXTENSION $_")
	  for qw(pg_stat_statements pg_stat_kcache pg_qualstats pg_wait_sampling hypopg);
	$node->command_ok([ 'pgbench', '-q', '-i', '-h', $node->host, '-p', $node->port, 'postgres' ], "pgbench -i: $libraries");
	$node->safe_psql('postgres', 'SELECT caliper.reset(); SELECT pg_stat_statements_reset()');
	$node->command_ok([ 'pgbench', '-n', '-M', 'prepared', '-t', '50', '-c', '2', '-h', $node->host, '-p', $node->port, 'postgres' ],
		'pgbench runs');
	$node->psql('postgres', 'SELECT aid / (aid - 5) FROM pgbench_accounts WHERE aid = 5');
	$node->psql('postgres', 'BEGIN; DECLARE c CURSOR FOR SELECT * FROM pgbench_branches; FETCH ALL FROM c; COMMIT');
	is($node->safe_psql('postgres', <<'SQL'), '0', 'the same calls and rows as pg_stat_statements');
SELECT count(*)
  FROM (SELECT queryid, sum(calls - errors) AS calls, sum(rows) AS rows FROM caliper.statements GROUP BY queryid) AS c
  JOIN pg_stat_statements AS p USING (queryid)
 WHERE p.query ~ 'pgbench_' AND p.query !~* 'cursor' AND (c.calls, c.rows) <> (p.calls, p.rows)
SQL
	is($node->safe_psql('postgres', "SELECT count(*) FROM caliper.statements WHERE query ~ '^(UPDATE|INSERT|SELECT abalance)' AND calls = 100"),
		5, 'all five statements of pgbench');
	$node->stop;
}
done_testing();
