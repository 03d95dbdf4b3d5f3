# What caliper.diagnosis says of clients that are in trouble, each in its own
# way, and of others that only look as if they were.  All of them run at the
# same time, each under a name of its own.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/lib";

use Caliper;
use IO::Select;
use IPC::Run qw(start finish);
use POSIX ();
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(sleep time);
use Wire;

my $seconds = 20;    # that the clients run
my $node = Caliper::node(
	'diagnosis',
	'max_connections' => 200,
	'fsync' => 'off',
	'pg_caliper.history_interval' => '100ms',
	'pg_caliper.wait_sample_interval' => '50ms');
my (@children, @runs);
my $scripts = 0;

$node->safe_psql('postgres', q{
	CREATE TABLE stock AS SELECT g AS id, 0 AS n FROM generate_series(1, 10) AS g;
	CREATE TABLE job AS SELECT g AS id, 0 AS state FROM generate_series(1, 10) AS g;
	CREATE ROLE few LOGIN CONNECTION LIMIT 1;
	CREATE ROLE app LOGIN;
	GRANT ALL ON stock TO app;
});

# Runs code beside the test; what it prints is kept in a file.
sub beside
{
	my ($name, $code) = @_;
	my $file = $node->basedir . "/$name.out";
	my $pid = fork() // die "fork: $!";

	if (!$pid)
	{
		open(my $out, '>', $file) or die "$file: $!";
		eval { $code->($out) };
		print $out $@ if $@;
		close($out);
		POSIX::_exit(0);
	}
	push @children, $pid;
	return $file;
}

