# Where a transaction begins and ends when it is not as simple as that: it
# fails to begin or to chain, it commits inside a statement, another role runs
# it, its statements come by without running.

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

my $node = Caliper::node('transactions', 'max_prepared_transactions' => 2,
	'pg_caliper.wait_sample_interval' => '20ms');

$node->safe_psql('postgres', q{
	CREATE TABLE t (id int PRIMARY KEY, n int);
	INSERT INTO t SELECT i, 0 FROM generate_series(1, 1000) AS i;
	CREATE ROLE somebody;
	GRANT ALL ON t TO somebody;
	CREATE TABLE child (id int REFERENCES t DEFERRABLE INITIALLY DEFERRED);
	CREATE PROCEDURE commits() LANGUAGE plpgsql AS
	'BEGIN FOR i IN 1..3 LOOP UPDATE t SET n = i WHERE id = 1; PERFORM pg_sleep(0.2); COMMIT; END LOOP; END';
});

# A client under a name, with settings.
sub client
{
	my ($name, %more) = @_;

	return Wire->new($node, application_name => $name, %more);
}

# Columns of a pool, and of its holders by opener.
sub pool
{
	my ($name, $columns) = @_;

	return $node->safe_psql('postgres',
		"SELECT $columns FROM caliper.pools WHERE application_name = '$name'");
}

sub holders
{
	my ($name, $columns) = @_;

	return $node->safe_psql('postgres', "SELECT $columns FROM caliper.holders
		WHERE application_name = '$name' ORDER BY opener_query COLLATE \"C\"");
}

# A BEGIN that fails opens nothing, and what follows is not its.
my $wire = client('begin_fails');
like($wire->query('SELECT 1; BEGIN ISOLATION LEVEL SERIALIZABLE'), qr/E\{25001\}/, 'BEGIN fails');
usleep(300_000);
is(pool('begin_fails', 'busy, held_time < 200'), '0|t', 'the connection is free while the client waits');
$wire->query('SELECT count(*) FROM t');
is(pool('begin_fails', 'busy, gap_time, held_time < 200'), '0|0|t', 'and that was nobody\'s time');
$wire->disconnect;

# A COMMIT AND CHAIN that fails leaves no chain.
for my $case ([ 'chain_outside', 'SELECT 1', '25P01' ],
	[ 'chain_constraint', 'BEGIN; INSERT INTO child VALUES (-1)', '23503' ])
{
	my ($name, $before, $sqlstate) = @$case;

	$wire = client($name);
	$wire->query($before);
	like($wire->query('COMMIT AND CHAIN'), qr/E\{$sqlstate\}/, "$name: COMMIT AND CHAIN fails");
	$wire->query('SELECT 1 / (id - 1) FROM t');
	usleep(300_000);
	is(pool($name, 'busy'), '0', "$name: the connection is free after the next error");
	$wire->query('SELECT count(*) FROM t');
	is(pool($name, 'held_time < 200'), 't', "$name: and was not held");
	$wire->disconnect;
}

# A chain that works: the connection is held until its end.
$wire = client('chain');
$wire->query($_) for 'BEGIN', 'SELECT count(*) FROM t';
usleep(200_000);
$wire->query('COMMIT AND CHAIN');
usleep(200_000);
$wire->query($_) for 'SELECT max(id) FROM t', 'COMMIT';
is(pool('chain', 'xacts, round(gap_time / 200), busy'), '2|2|0', 'a chain');
is(holders('chain', 'opener_query, round(longest_gap / 200)'),
	"SELECT count(*) FROM t|1\nSELECT max(id) FROM t|1", 'and its openers');
$wire->disconnect;

# Commits inside a statement do not end the hold.
$wire = client('procedure');
$wire->query('CALL commits()');
$wire->disconnect;
is(holders('procedure', 'opener_query, xacts, round(held_time / 300)'), 'CALL commits()|3|2', 'a procedure that commits');
is(pool('procedure', 'round(held_time / 300), commit_time < 300, busy'), '2|t|0', 'and its pool');

$wire = client('block');
$wire->query('DO $$BEGIN FOR i IN 1..3 LOOP PERFORM pg_sleep(0.2); COMMIT; END LOOP; END$$');
is(pool('block', 'round(held_time / 300), busy'), '2|0', 'a block that commits');
$wire->disconnect;

$wire = client('vacuum');
$wire->query($_) for 'SET vacuum_cost_delay = 50', 'SET vacuum_cost_limit = 1', 'VACUUM t';
is(pool('vacuum', "xacts > 0, held_time > 0.5 * (SELECT total_exec_time FROM caliper.statements
		WHERE application_name = 'vacuum' AND query = 'VACUUM t'), busy"),
	't|t|0', 'VACUUM holds its connection');
$wire->disconnect;

# Two gaps are two gaps, whatever came by in between.
$wire = client('savepoint');
$wire->query($_) for 'BEGIN', 'SELECT count(*) FROM t', 'SAVEPOINT s', 'SELECT 1 / (id - 1) FROM t';
usleep(300_000);
$wire->query('ROLLBACK TO s');
usleep(300_000);
$wire->query($_) for 'SELECT max(id) FROM t', 'COMMIT';
is(holders('savepoint', 'round(longest_gap / 300), round(gap_time / 300)'), '1|2', 'an error under a savepoint');
$wire->disconnect;

