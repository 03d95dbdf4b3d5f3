# On a standby everything that needs no write works, and goes on after promotion.
use strict;
use warnings;
use Test::More;
use FindBin;
use lib "$FindBin::RealBin/lib";
use Caliper;
use PostgreSQL::Test::Cluster;

my $primary = Caliper::node('primary', allows_streaming => 1);
$primary->safe_psql('postgres', 'CREATE TABLE t AS SELECT generate_series(1, 100) AS a');
$primary->backup('base');
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($primary, 'base', has_streaming => 1);
$standby->start;
$primary->wait_for_catchup($standby, 'replay', $primary->lsn('write'));

my $counted = "SELECT calls, rows FROM caliper.statements WHERE query LIKE 'SELECT count(*) AS counted%'";
$standby->safe_psql('postgres', 'SET pg_caliper.slow_min_duration = 0; SELECT count(*) AS counted FROM t') for 1 .. 3;
is($standby->safe_psql('postgres', $counted), '3|3', 'the standby counts for itself');
is($primary->safe_psql('postgres', $counted), '', 'and not for the primary');
is($standby->safe_psql('postgres', 'SELECT pg_is_in_recovery()'), 't', 'it is a standby');
$standby->safe_psql('postgres', 'DO $$ BEGIN FOR i IN 1 .. 150 LOOP PERFORM pg_sleep(0.002); COMMIT; END LOOP; END $$',
	connstr => $standby->connstr('postgres') . ' application_name=steady');

for my $view (qw(slow_statements pools active info holders server history() diagnosis pool_advice forecast()),
	'pool_plan(1, 1, 1)')
{
	is($standby->safe_psql('postgres', "SELECT count(*) > 0 FROM caliper.$view"), 't', "$view works on a standby");
}
for my $view (qw(alerts blocking blocking_history refusals))
{
	is($standby->safe_psql('postgres', "SELECT count(*) FROM caliper.$view"), '0', "$view has nothing to say on a standby, and no error");
}
is($standby->safe_psql('postgres', q{SELECT busy_mean > 0, CASE WHEN assumption LIKE 'refused%' THEN assumption ELSE 't' END
	FROM caliper.forecast('{1}', application => 'steady')}), 't|t', 'a standby forecasts its own load');
is($standby->safe_psql('postgres', 'SELECT count(*) >= 0 FROM caliper.advise_indexes()'), 't', 'so does the advisor');
$standby->safe_psql('postgres', 'SELECT caliper.reset()');
is($standby->safe_psql('postgres', $counted), '', 'so does reset');
$standby->safe_psql('postgres', 'SELECT count(*) AS counted FROM t');
$standby->promote;
$standby->safe_psql('postgres', 'INSERT INTO t VALUES (0); SELECT count(*) AS counted FROM t');
is($standby->safe_psql('postgres', $counted), '2|2', 'counting goes on after promotion');
ok($standby->poll_query_until('postgres', "SELECT value IS NOT NULL FROM caliper.info WHERE component = 'worker' AND name = 'pid'"),
	'so does the worker');
$standby->restart;
is($standby->safe_psql('postgres', $counted), '2|2', 'and what it counted is kept');
done_testing();
