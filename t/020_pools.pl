# Connections and transactions are counted exactly: those of many clients at
# once, those that never send a statement, that change their name, that are
# refused, that vanish; and transactions of every kind.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/lib";

use Caliper;
use IPC::Run qw(start finish pump timeout);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(sleep);
use Wire;

my $node = Caliper::node(
	'pools',
	'max_connections' => 30,
	'superuser_reserved_connections' => 3,
	'max_prepared_transactions' => 2,
	'listen_addresses' => '127.0.0.1',
	'pg_caliper.max_pools' => 16);

$node->safe_psql('postgres', q{
	CREATE ROLE app LOGIN;
	CREATE ROLE few LOGIN CONNECTION LIMIT 2;
	CREATE TABLE parent (id int PRIMARY KEY);
	CREATE TABLE child (id int REFERENCES parent DEFERRABLE INITIALLY DEFERRED);
});

# A psql that waits for input; it has connected, but sends no statement.
sub client
{
	my ($name, %more) = @_;
	my ($in, $out, $err) = ('', '', '');
	my %connect = (dbname => 'postgres', host => $node->host,
		port => $node->port, application_name => $name, %more);
	my $conninfo = join ' ', map { "$_='$connect{$_}'" } sort keys %connect;
	my $run = start [ 'psql', '-XAtq', '-v', 'ON_ERROR_STOP=0', '-d', $conninfo ],
	  '<', \$in, '>', \$out, '2>', \$err, timeout(120);

	return { run => $run, in => \$in, out => \$out, err => \$err };
}

# Sends statements and waits until they are done.
sub send_to
{
	my ($client, $sql) = @_;

	${ $client->{out} } = '';
	${ $client->{in} } .= "$sql\n\\echo done\n";
	pump $client->{run} until ${ $client->{out} } =~ /done\n/;
}

# Closes a client; true if it had been connected.
sub close_client
{
	my ($client) = @_;

	return finish $client->{run};
}

# Columns of one pool, as psql prints them.
sub pool
{
	my ($name, $columns) = @_;

	return $node->safe_psql('postgres',
		"SELECT $columns FROM caliper.pools WHERE application_name = '$name'");
}

# Waits until a pool looks like that.
sub wait_for
{
	my ($name, $columns, $expected, $test) = @_;

	ok($node->poll_query_until('postgres',
			"SELECT $columns FROM caliper.pools WHERE application_name = '$name'",
			$expected), $test)
	  or diag(pool($name, '*'));
}

# Runs statements in a session of their own; what fails goes on.
sub run_as
{
	my ($name, $sql) = @_;

	$node->psql('postgres', $sql, connstr => $node->connstr('postgres')
		  . " application_name='$name'", on_error_stop => 0);
}

# Many connections at once, none of which says anything.
my @silent = map { client('silent') } 1 .. 15;
wait_for('silent', 'connections', '15', 'silent connections are counted');
is(pool('silent', 'connections_peak, opened, closed, busy, busy_peak, xacts, setups'),
	'15|15|0|0|0|0|0', 'and they are not busy');
is(pool('silent', 'connections_peak_at >= stats_since'), 't',
	'the peak has a time');
close_client($_) for splice @silent, 0, 5;
wait_for('silent', 'connections, closed', '10|5', 'closed connections are counted');
close_client($_) for @silent;
wait_for('silent', 'connections, connections_peak, opened, closed',
	'0|15|15|15', 'the peak stays');

# Who is who: without a name, with a label, over the network.
my @who = (client(''), client('labelled', options => '-c pg_caliper.pool=cache'),
	client('labelled', options => '-c pg_caliper.pool=users'),
	client('remote', host => '127.0.0.1'));
my ($user) = $node->safe_psql('postgres', 'SELECT current_user');
wait_for("$user\@[local]", 'connections > 0', 't', 'a client without a name');
wait_for('labelled', "string_agg(pool || ' ' || connections, ', ' ORDER BY pool)",
	'cache 1, users 1', 'labels in the connection string');
wait_for('remote', 'client_addr', '127.0.0.1', 'the client\'s address');
is(pool('labelled', 'DISTINCT client_addr IS NULL, datname, usename'),
	"t|postgres|$user", 'no address on a Unix socket');
close_client($_) for @who;

# A change of name moves the connection.
my $mover = client('before');
send_to($mover, "SELECT 1;\nSET application_name = 'after';");
is(pool('before', 'connections, opened, closed, xacts, setups'), '0|1|0|1|1',
	'the connection has left its old pool');
is(pool('after', 'connections, opened, closed, xacts'), '1|0|0|0',
	'and is in the new one');
send_to($mover, "BEGIN;\nSET application_name = 'later';\nSELECT 1;");
is(pool('after', 'connections, busy'), '1|1',
	'within a transaction it stays where it is');
