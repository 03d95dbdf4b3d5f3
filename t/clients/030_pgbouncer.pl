# Applications behind PgBouncer share connections; each transaction is counted
# for the application that it belongs to, as far as PgBouncer tells.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/../lib", "$FindBin::RealBin/lib";

use Caliper;
use Client;
use Counted;
use Pooler;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = Caliper::node('pgbouncer', 'listen_addresses' => '127.0.0.1');
my $user = getpwuid($<);
my $nameless = "$user\@127.0.0.1";
my $facts = 'connections, opened, closed, xacts, setups';

$node->safe_psql('postgres',
	'CREATE TABLE item (id serial PRIMARY KEY, name text NOT NULL, qty int NOT NULL DEFAULT 0)');

# A pooler, and counts that begin with it.
sub pooler
{
	my (%option) = @_;
	my $pooler = Pooler->new($node, %option);

	$node->safe_psql('postgres', 'SELECT caliper.reset()');
	return $pooler;
}

# A client of the pooler.
sub client
{
	my ($pooler, $kind, %option) = @_;

	return Client->new($node, $kind, port => $pooler->port, pooled => 1, %option);
}

# Two applications take turns on one connection.
my $pooler = pooler();
my @two = map { client($pooler, 'psycopg2', name => $_) } 'left', 'right';
$two[0]->ask('statements', 3);
$two[1]->ask('statements', 4);
$two[0]->ask('statements', 1);
counted($node, $nameless, $facts, '0|1|0|0|1', 'PgBouncer opens without a name, then sets one');
counted($node, 'left', $facts, '1|0|0|4|1', 'the transactions of one application');
counted($node, 'right', $facts, '0|0|0|4|1', 'and of the other; SET application_name is a setup');
{
	my (%left, %right, %counted);

	for (1 .. 5)
	{
		$node->safe_psql('postgres', 'SELECT caliper.reset()');
		%left = $two[0]->ask('transactions', 2, 150);
		%right = $two[1]->ask('transactions', 1, 100);
		%counted = map { split /\|/ } split /\n/, $node->safe_psql('postgres',
			q{SELECT application_name, gap_time FROM caliper.pools WHERE gap_time > 0});
		last if is_near($counted{left}, $left{gap}) && is_near($counted{right}, $right{gap});
	}
	ok(is_near($counted{left}, $left{gap}),
		"gap of one: $counted{left} ms, it waited $left{gap} ms");
	ok(is_near($counted{right}, $right{gap}),
		"gap of the other: $counted{right} ms, it waited $right{gap} ms");
}

# Nobody can tell who a client without a name is, and PgBouncer does not say
# that it is another one: its work goes to whoever had the connection before.
# What shows it: the connections of such an application were not opened as its.
my $unknown = client($pooler, 'psycopg2');
$node->safe_psql('postgres', 'SELECT caliper.reset()');
$two[0]->ask('statements', 1);
$unknown->ask('statements', 5);
counted($node, 'left', 'xacts, opened', '6|0',
	'a client without a name passes as the one before');

# A connection that PgBouncer gives up because its client has died.
$two[0]->ask('hold');
$two[0]->kill9;
counted($node, 'left', 'connections, closed, xacts', '0|1|7', 'the client died in a transaction');
$unknown->ask('statements', 2);
counted($node, $nameless, $facts, '1|1|0|2|0', 'a new connection has no name at first');
$_->kill9 for $two[1], $unknown;
$pooler->stop;

# Three ways to have it told.
$pooler = pooler(server_reset_query => 'RESET application_name', server_reset_query_always => 1);
my $named = client($pooler, 'psycopg2', name => 'named');
$unknown = client($pooler, 'psycopg2');
$named->ask('statements', 3);
$unknown->ask('statements', 5);
$named->ask('statements', 1);
counted($node, 'named', 'xacts', 4, 'with RESET after each transaction: the one');
counted($node, $nameless, 'xacts', 5, 'and the other');
$_->kill9 for $named, $unknown;
$pooler->stop;

$pooler = pooler(databases => [ 'postgres =', 'nameless = dbname=postgres' ]);
$named = client($pooler, 'psycopg2', name => 'named');
$unknown = client($pooler, 'psycopg2', database => 'nameless');
$named->ask('statements', 3);
$unknown->ask('statements', 5);
counted($node, 'named', 'xacts', 3, 'with a database entry for each: the one');
counted($node, $nameless, 'xacts', 5, 'and the other');
$_->kill9 for $named, $unknown;
$pooler->stop;

