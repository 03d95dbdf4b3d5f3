# Real clients, all put to the same work: what they did is what is counted.
#
# A framework does more than it is asked for; how much more, per client, stands
# in the table below, and any difference from it is an error of the counting or
# news about the client.

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

my $node = Caliper::node(
	'clients',
	'listen_addresses' => '127.0.0.1',
	'pg_caliper.slow_min_duration' => 0);
my $user = getpwuid($<);

$node->safe_psql('postgres',
	'CREATE TABLE item (id serial PRIMARY KEY, name text NOT NULL, qty int NOT NULL DEFAULT 0)');

# Per step: connections opened, closed, transactions, setups; then connections
# at the end and at most, and busy ones at most.
my @steps = ([ 'open', 5 ], [ 'statements', 20 ], [ 'parallel', 4, 300 ], [ 'fail' ]);
my @plain = ('5|0|0|0|5|5|0', '0|0|20|0|5|5|1', '0|0|4|0|5|5|4', '0|0|1|0|5|5|1');
my %expected = (
	'psycopg2' => \@plain,
	'psycopg3' => \@plain,

	# The pool closes a connection on which a statement failed.
	'node-postgres' => [ @plain[0 .. 2], '0|1|1|0|4|5|1' ],

	# The same pool; it opens a connection when there is a statement for it.
	'prisma' => [ '5|0|5|0|5|5|5', @plain[1, 2], '0|1|1|0|4|5|1' ],

	# One connection for each thread, and each begins with a SET.
	'django' => [ '5|0|0|5|5|5|0', '1|0|20|1|6|6|1', '4|4|4|4|6|10|4', '0|0|1|0|6|6|1' ],

	# A connection begins with two queries for types, four SETs and a SHOW; a
	# thread that takes one from the pool sends SELECT 1; and a model reads
	# about its table before it is first used.
	'active-record' => [ '5|0|15|25|5|5|', '0|0|22|2|5|5|1', '0|0|8|0|5|5|4', '0|0|1|0|5|5|1' ]);

# What they call themselves if nobody gives them a name.
my %nameless = ('active-record' => "$FindBin::RealBin/programs/active_record.rb");

# How many connections are open at the end.
my %open = ('node-postgres' => 4, 'prisma' => 4, 'django' => 6);

sub reset_counts
{
	$node->safe_psql('postgres', 'SELECT caliper.reset()');
	return;
}

# Gap and held time are what the client's own clock says; up to five times, as
# a machine that stalls between two clocks' readings makes them differ.
sub times_are_near
{
	my ($kind, $client) = @_;
	my (%facts, $gap, $held, $work, $xacts);
	my $near = sub {
		return is_near($gap, $facts{gap}) && is_near($held, $facts{held})
		  && is_near($work, $facts{held} - $facts{gap});
	};

	for (1 .. 5)
	{
		reset_counts();
		%facts = $client->ask('transactions', 3, 250);
		($gap, $held, $work, $xacts) = split /\|/, $node->safe_psql('postgres',
			"SELECT gap_time, held_time, work_time, xacts
			FROM caliper.pools WHERE application_name = '$kind'");
		last if $near->();
	}
	is($xacts, 3, "$kind: transactions");
	ok(is_near($gap, $facts{gap}), "$kind: gap $gap ms, the client waited $facts{gap} ms");
	ok(is_near($held, $facts{held}), "$kind: held $held ms, by the client's clock $facts{held} ms");
	ok(is_near($work, $facts{held} - $facts{gap}), "$kind: the rest is work");
	return;
}

for my $kind (Client::all())
{
	my $client = Client->new($node, $kind, name => $kind, label => "$kind-pool");
	my $open = $open{$kind} // 5;

	for my $i (0 .. $#steps)
	{
		reset_counts();
		$client->ask(@{ $steps[$i] });
		my $columns = 'opened, closed, xacts, setups, connections, connections_peak, busy_peak';
		# how many of five get as far as to be busy at once is chance
		$columns =~ s/, busy_peak// if $expected{$kind}[$i] =~ s/\|$//;
		counted($node, $kind, $columns, $expected{$kind}[$i], "$kind: @{ $steps[$i] }");
	}
	answer_is($node, "SELECT pool, usename, client_addr
		FROM caliper.pools WHERE application_name = '$kind'",
		"$kind-pool|$user|127.0.0.1", "$kind: the label of the connection string");
	if ($kind eq 'node-postgres' || $kind eq 'prisma')
	{
		$client->ask('open', 5);
		$open = 5;
	}
	times_are_near($kind, $client);

	# A name that changes takes the connection along.
	reset_counts();
	$client->ask('rename', "$kind-too");
	counted($node, $kind, 'connections, xacts, setups, opened, closed',
		$open - 1 . '|0|1|0|0', "$kind: SET application_name is a setup");
	counted($node, "$kind-too", 'connections, xacts, setups, opened, closed',
		'1|0|0|0|0', "$kind: and the connection goes to its new name");
	done_with($client, $kind, $open);
}

# The rest of a client's life.
sub done_with
{
	my ($client, $kind, $open) = @_;
	my $both = "application_name IN ('$kind', '$kind-too')";
	my $sums = "SELECT sum(connections), sum(busy), sum(closed), sum(abandoned)
		FROM caliper.pools WHERE $both";

	$client->ask('tagged', '/orders/:id');
	answer_is($node, "SELECT count(*) FROM caliper.slow_statements
		WHERE $both AND route = '/orders/:id'", 1, "$kind: the route of a comment");

	$client->ask('hold');
	answer_is($node, "SELECT sum(busy), sum(connections) FROM caliper.pools WHERE $both",
		"1|$open", "$kind: a transaction is open");
	$client->kill9;
	answer_is($node, $sums, "0|0|$open|$open", "$kind: killed, it abandoned all of them");

	reset_counts();
	$client = Client->new($node, $kind, name => $kind);
	$client->ask('open', 2);
	$client->quit;
	answer_is($node, $sums, '0|0|2|0', "$kind: those that were closed were not");

	$client = Client->new($node, $kind, name => "$kind-env", label => 'env', environment => 1);
	$client->ask('open', 1);
	answer_is($node, qq{SELECT pool, connections FROM caliper.pools
		WHERE application_name = '$kind-env'},
		'env|1', "$kind: name and label from the environment");
	$client->quit;

	$client = Client->new($node, $kind);
	$client->ask('open', 2);
	my $name = $nameless{$kind} // "$user\@127.0.0.1";
	$name =~ s/(.{63}).*/$1/;
	counted($node, $name, 'connections', 2, "$kind: without a name it is $name");
	$client->quit;
	counted($node, $name, 'connections', 0, "$kind: and gone");
	return;
}

$node->stop;
done_testing();