send_to($mover, 'COMMIT;');
is(pool('after', 'connections, busy, xacts'), '1|0|1', 'the transaction too');
send_to($mover, 'SELECT 1;');
is(pool('later', 'connections, busy, xacts'), '1|0|1', 'the next one moves');
send_to($mover, "SET pg_caliper.pool = 'labelled';");
is(pool('later', "coalesce(pool, '-'), connections, xacts"),
	"-|0|1\nlabelled|1|0", 'a change of label moves as well');
close_client($mover);
wait_for('later', 'sum(connections), sum(closed)', '0|1', 'it is closed where it is');

# Connections that the server refuses are none.
my @limited = map { client('limited', user => 'few') } 1 .. 2;
wait_for('limited', 'connections', '2', 'as many as the role may have');
is($node->psql('postgres', 'SELECT 1', connstr => $node->connstr('postgres')
		  . " application_name=limited user=few"), 2, 'one more is refused');
is(pool('limited', 'connections, connections_peak, opened, closed'), '2|2|2|0',
	'and leaves no trace');
close_client($_) for @limited;

my @crowd = map { client('crowd', user => 'app') } 1 .. 32;
my $asked = 0;
for my $client (@crowd)
{
	${ $client->{in} } .= "SELECT 1;\n\\echo done\n";
	eval { pump $client->{run} until ${ $client->{out} } =~ /done/ || ${ $client->{err} } =~ /FATAL/; };
	$asked++ if ${ $client->{out} } =~ /done/;
}
cmp_ok($asked, '<', 32, 'too many clients');
is(pool('crowd', 'connections, connections_peak, opened, closed, xacts'),
	"$asked|$asked|$asked|0|$asked", 'those admitted are counted, and no others');
for (@crowd) { eval { finish $_->{run} }; }
wait_for('crowd', 'connections, connections_peak, opened, closed',
	"0|$asked|$asked|$asked", 'and they are gone');

# Twelve clients work at the same time.
my $script = $node->basedir . '/sleep.sql';
append_to_file($script, "SELECT pg_sleep(0.2);\n");
{
	local $ENV{PGAPPNAME} = 'twelve';
	$node->command_ok([ 'pgbench', '-n', '-M', 'prepared', '-c', '12', '-t', '5',
			'-f', $script, 'postgres' ], 'pgbench with 12 clients');
}
is(pool('twelve', 'connections, connections_peak, busy, busy_peak, opened, closed, xacts'),
	'0|12|0|12|13|13|60',
	'twelve were busy at the same time; pgbench opened one more before');
is(pool('twelve', 'busy_p95 BETWEEN 11 AND 12'), 't', 'most of the time');
is(pool('twelve', 'held_time BETWEEN 60 * 200 AND 60 * 240'), 't', 'each for 200 ms');
is(pool('twelve', 'gap_time, held_p50 BETWEEN 190 AND 230'), '0|t', 'without a gap');

# Transactions of every kind.
run_as('kinds', q{
	BEGIN;
	SELECT 1;
	COMMIT;
	INSERT INTO parent VALUES (1);
	INSERT INTO parent VALUES (1);
	BEGIN; SAVEPOINT a; SELECT 1/0; ROLLBACK TO a; SELECT 1; COMMIT;
	BEGIN; SELECT 1; COMMIT AND CHAIN; SELECT 2; ROLLBACK;
	BEGIN; INSERT INTO parent VALUES (2); PREPARE TRANSACTION 'two';
	COMMIT PREPARED 'two';
	BEGIN; INSERT INTO child VALUES (99); COMMIT;
	DO $$ BEGIN FOR i IN 11 .. 13 LOOP INSERT INTO parent VALUES (i); COMMIT; END LOOP; END $$;
	BEGIN; COMMIT;
});
is(pool('kinds', 'xacts, setups, busy, connections'), '13|0|0|0', 'transactions');
run_as('setups', q{
	SET work_mem = '5MB';
	SHOW work_mem;
	RESET work_mem;
	ROLLBACK;
	COMMIT;
	DISCARD ALL;
	BEGIN; SET LOCAL work_mem = '6MB'; COMMIT;
});
is(pool('setups', 'xacts, setups, busy_peak'), '1|6|1',
	'what only sets up is no transaction');

# A commit that fails ends the transaction; a failed statement does not.
my $failing = client('failing');
send_to($failing, "BEGIN;\nINSERT INTO child VALUES (99);\nCOMMIT;");
is(pool('failing', 'xacts, busy'), '1|0', 'COMMIT failed');
send_to($failing, "BEGIN;\nSELECT 1/0;");
is(pool('failing', 'xacts, busy'), '1|1', 'held until ROLLBACK');
send_to($failing, 'SELECT 1;');
is(pool('failing', 'xacts, busy'), '1|1', 'still held');
send_to($failing, 'ROLLBACK;');
is(pool('failing', 'xacts, busy'), '2|0', 'ROLLBACK');
send_to($failing, "SELECT 1\\; SELECT 1/0;");
is(pool('failing', 'xacts, busy'), '3|0', 'several statements in one message');
send_to($failing, "BEGIN\\; SELECT 1\\; ROLLBACK;\nSELECT 1;");
is(pool('failing', 'xacts, busy'), '5|0', 'a whole transaction in one message');

