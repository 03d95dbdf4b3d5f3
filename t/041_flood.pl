# A user who sends tens of thousands of distinct statements does not push out
# what others run again and again, and no execution is lost from the totals.
use strict;
use warnings;
use Test::More;
use FindBin;
use lib "$FindBin::RealBin/lib";
use Caliper;

my $node = Caliper::node('flood',
	'pg_caliper.max_statements' => 400,
	'pg_caliper.text_memory' => '128kB',
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

# The victim's statements are used now and then, by sessions that come and go.
sub victim_works
{
	$node->safe_psql('postgres', 'CALL distinct_statements(1, 40, 5)', extra_params => [ '-U', 'victim' ])
	  for 1 .. shift;
}
victim_works(3);
my $victims = "usename = 'victim' AND NOT toplevel AND queryid IS NOT NULL";
my $before = $node->safe_psql('postgres',
	"SELECT count(*), sum(calls) FROM caliper.statements WHERE $victims AND query ~ '^SELECT'");
is($before, '40|600', 'the statements of the victim are there');

$node->safe_psql('postgres', 'SELECT caliper.reset()');
victim_works(3);
my $flood = 30_000;
$node->safe_psql('postgres', "CALL distinct_statements(1000, 1000 + $flood - 1, 1)",
	extra_params => [ '-U', 'flooder' ]);
victim_works(1);

is($node->safe_psql('postgres',
	"SELECT count(*), sum(calls) FROM caliper.statements WHERE $victims AND query ~ '^SELECT 1'"),
	'40|800', 'all of them survive the flood, with all their calls and texts');
is($node->safe_psql('postgres', <<'SQL'),
SELECT sum(calls) FROM caliper.statements
 WHERE query ~ '^SELECT \$1' OR query = '(other)' OR (query IS NULL AND usename = 'flooder')
SQL
	$flood + 800, 'no execution is lost: what was evicted is in (other)');
cmp_ok($node->safe_psql('postgres', 'SELECT count(*) FROM caliper.statements'),
	'<=', 400 * 1.1 + 130 * 4, 'memory is bounded');
cmp_ok(Caliper::info($node, 'statements', 'evicted') + Caliper::info($node, 'statements', 'refused'),
	'>', $flood / 2, 'caliper.info counts what had to go');
cmp_ok(Caliper::info($node, 'slabs', 'torn_reads'), '==', 0, 'no torn reads');

# Ten thousand application names.
my $names = join "\n", map { "SET application_name = 'app $_'; SELECT 1;" } 1 .. 3000;
$node->safe_psql('postgres', $names);
cmp_ok($node->safe_psql('postgres', "SELECT count(DISTINCT application_name) FROM caliper.statements WHERE application_name LIKE 'app %'"),
	'>', 100, 'many application names');
is($node->safe_psql('postgres', 'SELECT count(*) > 0 FROM caliper.pools'), 't', 'pools are readable');
done_testing();