$wire = client('syntax');
$wire->query($_) for 'BEGIN', 'SELECT count(*) FROM t';
usleep(300_000);
$wire->query('SELEC');
usleep(300_000);
$wire->query('ROLLBACK');
is(holders('syntax', 'round(longest_gap / 300), round(gap_time / 300)'), '1|2', 'a syntax error');
$wire->disconnect;

$wire = client('prepares');
$wire->query('BEGIN');
$wire->query('SELECT count(*) FROM t');
usleep(300_000);
$wire->parse('s', 'SELECT max(id) FROM t')->sync;
usleep(300_000);
$wire->bind_portal('', 's', [])->execute('')->sync;
$wire->query('COMMIT');
is(holders('prepares', 'round(longest_gap / 300), round(gap_time / 300)'), '1|2', 'a statement that is only parsed');
$wire->disconnect;

# The gap after DECLARE is its own.
$wire = client('declare');
$wire->query($_) for 'BEGIN', 'DECLARE c CURSOR FOR SELECT id FROM t';
usleep(300_000);
$wire->query($_) for 'FETCH ALL FROM c', 'COMMIT';
is(holders('declare', 'opener_query, gap_after_query'),
	join('|', ('DECLARE c CURSOR FOR SELECT id FROM t') x 2), 'the gap after DECLARE');
$wire->disconnect;

# What ends a prepared transaction opens one, each time.
$wire = client('prepared');
for (1 .. 3)
{
	$wire->query($_) for 'BEGIN', 'UPDATE t SET n = 1 WHERE id = 2', "PREPARE TRANSACTION 'g'", "COMMIT PREPARED 'g'";
}
is(holders('prepared', 'xacts'), "3\n3", 'COMMIT PREPARED');
is(pool('prepared', 'xacts'), '6', 'and its pool');
$wire->disconnect;

# The opener is of the role that ran it.
$wire = client('role');
$wire->query($_) for 'BEGIN', 'SET LOCAL ROLE somebody', 'UPDATE t SET n = 3 WHERE id = 3';
is($node->safe_psql('postgres', "SELECT opener_query FROM caliper.active WHERE application_name = 'role'"),
	'UPDATE t SET n = $1 WHERE id = $2', 'live, under another role');
my $waits = client('waits');
$waits->queue('Q', "UPDATE t SET n = 4 WHERE id = 3\0");
$waits->{socket}->print($waits->{out});
$waits->{socket}->flush;
$waits->{out} = '';
ok($node->poll_query_until('postgres', "SELECT sum(blocked_time) > 500 FROM caliper.blocking_history
		WHERE application_name = 'role'"), 'somebody waits for it');
$wire->query('COMMIT');
$waits->wait_for('Z');
is(holders('role', 'usename, xacts, blocked_time > 500'), 'somebody|1|t', 'the time is booked on its opener');
is($node->safe_psql('postgres', "SELECT usename = session_user, opener_query FROM caliper.blocking_history WHERE application_name = 'role'"),
	't|UPDATE t SET n = $1 WHERE id = $2', 'the session is still whose it was');
is($node->safe_psql('postgres', "SET ROLE somebody; SELECT count(*) FROM caliper.blocking_history WHERE application_name = 'role'"),
	'0', 'and the role does not see whose');
$_->disconnect for $wire, $waits;

# A client that leaves in a gap, with and without core's account of it.
for my $track (qw(on off))
{
	$wire = client("leaves_$track", options => "-ctrack_activities=$track");
	$wire->query($_) for 'BEGIN', 'UPDATE t SET n = 5 WHERE id = 5';
	usleep(300_000);
	$wire->disconnect;
	ok($node->poll_query_until('postgres', "SELECT closed = 1 FROM caliper.pools WHERE application_name = 'leaves_$track'"),
		"a client leaves in a gap, track_activities $track");
	is(pool("leaves_$track", 'xacts, round(gap_time / 300), gap_estimated'),
		'1|1|' . ($track eq 'on' ? 0 : 1), 'and the gap counts');
}

# A cursor that is not closed has no shortest or longest execution yet.
$wire = client('open_cursor');
$wire->query($_) for 'BEGIN', 'DECLARE c CURSOR FOR SELECT id, pg_sleep(0.02) FROM t', 'FETCH 2 FROM c';
is($node->safe_psql('postgres', "SELECT calls, total_exec_time >= 40, min_exec_time IS NULL, p50_exec_time IS NULL
		FROM caliper.statements WHERE application_name = 'open_cursor' AND query LIKE 'DECLARE%'"),
	'1|t|t|t', 'an open cursor');
$wire->query('COMMIT');
is($node->safe_psql('postgres', "SELECT calls, min_exec_time >= 40, max_exec_time = min_exec_time
		FROM caliper.statements WHERE application_name = 'open_cursor' AND query LIKE 'DECLARE%'"),
	'1|t|t', 'and closed');
$wire->disconnect;

is($node->safe_psql('postgres', 'SELECT sum(busy) FROM caliper.pools'), '1', 'nobody but the reader is busy');

done_testing();
