# The history of pools: what happened is in the right seconds, nothing is missing
# and nothing is there twice, whatever becomes of the worker, the log and the
# server; and what nobody saw is shown as a hole.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/lib";

use Caliper;
use IPC::Run ();
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(sleep time);

my $node = Caliper::node('history',
	'allows_streaming' => 1,
	'max_connections' => 40,
	'pg_caliper.max_pools' => 24);

# Where the sums of the history are not what caliper.pools says, per application.
# Left out are the one that asks, since it changes them, and connections that the
# end of the server closed, which counts in caliper.pools only.
my $difference = q{
	WITH h AS (
		SELECT application_name, sum(xacts) AS xacts, sum(errors) AS errors,
			sum(opened) AS opened, sum(closed) AS closed,
			round(sum(held_time)::numeric, 3) AS held, round(sum(gap_time)::numeric, 3) AS gap
		FROM caliper.history(step => '%s') WHERE scope = 'pool' GROUP BY 1
	), p AS (
		SELECT application_name, sum(xacts) AS xacts, sum(errors) AS errors,
			sum(opened) AS opened, sum(closed) AS closed,
			round(sum(held_time)::numeric, 3) AS held, round(sum(gap_time)::numeric, 3) AS gap
		FROM caliper.pools GROUP BY 1
	)
	SELECT application_name, h.*, p.* FROM p FULL JOIN h USING (application_name)
	WHERE application_name !~ '\.pl$|^stays$' AND
		(coalesce(h.xacts, 0), coalesce(h.errors, 0), coalesce(h.opened, 0),
			coalesce(h.closed, 0), coalesce(h.held, 0), coalesce(h.gap, 0)) <>
		(coalesce(p.xacts, 0), coalesce(p.errors, 0), coalesce(p.opened, 0),
			coalesce(p.closed, 0), coalesce(p.held, 0), coalesce(p.gap, 0))};

sub is_exact
{
	my ($server, $test) = @_;

	# The latest tick may be under way.
	sleep 1.2;
	for my $step ('1 s', '7 s', '1 min', '1 h')
	{
		is($server->safe_psql('postgres', sprintf $difference, $step), '',
			"$test, in steps of $step");
	}
}

# One value about an application; from the history of a minute.
sub value
{
	my ($what, $where, %more) = @_;
	my $step = $more{step} // '1 s';

	return $node->safe_psql('postgres',
		"SELECT $what FROM caliper.history(since => now() - interval '1 min', step => '$step') WHERE $where");
}

# Runs a script with some clients.
sub load
{
	my ($server, $name, $clients, $times, $script) = @_;
	my $file = "$PostgreSQL::Test::Utils::tmp_check/$name.sql";

	append_to_file($file, $script) unless -e $file;
	local $ENV{PGAPPNAME} = $name;
	$server->command_ok(
		[ 'pgbench', '-n', '-c', $clients, '-t', $times, '-f', $file, 'postgres' ],
		"load of $name");
}

sub worker
{
	return Caliper::info($node, 'worker', 'pid');
}

# Five connections, four times 200 ms of work and 300 ms of gap.
my $held = "BEGIN;\nSELECT pg_sleep(0.2);\n\\sleep 300 ms\nCOMMIT;\n";
sleep 2;
my $begin = time;
load($node, 'five', 5, 4, $held);
my $end = time;
sleep 2;
my $five = "application_name = 'five'";
is(value('sum(xacts)', $five), '20', 'transactions');
cmp_ok(abs(value('sum(held_time)', $five) - 10_000), '<', 500, 'time held');
cmp_ok(abs(value('sum(gap_time)', $five) - 6_000), '<', 500, 'of which gap');
cmp_ok(value('max(abs(held_time - gap_time - work_time))', $five), '<', 0.001, 'and the rest is work');
is(value('max(connections_max)', $five), '5', 'connections');
is(value('max(busy_max)', $five), '5', 'all of them busy');
cmp_ok(abs(value('max(busy_mean)', $five) - 5), '<', 0.5, 'all the time, in the middle');
is(value('sum(opened), sum(closed)', $five), '6|6', 'opened and closed, with one of pgbench itself');
is( value("count(*) FILTER (WHERE at < to_timestamp($begin) - interval '1 s' OR at > to_timestamp($end))",
		"$five AND xacts > 0"),
	'0', 'in the right seconds');
