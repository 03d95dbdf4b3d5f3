# How long a transaction holds its connection, and how much of that the server
# waited for the client.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/lib";

use Caliper;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(usleep);

my $node = Caliper::node('gap');
my $scripts = 0;

$node->safe_psql('postgres', 'CREATE TABLE t AS SELECT 1 AS id');

# The command that runs a script as one client of pgbench, whose \sleep is exact.
sub pgbench
{
	my ($protocol, $times, $script) = @_;
	my $file = $node->basedir . '/script' . ++$scripts;

	append_to_file($file, $script);
	return ('pgbench', '-n', '-M', $protocol, '-c', '1', '-t', $times, '-f', $file,
		'-h', $node->host, '-p', $node->port, 'postgres');
}

# Runs it under an application name.
sub run_script
{
	my ($name, @command) = @_;

	local $ENV{PGAPPNAME} = $name;
	command_ok([@command], "$name: pgbench");
}

# Columns of one pool, as numbers.
sub pool
{
	my ($name, $columns) = @_;

	return split /\|/, $node->safe_psql('postgres',
		"SELECT $columns FROM caliper.pools WHERE application_name = '$name'");
}

# Whether a time is within 2 % or 20 ms.
sub is_near
{
	my ($got, $expected) = @_;
	my $slack = $expected * 0.02 > 20 ? $expected * 0.02 : 20;

	return abs($got - $expected) <= $slack;
}

# Runs what gives triples of a time, what it should be, and a name, under an
# application name of its own, until all are near, at most five times: a
# machine that stalls makes the client's own pauses longer than it asked for.
sub all_near
{
	my ($name, $run) = @_;
	my @times;

	for my $try (1 .. 5)
	{
		@times = $run->("$name $try");
		last unless grep { !is_near($_->[0], $_->[1]) } @times;
	}
	ok(is_near($_->[0], $_->[1]), "$name: $_->[2]: $_->[0] ms, expected $_->[1] ms")
	  for @times;
}

# The client thinks inside its transaction.
for my $protocol ('simple', 'prepared')
{
	all_near("thinks $protocol", sub {
		my ($name) = @_;
		run_script($name, pgbench($protocol, 1,
				"BEGIN;\nSELECT 1;\n\\sleep 1 s\nCOMMIT;\n\\sleep 500 ms\n"));
		my ($held, $work, $gap, $xacts, $estimated) =
		  pool($name, 'held_time, work_time, gap_time, xacts, gap_estimated');
		is("$xacts $estimated", '1 0', "$name: one transaction");
		return ([ $gap, 1000, 'gap' ], [ $held, 1000, 'held' ], [ $work, 0, 'work' ]);
	});
}

# Several gaps add up; the time between transactions is none.
all_near('several', sub {
	my ($name) = @_;
	run_script($name, pgbench('prepared', 2,
			"BEGIN;\n\\sleep 200 ms\nSELECT pg_sleep(0.1);\n\\sleep 200 ms\nINSERT INTO t VALUES (2);\n\\sleep 100 ms\nCOMMIT;\n\\sleep 100 ms\n"));
	my ($work, $gap, $commit) = pool($name, 'work_time, gap_time, commit_time');
	cmp_ok($commit, '>', 0, "$name: commit took time");
	return ([ $gap, 1000, 'gap' ], [ $work, 200 + $commit, 'work' ]);
});

# Without track_activities the gap is an estimate, and the view says so.
all_near('estimated', sub {
	my ($name) = @_;
	local $ENV{PGOPTIONS} = '-c track_activities=off';
	run_script($name, pgbench('prepared', 1,
			"BEGIN;\nSELECT 1;\n\\sleep 1 s\nCOMMIT;\n"));
	my ($gap, $estimated) = pool($name, 'gap_time, gap_estimated');
	is($estimated, 1, "$name: it is estimated");
	return [ $gap, 1000, 'gap' ];
});

# A transaction that failed is held until ROLLBACK.
all_near('failed', sub {
	my ($name) = @_;
	$node->psql('postgres', "BEGIN;\nSELECT 1/0;\n\\! sleep 0.5\nROLLBACK;\n",
		connstr => $node->connstr('postgres') . " application_name='$name'",
		on_error_stop => 0);
	my ($held, $gap) = pool($name, 'held_time, gap_time');
	return ([ $gap, 500, 'gap' ], [ $held, 500, 'held' ]);
});

# Waiting for a lock is work: in the parser, and when a statement that was
# prepared before is bound again.  The client comes back 0.7 s after its first
# transaction and finds the table locked until 2 s after it.
for my $protocol ('simple', 'prepared')
{
	my $name = "waits $protocol";
	my $locker = $node->background_psql('postgres');

	my @command = pgbench($protocol, 2,
		"BEGIN;\nSELECT 2;\nSELECT count(*) FROM t;\nCOMMIT;\n\\sleep 700 ms\n");
	my ($out, $err) = ('', '');
	my $run;
	{
		local $ENV{PGAPPNAME} = $name;
		$run = IPC::Run::start(\@command, '>', \$out, '2>', \$err);
	}
	$node->poll_query_until('postgres',
		"SELECT xacts = 1 FROM caliper.pools WHERE application_name = '$name'");
	$locker->query_safe('BEGIN; LOCK TABLE t');
	usleep(1_500_000);
	my ($waiting, $live_held, $live_gap) = split /\|/, $node->safe_psql('postgres',
		"SELECT wait_event_type, held_time, gap_time FROM caliper.active WHERE application_name = '$name'");
	is($waiting, 'Lock', "$name: seen waiting");
	cmp_ok($live_held, '>', 500, "$name: held so far");
	cmp_ok($live_gap, '<', 20, "$name: without a gap");
	$locker->query_safe('COMMIT');
	$locker->quit;
	$run->finish;
	my ($work, $gap, $xacts) = pool($name, 'work_time, gap_time, xacts');
	is($xacts, 2, "$name: two transactions");
	cmp_ok($gap, '<', 20, "$name: no gap");
	cmp_ok($work, '>=', $live_held, "$name: all of it is work");
}

# The open transaction, live.
my $open = $node->background_psql('postgres', extra_params => []);
$open->query_safe("SET application_name = 'open'");
$open->query_safe('BEGIN');
usleep(300_000);
$open->query_safe('SELECT 1');
usleep(300_000);
my ($state, $live_held, $live_gap, $query) = split /\|/, $node->safe_psql('postgres',
	q{SELECT state, held_time, gap_time, query LIKE 'SELECT 1%' FROM caliper.active WHERE application_name = 'open'});
is($state, 'idle in transaction', 'open: state');
cmp_ok($live_gap, '>=', 600, 'open: the gap that ended and the one that has not');
cmp_ok($live_held, '>=', $live_gap, 'open: held');
is($query, 't', 'open: the last statement');
$open->query_safe('COMMIT');
is($node->safe_psql('postgres',
		q{SELECT state, held_time IS NULL, gap_time IS NULL FROM caliper.active WHERE application_name = 'open'}),
	'idle|t|t', 'open: no longer');

# A gap that the end of the connection ends.
$open->query_safe('BEGIN');
usleep(500_000);
$open->quit;
$node->poll_query_until('postgres',
	q{SELECT connections = 0 FROM caliper.pools WHERE application_name = 'open'});
my ($gap) = pool('open', 'gap_time');
cmp_ok($gap, '>=', 1100, 'the gap before the connection was closed');

$node->stop;
done_testing();
