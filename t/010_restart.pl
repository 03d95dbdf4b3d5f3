# What was collected survives a restart, once, and saving can be turned off.

use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/lib";
use Caliper;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = Caliper::node('restart',
	'pg_caliper.slow_min_duration' => '0',
	'pg_caliper.sample_rate' => '1',
	'pg_caliper.save_interval' => '0');
my $shutdown_file = $node->data_dir . '/pg_stat/pg_caliper.save';
my $periodic_file = $node->data_dir . '/pg_stat_tmp/pg_caliper.save';

# Statistics of what application "survivor" did, on one line.
sub statistics
{
	return $node->safe_psql(
		'postgres', q{
		SELECT query, calls, errors, rows, total_exec_time, max_exec_time,
			p50_exec_time, p99_exec_time, shared_blks_hit, stats_since
		FROM caliper.statements
		WHERE application_name = 'survivor' ORDER BY query});
}

sub slow_events
{
	return $node->safe_psql(
		'postgres', q{
		SELECT started, duration, query, application_name, usename, plan
		FROM caliper.slow_statements
		WHERE application_name = 'survivor' ORDER BY started});
}

sub pools
{
	return $node->safe_psql(
		'postgres', q{
		SELECT opened, closed, xacts, held_time, work_time, gap_time,
			connections, connections_peak, connections_peak_at,
			busy, busy_peak, busy_peak_at, stats_since
		FROM caliper.pools WHERE application_name = 'survivor'});
}

sub work
{
	my ($sql) = @_;
	local $ENV{PGAPPNAME} = 'survivor';
	$node->psql('postgres', $sql, on_error_stop => 0);
}

$node->safe_psql('postgres', 'CREATE TABLE things AS SELECT g AS id FROM generate_series(1, 1000) AS g');
work("SELECT 'first', $_;") for 1 .. 5;
work('SELECT 1/0; SELECT count(*) FROM things WHERE id = 3; SELECT pg_sleep(0.01)');
$node->poll_query_until('postgres',
	"SELECT count(*) = 0 FROM pg_stat_activity WHERE application_name = 'survivor'");
my $before = statistics();
my $events = slow_events();
my $pools = pools();
my $predicates = Caliper::info($node, 'predicates', 'entries');
like($before, qr/^SELECT \$1, \$2\|5\|0\|5\|/m, 'statements are counted');
like($events, qr/survivor/, 'slow statements are kept');
like($pools, qr/^6\|6\|8\|/, 'connections are counted');
cmp_ok($predicates, '>', 0, 'predicates are noted');

$node->restart;
is(statistics(), $before, 'a restart changes no number of a statement');
is(slow_events(), $events, 'nor any slow statement');
is(pools(), $pools, 'nor what is known of a pool');
cmp_ok(Caliper::info($node, 'predicates', 'entries'), '>=', $predicates, 'and predicates are there');
is(Caliper::info($node, 'save', 'loaded_left_out'), '0', 'every record is understood');
ok(-e $shutdown_file, 'the file is kept after loading');
is((stat $shutdown_file)[2] & 0777, 0600, 'and only the server can read it');
like(
	$node->safe_psql(
		'postgres',
		q{SELECT value, detail FROM caliper.info
		  WHERE component = 'save' AND name = 'loaded'}),
	qr{^[1-9]\d*\|from pg_stat/pg_caliper.save, saved at },
	'caliper.info tells what was loaded');

$node->restart for 1 .. 2;
is(statistics(), $before, 'two more restarts count nothing twice');

work("SELECT 'first', 6;");
like(statistics(), qr/^SELECT \$1, \$2\|6\|0\|6\|/m, 'and counting goes on');

is( $node->safe_psql(
		'postgres',
		q{SELECT count(DISTINCT detail) FROM caliper.info
		  WHERE component = 'version' AND name IN ('library', 'sql_objects')}),
	'1', 'library and SQL objects are of one version');

# A reset is not undone by a restart.
$node->safe_psql('postgres', 'SELECT caliper.reset()');
$node->restart;
is(statistics() . slow_events(), '', 'what was reset does not come back');
like(pools(), qr/^(0\|0\|0\||$)/, 'nor do connections');

# Without saving nothing is written, and nothing is loaded.
work("SELECT 'second', 'life', 1;");
$node->append_conf('postgresql.conf', 'pg_caliper.save = off');
$node->reload;
my $written = (stat $shutdown_file)[9];
my $size = -s $shutdown_file;
$node->restart;
is(statistics(), '', 'saving is off: nothing survives');
is(-s $shutdown_file, $size, 'and the file is not touched');
like(
	$node->safe_psql(
		'postgres',
		q{SELECT detail FROM caliper.info WHERE name = 'last_save_age'}),
	qr/off/,
	'caliper.info says so');

# An immediate shutdown leaves the stores as they were: nothing to be saved.
$node->append_conf('postgresql.conf', 'pg_caliper.save = on');
$node->restart;
work("SELECT 'third', 'life', 2, 3;");
unlink $periodic_file;
my $inode = (stat $shutdown_file)[1];
$node->stop('immediate');
is((stat $shutdown_file)[1], $inode, 'an immediate shutdown saves nothing');
$node->start;
is($node->safe_psql('postgres', 'SELECT 1'), '1', 'the server starts after it');

# The single-user mode neither loads nor saves.
$node->stop;
$inode = (stat $shutdown_file)[1];
run_log([ 'postgres', '--single', '-D', $node->data_dir, 'postgres' ],
	'<', \"SELECT 1;\n");
is((stat $shutdown_file)[1], $inode, 'single-user mode does not save');

done_testing();
