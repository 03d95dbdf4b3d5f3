# A user who sends a hundred thousand distinct statements does not push out what
# others run again and again, and no execution is lost from the totals.
use strict;
use warnings;
use Test::More;
use FindBin;
use lib "$FindBin::RealBin/lib";
use Caliper;

my $node = Caliper::node('flood',
	'pg_caliper.max_statements' => 400,
	'pg_caliper.text_memory' => '128kB',
	'pg_caliper.max_pools' => 40,
	'pg_caliper.track' => 'all',
	'pg_caliper.slow_min_duration' => -1);

$node->safe_psql('postgres', <<'SQL');
CREATE ROLE flooder LOGIN;
CREATE ROLE victim LOGIN;
-- run statements number a to b, each of them distinct, n times
CREATE PROCEDURE distinct_statements(a int, b int, n int) LANGUAGE plpgsql AS $$
BEGIN
  FOR i IN a..b LOOP
    FOR j IN 1..n LOOP
      EXECUTE 'SELECT 1' || replace(replace(translate(i::bit(20)::text, '01', 'ab'), 'a', '+1'), 'b', '-1');
    END LOOP;
  END LOOP;
END $$;
SQL

# Everything a test asks for comes after a reset, so that the sum is known.
my $asked = 0;
sub ask
{
	my ($sql) = @_;
	$asked++;
	return $node->safe_psql('postgres', $sql);
}

sub run_distinct
{
	my ($user, $first, $n, $times) = @_;
	$node->safe_psql('postgres', "CALL distinct_statements($first, $first + $n - 1, $times)",
		extra_params => [ '-U', $user ]);
	$asked += 1 + $n * $times;
}

# Every execution since the reset, wherever it is counted now.
sub is_complete
{
	my ($when) = @_;
	my $before = $asked;
	is(ask('SELECT sum(calls) FROM caliper.statements'), $before, "no execution is lost: $when");
}

my $victims = <<'SQL';
SELECT count(*), sum(calls), count(DISTINCT query) FROM caliper.statements
 WHERE usename = 'victim' AND query ~ '^SELECT \$1'
SQL

# The victim's statements are used now and then, by sessions that come and go.
ask('SELECT caliper.reset()');
run_distinct('victim', 1, 40, 5) for 1 .. 3;
is(ask($victims), '40|600|40', 'the statements of the victim are there');
run_distinct('flooder', 1000, 100_000, 1);
run_distinct('victim', 1, 40, 5);
is(ask($victims), '40|800|40', 'all of them survive the flood, with all their calls and texts');
is_complete('statements seen once');
cmp_ok(Caliper::info($node, 'statements', 'evicted') + Caliper::info($node, 'statements', 'refused'),
	'>', 90_000, 'caliper.info counts what had to go');
$asked += 2;

# The same with statements that come back, which count as proven.
run_distinct('flooder', 200_000, 10_000, 3);
run_distinct('victim', 1, 40, 5);
is(ask($victims), '40|1000|40', 'they survive a flood of repeated statements');
is_complete('statements seen again');

cmp_ok(ask('SELECT count(*) FROM caliper.statements'), '<=',
	ask("SELECT sum(value) FROM caliper.info WHERE component IN ('statements', 'slabs') AND name = 'entries'") + 1,
	'no more rows than entries');
cmp_ok(Caliper::info($node, 'statements', 'entries'), '<=', 400 * 1.1 + 16 * 4, 'the shared table is bounded');
cmp_ok(Caliper::info($node, 'texts', 'used'), '<=', 128 * 1024, 'so are the texts');
is(Caliper::info($node, 'slabs', 'torn_reads'), 0, 'no torn reads');
$asked += 3;

# Ten thousand application names, each with a transaction of its own.
$node->safe_psql('postgres', join "\n", map { "SET application_name = 'app $_'; SELECT 1;" } 1 .. 10_000);
$asked += 20_000;
is_complete('with ten thousand application names');
is(ask("SELECT count(DISTINCT application_name) <= 1024 FROM caliper.statements"), 't', 'no more names than there is room for');
is(ask("SELECT sum(calls) > 5000 FROM caliper.statements WHERE application_name = '(other)'"), 't', 'the rest is (other)');
cmp_ok(Caliper::info($node, 'names', 'overflows'), '>', 8000, 'and counted');
is(ask("SELECT count(*) BETWEEN 2 AND 42, bool_or(application_name = '(other)') FROM caliper.pools"), 't|t',
	'the pools are bounded, too');
ok($node->poll_query_until('postgres', 'SELECT sum(opened) + 1 - sum(closed) = sum(connections) FROM caliper.pools'),
	'and add up, but for the session that called reset()');
done_testing();
