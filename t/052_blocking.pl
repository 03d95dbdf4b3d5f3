# Who waits for a lock is led to the session that has to act, not to the next
# one in the queue, and his time is booked on what opened that transaction.

use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/lib";
use Caliper;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(sleep);
use Wire;

my $node = Caliper::node('blocking',
	'allows_streaming' => 1,
	'deadlock_timeout' => '2s',
	'max_connections' => 40,
	'max_prepared_transactions' => 2);
my @waiters;

# A session that takes statements one by one.
sub session
{
	my ($name) = @_;

	local $ENV{PGAPPNAME} = $name;
	return $node->background_psql('postgres', on_error_stop => 0);
}

# A session that sends one statement, which has to wait; returns once it does.
sub waiter
{
	my ($name, $sql) = @_;

	push @waiters,
	  IPC::Run::start([ 'psql', '-XqAt', '-d',
			$node->connstr('postgres') . " application_name=$name", '-c', $sql ],
		'<', \undef, '>', '/dev/null', '2>', '/dev/null');
	$node->poll_query_until('postgres', qq(
		SELECT wait_event_type = 'Lock' FROM pg_stat_activity WHERE application_name = '$name'))
	  or die "$name does not wait";
}

# All have got what they waited for, or were told that they will not.
sub finish
{
	$_->finish for splice @waiters;
}

sub query
{
	return $node->safe_psql('postgres', $_[0]);
}

# application: depth root, for all who wait.
sub chains
{
	return query(q(
		SELECT string_agg(concat_ws(' ', application_name, depth, root_application_name),
						  ', ' ORDER BY application_name, root_application_name)
		FROM caliper.blocking));
}

# Columns of the history of an application.
sub history
{
	my ($name, $columns) = @_;

	return split /\|/,
	  query("SELECT $columns FROM caliper.blocking_history WHERE application_name = '$name'");
}

query(q(
	CREATE TABLE account AS SELECT i AS id, 0 AS sum FROM generate_series(1, 10) AS i;
	ALTER TABLE account ADD PRIMARY KEY (id);
	CREATE ROLE stranger LOGIN));
is(query('SELECT count(*) FROM caliper.blocking'), '0', 'nobody waits');

# Five sessions, one row: the first waiter waits for the transaction, the others
# for the first waiter.
my $root = session('root');
my $pid = $root->query_safe(
	'BEGIN; UPDATE account SET sum = 1 WHERE id = 1; SELECT pg_backend_pid()');
waiter("waiter$_", 'UPDATE account SET sum = sum + 1 WHERE id = 1') for 1 .. 4;
is(chains(), 'waiter1 1 root, waiter2 2 root, waiter3 2 root, waiter4 2 root',
	'all are led to the root');
is(query('SELECT DISTINCT root_pid FROM caliper.blocking'), $pid, 'to its process');
is( query(q(SELECT DISTINCT root_state, root_opener_query, rtrim(root_query, E';\n')
			FROM caliper.blocking)),
	'idle in transaction|UPDATE account SET sum = $1 WHERE id = $2|SELECT pg_backend_pid()',
	'which does nothing, and what it did first and last');
is( query(q(SELECT count(*) FROM caliper.blocking
			WHERE blocked_by <> pg_catalog.pg_blocking_pids(pid))),
	'0', 'who stands directly in the way is as the server says');
like(query(q(SELECT lock FROM caliper.blocking WHERE application_name = 'waiter1')),
	qr/^ShareLock on transaction \d+$/, 'the first waits for a transaction');
is( query(q(SELECT DISTINCT lock FROM caliper.blocking WHERE application_name <> 'waiter1')),
	'ExclusiveLock on tuple (0,1) of relation account', 'the others for a row');

# What others see.
is( $node->safe_psql('postgres', q(
		SELECT count(*), count(pid), count(usename), count(application_name), count(lock),
			   count(waiting_for), count(blocked_by), count(depth), count(root_pid),
			   count(root_state), count(root_opener_queryid), count(root_query)
		FROM caliper.blocking), extra_params => [ '-U', 'stranger' ]),
	'4|4|4|0|0|0|0|0|0|0|0|0', 'strangers see that somebody waits, and nothing else');

# How long, and for whom.
sleep 3;
my $truth = query(q(
	SELECT sum(1000 * extract(epoch FROM clock_timestamp() - waitstart)),
		   max(1000 * extract(epoch FROM clock_timestamp() - waitstart))
	FROM pg_locks WHERE NOT granted));
