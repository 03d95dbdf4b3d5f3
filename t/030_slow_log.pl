# The line in the server log about a slow execution: its form, that nothing in
# it can be forged, what it keeps to itself, and how many there may be.

use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/lib";
use Caliper;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(time sleep);

my $node = Caliper::node('log',
	log_line_prefix => '[%p] ',
	log_statement => 'none',
	'pg_caliper.log_rate_limit' => 0);

my $place = -s $node->logfile;

# What the server has logged since the last call.
sub news
{
	my $log = slurp_file($node->logfile, $place);

	$place += length $log;
	return $log;
}

# Run SQL with everything logged; what was logged, and what the client got.
sub logged
{
	my ($sql, %settings) = @_;
	my $options = join ' ', '-c pg_caliper.log_min_duration=0',
	  map { "-c $_=$settings{$_}" } sort keys %settings;
	local $ENV{PGOPTIONS} = $options;
	my ($ret, $out, $err) = $node->psql('postgres', $sql);

	return (news(), $err);
}

# Records of which the first line begins as ours do.
sub records
{
	return scalar(() = $_[0] =~ /^\[\d+\] LOG:  duration: /mg);
}

# by default nothing is logged
news();
$node->safe_psql('postgres', 'SELECT pg_sleep(0.01)');
is(records(news()), 0, 'nothing is logged by default');

# core's shape, facts behind, the plan below
my ($log, $err) = logged(
	"SET application_name = web;"
	  . "\nSELECT count(*) AS counted FROM pg_class /*route='/tasks'*/;",
	'pg_caliper.pool' => 'cache');
like($log,
	qr{^\[\d+\] LOG:  duration: \d+\.\d{3} ms  statement: SELECT count\(\*\) AS counted FROM pg_class /\*route='/tasks'\*/}m,
	'the message has the shape of log_min_duration_statement');
like($log,
	qr{^\[\d+\] DETAIL:  queryid=-?\d+ application=web pool=cache route=/tasks rows=1 plan_time=\d+\.\d{3} shared_hit=\d+}m,
	'the facts stand in DETAIL');
like($log, qr{^\tplan:\n\tAggregate.*\n\t  ->  }m, 'the plan follows');
is(records($log), 2, 'one execution, one record');

($log) = logged('SELECT count(*) FROM pg_proc', 'pg_caliper.log_plan' => 'off');
unlike($log, qr/plan:/, 'no plan if none is wanted');

# the client hears nothing of it
($log, $err) = logged('SELECT 1', client_min_messages => 'debug5');
is(records($log), 1, 'logged');
unlike($err, qr/duration:/, 'the line is not sent to the client');

# nothing forged
($log) = logged(
	"SELECT 'a\nLOG:  forged 1\r[1] LOG:  forged 2' /*route='%0ALOG:  forged 3%0D',"
	  . "traceparent='x\ny'*/\n;\n\n");
is(records($log), 1, 'text of several lines is one record');
unlike($log, qr/^[^\t].*forged [12]/m, 'its lines are indented');
unlike($log, qr/\r/, 'other control characters are masked');
like($log, qr/route="\?LOG:  forged 3\?"/, 'a tag is one line, in quotes');
unlike($log, qr/DETAIL: .*traceparent/, 'what is no trace context is left out');

{
	local $ENV{PGAPPNAME} = qq(e "v\\il" a=b\nLOG:  forged);
	($log) = logged('SELECT 2');
	like($log, qr/application="e \\"v\\\\il\\" a=b(?:\?|\\\\x0a)LOG:  forged"/,
		'an application name cannot end its quotes');
}
($log) = logged(
	"PREPARE p (text) AS SELECT length(\$1); EXECUTE p(E'x\\n\\tLOG: ''y'' \"z\"');",
	'pg_caliper.log_parameter_max_length' => -1);
like($log, qr/parameters="\$1 = 'x  LOG: ''y'' \\"z\\"'"/, 'nor can a parameter');

