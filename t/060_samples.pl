# Samples of executions with the values of their parameters: what is kept of
# which statement, to the byte, and that nobody gets to see it, on no way.

use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/lib";
use Caliper;
use PostgreSQL::Test::Utils;
use Test::More;
use Wire;

my $secret = 'zzsecretzz';
my $node = Caliper::node('samples', log_statement => 'none');
my $log_of_tests = $node->logfile;

$node->safe_psql('postgres', q{
	CREATE TYPE pair AS (x int, y int);
	CREATE TYPE mood AS ENUM ('calm', 'loud');
	CREATE TABLE t (a int, b text, m mood);
	INSERT INTO t SELECT g, 'b' || g, 'calm' FROM generate_series(1, 100) AS g;
	CREATE FUNCTION by_name(v int) RETURNS void LANGUAGE plpgsql AS $$
	DECLARE
		r record;
	BEGIN
		SELECT v AS "Odd Name", 'b7'::text AS b INTO r;
		PERFORM 1 FROM t WHERE a = v AND b = r.b AND a < by_name.v + r . "Odd Name";
	END $$;
	CREATE FUNCTION by_number(text) RETURNS bigint LANGUAGE sql VOLATILE AS $$
		SELECT count(*) FROM t WHERE b > $1;
	$$;
	CREATE FUNCTION by_loop(v int) RETURNS void LANGUAGE plpgsql AS $$
	DECLARE
		r record;
	BEGIN
		FOR r IN SELECT * FROM t WHERE a = v LOOP NULL; END LOOP;
	END $$;
	CREATE FUNCTION look() RETURNS trigger LANGUAGE plpgsql AS $$
	BEGIN
		PERFORM a FROM t WHERE m = NEW.m;
		RETURN NEW;
	END $$;
	CREATE TRIGGER look BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION look();
	CREATE TABLE parent (id int PRIMARY KEY);
	INSERT INTO parent VALUES (1), (2);
	CREATE TABLE child (pid int REFERENCES parent);
});

# The bytes that a sample takes.
sub size
{
	my ($statement, @values) = @_;
	my $size = 4 + length($statement) + 1 + 2;

	$size += 8 + (defined $_ ? length($_) + 1 : 0) for @values;
	return $size;
}

# By how much the samples grow with a piece of work.
sub growth
{
	my ($work) = @_;
	my $before = Caliper::info($node, 'samples', 'text');

	ref $work ? $work->() : $node->safe_psql('postgres', $work);
	return Caliper::info($node, 'samples', 'text') - $before;
}

# Run a statement with parameters, in a connection of its own.
sub wire
{
	my ($statement, @values) = @_;
	my $wire = Wire->new($node);

	$wire->parse('', $statement)->bind_portal('', '', @values)->execute('')->sync;
	$wire->disconnect;
}

sub entries { return Caliper::info($node, 'samples', 'entries') }

# what is kept
$node->safe_psql('postgres', q{SELECT caliper.reset('predicates')});
is(entries(), 0, 'nothing is kept at first');

my $text = 'SELECT count(*) FROM t WHERE a = $1 AND b = $2 AND m = $3';
my @values = ('7', $secret, 'calm');
is(growth(sub { wire($text, @values) }), size($text, @values), 'a statement of the extended protocol, with its parameters');
is(growth(sub { wire($text, @values) }), 0, 'the same again is not kept twice');
is(growth(sub { wire($text, '8', 'it', 'loud') }), size($text, '8', 'it', 'loud'), 'other values are');
is(growth(sub { wire($text, '9', '', 'loud') }), size($text, '9', '', 'loud'), 'three times');
is(entries(), 3, 'that makes three');
wire($text, $_, "b$_", 'loud') for 10 .. 60;
is(entries(), 3, 'and no more');
cmp_ok(Caliper::info($node, 'samples', 'text'), '>', 0, 'though some take the place of others');

$text = "SELECT count(*) AS simple FROM t WHERE a = 7 AND b = '$secret'";
is(growth("$text;"), size($text), 'the simple protocol');
$text = "SELECT count(*) AS second FROM t WHERE b = '$secret'";
is(growth(sub { Wire->new($node)->query("SELECT '$secret'; $text;  SELECT 3") }), size($text), 'one of several statements in a message');
$text = 'PREPARE p (int) AS SELECT a AS prepared FROM t WHERE a = $1';
is(growth("$text; EXECUTE p(123)"), size($text, '123'), 'PREPARE and EXECUTE');
$text = 'DECLARE c CURSOR FOR SELECT b AS cursor FROM t WHERE a = 5';
is(growth("BEGIN; $text; FETCH ALL FROM c; COMMIT"), size("$text;"), 'a cursor');

# inside functions, with pg_caliper.track at top
is(growth('SELECT by_name(3)'), size('SELECT 1 FROM t WHERE a = $1 AND b = $2 AND a < $1 + $3', '3', 'b7', '3'),
	'PL/pgSQL: its variables become parameters');
