# Connections that the server refuses: each is counted once, for the application
# that asked, with the reason and with who held the slots; whatever clients call
# themselves, however they die, and across restarts.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/lib";

use Caliper;
use IO::Socket::UNIX;
use IPC::Run qw(start finish timeout);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(usleep);
use Wire;

my ($major) = `postgres --version` =~ /(\d+)/;
my $slots = 20;
my $superuser_reserved = 3;
my $reserved = $major >= 16 ? 2 : 0;
my $ordinary = $slots - $superuser_reserved - $reserved;

my $node = Caliper::node(
	'refusals',
	'max_connections' => $slots,
	'superuser_reserved_connections' => $superuser_reserved,
	$major >= 16 ? ('reserved_connections' => $reserved) : (),
	'listen_addresses' => '127.0.0.1',
	'wal_level' => 'replica',
	'restart_after_crash' => 'on',
	'pg_caliper.save_interval' => '1h');
my $superuser = getpwuid($<);

$node->safe_psql('postgres', q{
	CREATE ROLE app LOGIN;
	CREATE ROLE monitor LOGIN;
	GRANT pg_read_all_stats TO monitor;
	CREATE ROLE few LOGIN CONNECTION LIMIT 2;
	CREATE ROLE rejected LOGIN;
	CREATE ROLE secret LOGIN PASSWORD 'right'});
$node->safe_psql('postgres', "CREATE DATABASE $_") for qw(small private closed);
$node->safe_psql('postgres', q{
	ALTER DATABASE small CONNECTION LIMIT 1;
	REVOKE CONNECT ON DATABASE private FROM PUBLIC;
	ALTER DATABASE closed ALLOW_CONNECTIONS false});
my $hba = $node->data_dir . '/pg_hba.conf';
my $trust = slurp_file($hba);
unlink $hba;
append_to_file($hba, "local all rejected reject\nlocal all secret scram-sha-256\n$trust");
$node->reload;

# A connection that is asked for and not yet answered.
sub ask
{
	my (%parameters) = @_;
	my $socket = IO::Socket::UNIX->new(Peer => $node->host . '/.s.PGSQL.' . $node->port)
	  or return undef;
	my %startup = (user => 'app', database => 'postgres', %parameters);
	my $body = pack('N', 196608)
	  . join('', map { "$_\0$startup{$_}\0" } sort keys %startup) . "\0";

	local $SIG{PIPE} = 'IGNORE';
	$socket->print(pack('N', 4 + length $body) . $body);
	$socket->flush;
	return $socket;
}

# What becomes of it: the SQLSTATE it is refused with, '' if it is admitted, and
# undef if the server says nothing.
sub answer
{
	my ($socket) = @_;
	my $data = '';

	while ($socket && sysread($socket, $data, 8192, length $data))
	{
		return '' if $data =~ /Z\x00\x00\x00\x05I/;
	}
	return $data =~ /\x00C([0-9A-Z]{5})\x00/ ? $1 : undef;
}

# Asks and is expected to be refused.
sub refused
{
	my ($sqlstate, %parameters) = @_;

	is(answer(ask(%parameters)), $sqlstate, join ' ', map { "$_=$parameters{$_}" } sort keys %parameters);
}

