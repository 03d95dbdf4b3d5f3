# Whoever opens a transaction is credited with the time that it holds its
# connection, and the longest gap with the statement before it.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/lib";

use Caliper;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(usleep);
use Wire;

my $node = Caliper::node('holders', 'pg_caliper.slow_min_duration' => -1);

$node->safe_psql('postgres', q{
	CREATE TABLE t (id int PRIMARY KEY, n int);
	INSERT INTO t SELECT i, 0 FROM generate_series(1, 1000) AS i;
	CREATE FUNCTION inner_work() RETURNS bigint LANGUAGE plpgsql
	AS 'BEGIN RETURN (SELECT count(*) FROM t); END';
});

# Runs a script as one client of pgbench, whose \sleep is exact, once or more.
my $scripts = 0;

sub run_script
{
	my ($name, $script, @more) = @_;
	my $file = $node->basedir . '/script' . ++$scripts;
	local $ENV{PGAPPNAME} = $name;

	append_to_file($file, $script);
	command_ok([ 'pgbench', '-n', '-c', '1', '-t', '1', @more, '-f', $file,
			'-h', $node->host, '-p', $node->port, 'postgres' ], "$name: pgbench");
}

# Columns of an application's holders, by opener.
sub holders
{
	my ($name, $columns) = @_;

	return $node->safe_psql('postgres', "SELECT $columns FROM caliper.holders
		WHERE application_name = '$name' ORDER BY opener_query COLLATE \"C\"");
}