$root->query_safe('COMMIT');
finish();
my ($sum, $longest) = split /\|/, $truth;
my ($episodes, $time, $longest_seen, $most, $query) =
  history('root', 'episodes, blocked_time, longest_wait, max_waiters, opener_query');
my $slack = $sum * 0.1 > 1100 ? $sum * 0.1 : 1100;
cmp_ok(abs($time - $sum), '<=', $slack, "history has the time waited: $time ms of $sum ms");
cmp_ok(abs($longest_seen - $longest), '<=', 1100, 'and the longest wait');
is("$episodes|$most|$query", '1|4|UPDATE account SET sum = $1 WHERE id = $2',
	'one episode, four waiters, by opener');
is( $node->safe_psql('postgres', q(
		SELECT count(*) > 0, count(usename), count(application_name), count(opener_query),
			   count(blocked_time), count(last_at)
		FROM caliper.blocking_history WHERE usename <> 'stranger'),
		extra_params => [ '-U', 'stranger' ]) =~ /^t\|[1-9]\d*\|0\|0\|0\|0$/ ? 'hidden' : 'seen',
	'hidden', 'strangers do not see it');

# A change of a table behind a reader, and readers behind the change.
my $reader = session('reader');
$reader->query_safe('BEGIN; SELECT count(*) FROM account');
waiter('change', 'ALTER TABLE account ADD COLUMN note text');
waiter("reader$_", 'SELECT sum(sum) FROM account') for 1 .. 2;
is(chains(), 'change 1 reader, reader1 2 reader, reader2 2 reader',
	'the readers behind the change are led to the reader before it');
is( query(q(SELECT lock FROM caliper.blocking WHERE application_name = 'change')),
	'AccessExclusiveLock on relation account', 'with the name of the table');

# Two roots.
my $second = session('second');
$reader->query_safe('COMMIT');
finish();
$_->query_safe('BEGIN; SELECT count(*) FROM account') for $reader, $second;
waiter('change', 'ALTER TABLE account DROP COLUMN note');
is(chains(), 'change 1 reader, change 1 second', 'a wait may have two roots');
$reader->query_safe('COMMIT');
is(chains(), 'change 1 second', 'and then one');
$second->query_safe('COMMIT');
finish();

# Several levels.
my $middle = session('middle');
$root->query_safe('BEGIN; UPDATE account SET sum = 0 WHERE id = 1');
$middle->query_safe('BEGIN; UPDATE account SET sum = 0 WHERE id = 2');
$middle->query_until(qr/sent/,
	"\\echo sent\nUPDATE account SET sum = 0 WHERE id = 1;\n");
waiter('last', 'UPDATE account SET sum = 0 WHERE id = 2');
$node->poll_query_until('postgres', 'SELECT count(*) = 2 FROM caliper.blocking');
is(chains(), 'last 2 root, middle 1 root', 'two levels');
$root->query_safe('ROLLBACK');
$middle->query_safe('COMMIT');
finish();

