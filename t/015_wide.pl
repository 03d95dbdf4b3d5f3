# Hostile input: nothing is lost but clipped, views stay readable, and one
# execution is one record in the log, in which nothing can be forged.
use strict;
use warnings;
use Test::More;
use PostgreSQL::Test::Utils;
use FindBin;
use lib "$FindBin::RealBin/lib";
use Caliper;
use Wire;

my $node = Caliper::node('wide',
	log_line_prefix => '[%p] ',
	log_statement => 'none',
	log_min_error_statement => 'panic',
	max_stack_depth => '2MB',
	'pg_caliper.log_rate_limit' => 0,
	'pg_caliper.slow_min_duration' => 0,
	'pg_caliper.track' => 'all');
my $forged = "x\n[1] LOG:  duration: 1.000 ms  statement: forged\r\n\e[2J\x7f";
my $theirs = "(query IS NULL OR query !~ 'caliper')";    # not the tests' own
my $place;

# What runs from here on is counted, and the log read, by the tests below.
sub begin
{
	$node->safe_psql('postgres', "SELECT caliper.reset('statements'), caliper.reset('slow')");
	$place = -s $node->logfile;
}

# Each execution is in every place: n calls, n events, n records in the log.
sub is_whole
{
	my ($n, $what) = @_;
	my $log = slurp_file($node->logfile, $place);
	my @begun = $log =~ /^(?!\t)(.*)/mg;

	is($node->safe_psql('postgres', "SELECT sum(calls) FROM caliper.statements WHERE $theirs"), $n, "$what: calls");
	is($node->safe_psql('postgres', "SELECT count(*) FROM caliper.slow_statements WHERE $theirs"), $n, "$what: events");
	is(scalar(grep { /^\[\d+\] LOG:  duration: / } @begun), $n, "$what: one record each");
	is(scalar(grep { !/^\[\d+\] (LOG:  duration: \d|DETAIL:  queryid=|ERROR: |HINT: )/ } @begun), 0,
		"$what: and nothing else") or diag(join "\n", map { substr $_, 0, 200 } @begun);
	unlike($log, qr/[\x01-\x08\x0b-\x1f\x7f]/, "$what: control bytes are masked");
	unlike($log, qr/^\[\d+\] LOG: .*ms  statement: forged/m, "$what: nothing is forged");
	readable($what);
	return $log;
}

# Every view can be read as a whole.
sub readable
{
	my ($what) = @_;
	my @views = qw(statements slow_statements pools active predicates info);

	is($node->safe_psql('postgres', join ' UNION ALL ', map { "SELECT count(x::text) >= 0 FROM caliper.$_ AS x" } @views),
		join("\n", ('t') x @views), "$what: views are readable");
}

# A session in which everything is logged.
sub wire
{
	return Wire->new($node, options => '-c pg_caliper.log_min_duration=0', @_);
}

