# The clock is set back by an hour, and forward again, and the worker is killed
# without a word: alerts, history, forecast and diagnosis go on, and nothing
# they say is impossible.

use strict;
use warnings;
use Config;
use FindBin;
use lib "$FindBin::RealBin/lib";
use Caliper;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(sleep);
use Wire;

my $dir = PostgreSQL::Test::Utils::tempdir;
my $cc = $ENV{CC} || $Config{cc} || 'cc';

plan skip_all => "no C compiler ($cc) that makes a library"
  if system("$cc -shared -fPIC -o $dir/step_clock.so $FindBin::RealBin/lib/step_clock.c -ldl >$dir/cc.log 2>&1");

# The server's clock, in seconds from the real one.
sub set_clock
{
	my ($seconds) = @_;

	open(my $file, '+<', "$dir/clock") or die "$dir/clock: $!";
	syswrite($file, pack('q', $seconds * 1_000_000));
	close($file);
}
append_to_file("$dir/clock", pack('q', 0));

my $node = Caliper::initialised('clock',
	'max_connections' => 30,
	'restart_after_crash' => 'on',
	'pg_caliper.history_interval' => '200ms',
	'pg_caliper.save_interval' => '1s',
	'pg_caliper.log_rate_limit' => 0);
{
	local $ENV{LD_PRELOAD} = "$dir/step_clock.so";
	local $ENV{STEP_CLOCK} = "$dir/clock";
	$node->start;
}
sub query { return $node->safe_psql('postgres', $_[0]) }
query(q{CREATE EXTENSION pg_caliper; CREATE ROLE web LOGIN; CREATE TABLE job AS SELECT 1 AS id;
	GRANT ALL ON job TO web; ALTER ROLE web SET pg_caliper.log_min_idle_in_transaction = '1s';
	ALTER ROLE web SET pg_caliper.log_min_lock_wait = '500ms'});

# So many transactions of an application.
sub work
{
	my ($name, $n) = @_;
	my $wire = Wire->new($node, application_name => $name);

	$wire->query('SELECT count(*) FROM job, generate_series(1, 5000)') for 1 .. $n;
	$wire->disconnect;
}

# A session that is idle in transaction.
sub idle
{
	my ($name) = @_;
	my $wire = Wire->new($node, application_name => $name, user => 'web');

	$wire->query($_) for 'BEGIN', 'SELECT id FROM job';
	return $wire;
}

