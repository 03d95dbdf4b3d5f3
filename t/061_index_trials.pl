# Trials of indexes over a restart; what a standby says of indexes, and what is
# said of a primary that has one; builds in progress; many trials.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/lib";
use Caliper;
use PostgreSQL::Test::Cluster;
use Test::More;

my $node = Caliper::node('trials', allows_streaming => 1,
	'pg_caliper.save_interval' => '0', 'max_parallel_workers_per_gather' => '0');
my $verdict = q{SELECT string_agg(coalesce(verdict, '?'), ',' ORDER BY queryid IS NOT NULL)
	FROM caliper.index_trials WHERE indexname = 'item_kind' AND (queryid IS NULL OR query LIKE 'SELECT count(*) FROM item WHERE%')};

sub work
{
	my ($times) = @_;
	$node->safe_psql('postgres', "SELECT count(*) FROM item WHERE kind = 3;\n" x $times);
}

$node->safe_psql('postgres', q{
	CREATE TABLE item (id int PRIMARY KEY, kind int, note text);
	INSERT INTO item SELECT i, i % 5000, repeat('x', 50) FROM generate_series(1, 40000) AS i;
	ANALYZE item});
work(20);
$node->safe_psql('postgres', 'CREATE INDEX CONCURRENTLY item_kind ON item (kind)');
is($node->safe_psql('postgres', $verdict), 'too early,too early', 'too early to say');

# What was measured before a restart is compared with what comes after it.
$node->restart;
is($node->safe_psql('postgres', $verdict), 'too early,too early', 'the trial is there after a restart');
work(20);
is($node->safe_psql('postgres', $verdict), 'confirmed,confirmed', 'it is confirmed after a restart');
$node->restart;
is($node->safe_psql('postgres', $verdict), 'confirmed,confirmed', 'and stays so');
is($node->safe_psql('postgres', "SELECT scans_since = (SELECT max(at) FROM caliper.index_trials WHERE indexname = 'item_kind')
	FROM caliper.index_usage WHERE indexname = 'item_kind'"), 't', 'scans of a young index count since it is there');

# A reset while it is saved: what was reset is unknown, also after a restart.
$node->safe_psql('postgres', "SELECT caliper.reset('statements')");
$node->restart;
work(20);
is($node->safe_psql('postgres', "SELECT count(*) FROM caliper.index_trials WHERE verdict NOT IN ('unknown')"), '0', 'nothing is said after a reset');

# An index under construction is not a failed one.
my $blocker = $node->background_psql('postgres');
$blocker->query_safe('BEGIN; INSERT INTO item VALUES (-1, -1)');
my $builder = $node->background_psql('postgres');
$builder->query_until(qr/begun/, "\\echo begun\nCREATE INDEX CONCURRENTLY item_note ON item (note);\n");
$node->poll_query_until('postgres', "SELECT count(*) = 1 FROM pg_class WHERE relname = 'item_note'");
my $kind = "SELECT kind, drop_ddl IS NULL, note FROM caliper.index_usage WHERE indexname = 'item_note'";
is($node->safe_psql('postgres', $kind), 'unused|t|it is being built', 'an index that is being built');
is($node->safe_psql('postgres', "SET ROLE pg_monitor; $kind"), 'unused|t|it is being built', 'the same to others');
is($node->safe_psql('postgres', "SELECT count(*) FROM caliper.index_trials WHERE indexname = 'item_note'"), '0', 'it is no trial yet');
$node->safe_psql('postgres', "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE query LIKE 'CREATE INDEX CONCURRENTLY item_note%'");
$node->poll_query_until('postgres', "SELECT kind = 'invalid' FROM caliper.index_usage WHERE indexname = 'item_note'");
is($node->safe_psql('postgres', $kind), 'invalid|f|its build failed: it serves nobody and costs those who write', 'one whose build was cancelled');
$blocker->query_safe('ROLLBACK');
$blocker->quit;
eval { $builder->quit };    # it has ended with the error
$node->safe_psql('postgres', 'DROP INDEX item_note');

# To create or drop indexes while others hold locks neither waits nor fails.
my $reader = $node->background_psql('postgres');
$reader->query_safe('BEGIN; LOCK TABLE item IN ACCESS EXCLUSIVE MODE');
$node->psql('postgres', "SET lock_timeout = '200ms'; DROP INDEX item_kind");
$reader->query_safe('ROLLBACK');
$reader->quit;
is($node->safe_psql('postgres', "SELECT count(*) FROM caliper.index_trials WHERE action = 'drop' AND indexname = 'item_kind'"), '0', 'a DROP INDEX that gave up is none');

# More trials than there is room for: those that can tell something stay.
work(20);
$node->safe_psql('postgres', "SELECT caliper.reset('trials'); CREATE INDEX item_both ON item (kind, note)");
$node->safe_psql('postgres', join(';', (map { "CREATE TABLE others_$_ (a int)" } 0 .. 7),
	map { sprintf 'CREATE INDEX other_%d ON others_%d (a)', $_, ($_ - 1) / 10 } 1 .. 80));
is(Caliper::info($node, 'trials', 'entries'), 64, 'trials are bounded');
is(Caliper::info($node, 'trials', 'evicted'), 17, 'and what made room is counted');
is($node->safe_psql('postgres', "SELECT count(*) > 1 FROM caliper.index_trials WHERE indexname = 'item_both'"), 't', 'but not what has statements');

# A standby does not know who uses an index on the primary, nor the other way round.
is($node->safe_psql('postgres', "SELECT count(*) FROM caliper.index_usage WHERE note LIKE '%standby%'"), '0', 'no standby');
$node->backup('base');
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($node, 'base', has_streaming => 1);
$standby->start;
$node->wait_for_catchup($standby, 'replay', $node->lsn('write'));
is($node->safe_psql('postgres', "SELECT note LIKE '%there are standbys, and scans on them are not counted here' FROM caliper.index_usage WHERE indexname = 'other_1'"), 't', 'a primary with a standby');
is($standby->safe_psql('postgres', "SELECT kind, note LIKE '%scans on the primary are not counted here', drop_ddl FROM caliper.index_usage WHERE indexname = 'other_1'"),
	'unused|t|', 'a standby');
is($standby->safe_psql('postgres', "SELECT kind, drop_ddl FROM caliper.index_usage WHERE indexname = 'other_2'"),
	'duplicate|DROP INDEX CONCURRENTLY public.other_2;', 'a duplicate is one everywhere');
for my $view (qw(index_trials index_advice unindexed_foreign_keys))
{
	is($standby->safe_psql('postgres', "SELECT count(*) >= 0 FROM caliper.$view"), 't', "$view works on a standby");
}
$standby->stop;
$node->stop;
done_testing();