# Many ask, so many at a time; how many got which answer.
sub storm
{
	my ($together, @clients) = @_;
	my %answers;

	while (my @batch = splice @clients, 0, $together)
	{
		my @sockets = map { ask(%$_) } @batch;

		$answers{ answer($_) // 'none' }++ for @sockets;
	}
	return \%answers;
}

# Fills the slots; the connections, by what holds them.
sub fill
{
	my ($user, $n, %parameters) = @_;

	return map { Wire->new($node, user => $user, %parameters) } 1 .. $n;
}

# Processes of the server.
sub processes
{
	my ($postmaster) = @_;

	local @ARGV = ("/proc/$postmaster/task/$postmaster/children");
	return split ' ', (<ARGV> // '');
}

# As storm, while processes are told to end; how many asked, and got an answer.
sub killed
{
	my ($n) = @_;
	my ($postmaster) = slurp_file($node->data_dir . '/postmaster.pid') =~ /^(\d+)/;
	my %spare = map { $_ => 1 } processes($postmaster);
	my $killer = fork;

	while ($killer == 0)
	{
		kill 'TERM', grep { !$spare{$_} } processes($postmaster);
		usleep(500);
	}
	my $answers = storm(50, map { { application_name => 'killed ' . $_ % 7 } } 1 .. $n);
	kill 'KILL', $killer;
	waitpid $killer, 0;
	my $again = storm(20, map { { application_name => 'killed ' . $_ % 7 } } 1 .. 70);
	is_deeply($again, { '57P03' => 70 }, 'afterwards all get their answer');
	return ($n + 70, ($answers->{'57P03'} // 0) + 70);
}

# Rows of the view.
sub rows
{
	my ($columns, $where) = @_;

	return $node->safe_psql('postgres', "SELECT $columns FROM caliper.refusals WHERE $where ORDER BY 1, 2");
}

# Waits until no client is connected any more.
sub wait_until_empty
{
	$node->poll_query_until('postgres', q{SELECT count(*) = 1 FROM pg_stat_activity
		WHERE backend_type = 'client backend'}) or die 'clients stay';
}

# Nobody was refused yet.
is(rows('count(*), 0', 'true'), '0|0', 'no refusals');
is($node->safe_psql('postgres', q{SELECT refusals, last_refused_at IS NULL, busy, busy_peak > 0,
	connections_peak >= connections FROM caliper.server}), '0|t|1|t|t', 'nor in caliper.server');

# Slots are filled by "web", of which four are idle in transaction.
my @web = fill('app', $ordinary - 2, application_name => 'web');
$_->query('BEGIN') for @web[ 0 .. 3 ];
$_->query('SELECT 1') for @web;
my @worker = fill('app', 2, application_name => 'worker');
is($node->safe_psql('postgres', q{SELECT max_connections, reserved, superuser_reserved,
		connections, connections_peak, headroom, usage FROM caliper.server}),
	join('|', $slots, $reserved, $superuser_reserved, $ordinary + 1, $ordinary + 1, -1,
		($ordinary + 1) / $slots), 'the server is full for ordinary users');
is($node->safe_psql('postgres', q{SELECT s.connections = (SELECT count(*) FROM pg_stat_activity
		WHERE backend_type = 'client backend')
	AND s.max_connections = (SELECT setting::int FROM pg_settings WHERE name = 'max_connections')
	AND s.headroom = s.max_connections - (SELECT sum(setting::int) FROM pg_settings
		WHERE name IN ('reserved_connections', 'superuser_reserved_connections'))
		- (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend')
	AND s.started_at = pg_postmaster_start_time()
	AND (s.backend_memory BETWEEN 500000 AND 100000000 OR s.backend_memory IS NULL)
	FROM caliper.server AS s}), 't', 'caliper.server says what one would find by hand');
refused('53300', application_name => 'shop') for 1 .. 3;
refused('53300', application_name => 'office', database => 'small');
refused('53300');
is(rows('application_name, usename, datname, client_addr, reason, sqlstate, refused, slots_used,
	top_application, top_connections, top_idle_in_xact', 'true'),
	join("\n", map { "$_|$ordinary|web|" . ($ordinary - 2) . '|4' }
		'app@[local]|app|postgres||reserved_slots|53300|1',
		'office|app|small||reserved_slots|53300|1',
		'shop|app|postgres||reserved_slots|53300|3'), 'reserved slots');
is(rows("application_name, first_at < last_at, last_at = (SELECT max(last_at) FROM caliper.refusals
	WHERE application_name = 'shop')", "application_name = 'shop'"), 'shop|t|t', 'times');
is($node->psql('postgres', 'SELECT 1', connstr => "host=127.0.0.1 port=" . $node->port
		. " dbname=postgres user=app application_name=remote"), 2, 'over the network');
is(rows('application_name, client_addr, refused', "client_addr IS NOT NULL"),
	'remote|127.0.0.1|1', 'with its address');

# The very last slots.
my @admins;
if ($reserved > 0)
{
	$node->safe_psql('postgres', 'CREATE ROLE helper LOGIN; GRANT pg_use_reserved_connections TO helper');
	push @admins, fill('helper', $reserved, application_name => 'helper');
	refused('53300', application_name => 'helper', user => 'helper');
	is(rows('application_name, reason, refused', "application_name = 'helper'"), 'helper|reserved_slots|1',
		'reserved_connections are used up');
}
push @admins, fill($superuser, $superuser_reserved, application_name => 'admin');
refused('53300', application_name => 'late', user => $superuser);

# A storm of retries.
my $answers = storm(20, map { my $n = $_; map { { application_name => "retry $n" } } 1 .. 20 } 0 .. 9);
is_deeply($answers, { '53300' => 200 }, '200 were refused');
pop(@admins)->disconnect;
usleep(200_000);
is(rows('application_name, sum(refused)', "application_name LIKE 'retry%' GROUP BY 1"),
	join("\n", map { "retry $_|20" } 0 .. 9), 'each counted for its application');
is(rows('reason, refused, slots_used, top_application', "application_name = 'late'"),
	"too_many_clients|1|$slots|web", 'too many clients');
is($node->safe_psql('postgres', q{SELECT s.refusals = sum(f.refused) AND s.last_refused_at = max(f.last_at)
	FROM caliper.server AS s, caliper.refusals AS f GROUP BY s.refusals, s.last_refused_at}), 't',
	'caliper.server has the sum');
is($node->safe_psql('postgres', 'SELECT connections_peak FROM caliper.server'), $slots,
	'and the peak');

# Ten thousand names do not push out anybody, and who comes again gets through.
push @admins, fill($superuser, 1, application_name => 'admin');
my $before = 6 + 1 + 200 + ($reserved ? 1 : 0);
$answers = storm(20, map { my $n = $_; ({ application_name => "flood $n" },
			$n % 1000 ? () : { application_name => 'retry 0' },
			$n % 20 ? () : { application_name => 'newcomer' }) } 1 .. 10000);
is_deeply($answers, { '53300' => 10510 }, 'ten thousand names were refused');
pop(@admins)->disconnect;
usleep(200_000);
is($node->safe_psql('postgres', 'SELECT sum(refused) FROM caliper.refusals'), $before + 10510,
	'nothing is lost');
cmp_ok($node->safe_psql('postgres', 'SELECT count(*) FROM caliper.refusals'), '<', 340,
	'in few rows');
is(rows('application_name, sum(refused)', "application_name ~ '^(retry|shop|late)' GROUP BY 1"),
	join("\n", 'late|1', 'retry 0|30', (map { "retry $_|20" } 1 .. 9), 'shop|3'), 'those of others stay, and go on');
is(rows('refused > 100, 0', "application_name = 'newcomer'"), 't|0', 'who comes again finds an entry');
is(rows('application_name, reason, refused > 9000, usename IS NULL, sqlstate IS NULL', "application_name = '(other)'"),
	'(other)|too_many_clients|t|t|t', 'most of the names are (other)');
cmp_ok(Caliper::info($node, 'refusals', 'overflows'), '>', 9000, 'caliper.info says so');
cmp_ok(Caliper::info($node, 'refusals', 'entries'), '<=', 330, 'and that an address has its limit');

# Who sees what.  One more place is needed for those who look.
pop(@worker)->disconnect;
usleep(200_000);
sub seen_by
{
	my ($user) = @_;

	return $node->safe_psql('postgres', "SET ROLE $user; SELECT string_agg(DISTINCT usename, ' ')
		|| ' ' || bool_or(top_application IS NOT NULL) FROM caliper.refusals");
}
is(seen_by('app'), 'app true', 'a user sees the rows with his name');
is(seen_by('few'), '', 'others none');
like(seen_by('monitor'), qr/app .*$superuser.* true/, 'pg_read_all_stats sees all');
is($node->safe_psql('postgres', "SET ROLE few; SELECT refusals > 10000 FROM caliper.server"), 't',
	'everybody sees how many there were');
$_->disconnect for splice(@web), splice(@worker), splice(@admins);
wait_until_empty();

# Limits of roles and databases.  Once the flood is over, there is room again.
usleep(2_500_000);
my @few = (fill('few', 2), fill('app', 1, database => 'small'));
refused('53300', application_name => 'role', user => 'few');
refused('53300', application_name => 'database', database => 'small') for 1 .. 2;
$_->disconnect for @few;
wait_until_empty();
is(rows('application_name, reason, sqlstate, refused', "application_name IN ('role', 'database')"),
	"database|database_limit|53300|2\nrole|role_limit|53300|1", 'limits');

# Those who may not.
refused('28000', application_name => 'rejected', user => 'rejected');
refused('28000', application_name => 'unknown role', user => 'nobody');
refused('3D000', application_name => 'unknown database', database => 'nowhere');
refused('42501', application_name => 'no right', database => 'private');
refused('55000', application_name => 'closed', database => 'closed');
{
	local $ENV{PGPASSWORD} = 'wrong';
	is($node->psql('postgres', 'SELECT 1', connstr => $node->connstr('postgres')
			  . " user=secret application_name='password'"), 2, 'a wrong password');
	delete $ENV{PGPASSWORD};
	is($node->psql('postgres', 'SELECT 1', extra_params => ['-w'], connstr => $node->connstr('postgres')
			  . " user=secret application_name='speechless'"), 2, 'no password');
}
is(rows('application_name, reason, sqlstate, refused', "usename IN ('rejected', 'nobody', 'secret')
	OR datname IN ('nowhere', 'private', 'closed')"), join("\n",
		'closed|other|55000|1',
		'no right|authentication|42501|1',
		'password|authentication|28P01|1',
		'rejected|authentication|28000|1',
		'unknown database|authentication|3D000|1',
		'unknown role|authentication|28000|1'),
	'authentication; a client that gives up was not refused');

# Names that nobody should have.
my $odd = "x\n'; DROP\e[31m" . "\xff" x 100;
refused('28000', user => $odd, application_name => "odd\n\x01" . 'y' x 100);
refused('3D000', database => "caf\xc3\xa9", application_name => 'odd accent');
is(rows("length(application_name), regexp_replace(usename, '[?]{40,}', '..')", "application_name LIKE 'odd%y'"),
	"63|x '; DROP?[31m..", 'control characters and half characters are masked');
is($node->safe_psql('postgres', q{SELECT datname = U&'caf\00E9'::name FROM caliper.refusals
	WHERE application_name = 'odd accent'}), 't', 'letters are not');
my $garbage = IO::Socket::UNIX->new(Peer => $node->host . '/.s.PGSQL.' . $node->port);
$garbage->print(pack('NN', 8, 42 << 16));
$garbage->flush;
is(answer($garbage), '0A000', 'a protocol that never was');
is(rows("usename, reason, refused", "sqlstate = '0A000'"), '|other|1', 'nameless');

# The server cannot tell what it does not log.
$node->safe_psql('postgres', "ALTER SYSTEM SET log_min_messages = 'panic'");
$node->reload;
usleep(300_000);
refused('3D000', application_name => 'unlogged', database => 'nowhere');
$node->safe_psql('postgres', 'ALTER SYSTEM RESET log_min_messages');
$node->reload;
is(rows('count(*), 0', "application_name = 'unlogged'"), '0|0', 'unseen with log_min_messages = panic');

# A restart: who comes while it shuts down, and while it starts up.
my $stable = q{SELECT application_name, usename, datname, client_addr, reason, sqlstate, refused,
	first_at, last_at, slots_used, top_application, top_connections, top_idle_in_xact
	FROM caliper.refusals ORDER BY 1, 2, 3, 4, 5, 6};
$stable =~ s/ORDER/WHERE application_name !~ '^(closing|killed|early|flood|.other.)' ORDER/;
my $kept = $node->safe_psql('postgres', $stable);
my ($last) = fill('app', 1);
run_log([ 'pg_ctl', '-D', $node->data_dir, '-W', '-m', 'smart', 'stop' ]);
for (1 .. 100)
{
	last if (answer(ask(application_name => 'closing')) // '') eq '57P03';
	usleep(50_000);
}
# Then it refuses early, where SIGTERM ends a process at once, whatever it does.
my ($asked, $answered) = killed(1500);
$last->disconnect;
for (1 .. 200)
{
	last unless -e $node->data_dir . '/postmaster.pid';
	usleep(100_000);
}
$node->{_pid} = undef;
# Restoring takes its time.
append_to_file($node->data_dir . '/recovery.signal', '');
append_to_file($node->data_dir . '/postgresql.conf', "restore_command = 'sleep 1; false'\n");
my $starting = start [ 'pg_ctl', '-w', '-D', $node->data_dir, '-l', $node->logfile,
	'-o', '--cluster-name=' . $node->name, 'start' ], '>', \my $output, timeout(180);
my %early;
while (1)
{
	my $got = answer(ask(application_name => 'early')) // '-';

	last if $got eq '';
	$early{$got}++;
	usleep(50_000);
}
finish $starting;
$node->_update_pid(1);
my $counted = $node->safe_psql('postgres',
	"SELECT sum(refused) FROM caliper.refusals WHERE application_name LIKE 'killed%'");
note("$asked asked, $answered got an answer, $counted counted");
cmp_ok($counted, '>=', $answered, 'whoever got an answer is counted, killed or not');
cmp_ok($counted, '<=', $asked, 'and nobody twice');
is(rows("count(*) FILTER (WHERE reason = 'shutting_down' AND refused >= 10), sum(refused)",
	"application_name LIKE 'killed%'"), "7|$counted", 'no entry is blocked');
cmp_ok($early{'57P03'}, '>', 0, 'clients came too early');
is(rows('reason, 0', "application_name = 'closing'"), 'shutting_down|0', 'and too late');
is($node->safe_psql('postgres', "SELECT sum(refused) FROM caliper.refusals WHERE application_name = 'early'
	AND reason IN ('starting_up', 'recovery')"), $early{'57P03'}, 'each counted');
is($node->safe_psql('postgres', $stable), $kept, 'all others are as they were before the restart');
is(Caliper::info($node, 'save', 'loaded_left_out'), '0', 'every record was understood');

# Reset.
wait_until_empty();
$node->safe_psql('postgres', "SELECT caliper.reset('refusals')");
is(rows('count(*), 0', 'true'), '0|0', 'reset');
is($node->safe_psql('postgres', 'SELECT refusals, last_refused_at IS NULL FROM caliper.server'), '0|t',
	'also of the sum');

# After a crash: what was saved last.
$node->append_conf('postgresql.conf', "pg_caliper.save_interval = '1s'");
$node->reload;
refused('3D000', application_name => 'before', database => 'nowhere') for 1 .. 3;
usleep(2_500_000);
my ($victim) = fill($superuser, 1, application_name => 'victim');
kill 'KILL', $node->safe_psql('postgres', "SELECT pid FROM caliper.active WHERE application_name = 'victim'");
$node->poll_query_until('postgres', 'SELECT true');
is(rows('application_name, refused', "reason = 'authentication'"), 'before|3', 'a crash loses nothing saved');

$node->stop;
done_testing();