# Waits until there are so many alerts, and so many of them open.
sub alerts
{
	my ($name, $n, $open, $what) = @_;

	my $got = '';

	for (1 .. 50)
	{
		$got = query("SELECT count(*), count(*) FILTER (WHERE ended_at IS NULL)
			FROM caliper.alerts WHERE application_name = '$name'");
		last if $got eq "$n|$open";
		sleep 0.2;
	}
	is($got, "$n|$open", $what);
}

# What may not be, whatever the clock says.
sub possible
{
	my ($when) = @_;

	is(query(q{SELECT count(*) FROM caliper.pools WHERE least(observed_time, held_time, work_time, gap_time,
			idle_time, busy_mean, busy_p99, xact_rate, held_mean, utilization) < 0 OR utilization > 1
			OR 'NaN' IN (busy_mean, xact_rate, utilization) OR busy_mean > 30}), '0', "$when: pools");
	is(query(q{SELECT count(*) FROM caliper.history() WHERE least(covered, elapsed, held_time, gap_time, xacts,
			connections_mean, busy_mean) < 0 OR busy_mean > 30 OR connections_mean > 60}), '0', "$when: history");
	is(query(q{SELECT count(*) FROM caliper.forecast('{1,4}') WHERE least(busy_mean, wait_mean, wait_p95,
			connections_needed, timeouts) < 0 OR 'NaN' IN (busy_mean, wait_mean, wait_p95)
			OR xact_rate < 0 OR busy_mean > 100}), '0', "$when: forecast");
	is(query(q{SELECT count(*) FROM caliper.pool_advice WHERE recommended < 1 OR NOT confidence BETWEEN 0 AND 1
			OR busy_mean < 0}), '0', "$when: advice");
	is(query(q{SELECT count(*) FROM caliper.diagnosis WHERE NOT confidence BETWEEN 0 AND 1
			OR next_step IS NULL OR next_step ~ '(NaN|-\d+(\.\d+)? (ms|s|min|h)\M)'}), '0', "$when: diagnosis");
	is(query(q{SELECT count(*) FROM caliper.alerts WHERE value < 0}), '0', "$when: alerts");
}

# Set back, with a session that has been reported.
work('early', 150);
my $idle = idle('idle');
alerts('idle', 1, 1, 'an alert');
my $forecast = q{SELECT busy_mean > 0 FROM caliper.forecast('{1}', application => 'early')};
# it asks for enough transactions in enough time
for (1 .. 40)
{
	last if query($forecast) eq 't';
	work('early', 10);
	sleep 0.25;
}
is(query($forecast), 't', 'a forecast');
set_clock(-3600);
sleep 2;
cmp_ok(query(q{SELECT extract(epoch FROM pg_postmaster_start_time() - clock_timestamp())}), '>', 3000,
	'the clock is an hour behind');
alerts('idle', 1, 1, 'set back: the same transaction is not reported again, nor taken for ended');
is(query($forecast), 't', 'set back: the forecast is still there');
possible('set back');
$idle->query('COMMIT');
alerts('idle', 1, 0, 'set back: its end is seen');
$idle->query($_) for 'BEGIN', 'SELECT id FROM job';
alerts('idle', 2, 1, 'set back: the next one is reported');
my $holder = idle('holder');
$holder->query('SELECT pg_advisory_xact_lock(1)');
my $waiter = Wire->new($node, application_name => 'waiter', user => 'web');
$waiter->queue('Q', "SELECT pg_advisory_xact_lock(1)\0");
$waiter->{socket}->print($waiter->{out});
$waiter->{socket}->flush;
$waiter->{out} = '';
alerts('waiter', 1, 1, 'set back: a wait for a lock, too');
is(query(q{SELECT count(*) FROM caliper.blocking WHERE waiting_for < 0 OR root_held_time < 0}), '0',
	'set back: nobody waits for less than no time');
$holder->query('COMMIT');
$waiter->wait_for('Z');
alerts('waiter', 1, 0, 'set back: and its end');
work('late', 150);
sleep 1;
is(query(q{SELECT sum(xacts) FROM caliper.history('late')}), '150', 'set back: history counts what comes now');
like(query(q{SELECT string_agg(assumption, ' ') FROM caliper.forecast('{1}', application => 'late')}),
	qr/^refused: /, 'set back: there is no forecast for whom time stood still');
possible('later');

# Forward again.
set_clock(0);
sleep 2;
alerts('idle', 2, 1, 'forward: nothing is reported again');
work('late', 150);
sleep 1;
is(query(q{SELECT sum(xacts) FROM caliper.history('late')}), '300', 'forward: nothing is lost');
possible('forward');

# Killed in the middle of it all, the worker takes the server with it, as any
# process does; what comes after is reported, and counted, as before.
my $saved = query(q{SELECT sum(xacts) FROM caliper.history('early')});
sleep 2;
kill 'KILL', Caliper::info($node, 'worker', 'pid');
sleep 1;
$node->poll_query_until('postgres', 'SELECT true') or die 'no server';
$node->poll_query_until('postgres',
	q{SELECT value IS NOT NULL FROM caliper.info WHERE component = 'worker' AND name = 'pid'});
is(query(q{SELECT count(*) FROM caliper.alerts WHERE ended_at IS NULL}), '0',
	'killed: nothing is open that nobody will close');
my $before = query(q{SELECT count(*) FROM caliper.alerts WHERE application_name = 'idle'});
$idle = idle('idle');
alerts('idle', $before + 1, 1, 'killed: the next one is reported');
$idle->query('COMMIT');
alerts('idle', $before + 1, 0, 'killed: and its end');
is(query(q{SELECT sum(xacts) FROM caliper.history('early')}), $saved, 'killed: history is kept');
work('after', 120);
sleep 1;
is(query(q{SELECT sum(xacts) FROM caliper.history('after')}), '120', 'killed: and goes on');
possible('killed');
$node->stop;
done_testing();
