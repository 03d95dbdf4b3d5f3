# A dump restores the extension, and nothing of the statistics.
use strict;
use warnings;
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
my $objects = "SELECT count(*) FROM pg_depend WHERE deptype = 'e' AND refobjid = (SELECT oid FROM pg_extension WHERE extname = 'pg_caliper')";
is($node->safe_psql('b', $objects), $node->safe_psql('a', $objects), 'same objects');
is($node->safe_psql('b', 'SELECT count(*) > 0 FROM caliper.statements'), 't', 'works there');
done_testing();
