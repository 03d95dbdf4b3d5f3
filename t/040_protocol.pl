# What the extended protocol can do: suspended portals, pipelines, statements
# that fail at Parse and Bind, and rows that another session sees at once.
use strict;
use warnings;
use Test::More;
use Time::HiRes qw(sleep);
use FindBin;
use lib "$FindBin::RealBin/lib";
use Caliper;
use Wire;

my $node = Caliper::node('protocol');

# One column list of the statement whose text matches.
sub counted
{
	my ($columns, $pattern) = @_;
	return $node->safe_psql('postgres',
		"SELECT $columns FROM caliper.statements WHERE query ~ '$pattern' AND query !~ 'caliper'");
}

my $wire = Wire->new($node);

# A portal suspended again and again is one call.
$wire->query('BEGIN');
$wire->parse('', 'SELECT g AS suspended FROM generate_series(1, 100) AS g')->bind_portal('p', '');
for (1 .. 3)
{
	like($wire->execute('p', 30)->flush_until('sC'), qr/s$/, 'portal is suspended');
	is(counted('calls, rows', 'AS suspended'), '1|' . 30 * $_, "rows of run $_ show at once");
	sleep 0.3;
}
like($wire->execute('p', 30)->flush_until('sC'), qr/C$/, 'portal is exhausted');
is(counted('calls, rows, errors', 'AS suspended'), '1|100|0', 'one call, all rows');
is(counted('total_exec_time < 200', 'AS suspended'), 't', 'the time between runs is not charged');
$wire->sync;
$wire->query('COMMIT');
is(counted('calls, rows', 'AS suspended'), '1|100', 'nothing is added at the end');

# A portal closed while suspended is one call.
$wire->query('BEGIN');
$wire->parse('', 'SELECT g, 1 AS closed FROM generate_series(1, 100) AS g')->bind_portal('p', '')->execute('p', 10);
$wire->flush_until('s');
$wire->close_portal('p')->sync;
$wire->query('COMMIT');
is(counted('calls, rows, p50_exec_time > 0', 'AS closed'), '1|10|t', 'closed early, counted once');

# One dropped by an aborted transaction, too.
$wire->query('BEGIN');
$wire->parse('', 'SELECT g, 1, 2 AS aborted FROM generate_series(1, 100) AS g')->bind_portal('p', '')->execute('p', 10);
$wire->flush_until('s');
$wire->sync;
$wire->query('ROLLBACK');
is(counted('calls, rows, errors', 'AS aborted'), '1|10|0', 'rolled back while suspended');

# BEGIN, a SELECT, and a client that thinks: the row is there, without the thinking.
$wire->query('BEGIN');
$wire->parse('', 'SELECT count(*) AS thinking FROM pg_am')->bind_portal('', '')->execute('');
$wire->sync;
is(counted('calls, rows', 'AS thinking'), '1|1', 'seen by another session before COMMIT');
sleep 2;
is(counted('total_exec_time < 500', 'AS thinking'), 't', 'without the time the client took');
$wire->query('COMMIT');
is(counted('calls, total_exec_time < 500', 'AS thinking'), '1|t', 'COMMIT adds nothing');

# A SELECT whose portal stays open until the next Bind.
$wire->parse('', 'SELECT count(*) AS open_portal FROM pg_cast')->bind_portal('', '')->execute('');
$wire->flush_until('C');
sleep 0.5;
is(counted('calls, total_exec_time < 300', 'AS open_portal'), '1|t', 'before Sync');
$wire->sync;

# A pipeline: each statement its own time.
$wire->parse('', 'SELECT pg_sleep(0.2) AS piped')->bind_portal('', '')->execute('');
$wire->parse('', 'SELECT count(*) AS piped_behind FROM pg_collation')->bind_portal('', '')->execute('');
$wire->sync;
is(counted('calls, total_exec_time BETWEEN 190 AND 1900', 'AS piped$'), '1|t', 'first of a pipeline');
is(counted('calls, total_exec_time < 100', 'AS piped_behind'), '1|t', 'the second is not charged with the first');

# Several statements in one message.
$wire->query('SELECT pg_sleep(0.2), 1 AS several; SELECT count(*) AS several_behind FROM pg_language');
is(counted('calls, total_exec_time < 100', 'AS several_behind'), '1|t', 'not charged with the one before it');

# Errors at Parse, at Bind, while running and at COMMIT, each counted once.
sub errors { return $node->safe_psql('postgres', 'SELECT coalesce(sum(errors), 0) FROM caliper.statements') }
my $before = errors();
like($wire->parse('', 'SELEC')->sync, qr/\{42601\}/, 'syntax error');
is(errors() - $before, 1, 'counted once');
like($wire->parse('', 'SELECT $1::int AS bound')->bind_portal('', '', 'x')->sync, qr/\{22P02\}/, 'bad value at Bind');
is(errors() - $before, 2, 'counted once');
is(counted('errors', 'AS bound'), 1, 'at its statement');
like($wire->parse('', 'SELECT g / $1::int AS divided FROM generate_series(1, 2) AS g')->bind_portal('', '', '0')->execute('')->sync,
	qr/\{22012\}/, 'error while running');
is(errors() - $before, 3, 'counted once');
is(counted('errors, calls', 'AS divided'), '1|1', 'at its statement');
$node->safe_psql('postgres', 'CREATE TABLE s (a int); INSERT INTO s VALUES (1), (2)');
my $other = Wire->new($node);
for my $c ($wire, $other)
{
	$c->query('BEGIN ISOLATION LEVEL SERIALIZABLE');
	$c->query('SELECT sum(a) FROM s');
	$c->query('INSERT INTO s VALUES (3)');
}
$wire->query('COMMIT');
$before = errors();
like($other->query('COMMIT'), qr/\{40001\}/, 'serialization failure at COMMIT');
is(errors() - $before, 1, 'counted once');

# A session ended while its statement runs.
$before = errors();
$other->parse('', 'SELECT pg_sleep(30), 1, 2 AS terminated')->bind_portal('', '')->execute('');
$other->queue('S', '');
$other->{socket}->print($other->{out});
$other->{socket}->flush;
$node->poll_query_until('postgres',
	"SELECT count(*) = 1 FROM pg_stat_activity WHERE query ~ 'AS terminated' AND pid <> pg_backend_pid()");
$node->safe_psql('postgres',
	"SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE query ~ 'AS terminated' AND pid <> pg_backend_pid()");
is(counted('errors, calls', 'AS terminated'), '1|1', 'terminated: an error of its statement');
is(errors() - $before, 1, 'counted once');

# One that is only connected has no statement that could fail.
my $idle = Wire->new($node, application_name => 'idle');
$before = errors();
$node->safe_psql('postgres', "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE application_name = 'idle'");
is(errors() - $before, 0, 'an idle session that is ended is no error');

$wire->disconnect;
done_testing();
