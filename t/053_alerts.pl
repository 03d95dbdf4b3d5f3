# Alerts: each episode is reported once, those that nobody asked for never.

use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/lib";
use Caliper;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(sleep);

my $node = Caliper::node('alerts',
	'max_connections' => 23,
	'superuser_reserved_connections' => 3,
	'log_statement' => 'none',
	'pg_caliper.log_rate_limit' => 0);
my $admin = $node->background_psql('postgres');

# A session of a role, under a name.
sub session
{
	my ($role, $name) = @_;

	local $ENV{PGAPPNAME} = $name;
	return $node->background_psql('postgres', on_error_stop => 0,
		extra_params => [ '-U', $role ]);
}

sub query
{
	return $admin->query_safe($_[0]);
}

# Waits until a query says true.
sub wait_until
{
	my ($sql) = @_;

	for (1 .. 150)
	{
		return 1 if query($sql) eq 't';
		sleep 0.1;
	}
	return 0;
}

# Columns of all alerts about an application, or about the server.
sub alerts
{
	my ($name, $columns) = @_;

	return query("SELECT $columns FROM (SELECT * FROM caliper.alerts WHERE "
		  . ($name eq 'server' ? "kind = 'connection_usage'" : "application_name = '$name'")
		  . ' ORDER BY at) AS a');
}

# The lines of the server log that fit.
sub lines
{
	my ($pattern) = @_;

	return grep { /$pattern/ } split /\n/, slurp_file($node->logfile);
}

query("CREATE ROLE $_ LOGIN") for 'web', 'batch', 'quiet';
query(q(ALTER ROLE web SET pg_caliper.log_min_idle_in_transaction = '1s'));
query(q(ALTER ROLE batch SET pg_caliper.log_min_held = '1500ms'));
query(q(ALTER ROLE batch SET pg_caliper.log_min_idle_in_transaction = '1s'));
query('CREATE TABLE account AS SELECT i AS id, 0 AS sum FROM generate_series(1, 10) AS i');
query('GRANT ALL ON account TO PUBLIC');

# Idle in transaction, by role.
my $web = session('web', 'web');
my $quiet = session('quiet', 'quiet');
$web->query_safe("BEGIN; SELECT 'marked', count(*) FROM account");
$quiet->query_safe('BEGIN; SELECT count(*) FROM account');
sleep 0.7;
is(alerts('web', 'count(*)'), '0', 'below the threshold there is no alert');
ok(wait_until(q(SELECT count(*) = 1 FROM caliper.alerts)), 'above it there is');
is( alerts('web', "kind, usename, datname, pid, value BETWEEN 1000 AND 2600, threshold, unit,"
		  . ' opener_queryid = queryid, blocked, ended_at IS NULL, logged'),
	join('|', 'idle_in_transaction|web|postgres', $web->query_safe('SELECT pg_backend_pid()'),
		't|1000|ms|t|0|t|t'),
	'with who and how long');
ok(wait_until(q(SELECT ended_at IS NOT NULL FROM caliper.alerts)), 'a statement ends it');
sleep 2;
is(alerts('web', 'count(*), count(ended_at)'), '1|0', 'idle again, the same alert is open again');
is(scalar(lines('idle in transaction for')), 1, 'one transaction, one line');
$web->query_safe('COMMIT');
ok(wait_until(q(SELECT ended_at IS NOT NULL FROM caliper.alerts)), 'COMMIT ends it, too');
my ($detail) = lines('DETAIL: .*application=web');
like($detail, qr/ user=web database=postgres threshold=1000 queryid=-?\d+ opener=-?\d+$/,
	'facts as key=value');
$quiet->query_safe('COMMIT');
is(scalar(lines('application=quiet')), 0, 'who has no threshold is not reported');
is(scalar(lines('marked')), 0, 'no text of a statement gets into the log');

