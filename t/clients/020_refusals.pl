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
use Time::HiRes qw(usleep);

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

# Ends a client, and waits until its server processes are gone: one that is just
# ending has its slot still, though it is counted no more.
sub end_client
{
	my ($client, $name) = @_;
	my @pids = split /\n/, $node->safe_psql('postgres',
		"SELECT pid FROM pg_stat_activity WHERE application_name = '$name'");

	$client->kill9;
	for (1 .. 100)
	{
		last unless kill 0, @pids;
		usleep(100_000);
	}
	return counted($node, $name, 'connections', 0, "$name: all gone");
}

# Has a client open connections of which at least so many are over a limit: those
# that connect at the same moment can get into each other's way, and then the
# server refuses more of them.  What the client counted must have been written
# down, with everything that is to be known about it.
my $all = 0;

sub refused
{
	my ($kind, $n, $least, $reason, %option) = @_;
	my ($user, $database) = ($option{user}, $option{database} // 'postgres');
	my $sqlstate = $reason eq 'authentication' ? '28000' : '53300';
	my $name = "$kind $reason";
	my $client = Client->new($node, $kind, name => $name, %option);
	my %answer = $client->ask('open', $n);

	end_client($client, $name);
	$all += $answer{refused};
	cmp_ok($answer{refused}, '>=', $least, "$name: over the limit");
	is($answer{done} + $answer{refused}, $n, "$name: each was admitted or refused");
	answer_is($node, qq{SELECT usename, datname, client_addr, reason, sqlstate, refused
		FROM caliper.refusals WHERE application_name = '$name'},
		"$user|$database|127.0.0.1|$reason|$sqlstate|$answer{refused}",
		"$name: each refusal is written down");
	return;
}

for my $kind (Client::all())
{
	refused($kind, 5, 3, 'role_limit', user => 'few');
	refused($kind, 3, 3, 'authentication', user => 'locked');
	refused($kind, 3, 2, 'database_limit', user => 'app', database => 'small');
}

# The server is full: of one application's transactions, mostly.
my $holder = Client->new($node, 'psycopg2', name => 'holder', user => 'app');
my $other = Client->new($node, 'psycopg2', name => 'other', user => 'app');
$holder->ask('open', 9);
$holder->ask('hold');
$other->ask('open', 5);
for my $kind (Client::all())
{
	refused($kind, 4, 1, 'reserved_slots', user => 'app');
	answer_is($node, qq{SELECT slots_used >= 17, top_application, top_connections, top_idle_in_xact
		FROM caliper.refusals WHERE application_name = '$kind reserved_slots'},
		't|holder|9|1', "$kind: who held the slots");
}
answer_is($node, q{SELECT max_connections, refusals FROM caliper.server}, "$max_connections|$all",
	'and all of them together');
$_->kill9 for $holder, $other;

$node->stop;
done_testing();