is(value('count(*)', "$five AND at > to_timestamp($end) + interval '1 s'"),
	'0', 'and no rows after that');
cmp_ok(abs(value('sum(waits_other)', $five) - 4_000), '<', 800, 'pg_sleep is a wait, sampled');
is(value('max(covered) <= 1100 AND min(covered) >= 900', "scope = 'server' AND at > to_timestamp($begin) AND at < to_timestamp($end)"),
	't', 'each second is covered');
is(value('sum(xacts)', "scope = 'server'", step => '1 h'),
	value('sum(xacts)', "scope = 'pool'", step => '1 h'), 'the server is the sum of the pools');

# A connection that is idle stays, without points of its own.
my ($in, $out, $err) = ("SELECT 1;\n", '', '');
my $idler = IPC::Run::start(
	[ 'psql', '-XAtq', '-d', $node->connstr('postgres') . ' application_name=idler' ],
	'<', \$in, '>', \$out, '2>', \$err);
$idler->pump until $out =~ /1/;
my $points = Caliper::info($node, 'history', 'fine_points');
sleep 4;
cmp_ok(value('count(*)', "application_name = 'idler' AND connections = 1 AND xacts = 0"),
	'>=', 2, 'an idle connection is there each second');
cmp_ok(Caliper::info($node, 'history', 'fine_points') - $points, '<=', 10,
	'but has no points');
is(value('bool_and(connections_mean = 1)', "application_name = 'idler' AND connections = 1 AND xacts = 0"),
	't', 'one connection on average');

# Waits for a lock.
$node->safe_psql('postgres', 'CREATE TABLE t AS SELECT 1 AS a');
$in .= "BEGIN; LOCK TABLE t; SELECT 'locked';\n";
$idler->pump until $out =~ /locked/;
my ($win, $wout) = ("UPDATE t SET a = 2;\n", '');
my $waiter = IPC::Run::start(
	[ 'psql', '-XAtq', '-d', $node->connstr('postgres') . ' application_name=waiter' ],
	'<', \$win, '>', \$wout);
$waiter->pump_nb;
sleep 2;
$in .= "COMMIT; SELECT 'free';\n";
$idler->pump until $out =~ /free/;
$win .= "SELECT 'updated';\n";
$waiter->pump until $wout =~ /updated/;
$waiter->finish;
sleep 1.2;
cmp_ok(value('sum(waits_lock)', "application_name = 'waiter'"), '>', 1_500, 'a wait for a lock is seen');
is_exact($node, 'sums are those of caliper.pools');

# The worker stands still.
my $pid = worker();
kill 'STOP', $pid;
$begin = time;
load($node, 'unseen', 2, 5, $held);
load($node, 'unseen', 2, 5, $held);
$end = time;
cmp_ok(value('count(*)', "scope = 'server' AND covered = 0 AND xacts IS NULL"),
	'>=', 1, 'while it stands still, the hole is seen');
kill 'CONT', $pid;
sleep 2;
cmp_ok(value('count(*)', "scope = 'server' AND covered = 0 AND xacts IS NULL AND connections IS NULL"),
	'>=', 3, 'the hole is there afterwards');
cmp_ok(value('count(*)', "application_name = 'idler' AND covered = 0 AND xacts IS NULL"),
	'>=', 3, 'also of who was connected before');
is(value('sum(xacts), max(busy_max)', "application_name = 'unseen'"),
	'20|2', 'what happened in it comes after it');
