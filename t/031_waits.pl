# Where the time of a slow execution went: waiting for a lock, for I/O, for the
# client, or none of these must look different.

use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/lib";
use Caliper;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(sleep);

my $node = Caliper::node('waits',
	shared_buffers => '1MB',
	max_parallel_workers_per_gather => 0,
	'pg_caliper.wait_sample_interval' => '10ms',
	'pg_caliper.slow_min_duration' => '400ms');

# One value of the latest event whose text has a word in it.
sub event
{
	my ($expression, $word) = @_;

	return $node->safe_psql('postgres',
		"SELECT $expression FROM caliper.slow_statements WHERE query LIKE '%$word%'"
		  . ' ORDER BY started DESC LIMIT 1');
}

# The share of the time that a column names, once per cent.
sub share
{
	my ($column, $word) = @_;

	return event("round(100 * $column / duration)", $word);
}

$node->safe_psql('postgres', q(
	CREATE TABLE accounts AS
		SELECT i AS id, i % 10 AS kind, repeat('x', 500) AS filler
		FROM generate_series(1, 40000) AS i;
	ALTER TABLE accounts ADD PRIMARY KEY (id);
	SELECT caliper.reset('slow')));

# on nobody
$node->safe_psql('postgres', 'SELECT pg_sleep(0.6) AS asleep');
cmp_ok(share('other_time', 'asleep'), '==', 100, 'asleep: all is other time');
cmp_ok(event('wait_samples', 'asleep'), '>=', 20, 'the worker looked often');
# (one look may fall on the moment before or after)
is(event("(wait_profile->>'timeout')::numeric >= 0.9 *
		(SELECT sum(v::numeric) FROM jsonb_each_text(wait_profile) AS e (k, v))",
		'asleep'), 't', 'and saw one kind of wait');

# on a lock of another session, on a row and on a table
my $holder = $node->background_psql('postgres');
for my $case (
	[ 'row', 'UPDATE accounts SET kind = 1 WHERE id = 1',
		'DELETE /* row */ FROM accounts WHERE id = 1' ],
	[ 'table', 'UPDATE accounts SET kind = 1 WHERE id = 2',
		'LOCK /* table */ TABLE accounts IN SHARE MODE' ])
{
	my ($name, $hold, $wait) = @$case;

	$holder->query_safe("BEGIN; $hold");
	my $waiter = IPC::Run::start(
		[ 'psql', '-XqAt', '-d', $node->connstr('postgres'), '-c', "BEGIN; $wait; COMMIT" ],
		'>', \my $out, '2>', \my $err);
	$node->poll_query_until('postgres',
		"SELECT count(*) > 0 FROM pg_stat_activity WHERE wait_event_type = 'Lock'");
	sleep 0.6;
	$holder->query_safe('COMMIT');
	$waiter->finish;
	cmp_ok(share('lock_time', "/* $name */"), '>=', 90,
		"waiting for a $name lock is lock time");
}
$holder->quit;

# on the processor
$node->safe_psql('postgres',
	'SELECT count(*) AS busy FROM generate_series(1, 6000000) AS i WHERE i % 7 = 3');
cmp_ok(share('lock_time', 'busy'), '==', 0, 'work: no lock time');
cmp_ok(event("(wait_profile ->> 'cpu')::int", 'busy'), '>', 0, 'but processor');

# on a client that does not take its rows
system_or_bail('sh', '-c',
	'psql -XqAt -d "$0" -c "COPY (SELECT repeat(\'x\', 1000) FROM generate_series(1, 20000)) TO STDOUT /* greedy */" | (sleep 1; cat >/dev/null)',
	$node->connstr('postgres'));
cmp_ok(share('client_time', 'greedy'), '>=', 80, 'a slow client is client time');

# on I/O, as measured
$node->safe_psql('postgres', q(
	SET track_io_timing = on;
	SET pg_caliper.slow_min_duration = 0;
	SELECT sum(length(filler)) AS measured FROM accounts));
is(event('io_time = (SELECT blk_read_time + blk_write_time FROM caliper.statements AS s'
		  . ' WHERE s.queryid = slow_statements.queryid AND s.toplevel)', 'measured'),
	't', 'I/O time is what core measured');

# what fails is told apart as well
my $locker = $node->background_psql('postgres');
$locker->query_safe('BEGIN; LOCK TABLE accounts');
$node->psql('postgres',
	"BEGIN; SET statement_timeout = '600ms'; LOCK /* in vain */ TABLE accounts IN ROW SHARE MODE");
$locker->query_safe('ROLLBACK');
$locker->quit;
is(event('sqlstate', 'in vain'), '57014', 'a statement that timed out is there');
cmp_ok(share('lock_time', 'in vain'), '>=', 90, 'with what it waited for');

# in every case the parts are the whole
is($node->safe_psql('postgres', q(
	SELECT count(*) FROM caliper.slow_statements
	WHERE abs(duration - io_time - lock_time - client_time - other_time) > 0.001)),
	'0', 'the parts add up to the duration');

# without a worker there is no answer, and nothing else is missing
$node->append_conf('postgresql.conf', 'pg_caliper.wait_sample_interval = 0');
$node->reload;
sleep 0.3;
$node->safe_psql('postgres', 'SELECT pg_sleep(0.5), 1 AS unseen');
is(event('wait_samples', 'unseen'), '0', 'no samples while sampling is off');
is(event('lock_time IS NULL AND other_time IS NULL AND wait_profile IS NULL', 'unseen'),
	't', 'and no times made up');

$node->stop;
done_testing();
