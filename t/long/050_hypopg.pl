# What a statement would cost with an index that does not exist: as HypoPG says,
# and as the planner says when the index does.

use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/../lib";
use Caliper;
use JSON::PP;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = Caliper::node('hypopg', fsync => 'off', autovacuum => 'off',
	max_parallel_workers_per_gather => 0);

plan skip_all => 'no HypoPG here'
  unless $node->safe_psql('postgres',
	q{SELECT count(*) FROM pg_available_extensions WHERE name = 'hypopg'});

$node->safe_psql('postgres', <<'EOF');
CREATE EXTENSION hypopg;
SELECT setseed(0.42);
CREATE TABLE orders AS
SELECT i AS id, (random() * 20000)::int AS customer, md5(i::text) AS token,
       timestamptz '2024-01-01' + i * interval '1 min' AS at,
       (random() * 1000)::numeric(10, 2) AS amount, random() AS score
FROM generate_series(1, 300000) i;
CREATE TABLE customers AS SELECT i AS id, 'customer ' || i AS name FROM generate_series(0, 20000) i;
VACUUM ANALYZE;
EOF

# The cost of a statement, and whether its plan uses an index, by EXPLAIN.
sub explained
{
	my ($setup, $statement) = @_;
	my $out = $node->safe_psql('postgres', "$setup; EXPLAIN (FORMAT JSON) $statement");
	my $plan = decode_json($out)->[0]{Plan};

	return ($plan->{'Total Cost'}, $out =~ /"Index Name"/ ? 1 : 0);
}

# A quotient that is never below 1.
sub apart
{
	my ($x, $y) = @_;

	return $x > $y ? $x / $y : $y / $x;
}

my @cases = (
	[ 'orders (id)', 'SELECT * FROM orders WHERE id = 4711' ],
	[ 'orders (id)', 'SELECT * FROM orders WHERE id BETWEEN 1000 AND 5000' ],
	[ 'orders (id)', 'SELECT * FROM orders WHERE id > 1000' ],
	[ 'orders (token)', q{SELECT * FROM orders WHERE token = 'c4ca4238a0b923820dcc509a6f75849b'} ],
	[ 'orders (at)', q{SELECT * FROM orders WHERE at > '2024-07-20'} ],
	[ 'orders (at)', 'SELECT * FROM orders ORDER BY at DESC LIMIT 20' ],
	[ 'orders (amount)', 'SELECT * FROM orders WHERE amount BETWEEN 10 AND 11' ],
	[ 'orders (score, token)', 'SELECT score, token FROM orders WHERE score < 0.01' ],
	[ 'orders (customer, id)', 'SELECT * FROM orders WHERE customer = 17 ORDER BY id' ],
	[ 'orders (customer, at)', 'SELECT * FROM orders WHERE customer = 17 ORDER BY at DESC LIMIT 5' ],
	[ 'customers (id)', 'SELECT * FROM orders JOIN customers ON customers.id = customer WHERE orders.id < 0' ],
	[ 'orders (customer)', q{SELECT * FROM orders JOIN customers c ON c.id = customer WHERE c.name = 'customer 5'} ],
	[ 'orders (id DESC)', 'SELECT max(id) FROM orders' ],
	[ 'customers (name)', 'SELECT * FROM customers' ],
);

for my $case (@cases)
{
	my ($index, $statement) = @$case;
	my $quoted = $statement =~ s/'/''/gr;
	my ($cost, $used) = split /\|/, $node->safe_psql('postgres',
		"SELECT cost_after, cardinality(used) FROM caliper.what_if('$quoted', ARRAY['CREATE INDEX ON $index'])");
	my ($hypo, $hypo_used) = explained(
		"DO \$\$BEGIN PERFORM hypopg_create_index('CREATE INDEX ON $index'); END\$\$", $statement);
	my ($real, $real_used) = explained("CREATE INDEX it ON $index", $statement);

	$node->safe_psql('postgres', 'DROP INDEX it');
	is("$used $used", "$hypo_used $real_used", "$index: used alike by $statement");
	# HypoPG leaves out the descent, and takes entries for up to a fifth larger
	ok(apart($cost, $hypo) < 1.20 || abs($cost - $hypo) < 0.5, "as HypoPG says: $cost, $hypo");
	cmp_ok(apart($cost, $real), '<', 1.02, "as built: $cost, $real");
}

done_testing();