cmp_ok(value('sum(covered)', "scope = 'server' AND at BETWEEN to_timestamp($begin) AND to_timestamp($end)"),
	'<', 1000 * ($end - $begin) - 2000, 'what was covered is less than what passed');
is_exact($node, 'after a hole, sums are exact');

# The worker is ended; another one comes.
my $holes = Caliper::info($node, 'history', 'holes');
kill 'TERM', $pid;
load($node, 'between', 3, 2, $held);
ok( $node->poll_query_until('postgres',
		"SELECT value IS NOT NULL AND value <> $pid FROM caliper.info WHERE component = 'worker' AND name = 'pid'"),
	'another worker');
sleep 2;
is(value('sum(xacts)', "application_name = 'between'"), '6', 'goes on where the one before stopped');
is(Caliper::info($node, 'history', 'holes'), $holes + 1, 'and counts a hole');
is_exact($node, 'with another worker, sums are exact');

# More pools than there is room for.  That of this program, which goes on
# counting, keeps a connection, so that it stays where it is.
my $stays = $node->background_psql('postgres');
$stays->query_safe('SELECT 1');
for my $i (1 .. 60)
{
	$node->psql('postgres', 'SELECT 1; SELECT 1/0',
		connstr => $node->connstr('postgres') . " application_name=many$i", on_error_stop => 0);
}
sleep 1.2;
my $sums = 'sum(xacts), sum(errors), sum(opened), round(sum(held_time)::numeric, 3)';
my $now = $node->safe_psql('postgres', "SELECT $sums FROM caliper.pools WHERE application_name !~ '\\.pl\$'");
is( $node->safe_psql('postgres', "SELECT $sums FROM caliper.history() WHERE scope = 'pool' AND application_name !~ '\\.pl\$'"),
	$now, 'pools that made room for others are counted once');
$stays->quit;
is($node->safe_psql('postgres', q{SELECT count(*) FROM caliper.history() WHERE xacts < 0 OR held_time < 0 OR gap_time < 0}),
	'0', 'nothing is negative');

# Names, and nonsense.
{
	local $ENV{PGOPTIONS} = '-c pg_caliper.pool=labelled';
	load($node, 'named', 1, 2, "SELECT 1;\n");
}
sleep 1.2;
is( $node->safe_psql('postgres', q{SELECT DISTINCT application_name, pool, datname FROM caliper.history('named')}),
	'named|labelled|postgres', 'by application');
is( $node->safe_psql('postgres', q{SELECT sum(xacts) FROM caliper.history('labelled')}), '2', 'by label');
for my $wrong (
	[ q{since => now() + interval '1 h'}, qr/history cannot begin in the future/ ],
	[ q{since => 'infinity'}, qr/history cannot begin in the future/ ],
	[ q{step => '-1 s'}, qr/step of the history must be greater than zero/ ],
	[ q{step => '0'}, qr/step of the history must be greater than zero/ ],
	[ q{step => '1 month'}, qr/must not contain months/ ])
{
	my ($code, $stdout, $stderr) = $node->psql('postgres', "SELECT * FROM caliper.history($wrong->[0])");
	like($stderr, $wrong->[1], "error: $wrong->[0]");
}
for my $right (q{since => '-infinity'}, q{step => '1000000 days'}, q{step => '1 us', since => now()}, q{'nobody'})
{
	is($node->safe_psql('postgres', "SELECT count(*) >= 0 FROM caliper.history($right)"), 't', "no error: $right");
}

# Who may see what.
$node->safe_psql('postgres', 'CREATE ROLE nosy LOGIN; CREATE ROLE monitor LOGIN IN ROLE pg_read_all_stats');
is( $node->safe_psql('postgres', q{SET ROLE nosy; SELECT count(*) FROM caliper.history() WHERE scope = 'pool'}),
	'0', "others' pools are not shown");
is( $node->safe_psql('postgres', q{SET ROLE nosy; SELECT count(*) > 0 FROM caliper.history() WHERE scope = 'server'}),
	't', 'the server is');