# Advisory locks.
$root->query_safe('SELECT pg_advisory_lock(4711)');
waiter('careful', 'SELECT pg_advisory_lock(4711)');
is(chains(), 'careful 1 root', 'advisory locks');
like(query('SELECT lock FROM caliper.blocking'), qr/^ExclusiveLock on advisory lock \[/,
	'by their key');
is(query('SELECT root_state, root_opener_query FROM caliper.blocking'), 'idle|',
	'held by a session without a transaction');
$root->query_safe('SELECT pg_advisory_unlock_all()');
finish();

# A transaction that was prepared and forgotten.
query(q(BEGIN; UPDATE account SET sum = 0 WHERE id = 3; PREPARE TRANSACTION 'forgotten'));
waiter('unlucky', 'UPDATE account SET sum = 0 WHERE id = 3');
is(query('SELECT root_pid, root_application_name, root_state FROM caliper.blocking'),
	'0|(prepared)|prepared', 'a prepared transaction is a root');
sleep 0.5;
query("ROLLBACK PREPARED 'forgotten'");
finish();
is((history('(prepared)', 'episodes'))[0], '1', 'also in history');

# A deadlock: nobody is at the root, until the server finds one.
my ($left, $right) = (session('left'), session('right'));
$left->query_safe('BEGIN; UPDATE account SET sum = 0 WHERE id = 4');
$right->query_safe('BEGIN; UPDATE account SET sum = 0 WHERE id = 5');
$right->query_until(qr/sent/, "\\echo sent\nUPDATE account SET sum = 0 WHERE id = 4;\n");
$left->query_until(qr/sent/, "\\echo sent\nUPDATE account SET sum = 0 WHERE id = 5;\n");
$node->poll_query_until('postgres', 'SELECT count(*) = 2 FROM caliper.blocking');
is(chains(), 'left, right', 'a circle has no root, and is not followed for ever');
for ($left, $right)
{
	$_->query('ROLLBACK');
	$_->quit;
}

# Many at the root, and several who wait for all of them: no more rows than
# somebody can read, and he is told of how many more there are.
my @sharers = map { Wire->new($node, application_name => "sharer $_") } 1 .. 20;
$_->query('BEGIN; SELECT pg_advisory_xact_lock_shared(7)') for @sharers;
waiter('all_of_them', 'SELECT pg_advisory_xact_lock(7)');
waiter('behind', 'SELECT pg_advisory_xact_lock_shared(7)');
is( query(q(SELECT application_name, count(*), count(DISTINCT root_pid), min(roots), max(roots)
			FROM caliper.blocking GROUP BY application_name ORDER BY application_name)),
	"all_of_them|16|16|20|20\nbehind|16|16|20|20", '16 of 20 roots have a row');
$_->query('COMMIT') for @sharers;
$_->disconnect for @sharers;
finish();

# Without the worker the present is there all the same; another one goes on
# where it was.
my $worker = Caliper::info($node, 'worker', 'pid');
query("SELECT caliper.reset('blocking')");
is(query('SELECT count(*) FROM caliper.blocking_history'), '0', 'reset forgets');
$root->query_safe('BEGIN; UPDATE account SET sum = 0 WHERE id = 6');
waiter('patient', 'UPDATE account SET sum = 0 WHERE id = 6');
$node->poll_query_until('postgres', 'SELECT count(*) = 1 FROM caliper.blocking_history');
kill 'TERM', $worker;
$node->poll_query_until('postgres',
	q(SELECT value IS NULL FROM caliper.info WHERE component = 'worker' AND name = 'pid'));
is(chains(), 'patient 1 root', 'the view needs no worker');
$node->poll_query_until('postgres',
	q(SELECT value IS NOT NULL FROM caliper.info WHERE component = 'worker' AND name = 'pid'));
sleep 2;
($episodes, $time) = history('root', 'episodes, blocked_time');
is($episodes, '1', 'for the next worker the episode goes on');
cmp_ok($time, '>', 1500, 'and it books what it sees');
cmp_ok($time, '<', 9000, 'but not what nobody saw');

# Sampling off.
$node->append_conf('postgresql.conf', 'pg_caliper.wait_sample_interval = 0');
$node->reload;
sleep 1;
($time) = history('root', 'blocked_time');
sleep 1;
is((history('root', 'blocked_time'))[0], $time, 'nothing is added while sampling is off');
is(chains(), 'patient 1 root', 'the view goes on');
$root->query_safe('COMMIT');
finish();

# A standby: what replays the log may stand in the way, and nobody sees less.
$node->backup('backup');
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($node, 'backup', has_streaming => 1);
$standby->append_conf('postgresql.conf', 'pg_caliper.wait_sample_interval = 100');
$standby->start;
$root->query_safe('BEGIN; LOCK TABLE account IN ACCESS EXCLUSIVE MODE; SELECT pg_current_wal_lsn()');
query('CREATE TABLE after_lock ()');
$node->wait_for_catchup($standby);
my $reading = IPC::Run::start(
	[ 'psql', '-XqAt', '-d', $standby->connstr('postgres'), '-c', 'SELECT count(*) FROM account' ],
	'<', \undef, '>', '/dev/null', '2>', '/dev/null');
$standby->poll_query_until('postgres', 'SELECT count(*) = 1 FROM caliper.blocking');
is( $standby->safe_psql('postgres', 'SELECT root_application_name, depth FROM caliper.blocking'),
	'(background)|1', 'on a standby, the process that replays the log is a root');
ok( $standby->poll_query_until('postgres',
		q(SELECT count(*) = 1 FROM caliper.blocking_history WHERE application_name = '(background)')),
	'also in history');
$root->query_safe('COMMIT');
$reading->finish;
$standby->stop;

$_->quit for $root, $reader, $second, $middle;
$node->stop;
done_testing();