# A long statement is held, not idle.
my $batch = session('batch', 'batch');
$batch->query_safe('BEGIN; SELECT pg_sleep(2.8); COMMIT');
ok(wait_until(q(SELECT count(*) = 1 AND bool_and(ended_at IS NOT NULL) FROM caliper.alerts
				WHERE application_name = 'batch')), 'a long statement is reported once');
is(alerts('batch', 'kind, value >= 1500'), 'held|t', 'as held, not as idle');
is(scalar(lines('transaction has held its connection')), 1, 'in one line');
$batch->query_safe('SELECT pg_sleep(0.6)') for 1 .. 3;
is(alerts('batch', 'count(*)'), '1', 'short transactions one after the other are not long');

# Waiting for a lock.
query(q(ALTER ROLE batch SET pg_caliper.log_min_lock_wait = '1s'));
$batch->quit;
$batch = session('batch', 'waiting');
$web->query_safe('BEGIN; UPDATE account SET sum = 1 WHERE id = 1');
$batch->query_until(qr/sent/, "\\echo sent\nUPDATE account SET sum = 2 WHERE id = 1;\n");
ok(wait_until(q(SELECT count(*) = 1 FROM caliper.alerts WHERE kind = 'lock_wait')),
	'a wait for a lock is reported');
is( query(q(SELECT a.root_pid = s.pid, a.root_opener_queryid = a.queryid, a.ended_at IS NULL
			FROM caliper.alerts AS a, pg_stat_activity AS s
			WHERE a.kind = 'lock_wait' AND s.application_name = 'web')),
	't|t|t', 'with the session at the root');
like((lines('DETAIL: .*root_pid'))[0],
	qr/ root_application=web root_user=web root_database=postgres root_state="idle in transaction" root_opener=/,
	'whose it is, and what it does');
like((lines('LOG:  session has waited'))[0],
	qr/has waited for ShareLock on transaction \d+ for \d+\.\d+ ms$/, 'and what is waited for');
sleep 1;
$web->query_safe('COMMIT');
ok(wait_until(q(SELECT ended_at IS NOT NULL FROM caliper.alerts WHERE kind = 'lock_wait')),
	'the end of the wait ends it');
is(scalar(lines('session has waited')), 1, 'one wait, one line');
like((lines('DETAIL: .*application=web .*blocked='))[0], qr/ blocked=1$/,
	'the one at the root was reported as idle, with who waits for it');
$batch->quit;

# The worker goes and another comes: what was reported is not reported again.
$web->query_safe('BEGIN; SELECT 1');
ok(wait_until(q(SELECT count(*) = 1 FROM caliper.alerts WHERE ended_at IS NULL)), 'an alert');
my $reported = lines('idle in transaction for');
my $worker = Caliper::info($node, 'worker', 'pid');
kill 'TERM', $worker;
ok(wait_until(q(SELECT value IS NULL FROM caliper.info WHERE component = 'worker' AND name = 'pid')),
	'the worker is gone');
ok(wait_until(q(SELECT value IS NOT NULL FROM caliper.info WHERE component = 'worker' AND name = 'pid')),
	'and another there');
sleep 1.5;
is(scalar(lines('idle in transaction for')), $reported, 'it reports nothing twice');
$web->query_safe('COMMIT');
ok(wait_until(q(SELECT count(*) = 0 FROM caliper.alerts WHERE ended_at IS NULL)),
	'and sees the end of what the other had reported');

