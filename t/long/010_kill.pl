# kill -9 of backends and of the postmaster under load, 25 times each.

use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/../lib";
use Caliper;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(usleep);

my $rounds = $ENV{CALIPER_KILLS} || 25;
my $node = Caliper::node('kill',
	'restart_after_crash' => 'on',
	'pg_caliper.save_interval' => '1s',
	'pg_caliper.slow_min_duration' => '0',
	'pg_caliper.max_statements' => '200',
	'max_connections' => '20');

$node->safe_psql('postgres', q{
	CREATE TABLE done (n bigint);
	CREATE SEQUENCE started CACHE 1;
	CREATE UNLOGGED TABLE accounts AS
		SELECT g AS id, 0 AS balance FROM generate_series(1, 1000) AS g});

# Each transaction runs one statement that all share, and one of many.
my $script = $node->basedir . '/load.sql';
append_to_file($script, q{
\set i random(1, 1000)
\set c random(1, 300)
SELECT nextval('started');
SELECT balance FROM accounts WHERE id = :i;
SELECT 1 AS c:c;
});

sub load
{
	local $ENV{PGAPPNAME} = 'load';

	return IPC::Run::start(
		[
			'pgbench', '-n', '-c', '6', '-j', '1', '-T', '600', '-f',
			$script, '-h', $node->host, '-p', $node->port, 'postgres'
		],
		'>', \my $out, '2>', \my $err);
}

# What must be true whatever happened.
sub check
{
	my ($round) = @_;

	# The sequence is logged, and read before the statistics are: what was
	# counted has been started, but for what runs meanwhile.
	my ($calls, $bad, $impossible, $started) = split /\|/, $node->safe_psql(
		'postgres', q{
		SELECT
			(SELECT coalesce(sum(calls + errors), 0) FROM caliper.statements
			 WHERE query = 'SELECT nextval($1)'),
			(SELECT count(*) FROM caliper.statements
			 WHERE calls < 0 OR errors < 0 OR rows < 0 OR total_exec_time < 0
				OR min_exec_time > max_exec_time OR max_exec_time > total_exec_time + 0.001
				OR p50_exec_time > p99_exec_time OR share > 1.000001
				OR stats_since > clock_timestamp()),
			(SELECT count(*) FROM caliper.slow_statements
			 WHERE duration < 0 OR started > clock_timestamp()),
			(SELECT last_value FROM started)});
	my $ok = $bad == 0 && $impossible == 0 && $calls <= $started + 100;

	ok($ok, "round $round: $calls counted of $started, $bad bad, $impossible impossible");
	return $ok;
}

sub come_back
{
	$node->poll_query_until('postgres', 'SELECT true') or die 'no server';
	$node->poll_query_until('postgres', 'SELECT NOT pg_is_in_recovery()');
}

for my $round (1 .. $rounds)
{
	my $load = load();

	usleep(300_000 + rand(1_500_000));
	my ($victim) = split /\n/, $node->safe_psql('postgres',
		"SELECT pid FROM pg_stat_activity WHERE application_name = 'load' ORDER BY random() LIMIT 1");
	kill 'KILL', $victim if $victim;
	usleep(300_000);
	$load->kill_kill;
	come_back();
	check("$round, a backend") or last;
}

for my $round (1 .. $rounds)
{
	my $load = load();

	usleep(300_000 + rand(1_500_000));
	$node->kill9;
	$load->kill_kill;
	Caliper::start_again($node);
	come_back();
	check("$round, the postmaster") or last;
}

my $log = slurp_file($node->logfile);
unlike($log, qr/PANIC/, 'no PANIC');
unlike($log, qr/signal 11|signal 6|stack smashing|TRAP/, 'no crash but those we made');
unlike($log, qr/sets file .* aside|left out/, 'all save files were good');
cmp_ok(Caliper::info($node, 'save', 'loaded'), '>', 50, 'and one of them was loaded');

done_testing();
