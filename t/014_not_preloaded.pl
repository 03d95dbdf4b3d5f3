# Not preloaded, each function says so politely, and nothing else happens.

use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/lib";
use Caliper;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = Caliper::node('not_preloaded', 'shared_preload_libraries' => undef);

# Every C function of the extension, called with arguments that are not null.
my @calls = split /\n/, $node->safe_psql(
	'postgres', q{
	SELECT format('SELECT %s.%I(%s)', p.pronamespace::regnamespace, p.proname,
		(SELECT string_agg(
			CASE WHEN t.typcategory = 'N' THEN '1'
				WHEN t.typcategory = 'A' THEN quote_literal('{}')
				WHEN t.typcategory = 'B' THEN 'true'
				WHEN t.typcategory = 'D' THEN quote_literal('2026-01-01')
				WHEN t.typcategory = 'T' THEN quote_literal('1 s')
				ELSE quote_literal('all') END || '::' || format_type(t.oid, NULL),
			', ' ORDER BY a.ord)
		FROM unnest(p.proargtypes) WITH ORDINALITY AS a (type, ord)
		JOIN pg_type AS t ON t.oid = a.type))
	FROM pg_proc AS p
	JOIN pg_language AS l ON l.oid = p.prolang AND l.lanname = 'c'
	JOIN pg_depend AS d ON d.classid = 'pg_proc'::regclass AND d.objid = p.oid
		AND d.deptype = 'e'
	JOIN pg_extension AS e ON e.oid = d.refobjid AND e.extname = 'pg_caliper'
	ORDER BY 1});
cmp_ok(scalar @calls, '>=', 3, scalar(@calls) . ' functions in C');

# The SQLSTATE, primary message and hint that a statement ends with.
sub complaint
{
	my ($sql) = @_;
	my ($ret, $out, $err) =
	  $node->psql('postgres', "\\set VERBOSITY verbose\n$sql");

	return $err;
}

my $polite =
  qr/ERROR:  55000: pg_caliper must be loaded via "shared_preload_libraries".*HINT:  Add pg_caliper/s;

like(complaint($_), $polite, $_) for @calls;

my @views = split /\n/, $node->safe_psql('postgres',
	q{SELECT oid::regclass FROM pg_class WHERE relkind = 'v'
	  AND relnamespace = 'caliper'::regnamespace ORDER BY 1});
like(complaint("SELECT * FROM $_"), $polite, "view $_") for @views;

# Loaded in a session, it does no harm and works no better.
like(complaint("LOAD 'pg_caliper';\n$_"), $polite, "$_ after LOAD") for @calls;
is( $node->safe_psql(
		'postgres',
		q{LOAD 'pg_caliper'; CREATE TABLE t (a int); INSERT INTO t SELECT generate_series(1, 100);
		  BEGIN; DECLARE c CURSOR FOR SELECT * FROM t; FETCH 1 FROM c; LOAD 'pg_caliper'; COMMIT;
		  SELECT sum(a) FROM t; DROP TABLE t}),
	"1\n5050", 'statements run as ever after LOAD');
$node->safe_psql('postgres', 'DROP EXTENSION pg_caliper; CREATE EXTENSION pg_caliper');
pass('the extension is dropped and created');
$node->append_conf('postgresql.conf', "session_preload_libraries = 'pg_caliper'");
$node->reload;
is($node->safe_psql('postgres', 'SELECT 1'), '1', 'session_preload_libraries does no harm either');

# Preloaded in binary upgrade mode, as pg_upgrade starts servers: no hook, no
# worker, no file.
$node->append_conf('postgresql.conf', "session_preload_libraries = ''");
$node->append_conf('postgresql.conf', "shared_preload_libraries = 'pg_caliper'");
$node->stop;
command_ok(
	[
		'pg_ctl', '-w', '-D', $node->data_dir, '-l', $node->logfile,
		'-o', '-b', 'start'
	],
	'the server starts in binary upgrade mode');
my $host = $node->host;
my $port = $node->port;
is( $node->safe_psql('postgres', 'SELECT 2'), '2', 'and answers');
like(complaint($_), $polite, "$_ in binary upgrade") for @calls;
command_ok([ 'pg_ctl', '-w', '-D', $node->data_dir, 'stop' ], 'and stops');
ok(!-e $node->data_dir . '/pg_stat/pg_caliper.save', 'and has saved nothing');

done_testing();