is(growth(q{SELECT by_number('b5')}), size('SELECT count(*) FROM t WHERE b > $1', 'b5'), 'a function in SQL');
is(growth('SELECT by_loop(4)'), 0, 'names in a loop over a query cannot be resolved');
is(growth(q{INSERT INTO t VALUES (101, '', 'loud')}), size('SELECT a FROM t WHERE m = $1', 'loud'), 'a trigger');
$text = 'SELECT 1 FROM ONLY "public"."parent" x WHERE "id" OPERATOR(pg_catalog.=) $1 FOR KEY SHARE OF x';
is(growth('INSERT INTO child VALUES (2)'), size($text, '2'), 'the query of a foreign key');

# what is not kept
is(growth("EXPLAIN ANALYZE SELECT 1 FROM t WHERE a = 11"), 0, 'no utility statement: EXPLAIN');
is(growth("COPY (SELECT 2 FROM t WHERE a = 11) TO STDOUT"), 0, 'COPY');
is(growth("CREATE TEMP TABLE c AS SELECT 3 FROM t WHERE a = 11"), 0, 'CREATE TABLE AS');
is(growth("DO \$\$ BEGIN EXECUTE 'CREATE TEMP TABLE d AS SELECT 4 FROM t WHERE a = 11'; END \$\$"), 0, 'nor inside a function');
is(growth(sub { wire('SELECT 5 FROM t WHERE b = $1', 'x' x 1025) }), 0, 'no long parameter');
is(growth(sub { wire('SELECT 6 FROM t WHERE a = ($1::pair).x', '(1,2)') }), 0, 'no parameter that is a row');
is(growth("SELECT 7 FROM t WHERE a = 7 OR b = '" . 'x' x 2048 . "'"), 0, 'no text beyond pg_caliper.max_text_length');
is(growth('SELECT 8 + 8'), 0, 'nothing that searches no table');
is(growth('SELECT 9 FROM pg_class WHERE relname = $$t$$'), 0, 'nor the catalogs');
is(growth('SET pg_caliper.sample_parameters = off; SELECT 10 FROM t WHERE a = 10'), 0, 'nothing if it is turned off');
my ($code, $out, $err) = $node->psql('postgres', 'CREATE ROLE visitor; SET ROLE visitor; SET pg_caliper.sample_parameters = on');
like($err, qr/permission denied/, 'which not everybody may change');

# a parameter that does not fit leaves the others as they are
is(growth(sub { wire('SELECT 11 FROM t WHERE b = $1', 'x' x 1024) }), size('SELECT 11 FROM t WHERE b = $1', 'x' x 1024), 'a long parameter that just fits');

# nobody sees it
my @relations = split /\n/, $node->safe_psql('postgres', q{
	SELECT c.oid::regclass::text FROM pg_class AS c
	 WHERE relnamespace = 'caliper'::regnamespace AND relkind = 'v'
	UNION ALL
	SELECT p.oid::regproc::text || '()' FROM pg_proc AS p
	 WHERE pronamespace = 'caliper'::regnamespace AND proretset AND pronargs = pronargdefaults});
my $shown = 0;
cmp_ok(scalar @relations, '>', 20, 'there is much to look at');
for my $relation (@relations)
{
	my $rows = $node->safe_psql('postgres', "SELECT x::text FROM $relation AS x");
	next if index($rows, $secret) < 0;
	$shown++;
	diag("$relation shows it");
}
is($shown, 0, 'no view and no function shows what is kept');

my $kept = entries();
cmp_ok($kept, '>', 10, 'much is kept');
$node->restart;
is(entries(), 0, 'and gone after a restart');
cmp_ok(Caliper::info($node, 'predicates', 'entries'), '>', 5, 'while the predicates are there');
$node->stop;
my $found = '';
my $bin = $node->data_dir;
$found = `grep -rla $secret $bin/pg_stat $bin/pg_stat_tmp $bin/global $bin/pg_wal 2>/dev/null`;
is($found, '', 'no file holds it');
unlike(slurp_file($log_of_tests), qr/$secret/, 'and no log');

# bounded
$node->append_conf('postgresql.conf', "pg_caliper.sample_memory = '64kB'\npg_caliper.max_predicates = 64");
$node->start;
for my $session (0 .. 3)
{
	my $wire = Wire->new($node);

	for my $n ($session * 100 .. $session * 100 + 99)
	{
		my $sum = join ' ', map { $n >> $_ & 1 ? '+ 1' : '- 1' } 0 .. 8;

		$wire->query("SELECT count(*) FROM t WHERE a = 9 $sum AND b < '" . 'x' x 300 . "'");
	}
	$wire->disconnect;
}
cmp_ok(Caliper::info($node, 'samples', 'used'), '<=', Caliper::info($node, 'samples', 'used_max'), 'a flood stays within bounds');
cmp_ok(Caliper::info($node, 'samples', 'evicted') + Caliper::info($node, 'samples', 'dropped'), '>', 0, 'and what was lost is counted');
cmp_ok(entries(), '>', 10, 'new statements take the place of old ones');
is(Caliper::info($node, 'samples', 'memory'), 65536, 'memory is what the setting says');
$node->safe_psql('postgres', q{SELECT caliper.reset('predicates')});
is(entries(), 0, 'a reset forgets them');
is(Caliper::info($node, 'samples', 'used'), 0, 'all of them');
$node->stop;

done_testing();
