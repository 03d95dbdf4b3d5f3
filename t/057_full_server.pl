# Who has filled the server: a leak is called one, also when it can go on no
# more, and those who are refused because of it are told so.  Who just needs many
# connections has no leak.

use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/lib";
use Caliper;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(sleep time);
use Wire;

my $start = time;

# A server with nine slots for users.
sub server
{
	my ($name, %more) = @_;
	my $node = Caliper::node($name, 'max_connections' => 12, 'superuser_reserved_connections' => 3,
		'fsync' => 'off', 'pg_caliper.history_interval' => '100ms', %more);

	$node->safe_psql('postgres', 'CREATE ROLE app LOGIN; CREATE TABLE job AS SELECT 1 AS id; GRANT ALL ON job TO app');
	return { node => $node, kept => [] };
}

# One more connection of an application, which runs some statements.
sub connection
{
	my ($server, $name, @statements) = @_;
	my $wire = eval { Wire->new($server->{node}, application_name => $name, user => 'app') };

	return unless $wire;
	$wire->query($_) for @statements;
	return $wire;
}

# What the diagnosis says of an application.
sub diagnosis
{
	my ($server, $name, $columns) = @_;

	return $server->{node}->safe_psql('postgres', "SELECT $columns FROM caliper.diagnose('60 s', '$name')");
}

my $leak = server('leak');
my $open = server('open');
my $without = server('without', 'pg_caliper.history_interval' => 0);
my $busy = server('busy');

# One more each 0.8 s, that is used once, or not even gives back its
# transaction; at the other server all those that are there work on.
for my $turn (1 .. 14)
{
	my $until = time + 0.8;

	for my $server ($leak, $without)
	{
		push @{ $server->{kept} }, connection($server, 'mailer', 'SELECT id FROM job') // ();
		my $health = connection($server, 'health', 'SELECT 1');
		$health->disconnect if $health;
	}
	push @{ $open->{kept} }, connection($open, 'importer', 'BEGIN', 'SELECT id FROM job') // ();
	push @{ $busy->{kept} }, connection($busy, 'orders', 'SELECT id FROM job') // ();
	while (time < $until)
	{
		$_->query('SELECT id FROM job') for @{ $busy->{kept} };
		sleep 0.1;
	}
}
is(scalar(@{ $_->{kept} }), 9, $_->{node}->name . ': it is full') for $leak, $open, $without, $busy;

# Some time later nothing is as it was when they came, but that they are there.
sleep 3;
for my $server ($leak, $without)
{
	my $name = $server->{node}->name;
	my ($verdict, $sure, $step) = split /\|/,
	  diagnosis($server, 'mailer', 'verdict, confidence, next_step'), 3;

	is($verdict, 'connection_leak', "$name: a leak that has filled the server is a leak")
	  or diag(diagnosis($server, 'mailer', 'next_step, evidence'));
	note("$sure: $step");
	cmp_ok($sure, '>=', 0.4, "$name: it is sure");
	like($step, qr/^mailer opened 9 connections in \d+(\.\d)? s, used none of them again .* closed none: that has filled the server, which refused \d+ connections since 20/,
		"$name: and says what has come of it");
	unlike($step, qr/-\d+ free/, "$name: there are no fewer than no slots");
	like(diagnosis($server, 'health', 'verdict, next_step'),
		qr/^server_limit\|.*all 9 slots were taken, 9 of them by mailer, which opens connections and does not use them again: repair that \(see its row here\)/,
		"$name: who is refused because of it is told so");
}
like(diagnosis($open, 'importer', 'verdict, next_step'),
	qr/^connection_leak\|importer opened 9 .* left 9 idle in transaction, and closed none: that has filled the server/,
	'so is one inside transactions');
like(diagnosis($busy, 'orders', 'verdict, next_step'),
	qr/^server_limit\|.*all 9 slots were taken, 9 of them by itself: make its pools smaller before/,
	'who works with what he has opened has no leak');
$_->{node}->stop for $leak, $open, $without, $busy;
done_testing();
