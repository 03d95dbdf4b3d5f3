# A million statements in one transaction leave the backend as small as it was.
use strict;
use warnings;
use Test::More;
use FindBin;
use lib "$FindBin::RealBin/../lib";
use Caliper;
use PostgreSQL::Test::Utils;

my $node = Caliper::node('memory', 'pg_caliper.track' => 'all', 'pg_caliper.slow_events' => 100,
	'pg_caliper.sample_rate' => 0.001);

# Kilobytes resident but not shared, after n statements in one transaction.
sub private_memory
{
	my ($n) = @_;
	my $out = $node->safe_psql('postgres', <<"SQL");
BEGIN;
SELECT count(*) FROM pg_class;
DO \$\$ BEGIN FOR i IN 1..$n LOOP PERFORM count(*) FROM pg_am WHERE oid = i; END LOOP; END \$\$;
DO \$\$ BEGIN FOR i IN 1..20000 LOOP EXECUTE 'SELECT ' || i; END LOOP; END \$\$;
SELECT 'status:' || pg_read_file('/proc/' || pg_backend_pid() || '/status');
COMMIT;
SQL
	return $out =~ /RssAnon:\s+(\d+) kB/ ? $1 : die "no figure in: $out";
}

my $few = private_memory(1000);
my $many = private_memory(1_000_000);
cmp_ok($many, '<', $few + 1024, "memory is flat ($few kB, then $many kB)");
is($node->safe_psql('postgres', "SELECT calls FROM caliper.statements WHERE query LIKE 'SELECT count(*) FROM pg_am%'"),
	1_001_000, 'every one is counted');
done_testing();