# A client vanishes, a connection is terminated.
send_to($failing, "BEGIN;\nSELECT 1;");
$failing->{run}->signal('KILL');
eval { finish $failing->{run} };
wait_for('failing', 'connections, busy, opened, closed, xacts', '0|0|1|1|6',
	'the client was killed');
my $victim = client('victim');
send_to($victim, "BEGIN;\nSELECT 1;");
$node->safe_psql('postgres', q{SELECT pg_terminate_backend(pid) FROM caliper.active
	WHERE application_name = 'victim'});
wait_for('victim', 'connections, busy, opened, closed, xacts', '0|0|1|1|1',
	'the connection was terminated');
eval { finish $victim->{run} };

# Many clients that come and go and change their names, while others look.
my $restless = $node->basedir . '/restless.sql';
append_to_file($restless, "\\set n random(1, 5)\nSELECT 1;\n"
	  . "SELECT set_config('application_name', 'restless ' || :n, false);\nSELECT 1;\n");
my @pgbench = ('pgbench', '-n', '-C', '-c', '8', '-t', '40', '-f', $restless,
	'-h', $node->host, '-p', $node->port, 'postgres');
my ($bench_out, $bench_err) = ('', '');
my $bench;
{
	local $ENV{PGAPPNAME} = 'restless 0';
	$bench = start \@pgbench, '>', \$bench_out, '2>', \$bench_err;
}
my $wrong = 0;
for (1 .. 20)
{
	$wrong += $node->safe_psql('postgres', q{SELECT count(*) FROM caliper.pools
		WHERE busy > connections + 8 OR work_time < 0 OR busy > busy_peak
		OR connections > connections_peak});
}
finish $bench;
is($wrong, 0, 'no impossible numbers at any time');
my $restless_sum = q{SELECT sum(connections), sum(busy), sum(opened), sum(closed), sum(xacts)
	FROM caliper.pools WHERE application_name LIKE 'restless%'};
$node->poll_query_until('postgres', q{SELECT sum(connections) = 0
	FROM caliper.pools WHERE application_name LIKE 'restless%'});
is($node->safe_psql('postgres', $restless_sum), '0|0|321|321|960',
	'nothing is lost on the way');

# More pools than there is room for; nothing gets lost.
my $opened = "SELECT sum(opened) FROM caliper.pools";
my $before = $node->safe_psql('postgres', $opened);
run_as("flood $_", 'SELECT 1') for 1 .. 40;
is($node->safe_psql('postgres', $opened) - $before, 41, 'connections of all pools');
cmp_ok(Caliper::info($node, 'pools', 'evicted'), '>', 0, 'pools made room');
is($node->safe_psql('postgres', q{SELECT count(*) FROM caliper.pools}), 16,
	'no more than there is room for');
is(pool('(other)', 'opened > 0, connections'), 't|0', 'and their sum is kept');

# More names than there is room for.
my $xacts = 'SELECT sum(xacts) FROM caliper.pools';
$before = $node->safe_psql('postgres', $xacts);
run_as('names', join "\n", map { "SET application_name = 'name $_';\nSELECT 1;" } 1 .. 1100);
is($node->safe_psql('postgres', $xacts) - $before, 1101, 'transactions of 1100 names');
cmp_ok(Caliper::info($node, 'names', 'overflows'), '>', 0, 'names found no room');
is($node->safe_psql('postgres', q{SELECT count(*) > 0 FROM caliper.statements
	WHERE application_name = '(other)'}), 't', 'their statements are (other)\'s');

# The first use of a connection: not when it is opened or set up, not in a
# transaction that goes on, and not again after a reset.
my $first = Wire->new($node, application_name => 'first');
my $first_use = "SELECT xacts, setups, first_use BETWEEN 300 AND 1300 FROM caliper.active JOIN caliper.pools USING (application_name) WHERE application_name = 'first'";
is($node->safe_psql('postgres', $first_use), '0|0|', 'a connection that was not used');
$first->query('SET work_mem = 5000');
is($node->safe_psql('postgres', $first_use), '0|1|', 'nor if it was set up');
sleep 0.3;
$first->query('BEGIN');
$first->query('SELECT 1');
is($node->safe_psql('postgres', $first_use), '0|1|', 'nor as long as its first transaction goes on');
sleep 1;
$first->query('COMMIT');
is($node->safe_psql('postgres', $first_use), '1|1|t', 'the begin of that is its first use');
$node->safe_psql('postgres', "SELECT caliper.reset('pools')");
$first->query('SELECT 1');
is($node->safe_psql('postgres', $first_use), '1|0|t', 'a reset does not change that');
$first->disconnect;

# Reset.
$node->safe_psql('postgres', "SELECT caliper.reset('pools')");
is($node->safe_psql('postgres', 'SELECT sum(opened), sum(connections), sum(xacts) FROM caliper.pools'),
	'1|1|1', 'reset');

$node->stop;
done_testing();
