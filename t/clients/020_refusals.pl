# Connections that the server refuses: each of them is written down, with the
# application, the reason, and who held the slots.

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

my $max_connections = 20;
my $node = Caliper::initialised(
	'refusals',
	'listen_addresses' => '127.0.0.1',
	'max_connections' => $max_connections,
	'superuser_reserved_connections' => 3);

unlink $node->data_dir . '/pg_hba.conf';
$node->append_conf('pg_hba.conf', join "\n", 'local all all trust',
	'host all locked 127.0.0.1/32 reject', 'host all all 127.0.0.1/32 trust', '');
$node->start;
$node->safe_psql('postgres', q{
	CREATE EXTENSION pg_caliper;
	CREATE ROLE few LOGIN CONNECTION LIMIT 2;
	CREATE ROLE locked LOGIN;
	CREATE ROLE app LOGIN;
	CREATE DATABASE small CONNECTION LIMIT 1;
	CREATE TABLE item (id serial PRIMARY KEY, name text NOT NULL, qty int NOT NULL DEFAULT 0);
	GRANT ALL ON item, item_id_seq TO few, app;
});

# What is written down about an application's refusals.
sub refusals
{
	my ($name, $expected, $test) = @_;

	return answer_is($node, qq{SELECT usename, datname, client_addr, reason, sqlstate, refused
		FROM caliper.refusals WHERE application_name = '$name'
		ORDER BY reason, usename}, $expected, $test);
}

# A client that opens some connections; how many were refused.
sub refused
{
	my ($kind, $n, %option) = @_;
	my $client = Client->new($node, $kind, name => $kind, %option);
	my %answer = $client->ask('open', $n);

	$client->kill9;
	counted($node, $kind, 'connections', 0, "$kind: all gone");
	is($answer{done} + $answer{refused}, $n, "$kind: each was admitted or refused");
	return $answer{refused};
}

for my $kind (Client::all())
{
	is(refused($kind, 5, user => 'few'), 3, "$kind: over the limit of the role");
	is(refused($kind, 3, user => 'locked'), 3, "$kind: not let in by pg_hba.conf");
	is(refused($kind, 3, user => 'app', database => 'small'), 2,
		"$kind: over the limit of the database");
	refusals($kind, "locked|postgres|127.0.0.1|authentication|28000|3\n"
		  . "app|small|127.0.0.1|database_limit|53300|2\n"
		  . 'few|postgres|127.0.0.1|role_limit|53300|3', "$kind: each refusal is written down");
}

# The server is full: of one application's transactions, mostly.
my $holder = Client->new($node, 'psycopg2', name => 'holder', user => 'app');
my $other = Client->new($node, 'node-postgres', name => 'other', user => 'app');
$holder->ask('open', 9);
$holder->ask('hold');
$other->ask('open', 5);
my %refused;
for my $kind (Client::all())
{
	my $client = Client->new($node, $kind, name => "late $kind", user => 'app');
	my %answer = $client->ask('open', 4);

	$client->kill9;
	counted($node, "late $kind", 'connections', 0, "late $kind: gone again");
	is($answer{refused}, 1, "late $kind: one was one too many");
	refusals("late $kind", "app|postgres|127.0.0.1|reserved_slots|53300|1",
		"late $kind: the others are for superusers");
	answer_is($node, qq{SELECT slots_used, top_application, top_connections, top_idle_in_xact
		FROM caliper.refusals WHERE application_name = 'late $kind'},
		"17|holder|9|1", "late $kind: who held the slots");
}
answer_is($node, q{SELECT max_connections, refusals FROM caliper.server}, "$max_connections|54",
	'and all of them together');
$_->kill9 for $holder, $other;

# The server shuts down while a client is connected.
$node->stop;
done_testing();