$pooler = pooler(application_name_add_host => 1);
$unknown = client($pooler, 'psycopg2');
$unknown->ask('statements', 5);
answer_is($node, q{SELECT application_name ~ '^app - 127\.0\.0\.1:\d+$', xacts
	FROM caliper.pools WHERE xacts = 5 AND connections = 1}, 't|5',
	'with application_name_add_host each connection is an application');
$unknown->kill9;
$pooler->stop;

# All clients work behind it.  What Django and ActiveRecord do beyond what they
# are asked for: see 010_clients.pl.
$pooler = pooler();
my %beyond = ('active-record' => '6|6', 'django' => '0|1');
for my $kind (Client::all())
{
	my $client = client($pooler, $kind, name => $kind);
	my ($xacts, $setups) = split /\|/, $beyond{$kind} // '0|0';

	$node->safe_psql('postgres', 'SELECT caliper.reset()');
	$client->ask('statements', 12);
	$client->ask('transactions', 2, 20);
	counted($node, $kind, 'connections, busy, busy_peak, xacts, setups',
		'1|0|1|' . (14 + $xacts) . "|$setups", "$kind through PgBouncer");
	$client->quit;
}
$pooler->stop;

# More clients than connections: the server sees what PgBouncer lets through.
$pooler = pooler(default_pool_size => 3);
my $many = client($pooler, 'node-postgres', name => 'many');
$many->ask('parallel', 9, 200);
counted($node, 'many', 'connections, connections_peak, busy_peak, xacts', '3|3|3|9',
	'nine at once over three connections');
counted($node, $nameless, 'opened', 3, 'which PgBouncer opened');
$many->quit;
$pooler->stop;
counted($node, 'many', 'connections, closed', '0|3', 'and closed');

# Labels: PgBouncer refuses options in a connection string, or ignores them.
$pooler = pooler();
eval { client($pooler, 'psycopg2', name => 'labelled', label => 'cache')->ask('statements', 1) };
like($@, qr/unsupported startup parameter: options/,
	'options in the connection string are refused');
$pooler->stop;
$pooler = pooler(ignore_startup_parameters => 'options');
my $labelled = client($pooler, 'psycopg2', name => 'labelled', label => 'cache');
$labelled->ask('statements', 1);
my $label = q{SELECT coalesce(pool, '-'), xacts FROM caliper.pools
	WHERE application_name = 'labelled' AND xacts > 0};
answer_is($node, $label, '-|1', 'or ignored, if it is told so');
$labelled->kill9;
$pooler->stop;

# From PgBouncer 1.20 on it follows settings that the server reports.
$labelled = Client->new($node, 'psycopg2', name => 'labelled', label => 'cache');
my %reported = $labelled->ask('reported', 'pg_caliper.pool');
is($reported{value}, 'cache', 'the label is reported to clients');
$labelled->quit;

# With 1.18 a label belongs to a database entry, or in session mode to a role.
for my $mode ('transaction', 'session')
{
	$pooler = pooler(pool_mode => $mode, databases =>
		  [ q{cache = dbname=postgres connect_query='SET pg_caliper.pool = ''cache'''} ]);
	for my $expected ('cache', $mode eq 'session' ? '-' : 'cache')
	{
		$labelled = client($pooler, 'psycopg2', name => 'labelled', database => 'cache');
		$node->safe_psql('postgres', 'SELECT caliper.reset()');
		$labelled->ask('statements', 1);
		answer_is($node, $label, "$expected|1", "connect_query, pool_mode = $mode: $expected");
		$labelled->quit;
	}
	$pooler->stop;
}
$node->safe_psql('postgres', "ALTER ROLE $user SET pg_caliper.pool = 'cache'");
$pooler = pooler(pool_mode => 'session');
for my $time ('first', 'second')
{
	$labelled = client($pooler, 'psycopg2', name => 'labelled');
	$node->safe_psql('postgres', 'SELECT caliper.reset()');
	$labelled->ask('statements', 1);
	answer_is($node, $label, 'cache|1', "the label of a role, pool_mode = session: $time client");
	$labelled->quit;
}
$pooler->stop;

$node->stop;
done_testing();