# A name as SQL wants it.
sub quote { my ($s) = @_; $s =~ s/"/""/g; return qq("$s") }

my $umlauts = "\xc3\xa4" x 31 . 'b';    # 63 bytes

# Names: of the application, of the pool, and of a database, a role and a table.
my $evil_role = "role $forged";
my $evil_db = "database $forged";
$node->safe_psql('postgres', "CREATE ROLE ${\ quote($evil_role)} LOGIN SUPERUSER");
$node->safe_psql('postgres', "CREATE DATABASE ${\ quote($evil_db)}");
begin();
{
	my $client = wire(user => $evil_role, database => $evil_db, application_name => $umlauts);
	my $table = quote("table $forged");
	my $column = quote("column $forged");
	$client->query("CREATE TABLE $table ($column int)");
	like($client->query("SELECT $column FROM $table"), qr/C.*Z$/, 'hostile names of a table and a column');
	$client->query("INSERT INTO $table VALUES (1)");
	$client->query("SET application_name = 'it''s \"quoted\", % = \\ $umlauts'");
	$client->query("SELECT 1, 2");
	$client->query("SET pg_caliper.pool = '" . "\xc3\xa4" x 40 . "'");
	$client->query("SELECT 1, 2, 3");
	$client->query("SET pg_caliper.pool = '" . ('%n%s"\\,=' x 20) . "'");
	$client->query("SELECT 1, 2, 3, 4");
	is($node->safe_psql('postgres', q{
			SELECT count(DISTINCT s.application_name), min(length(s.application_name)), bool_and(a.application_name IS NULL OR a.application_name = s.application_name)
			  FROM caliper.slow_statements AS s
			  LEFT JOIN pg_stat_activity AS a ON a.pid = s.pid AND s.query LIKE 'SELECT $1, $2%'
			 WHERE s.datname LIKE 'database x%'}),
		'2|63|t', 'application names are as in pg_stat_activity');
	is($node->safe_psql('postgres', q{
			SELECT count(*) FROM caliper.slow_statements WHERE datname LIKE E'database x\n%' AND usename LIKE E'role x\n%'}),
		9, 'names of roles and databases');
	is($node->safe_psql('postgres',
			q{SELECT pool FROM caliper.slow_statements WHERE query = 'SELECT $1, $2, $3'}),
		"\xc3\xa4" x 31, 'a label is clipped by character');
	is($node->safe_psql('postgres',
			q{SELECT sum(connections) FROM caliper.pools WHERE datname LIKE 'database x%'}), 1, 'one connection');
	$client->disconnect;
}
my $log = is_whole(9, 'names');

# Comments in the manner of sqlcommenter, in which everything can stand.
my @tags = (
	[ "/*route='\n[1] LOG:  duration: 1.000 ms  statement: forged'*/", qr/^ \[1\] LOG/ ],
	[ "/*route='%0A%0D%1B%00%7F%E2%80%A8x'*/", qr/^[ ?]+x$/ ],
	[ "/*route='%C3%A4%E6%97%A5'*/", qr/^\xc3\xa4\xe6\x97\xa5$/ ],
	[ "/*route='%C3%28%ZZ%'*/", undef ],
	[ "/*route='%F4%90%80%80%ED%A0%80'*/", undef ],
	[ "/*route='\\'; DROP TABLE x; --'*/", qr/^'; DROP TABLE x; --$/ ],
	[ "/*route='\" suppressed=9999 \\\\ '*/", qr/^" suppressed=9999/ ],
	[ "/*route='" . '%27' x 5000 . "'*/", undef ],
	[ "/*route='" . "\xc3\xa4" x 400 . "'*/", qr/^(\xc3\xa4)+(\.\.\.)?$/ ],
	[ "/*route='never ends*/", undef ],
	[ "/*" . "a='b'," x 400 . "route='/far'*/", undef ],
	[ "/* /* route='/nested' */ */", undef ],
	[ "/*traceparent='" . 'f' x 3000 . "'*/", undef ],
	[ "/*=''==,,,route=,='%'*/", undef ],
	[ "-- route='/line'\n", undef ]);
begin();
{
	my $client = wire();
	for my $i (0 .. $#tags)
	{
		like($client->query("SELECT 1" . ", 1" x $i . " $tags[$i][0]"), qr/C.*Z$/, "tag $i");
	}
	my %route = $node->safe_psql('postgres',
		"SELECT length(query) - length(replace(query, ',', '')), coalesce(route, '') FROM caliper.slow_statements WHERE query LIKE 'SELECT \$1%'")
		=~ /^(\d+)\|(.*)$/mg;
	is(scalar(keys %route), scalar(@tags), 'an event for each, of one line');
	for my $i (grep { $tags[$_][1] } 0 .. $#tags)
	{
		like($route{$i}, $tags[$i][1], "route of tag $i");
	}
	$client->disconnect;
}
$log = is_whole(scalar(@tags), 'tags');
unlike($log, qr/^\[\d+\] DETAIL: (?:[^"\n]|"(?:[^"\\\n]|\\.)*")* suppressed=/m, 'a tag cannot end its quotes');

# Megabytes, over either protocol, with a tag on either end.
my $mega = 1024 * 1024;
my @large = (
	[ "SELECT 1, '" . 'x' x $mega . "'", 'constant' ],
	[ "SELECT 1, 1, \$\$" . "\n[1] LOG:  forged" x ($mega / 16) . "\$\$", 'lines' ],
	[ "SELECT 1, 1, 1 /*" . 'x' x $mega . "*/", 'comment behind' ],
	[ "/*" . "\xc3\xa4" x ($mega / 2) . "*/ SELECT 1, 1, 1, 1", 'comment in front' ],
	[ "SELECT 1, 1, 1, 1, 1 /*" . '%27%' x ($mega / 4) . "*/ /*route='/end'*/", 'tag at the end' ],
	[ "/*route='/begin'*/ SELECT 1, 1, 1, 1, 1, 1 /*" . '/*' x 1000 . '*/' x 1000 . 'x' x $mega . "*/", 'tag at the beginning' ],
	[ "SELECT 1, 1, 1, 1, 1, 1, 1," . ' ' x $mega . "2", 'blanks' ]);
begin();
{
	my $client = wire();
	for my $large (@large)
	{
		like($client->query($large->[0]), qr/C.*Z$/, "a megabyte: $large->[1]");
		like($client->parse('', $large->[0])->bind_portal('', '')->execute('')->sync, qr/C.*Z$/, 'the same, prepared');
	}
	is($node->safe_psql('postgres',
			"SELECT count(*), sum(calls), max(octet_length(query)) <= 2048 FROM caliper.statements WHERE $theirs"),
		scalar(@large) . '|' . 2 * @large . '|t', 'texts are clipped');
	is($node->safe_psql('postgres',
			"SELECT bool_and(right(query, 3) = '...') FROM caliper.statements WHERE octet_length(query) >= 2040"),
		't', 'with a mark');
	is($node->safe_psql('postgres', q{
			SELECT string_agg(DISTINCT route, ' ') FROM caliper.slow_statements}),
		'/begin /end', 'tags are found');
	$client->disconnect;
}
$log = is_whole(2 * @large, 'megabytes');
cmp_ok(length $log, '<', 2 * @large * 80_000, 'the log, too, is clipped');

# Expressions of ten thousand terms, lists as long, and deep nesting.
my $deep = 'SELECT 1 AS a';
$deep = "SELECT a FROM ($deep OFFSET 0) AS s" for 1 .. 500;
my $deep_pulled = 'SELECT 1 AS a';
$deep_pulled = "SELECT a FROM ($deep_pulled) AS s" for 1 .. 500;
my $deep_scalar = 'SELECT 1';
$deep_scalar = "SELECT ($deep_scalar)" for 1 .. 500;
my @terms = (
	[ 'SELECT 1 FROM pg_am WHERE oid = 0' . ' OR oid = 1' x 10_000, 'OR' ],
	[ 'SELECT 1 FROM pg_am WHERE oid <> 0' . ' AND oid <> 1' x 10_000, 'AND' ],
	[ 'SELECT 1 FROM pg_am WHERE oid IN (0' . ', 1' x 10_000 . ')', 'IN' ],
	[ 'SELECT 1 FROM pg_am WHERE oid = ANY (ARRAY[oid' . ', 1::oid' x 10_000 . '])', 'ARRAY' ],
	[ 'SELECT oid' . ' + 1' x 3_000 . ' FROM (SELECT 1 AS oid) AS s', 'sum' ],
	[ 'SELECT CASE oid' . ' WHEN 1 THEN 2' x 5_000 . ' END FROM pg_am', 'CASE' ],
	[ 'VALUES (0)' . ', (1)' x 10_000, 'VALUES' ],
	[ 'SELECT 1' . ', 1' x 1_600, 'columns' ],
	[ $deep, 'nested' ],
	[ $deep_pulled, 'nested, pulled up' ],
	[ $deep_scalar, 'nested scalars' ]);
begin();
{
	my $client = wire();
	for my $term (@terms)
	{
		my $seen = $client->query($term->[0]);
		my $again = $client->parse('', $term->[0])->bind_portal('', '')->execute('')->sync;
		like($seen, qr/C.*Z$/, "wide or deep: $term->[1]");
		like($again, qr/C.*Z$/, 'the same, prepared');
	}
	is($node->safe_psql('postgres',
			"SELECT count(*), sum(calls), sum(errors) FROM caliper.statements WHERE $theirs"),
		scalar(@terms) . '|' . 2 * @terms . '|0', 'all are counted');
	$client->disconnect;
}
is_whole(2 * @terms, 'terms');

# What core itself refuses is an error of its own, and the session goes on.
{
	my $client = wire();
	like($client->query('SELECT ' . '(' x 100_000 . '1' . ')' x 100_000), qr/E/, 'too deep for the parser');
	like($client->query('SELECT 1' . ' + 1' x 100_000), qr/E\{54001\}/, 'too deep for the stack');
	like($client->query('SELECT 1 AS after'), qr/C.*Z$/, 'the session goes on');
	$client->disconnect;
}
readable('too deep');

for my $lost ([ slabs => 'torn_reads' ], [ pools => 'torn_reads' ], [ slow_events => 'parts_failed' ],
	[ slow_events => 'log_lines_suppressed' ], [ texts => 'dropped' ], [ statements => 'refused' ])
{
	is(Caliper::info($node, @$lost), 0, "nothing lost: @$lost");
}
is($node->safe_psql('postgres', 'SELECT count(*) >= 0 FROM caliper.advise_indexes()'), 't', 'the advisor copes');
$node->stop;
unlike(slurp_file($node->logfile), qr/PANIC|TRAP|terminated by signal/, 'no crash');
$node->start;
readable('after a restart');
is($node->safe_psql('postgres', "SELECT count(*) > 0 FROM caliper.statements WHERE query LIKE 'SELECT%FROM pg_am%'"), 't',
	'they are saved and loaded');
done_testing();