# secrets
($log) = logged("CREATE ROLE secretive PASSWORD 'hunter2'; "
	  . "ALTER ROLE secretive PASSWORD 'hunter3'; DROP ROLE secretive;");
like($log, qr/statement: CREATE ROLE$/m, 'the command stands for a secret');
unlike($log, qr/hunter/, 'passwords are not logged');

# failures are the business of core's own line
$node->safe_psql('postgres', "SELECT caliper.reset('slow')");
news();
($log) = logged('SELECT 1 / (relpages - relpages) FROM pg_class',
	'pg_caliper.slow_min_duration' => 0);
is(records($log), 0, 'no line for what failed');
is($node->safe_psql('postgres',
		"SELECT count(*) FROM caliper.slow_statements WHERE sqlstate = '22012'"),
	'1', 'but an event');

# thresholds per application and per role
$node->safe_psql('postgres', q(
	ALTER SYSTEM SET pg_caliper.application_thresholds = 'reports:10s/10s, web:-1/0';
	SELECT pg_reload_conf();
	CREATE ROLE chatty LOGIN SUPERUSER;
	ALTER ROLE chatty SET pg_caliper.log_min_duration = 0;));
news();
{
	local $ENV{PGAPPNAME} = 'web';
	$node->safe_psql('postgres', 'SELECT 1');
	is(records(news()), 1, 'logged for one application');
	local $ENV{PGAPPNAME} = 'reports';
	logged('SELECT 1');
	is(records(news()), 0, 'not for another');
}
$node->safe_psql('postgres', 'SELECT 1', extra_params => [ '-U', 'chatty' ]);
is(records(news()), 1, 'logged for one role');

# a flood: what is left out is counted and told
$node->append_conf('postgresql.conf', 'pg_caliper.log_rate_limit = 5');
$node->reload;
sleep 1.1;
my $before = Caliper::info($node, 'slow_events', 'log_lines_suppressed');
my $started = int(time);
($log) = logged(join '', map { "SELECT $_;\n" } 1 .. 300);
my $lines = records($log);
my $seconds = int(time) - $started + 1;
cmp_ok($lines, '>=', 5, 'lines up to the limit');
cmp_ok($lines, '<=', 5 * $seconds, 'and no more');
my $suppressed = Caliper::info($node, 'slow_events', 'log_lines_suppressed') - $before;
is($lines + $suppressed, 300, 'the rest is counted');
sleep 1.1;
my ($next) = logged('SELECT 1');
my $told = 0;
$log .= $next;
$told += $1 while $log =~ /suppressed=(\d+)/g;
is($told, $suppressed, 'and told with the next line');

# the same from several sessions at once
sleep 1.1;
$before = Caliper::info($node, 'slow_events', 'log_lines_suppressed');
news();
$started = int(time);
{
	local $ENV{PGOPTIONS} = '-c pg_caliper.log_min_duration=0';
	my $script = $node->basedir . '/one.sql';

	append_to_file($script, "SELECT 1;\n");
	$node->run_log([ 'pgbench', '-n', '-c', 4, '-t', 500, '-f', $script,
			'-p', $node->port, '-h', $node->host, 'postgres' ]);
}
$seconds = int(time) - $started + 1;
$lines = records($log = news());
cmp_ok($lines, '<=', 5 * $seconds, 'sessions share the limit');
$suppressed = Caliper::info($node, 'slow_events', 'log_lines_suppressed') - $before;
cmp_ok($lines + $suppressed, '>=', 2000, 'nothing is lost between them');

# numbers that cannot be are refused
my ($ret) = $node->psql('postgres', 'SET pg_caliper.log_rate_limit = -1');
isnt($ret, 0, 'no negative limit');

is(Caliper::info($node, 'slow_events', 'parts_failed'), '0',
	'no part of an event failed');
$node->stop;
done_testing();