# A client with a pool, as applications have it.  Requests arrive at random, so
# many per second; each takes a connection, runs a statement, keeps the connection for a
# while for its own purposes, and gives it back.  A connection is opened when
# none is free and there are fewer than size; or all of them at first (eager), or
# while requests already come, some (together) after so many seconds (opens).
# Of the free ones the last to be given back is taken, or the first (fifo).
sub pool
{
	my ($node, $name, %opt) = @_;
	my ($waited, $served, @queue, @free, %busy, %kept, $open) = (0, 0);
	my $connect = sub { $open++; Wire->new($node, application_name => $name) };

	return beside($name, sub {
		my ($out) = @_;
		my $started = time;
		my ($arrival, $next) = ($started, $started);

		srand 1;
		@free = map { $connect->() } 1 .. $opt{size} if $opt{eager};
		while ((my $now = time) < $started + $seconds)
		{
			if ($opt{opens} && ($open // 0) < $opt{size} && $now >= $next)
			{
				my @more = map { $connect->() } 1 .. $opt{together};

				$_->query('SET extra_float_digits = 3') for @more;
				push @free, @more;
				$next = $now + $opt{opens};
			}
			for (; $arrival < $now; $arrival -= log(1 - rand) / $opt{rate})
			{
				push @queue, $arrival;
			}
			for my $wire (grep { $kept{$_}{until} <= $now } keys %kept)
			{
				push @free, delete($kept{$wire})->{wire};
			}
			while (@queue)
			{
				my $wire = ($opt{fifo} ? shift @free : pop @free)
				  // (!$opt{opens} && ($open // 0) < $opt{size} ? $connect->() : last);
				shift @queue;
				$wire->{socket}->print($wire->queue('Q', "$opt{sql}\0")->{out});
				$wire->{socket}->flush;
				$wire->{out} = '';
				$busy{ $wire->{socket} } = $wire;
			}
			$waited++ if @queue;
			for my $socket (IO::Select->new(map { $_->{socket} } values %busy)->can_read(0.005))
			{
				my $wire = delete $busy{$socket};
				$wire->wait_for('Z');
				$served++;
				$kept{$wire} = { wire => $wire, until => time + ($opt{keeps} // 0) };
			}
			sleep(0.005) unless %busy;
		}
		print $out "served $served, waited $waited, open " . ($open // 0) . "\n";
	});
}

# pgbench with a script, until the end.
sub bench
{
	my ($name, $script, @options) = @_;
	my $file = $node->basedir . '/script' . ++$scripts;
	my ($out, $err) = ('', '');

	append_to_file($file, $script);
	local $ENV{PGAPPNAME} = $name;
	push @runs, start([ 'pgbench', '-n', '-M', 'prepared', '-T', $seconds, '-f', $file,
			'-h', $node->host, '-p', $node->port, @options, 'postgres' ], '>', \$out, '2>', \$err);
}

# What the diagnosis says of an application: columns as psql prints them.
sub diagnosis
{
	my ($name, $columns) = @_;

	return $node->safe_psql('postgres',
		"SELECT $columns FROM verdict WHERE application_name = '$name'");
}

# An application's verdict, sure enough, and what its next step must mention.
sub verdict
{
	my ($name, $verdict, @mentioned) = @_;
	my ($is, $sure, $step) = split /\|/, diagnosis($name, 'verdict, confidence, next_step'), 3;

	is($is, $verdict, "$name: $verdict")
	  or diag(diagnosis($name, 'jsonb_pretty(evidence)'));
	note("$name: $is ($sure): $step");
	cmp_ok($sure, '>=', 0.4, "$name: it is sure ($sure)") unless $verdict eq 'insufficient_data';
	cmp_ok($sure, '<=', 1, "$name: not more than certain");
	like($step, $_, "$name: the next step says $_") for @mentioned;
	unlike($step, qr/[.;] [A-Z]/, "$name: it is one sentence") unless $step =~ /SELECT/;
}

# In trouble.
my $kiosk = pool($node, 'kiosk', size => 10, rate => 30, sql => 'SELECT 1', keeps => 0.6);
my $till = pool($node, 'till', size => 3, rate => 70, sql => 'SELECT pg_sleep(0.06)');
bench('worker', "BEGIN;\nSELECT state FROM job WHERE id = 1 /*route='%2Ftasks'*/;\n\\sleep 300 ms\n"
	  . "UPDATE job SET state = 1 WHERE id = :client_id + 1;\nCOMMIT;\n", '-c', 3);
bench('report', "SELECT pg_sleep(0.4), count(*) FROM stock;\nSELECT 1;\n\\sleep 100 ms\n", '-c', 2);
bench('shop', "UPDATE stock SET n = n + 1 WHERE id = 1;\n\\sleep 50 ms\n", '-c', 3, '-U', 'app');
bench('cgi', "SELECT 1;\n", '-c', 2, '-C', '-R', 20);
beside('leaky', sub {
	my @kept;
	for (1 .. 24)
	{
		push @kept, Wire->new($node, application_name => 'leaky');
		$kept[-1]->query('SELECT 1');
		sleep($seconds / 26);
	}
	sleep(10);
});
my $clerk = $node->background_psql('postgres', on_error_stop => 0);
$clerk->query_safe("SET application_name = 'clerk'; BEGIN; SELECT id FROM stock WHERE id = 1 FOR UPDATE");

my $cron = Wire->new($node, application_name => 'cron', user => 'few');
for (1 .. 8)
{
	eval { Wire->new($node, application_name => 'cron', user => 'few') };
}

# Only seem to be.
pool($node, 'stable', size => 12, eager => 1, rate => 5, sql => 'SELECT 1');
pool($node, 'ready', size => 10, opens => 0.002, together => 1, rate => 40, sql => 'SELECT 1', fifo => 1);
pool($node, 'filled', size => 10, opens => 0.05, together => 1, rate => 40, sql => 'SELECT 1', fifo => 1);
pool($node, 'threads', size => 12, opens => 0.1, together => 3, rate => 40, sql => 'SELECT 1', fifo => 1);
pool($node, 'spare', size => 10, opens => 0.02, together => 1, rate => 15, sql => 'SELECT 1');
pool($node, 'well', size => 20, rate => 40, sql => 'SELECT pg_sleep(0.03)');
bench('mixed', "\\set n random(1, 150)\n\\if :n = 1\nSELECT pg_sleep(0.4);\n\\else\n"
	  . "SELECT pg_sleep(0.006);\n\\endif\n", '-c', 3);
bench('chatty', "BEGIN;\nSELECT 1;\nSELECT 2;\nSELECT 3;\nCOMMIT;\n", '-c', 6, '-R', 40);
bench('pooler', "SET work_mem = '5MB';\nRESET work_mem;\n\\sleep 200 ms\n", '-c', 6);
beside('deploy', sub {
	my @old = map { Wire->new($node, application_name => 'deploy') } 1 .. 15;
	$_->query('SELECT 1') for @old;
	sleep($seconds / 2);
	my @new = map { Wire->new($node, application_name => 'deploy') } 1 .. 15;
	$_->query('SELECT 1') for @new;
	$_->disconnect for @old;
	sleep($seconds / 2 + 10);
});
my $batch = beside('batch', sub {
	Wire->new($node, application_name => 'batch')->query("SELECT pg_sleep($seconds + 5)");
});

sleep($seconds - 6);
$node->safe_psql('postgres', qq{CREATE TABLE verdict AS
	SELECT * FROM caliper.diagnose(interval '20 seconds')});
is($node->safe_psql('postgres', q{SELECT DISTINCT evidence->>'window_source' FROM verdict}),
	'history', 'it looks at the history');
verdict('kiosk', 'client_side_wait', qr/10 connections/, qr/a larger pool .* cannot help/);
verdict('till', 'pool_too_small', qr/All 3 connections/);
verdict('worker', 'held_idle', qr/SELECT state FROM job/, qr{on /tasks}, qr/commit before/);
verdict('report', 'slow_statements', qr/pg_sleep/);
verdict('shop', 'lock_waits', qr/clerk/, qr/pg_terminate_backend\(\d+\)/);
verdict('clerk', 'held_idle', qr/FOR UPDATE/);
verdict('cgi', 'churn', qr/opened \d+ connections for \d+ transactions/);
verdict('leaky', 'connection_leak', qr/once per process/);
verdict('stable', 'over_provisioned', qr/keeps 12 connections/, qr/a pool of \d+ would do/);
verdict($_, 'over_provisioned', qr/keeps 1[02] connections/) for 'ready', 'filled', 'threads', 'spare';
verdict('well', 'healthy');
isnt(diagnosis('mixed', 'verdict'), 'slow_statements', 'mixed: few slow statements are not to blame');
verdict('pooler', 'over_provisioned');
verdict('deploy', 'over_provisioned');
isnt(diagnosis('chatty', 'verdict'), 'held_idle', 'chatty: short pauses on the way are not to blame');
isnt(diagnosis('batch', 'verdict'), 'held_idle', 'batch: who works is not idle');
verdict('cron', 'server_limit', qr/refused cron 8 connections since/, qr/role few/);
verdict('054_diagnosis.pl', 'insufficient_data', qr/^(Only \d+|No) transactions?/);

# Nothing is shown to those who may not see it.
my @as_app = (connstr => $node->connstr('postgres') . ' user=app application_name=other');
is($node->safe_psql('postgres', q{SELECT string_agg(application_name, ' ' ORDER BY application_name)
	FROM caliper.diagnose('20 s')}, @as_app), 'other shop',
	'another user sees his own applications');
my $shop = $node->safe_psql('postgres', q{SELECT verdict, evidence, next_step
	FROM caliper.diagnose('20 s', 'shop')}, @as_app);
like($shop, qr/^lock_waits\|.*that you may not see/, 'and that he waits for somebody');
unlike($shop, qr/clerk|FOR UPDATE/, 'but not for whom');
$node->safe_psql('postgres', 'GRANT pg_read_all_stats TO app');
is($node->safe_psql('postgres', q{SELECT application_name FROM caliper.diagnose('20 s', 'clerk')},
		@as_app), 'clerk', 'who may read all statistics sees all');
is($node->safe_psql('postgres', q{SELECT count(*) FROM verdict, jsonb_each(evidence) AS e (k, v)
	WHERE jsonb_typeof(v) = 'number'
	  AND k !~ '_(s|ms|ratio|count|tenths|pid|per_minute|per_second|per_transaction)$'
	  AND k !~ '(connections|_idle_in_transaction$|^slots_used$)'}), '0',
	'every number in the evidence has a unit');

$clerk->query_safe('COMMIT');
$clerk->quit;
finish $_ for @runs;
kill 'TERM', @children;
waitpid $_, 0 for @children;
like(slurp_file($_), qr/waited [1-9]\d/, 'requests waited in the client') for $kiosk, $till;
$node->stop;

# Without a history, and with a full server.
$node = Caliper::node(
	'counters',
	'max_connections' => 12,
	'superuser_reserved_connections' => 3,
	'pg_caliper.history_interval' => '0');
$node->safe_psql('postgres', q{
	CREATE ROLE app LOGIN;
	CREATE TABLE job AS SELECT 1 AS id;
	GRANT ALL ON job TO app});
my @hog = map { Wire->new($node, application_name => 'hog', user => 'app') } 1 .. 6;
for my $wire (@hog)
{
	$wire->query('SELECT 1');
	$wire->query('BEGIN');
	$wire->query('SELECT id FROM job');
}
my @web = map { Wire->new($node, application_name => 'web', user => 'app') } 1 .. 3;
for my $name (('web') x 8, ('hog') x 8)
{
	eval { Wire->new($node, application_name => $name, user => 'app') };
}
$_->query('SELECT 1') for @web;
sleep(2);
$node->safe_psql('postgres', 'CREATE TABLE verdict AS SELECT * FROM caliper.diagnosis');
verdict('web', 'server_limit', qr/all \d+ slots/, qr/6 of them by hog, which left all of these idle in transaction/);
verdict('hog', 'held_idle', qr/SELECT id FROM job/);
is($node->safe_psql('postgres', q{SELECT DISTINCT evidence->>'window_source' FROM verdict}),
	'counters', 'without a history it says so');
is(diagnosis('hog', q{evidence->'refused_count'}), '8', 'and that it was refused, too');
$node->stop;
done_testing();
