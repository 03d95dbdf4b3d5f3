# In any order of shared_preload_libraries all extensions see the same work.
use strict;
use warnings;
use PostgreSQL::Test::Utils;
use Test::More;
use FindBin;
use lib "$FindBin::RealBin/../lib";
use Caliper;

my @others = qw(pg_stat_statements pg_stat_kcache pg_qualstats pg_wait_sampling auto_explain hypopg);

# Caliper first, last, and at each place in between; and behind it one
# that asks to be last.
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
		'pg_stat_statements.track_utility' => 'off', 'pg_qualstats.sample_rate' => 1,
		'pg_caliper.slow_min_duration' => 0);
	$node->safe_psql('postgres', "CREATE EXTENSION $_")
	  for qw(pg_stat_statements pg_stat_kcache pg_qualstats pg_wait_sampling hypopg);
	$node->command_ok([ 'pgbench', '-q', '-i', '-h', $node->host, '-p', $node->port, 'postgres' ], "pgbench -i: $libraries");
	$node->safe_psql('postgres', 'SELECT caliper.reset(); SELECT pg_stat_statements_reset()');
	$node->command_ok([ 'pgbench', '-n', '-M', 'prepared', '-t', '50', '-c', '2', '-h', $node->host, '-p', $node->port, 'postgres' ],
		'pgbench runs');
	$node->psql('postgres', 'SELECT aid / (aid - 5) FROM pgbench_accounts WHERE aid = 5');
	$node->psql('postgres', 'BEGIN; DECLARE c CURSOR FOR SELECT * FROM pgbench_branches; FETCH ALL FROM c; COMMIT');
	is($node->safe_psql('postgres', <<'SQL'), '0|t', 'the same calls and rows as pg_stat_statements');
SELECT count(*) FILTER (WHERE (c.calls, c.rows) <> (p.calls, p.rows)), count(*) >= 5
  FROM (SELECT queryid, sum(calls - errors) AS calls, sum(rows) AS rows FROM caliper.statements GROUP BY queryid) AS c
  JOIN pg_stat_statements AS p USING (queryid)
 WHERE p.query ~ 'pgbench_' AND p.query !~* 'cursor'
SQL
	is($node->safe_psql('postgres', "SELECT count(*) FROM caliper.statements WHERE query ~ '^(UPDATE|INSERT|SELECT abalance)' AND calls = 100"),
		5, 'all five statements of pgbench');
	is($node->safe_psql('postgres', "SELECT calls, errors FROM caliper.statements WHERE query LIKE 'SELECT aid / %'"),
		'1|1', 'what failed, once');
	is($node->safe_psql('postgres', "SELECT calls, rows FROM caliper.statements WHERE query LIKE '%CURSOR FOR SELECT * FROM pgbench_branches'"),
		'1|1', 'a cursor');
	cmp_ok($node->safe_psql('postgres', 'SELECT count(*) FROM caliper.slow_statements'), '>', 500, 'slow statements');
	cmp_ok($node->safe_psql('postgres', 'SELECT count(*) FROM pg_qualstats'), '>', 0, 'pg_qualstats works beside it');
	cmp_ok($node->safe_psql('postgres', 'SELECT count(*) FROM pg_stat_kcache'), '>', 0, 'so does pg_stat_kcache');
	like(slurp_file($node->logfile), qr/duration: .* plan:\n.*Query Text: UPDATE pgbench/, 'and auto_explain');
	unlike(slurp_file($node->logfile), qr/PANIC|TRAP|terminated by signal/, 'no crash');
	$node->stop;
}
done_testing();
