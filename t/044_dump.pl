# A dump restores the extension, and nothing of the statistics.
use strict;
use warnings;
use PostgreSQL::Test::Utils;
use Test::More;
use FindBin;
use lib "$FindBin::RealBin/lib";
use Caliper;

my $node = Caliper::node('dump');
my $file = $node->basedir . '/dump.sql';
$node->safe_psql('postgres', 'CREATE DATABASE a');
$node->safe_psql('a', 'CREATE EXTENSION pg_caliper; CREATE TABLE t (x int); GRANT SELECT ON caliper.info TO pg_monitor');
$node->command_ok([ 'pg_dump', '-h', $node->host, '-p', $node->port, '-f', $file, 'a' ], 'pg_dump');
$node->safe_psql('postgres', 'CREATE DATABASE b');
$node->command_ok([ 'psql', '-X', '-v', 'ON_ERROR_STOP=1', '-h', $node->host, '-p', $node->port, '-f', $file, 'b' ], 'restore');
# every object, with its definition's name and its rights
my $objects = <<'SQL';
SELECT pg_describe_object(d.classid, d.objid, d.objsubid), coalesce(c.relacl::text, p.proacl::text)
  FROM pg_depend AS d
  LEFT JOIN pg_class AS c ON d.classid = 'pg_class'::regclass AND c.oid = d.objid
  LEFT JOIN pg_proc AS p ON d.classid = 'pg_proc'::regclass AND p.oid = d.objid
 WHERE d.deptype = 'e' AND d.refobjid = (SELECT oid FROM pg_extension WHERE extname = 'pg_caliper')
 ORDER BY 1
SQL
is($node->safe_psql('b', $objects), $node->safe_psql('a', $objects), 'the same objects, with the same rights');
like($node->safe_psql('b', $objects), qr/view caliper.info\|.*pg_monitor=r/, 'also those granted later');
unlike(slurp_file($file), qr/COPY caliper|INSERT INTO caliper|CREATE VIEW caliper/, 'no statistics in the dump');
is($node->safe_psql('b', 'SELECT count(*) > 0 FROM caliper.statements'), 't', 'works there');
done_testing();