# The connections of the server: 20 that are not reserved.
sub connections
{
	my ($sessions, $n) = @_;

	push @$sessions, session('quiet', 'crowd') while @$sessions < $n;
	(pop @$sessions)->quit while @$sessions > $n;
	sleep 1.3;
}
my @crowd;
my $here = query(q(SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'));
query(q(ALTER SYSTEM SET pg_caliper.log_connection_usage = 50));
query('SELECT pg_reload_conf()');
connections(\@crowd, 9 - $here);
is(alerts('server', 'count(*)'), '0', '9 of 20 connections are not reported');
connections(\@crowd, 10 - $here);
is(alerts('server', 'value, threshold, unit, pid, ended_at'), '50|50|%||', '10 are');
is(scalar(lines('10 of 20 connections are in use \(50\.0 percent\)')), 1, 'in one line');
like((lines('DETAIL:  threshold=50 '))[0], qr/top_application=crowd top_connections=/,
	'with who has most of them');
connections(\@crowd, 9 - $here);
connections(\@crowd, 11 - $here);
is(alerts('server', 'count(*), max(value), count(ended_at)'), '1|55|0',
	'a little up and down is one episode');
connections(\@crowd, 8 - $here);
is(alerts('server', 'ended_at IS NOT NULL'), 't', 'clearly below, it has ended');
connections(\@crowd, 10 - $here);
is(alerts('server', 'count(*)'), '2', 'and above again, it is another');
connections(\@crowd, 0);

# The rate limit; what it keeps back is counted, and in the view.
query('ALTER SYSTEM RESET pg_caliper.log_connection_usage');
query('ALTER SYSTEM SET pg_caliper.log_rate_limit = 1');
query('SELECT pg_reload_conf()');
query(q(SELECT caliper.reset('alerts')));
is(query('SELECT count(*) FROM caliper.alerts'), '0', 'reset forgets');
@crowd = map { session('web', 'flood') } 1 .. 6;
$_->query_safe('BEGIN; SELECT 1') for @crowd;
ok(wait_until(q(SELECT count(*) = 6 FROM caliper.alerts)), 'all are in the view');
my ($logged, $kept) = split /\|/,
  query('SELECT count(*) FILTER (WHERE logged), count(*) FILTER (WHERE NOT logged) FROM caliper.alerts');
cmp_ok($kept, '>=', 3, 'few of them in the log');
is(scalar(lines('application=flood')), $logged, 'as many as the view says');
$_->query_safe('COMMIT') for @crowd;
$_->quit for @crowd;
my $odd = session('web', q(odd" pid=1));
$odd->query_safe('BEGIN; SELECT 1');
ok(wait_until(q(SELECT count(*) = 7 FROM caliper.alerts)), 'one more');
my $told = 0;
$told += $_ for map { /suppressed=(\d+)/ ? $1 : 0 } lines('DETAIL: .*(flood|odd)');
is($told, $kept, 'the lines that follow say how many were suppressed');
like((lines('DETAIL: .*odd'))[0], qr/ application="odd\\" pid=1" user=web /,
	'a name cannot forge a fact');

# A session that goes away, and what others see.
$odd->quit;
ok(wait_until(q(SELECT count(*) = 0 FROM caliper.alerts WHERE ended_at IS NULL)),
	'the end of the session ends its alerts');
is( $node->safe_psql('postgres', q(
		SELECT count(*), count(usename), count(at), count(pid), count(value), string_agg(DISTINCT message, ',')
		FROM caliper.alerts), extra_params => [ '-U', 'quiet' ]),
	'7|7|0|0|0|<insufficient privilege>', 'others see that there are some, and nothing else');

# Without core's account of what sessions do, some things can still be seen.
query(q(ALTER ROLE batch SET track_activities = off));
$batch = session('batch', 'untracked');
$batch->query_safe('BEGIN; SELECT 1');
ok(wait_until(q(SELECT count(*) = 1 FROM caliper.alerts WHERE application_name = 'untracked')),
	'with track_activities off');
sleep 1;
is(alerts('untracked', 'kind'), 'held', 'a transaction is held');
$batch->query_safe('COMMIT');
ok(wait_until(q(SELECT count(*) = 0 FROM caliper.alerts WHERE ended_at IS NULL)), 'and its end seen');

$_->quit for $web, $quiet, $batch, $admin;
$node->stop;
done_testing();