is( $node->safe_psql('postgres', q{SET ROLE monitor; SELECT count(*) > 0 FROM caliper.history('named')}),
	't', 'to a monitor all is shown');

# A reset of the pools is no negative difference; one of the history leaves nothing.
$node->safe_psql('postgres', q{SELECT caliper.reset('pools')});
load($node, 'after', 1, 3, "SELECT 1;\n");
sleep 1.2;
is(value('sum(xacts)', "application_name = 'after'"), '3', 'after a reset of the pools');
is($node->safe_psql('postgres', q{SELECT count(*) FROM caliper.history() WHERE xacts < 0 OR held_time < 0 OR opened < 0}),
	'0', 'nothing is negative then');
$node->safe_psql('postgres', q{SELECT caliper.reset('history')});
is($node->safe_psql('postgres', q{SELECT count(*) FROM caliper.history('five')}), '0', 'history is forgotten');
sleep 2;
is(value('max(connections)', "application_name = 'idler'"), '1', 'who is still connected is in it again');
$in .= "\\q\n";
$idler->finish;
$node->safe_psql('postgres', 'SELECT caliper.reset()');
load($node, 'five', 5, 1, $held);
is_exact($node, 'after a reset of everything, sums are exact');

# It survives a restart, as a hole.
$in = "SELECT 1;\n";
$out = '';
$idler = IPC::Run::start(
	[ 'psql', '-XAtq', '-d', $node->connstr('postgres') . ' application_name=stays' ],
	'<', \$in, '>', \$out, '2>', \$err);
$idler->pump until $out =~ /1/;
sleep 1.2;
is(value('max(connections)', "application_name = 'stays'"), '1', 'connected until the server stops');
my $count = $node->safe_psql('postgres', q{SELECT sum(xacts) FROM caliper.history('five')});
$node->stop;
$in .= "SELECT 1;\n";
$idler->finish;
sleep 4;
$node->start;
sleep 2;
is($node->safe_psql('postgres', q{SELECT sum(xacts) FROM caliper.history('five')}), $count, 'history is kept across a restart');
is(value('max(connections)', "application_name = 'stays' AND at > now() - interval '2 s'"), '', 'connections of before are not');
cmp_ok(value('count(*)', "scope = 'server' AND covered = 0"), '>=', 1, 'the time between is a hole');
load($node, 'five', 5, 1, $held);
is_exact($node, 'after a restart, sums are exact');

# A standby has its own.
$node->backup('backup');
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($node, 'backup', has_streaming => 1);
$standby->start;
load($standby, 'replica', 2, 3, $held);
sleep 1.2;
is($standby->safe_psql('postgres', q{SELECT sum(xacts), max(busy_max) FROM caliper.history('replica')}),
	'6|2', 'on a standby');
$standby->stop;
$node->stop;

# A log that is full: sums are still exact as long as minutes are there.
my $small = Caliper::node('small',
	'pg_caliper.history_memory' => '64kB',
	'pg_caliper.history_interval' => '100ms',
	'pg_caliper.max_pools' => 20);
for my $round (1 .. 6)
{
	load($small, "busy$_", 1, 4, "SELECT pg_sleep(0.03);\n") for 1 .. 12;
}
is_exact($small, 'with a log that is full, sums are exact');
is( $small->safe_psql('postgres',
		q{SELECT value < 600, detail FROM caliper.info WHERE component = 'history' AND name = 'fine_reach'}),
	't|overwritten early: increase pg_caliper.history_memory', 'that it is full is visible');
$small->append_conf('postgresql.conf', 'pg_caliper.history_interval = 0');
$small->reload;
sleep 1;
is( $small->safe_psql('postgres',
		q{SELECT detail FROM caliper.info WHERE component = 'history' AND name = 'fine_reach'}),
	'off: set pg_caliper.history_interval', 'and it can be turned off');
$small->stop;

done_testing();