# Whether both views agree to the microsecond on what an application did.
sub agree
{
	my ($name) = @_;

	is($node->safe_psql('postgres', "
			SELECT (SELECT ROW(sum(xacts), round(sum(held_time)::numeric, 3), round(sum(gap_time)::numeric, 3))
			          FROM caliper.holders WHERE application_name = '$name')
			     = (SELECT ROW(sum(xacts), round(sum(held_time)::numeric, 3), round(sum(gap_time)::numeric, 3))
			          FROM caliper.pools WHERE application_name = '$name')"),
		't', "$name: the holders sum up to the pool");
}

my $gap = "round(longest_gap / 100)";

run_script('sleeper', q{
	BEGIN;
	SET LOCAL work_mem = '8MB';
	SAVEPOINT s;
	SELECT count(*) FROM t;
	\sleep 100 ms
	UPDATE t SET n = n + 1 WHERE id = 1;
	\sleep 400 ms
	SELECT 1 AS last;
	COMMIT;
});
is(holders('sleeper', "opener_query, xacts, $gap, round(gap_time / 100), gap_after_query"),
	'SELECT count(*) FROM t|1|4|5|UPDATE t SET n = n + $1 WHERE id = $2',
	'opener, longest gap, and the statement before it');
agree('sleeper');

run_script('before_commit', "BEGIN;\nSELECT id FROM t WHERE id = 1;\n\\sleep 300 ms\nCOMMIT;\n");
is(holders('before_commit', "opener_query, $gap, gap_after_query"),
	'SELECT id FROM t WHERE id = $1|3|SELECT id FROM t WHERE id = $1', 'the gap before COMMIT');
agree('before_commit');

run_script('after_begin', "BEGIN;\n\\sleep 300 ms\nSELECT id FROM t WHERE id = 1;\nCOMMIT;\n");
is(holders('after_begin', "opener_query, $gap, gap_after_query"),
	'SELECT id FROM t WHERE id = $1|3|BEGIN', 'the gap after BEGIN');
agree('after_begin');

for my $protocol (qw(simple extended prepared))
{
	run_script($protocol, "SELECT n FROM t WHERE id = 7;\n", '-M', $protocol, '-t', '500');
	like(holders($protocol, "opener_query, xacts, gap_time, longest_gap, gap_after_query IS NULL"),
		qr/^SELECT n FROM t WHERE id = (\$1|7)\|500\|0\|0\|t$/, "$protocol: single statements");
	agree($protocol);

	run_script("block_$protocol", q{
		\set i random(1, 1000)
		BEGIN;
		UPDATE t SET n = n + 1 WHERE id = :i;
		SELECT n FROM t WHERE id = :i;
		INSERT INTO t SELECT 1001 + :i, 1 ON CONFLICT DO NOTHING;
		END;
	}, '-M', $protocol, '-t', '100');
	like(holders("block_$protocol", 'opener_query, xacts'),
		qr/^UPDATE t SET n = n \+ \$\d WHERE id = \$\d\|100$/, "$protocol: blocks");
	agree("block_$protocol");
}

run_script('pipeline', q{
	\startpipeline
	SELECT max(id) FROM t;
	SELECT min(id) FROM t;
	SELECT sum(id) FROM t;
	\endpipeline
}, '-M', 'extended', '-t', '10');
is(holders('pipeline', 'opener_query, xacts'), 'SELECT max(id) FROM t|10',
	'a pipeline is one transaction of its first statement');
agree('pipeline');

run_script('kinds', q{
	BEGIN; DECLARE c CURSOR FOR SELECT id FROM t; FETCH 10 FROM c; FETCH 10 FROM c; COMMIT;
	BEGIN; TRUNCATE t; ROLLBACK;
	BEGIN; SELECT inner_work(); COMMIT;
	SELECT inner_work();
	SET work_mem = '4MB';
	BEGIN; COMMIT;
});
is(holders('kinds', 'opener_query, xacts'), join("\n",
		'DECLARE c CURSOR FOR SELECT id FROM t|1', 'SELECT inner_work()|2', 'TRUNCATE t|1'),
	'a cursor, a utility statement, functions; setup opens nothing');

# A failed transaction holds its connection until ROLLBACK.
my $wire = Wire->new($node, application_name => 'failing');
$wire->query('BEGIN');
$wire->query('SELECT id / 0 FROM t');
usleep(300_000);
$wire->query('ROLLBACK');
$wire->disconnect;
is(holders('failing', "opener_query, xacts, $gap, gap_after_query"),
	'SELECT id / $1 FROM t|1|3|SELECT id / $1 FROM t', 'a failed transaction');
agree('failing');

# More statements than a backend's slab holds: the opener keeps its place.
run_script('crowd', join("\n", 'BEGIN;', 'SELECT avg(id) FROM t;',
		(map { 'SELECT ' . join(', ', (1) x $_) . ';' } 1 .. 400), 'COMMIT;') . "\n");
is(holders('crowd', 'opener_query, xacts'), 'SELECT avg(id) FROM t|1', 'a crowd of statements');
agree('crowd');

# A reset in the middle: the transaction counts from then on.
my $psql = $node->background_psql('postgres');
$psql->query_safe("SET application_name = 'reset'");
$psql->query_safe('BEGIN');
$psql->query_safe('SELECT min(n) FROM t');
$node->safe_psql('postgres', 'SELECT caliper.reset()');
$psql->query_safe('SELECT max(n) FROM t');
$psql->query_safe('COMMIT');
is(holders('reset', 'opener_query, xacts'), 'SELECT min(n) FROM t|1', 'a reset in the middle');

# Live: the opener of an open transaction, and its route.
$psql->query_safe("SET application_name = 'live'");
$psql->query_safe('BEGIN');
$psql->query_safe("SELECT sum(n) FROM t");
$psql->query_safe("SELECT avg(n) FROM t /*route='%2Fusers',controller='users'*/");
is($node->safe_psql('postgres', "SELECT state, opener_query, query LIKE 'SELECT avg(n) FROM t%', route
		FROM caliper.active WHERE application_name = 'live'"),
	'idle in transaction|SELECT sum(n) FROM t|t|/users', 'live');
$psql->query_safe('COMMIT');
is($node->safe_psql('postgres', "SELECT opener_query IS NULL, opener_queryid IS NULL
		FROM caliper.active WHERE application_name = 'live'"), 't|t', 'and none when it is over');

# Who waits for whom.
my $other = $node->background_psql('postgres');
$psql->query_safe('BEGIN');
$psql->query_safe('UPDATE t SET n = 5 WHERE id = 5');
$other->query_safe("SET application_name = 'waiting'");
$other->query_until(qr/go/, "\\echo go\nUPDATE t SET n = 6 WHERE id = 5;\n");
ok($node->poll_query_until('postgres', "SELECT blocked_by = ARRAY[(SELECT pid FROM caliper.active WHERE application_name = 'live')]
		FROM caliper.active WHERE application_name = 'waiting'"), 'blocked_by');
$psql->query_safe('COMMIT');
$other->quit;
$psql->quit;

# A client that vanishes is told from one that says goodbye.
$wire = Wire->new($node, application_name => 'vanishes');
$wire->query('BEGIN');
$wire->query('SELECT count(id) FROM t');
close $wire->{socket};
ok($node->poll_query_until('postgres', "SELECT closed = 1 FROM caliper.pools WHERE application_name = 'vanishes'"),
	'a client vanishes');
is($node->safe_psql('postgres', "SELECT abandoned, lifetime_p50 IS NOT NULL, idle_time >= 0 FROM caliper.pools WHERE application_name = 'vanishes'"),
	'1|t|t', 'abandoned');
is(holders('vanishes', 'opener_query, xacts'), 'SELECT count(id) FROM t|1', 'and its transaction counts');
is($node->safe_psql('postgres', "SELECT sum(abandoned) FROM caliper.pools WHERE application_name <> 'vanishes'"),
	'0', 'the others said goodbye');

# Numbers survive a restart.
my $before = holders('live', 'opener_query, xacts, round(held_time), gap_after_query');
$node->restart;
is(holders('live', 'opener_query, xacts, round(held_time), gap_after_query'), $before, 'a restart');

# Without tracking there is no opener, and nothing goes wrong.
$node->append_conf('postgresql.conf', "pg_caliper.track = none");
$node->reload;
run_script('untracked', "BEGIN;\nSELECT 1;\n\\sleep 50 ms\nSELECT 2;\nCOMMIT;\n");
is(holders('untracked', 'opener_query'), '', 'not tracked');
is($node->safe_psql('postgres', "SELECT xacts, round(gap_time / 50) FROM caliper.pools WHERE application_name = 'untracked'"),
	'1|1', 'but its connection is');

done_testing();
