# The background worker comes back, stands in nobody's way, and is not needed.

use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/lib";
use Caliper;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = Caliper::node('worker',
	'allows_streaming' => 1,
	'restart_after_crash' => 'on',
	'pg_caliper.save_interval' => '1s');

sub worker
{
	return Caliper::info($node, 'worker', 'pid');
}

sub wait_for_worker
{
	my ($but) = @_;

	return $node->poll_query_until('postgres',
		"SELECT value IS NOT NULL AND value <> $but FROM caliper.info WHERE component = 'worker' AND name = 'pid'");
}

# User and system time of a process, in seconds.
sub cpu
{
	my ($pid) = @_;
	my @stat = split ' ', (slurp_file("/proc/$pid/stat") =~ s/^.*\) //sr);

	return ($stat[11] + $stat[12]) / 100;
}

# How often a process has gone to sleep.
sub wakes
{
	my ($pid) = @_;

	return unless -e "/proc/$pid/status";
	return (slurp_file("/proc/$pid/status") =~ /^voluntary_ctxt_switches:\s+(\d+)/m)[0];
}

ok(wait_for_worker(0), 'the worker runs');
my $pid = worker();

# It is cheap, and it beats.
SKIP:
{
	skip 'no /proc', 1 unless -e "/proc/$pid/stat";
	my $before = cpu($pid);
	sleep 5;
	cmp_ok(cpu($pid) - $before, '<', 0.05,
		'it takes less than 1 % of a core, saving each second');
}
cmp_ok(Caliper::info($node, 'worker', 'last_beat_age'), '<', 1, 'it beats');

# It holds no database.
$node->safe_psql('postgres', 'CREATE DATABASE gone');
$node->safe_psql('gone', 'CREATE EXTENSION pg_caliper; SELECT count(*) FROM caliper.statements');
$node->safe_psql('postgres', 'ALTER DATABASE gone RENAME TO going');
$node->safe_psql('postgres', 'DROP DATABASE going');
$node->safe_psql('postgres', 'CREATE DATABASE copy TEMPLATE postgres');
$node->safe_psql('postgres', 'DROP DATABASE copy');
is(worker(), $pid, 'databases are renamed, copied and dropped beside it');

# It reads its configuration again.
$node->append_conf('postgresql.conf', 'pg_caliper.save_interval = 0');
$node->append_conf('postgresql.conf', 'pg_caliper.wait_sample_interval = 0');
$node->append_conf('postgresql.conf', 'pg_caliper.history_interval = 0');
$node->reload;
sleep 2;
my $saves = Caliper::info($node, 'save', 'saves');
my $wakes = wakes($pid);
sleep 2;
is(Caliper::info($node, 'save', 'saves'), $saves, 'with no interval it does not save');
SKIP:
{
	skip 'no /proc', 1 unless defined $wakes;
	cmp_ok(wakes($pid) - $wakes, '<=', 6,
		'and with nothing to do but look for alerts it sleeps most of the time');
}
$node->append_conf('postgresql.conf', 'pg_caliper.save_interval = 1');
$node->append_conf('postgresql.conf', 'pg_caliper.wait_sample_interval = 100');
$node->reload;
ok( $node->poll_query_until('postgres',
		"SELECT value > $saves FROM caliper.info WHERE component = 'save' AND name = 'saves'"),
	'a shorter interval counts at once');

# Killed politely, it comes back; meanwhile everything can be read.
kill 'TERM', $pid;
ok( $node->poll_query_until('postgres',
		"SELECT value IS NULL FROM caliper.info WHERE component = 'worker' AND name = 'pid'"),
	'SIGTERM ends it');
like(
	$node->safe_psql(
		'postgres',
		q{SELECT detail FROM caliper.info WHERE component = 'worker' AND name = 'pid'}),
	qr/not running/,
	'caliper.info says that it does not run');
$node->safe_psql('postgres', "SELECT 'without', 'worker'");
is( $node->safe_psql('postgres',
		q{SELECT calls FROM caliper.statements WHERE query = 'SELECT $1, $2'}),
	'1', 'reading does not need it');
ok(wait_for_worker($pid), 'it is started again');
$pid = worker();

# Killed brutally, the server goes through crash recovery, as with any process.
$node->safe_psql('postgres', "SELECT 'kept', 'over', 'the crash'");
sleep 3;
kill 'KILL', $pid;
sleep 1;
$node->poll_query_until('postgres', 'SELECT true') or die 'no server';
ok(wait_for_worker($pid), 'it is there again after SIGKILL');
is( $node->safe_psql('postgres',
		q{SELECT calls FROM caliper.statements WHERE query = 'SELECT $1, $2, $3'}),
	'1', 'and what was saved is too');

# A standby has one as well.
$node->backup('backup');
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($node, 'backup', has_streaming => 1);
$standby->start;
$node->wait_for_catchup($standby);
ok( $standby->poll_query_until('postgres',
		q{SELECT value > 0 FROM caliper.info WHERE component = 'save' AND name = 'saves'}),
	'on a standby the worker runs and saves');
$standby->safe_psql('postgres', "SELECT 'on', 'the', 'standby', 1");
is( $standby->safe_psql('postgres',
		q{SELECT calls FROM caliper.statements WHERE query = 'SELECT $1, $2, $3, $4'}),
	'1', 'and statements are counted there');
$standby->safe_psql('postgres', 'SELECT caliper.reset()');
$standby->restart;
$standby->promote;
$standby->safe_psql('postgres', 'CREATE TABLE written ()');
ok( $standby->poll_query_until('postgres',
		q{SELECT value > 1 FROM caliper.info WHERE component = 'save' AND name = 'saves'}),
	'after promotion it goes on');
$standby->stop;

# No slot for a worker: everything else works.
$node->append_conf('postgresql.conf', 'max_worker_processes = 0');
$node->append_conf('postgresql.conf', 'max_parallel_workers = 0');
$node->append_conf('postgresql.conf', 'max_logical_replication_workers = 0');
$node->restart;
is( $node->safe_psql('postgres',
		q{SELECT calls FROM caliper.statements WHERE query = 'SELECT $1, $2, $3'}),
	'1', 'without a worker the shutdown is saved');
$node->safe_psql('postgres', 'SELECT caliper.reset()');
is(worker(), '', 'there is none');
$node->restart;
is( $node->safe_psql('postgres',
		q{SELECT count(*) FROM caliper.statements WHERE query = 'SELECT $1, $2, $3'}),
	'0', 'and what was reset stays away');
$node->stop;

done_testing();
