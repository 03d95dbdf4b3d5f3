# A crash loses what was collected since the latest save, and no more.

use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/lib";
use Caliper;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = Caliper::node('crash',
	'pg_caliper.save_interval' => '1s',
	'restart_after_crash' => 'on');
my $periodic_file = $node->data_dir . '/pg_stat_tmp/pg_caliper.save';

# How often "victim" ran its statement of so many columns.
sub calls
{
	my ($columns) = @_;
	my $query = 'SELECT ' . join(', ', map { "\$$_" } 1 .. $columns);

	return $node->safe_psql('postgres',
		"SELECT coalesce(sum(calls), 0) FROM caliper.statements WHERE application_name = 'victim' AND query = '$query'");
}

sub work
{
	my ($columns, $times) = @_;
	my $sql = 'SELECT ' . join(', ', 1 .. $columns) . ';';

	local $ENV{PGAPPNAME} = 'victim';
	$node->safe_psql('postgres', $sql x $times);
}

# Wait until a save that began after this moment is complete.
sub wait_for_save
{
	my $saves = Caliper::info($node, 'save', 'saves');

	$node->poll_query_until('postgres',
		"SELECT value >= $saves + 2 FROM caliper.info WHERE component = 'save' AND name = 'saves'")
	  or die 'no save';
}

# Kill a backend: the postmaster begins anew with fresh shared memory.
sub crash_backend
{
	my $victim = $node->background_psql('postgres');
	my $pid = $victim->query_safe('SELECT pg_backend_pid()');

	kill 'KILL', $pid;
	$victim->{run}->kill_kill;
	$node->poll_query_until('postgres',
		"SELECT count(*) = 0 FROM pg_stat_activity WHERE pid = $pid")
	  or die 'the server did not come back';
}

work(3, 10);
wait_for_save();
crash_backend();
is(calls(3), 10, 'what was saved survives the crash of a backend');

work(3, 5);
is(calls(3), 15, 'and counting goes on');
wait_for_save();
crash_backend();
is(calls(3), 15, 'a second crash counts nothing twice');

work(3, 1);
wait_for_save();
$node->kill9;
Caliper::start_again($node);
is(calls(3), 16, 'what was saved survives kill -9 of the postmaster');

# The shutdown file is older than the periodic one now, or the other way.
work(4, 7);
$node->restart;
is(calls(4), 7, 'the newer of the two files wins: that of the shutdown');
work(4, 1);
wait_for_save();
$node->stop('immediate');
$node->start;
is(calls(4), 8, 'the newer of the two files wins: the periodic one');

# What was reset does not come back: the worker saves at once.
$node->append_conf('postgresql.conf', 'pg_caliper.save_interval = 0');
$node->reload;
my $saves = Caliper::info($node, 'save', 'saves');
$node->safe_psql('postgres', 'SELECT caliper.reset()');
ok( $node->poll_query_until('postgres',
		"SELECT value > $saves FROM caliper.info WHERE component = 'save' AND name = 'saves'"),
	'a reset asks for a save');
crash_backend();
is(calls(3) + calls(4), 0, 'a crash does not bring back what was reset');

done_testing();
