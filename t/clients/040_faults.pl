# Applications with the faults that fill pools, written with real clients: what
# caliper.diagnosis says of each, and of others that have none.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/../lib", "$FindBin::RealBin/lib";

use Caliper;
use Client;
use Counted;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(sleep time);

my $seconds = 25;
my $node = Caliper::node(
	'faults',
	'listen_addresses' => '127.0.0.1',
	'max_connections' => 120,
	'pg_caliper.history_interval' => '100ms',
	'pg_caliper.wait_sample_interval' => '50ms');

$node->safe_psql('postgres', q{
	CREATE TABLE item (id serial PRIMARY KEY, name text NOT NULL, qty int NOT NULL DEFAULT 0);
	INSERT INTO item (name) SELECT 'thing ' || g FROM generate_series(1, 1000) AS g;
});

# What each client does (see its program), and what is to be said of it.
my @faults = (
	[ 'prisma', 'inside', 'held_idle' ],
	[ 'prisma', 'outside', 'healthy|client_side_wait|over_provisioned' ],
	[ 'node-postgres', 'keeps', 'client_side_wait' ],
	[ 'node-postgres', 'leaks', 'connection_leak' ],
	[ 'node-postgres', 'small', 'pool_too_small' ],
	[ 'node-postgres', 'fine', 'healthy' ],
	[ 'psycopg3', 'connects', 'churn' ],
	[ 'psycopg2', 'eager', 'over_provisioned' ],
	[ 'django', 'locks', 'lock_waits' ],
	[ 'active-record', 'slow', 'slow_statements' ]);

my @clients;
for (@faults)
{
	my ($kind, $fault) = @$_;
	my $client = Client->new($node, $kind, name => "$kind $fault");

	$client->tell($fault, $seconds);
	push @clients, $client;
}

# Their input goes to them while they are pumped.
my $end = time + $seconds - 3;
while (time < $end)
{
	$_->{run}->pump_nb for @clients;
	sleep 0.2;
}

for (@faults)
{
	my ($kind, $fault, $expected) = @$_;
	my $name = "$kind $fault";
	my ($verdict, $sure, $step) = split /\|/, $node->safe_psql('postgres',
		"SELECT verdict, confidence, next_step FROM caliper.diagnose('22 s', '$name')");

	like($verdict // '', qr/^(?:$expected)$/, "$name: $expected")
	  or diag($node->safe_psql('postgres',
			"SELECT evidence FROM caliper.diagnose('22 s', '$name')"));
	note("$name: sure $sure: $step");
}
is($node->safe_psql('postgres', q{SELECT next_step LIKE '%on /checkout%"item"%'
	FROM caliper.diagnose('22 s', 'prisma inside')}), 't', 'with the route and the statement');

for my $client (@clients)
{
	my %facts = $client->answer;

	note("$client->{kind}: ", join ' ', map { "$_=$facts{$_}" } sort keys %facts);
	$client->kill9;
}

$node->stop;
done_testing();
