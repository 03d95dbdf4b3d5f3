# How large the indexes would be that are only tried, beside how large they
# become when they are built: within 15 %, or two pages.

use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/lib";
use Caliper;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = Caliper::node('sizes', fsync => 'off', max_wal_size => '4GB',
	autovacuum => 'off', maintenance_work_mem => '16MB');

sub sql
{
	return $node->safe_psql('postgres', $_[0]);
}

sub asked
{
	my ($table, $ddl) = @_;

	return sql("SELECT estimated_size FROM caliper.what_if("
		  . "'SELECT 1 FROM $table LIMIT 1', ARRAY[\$ddl\$CREATE INDEX ON $ddl\$ddl\$])");
}

# Ask, build, compare, and take it away again.
sub compare
{
	my ($table, $how) = @_;
	my $asked = asked($table, "$table $how");
	my $built = sql("CREATE INDEX it ON $table $how;"
		  . 'SELECT sum(pg_relation_size(relid)) FROM pg_partition_tree(\'it\')');
	my $off = abs($asked - $built);

	# an index on no partitioned table is no partition tree either
	$built = sql("SELECT pg_relation_size('it')"), $off = abs($asked - $built)
	  if $built eq '';
	sql('DROP INDEX it');
	ok($off <= 0.15 * $built || $off <= 2 * 8192,
		sprintf('%s %s: %d of %d kB (%.2f)', $table, $how, $asked / 1024,
			$built / 1024, $asked / $built));
}

$node->safe_psql('postgres', <<'EOF');
CREATE EXTENSION pg_trgm;
SELECT setseed(0.42);
CREATE TABLE users AS
SELECT i::bigint AS id,
       'user' || i || '@' || (ARRAY['example.com', 'mail.org', 'Company-Name.co.uk'])[1 + i % 3] AS email,
       md5(i::text)::uuid AS uid,
       (random() * 500)::int AS tenant_id,
       timestamptz '2024-01-01' + i * interval '37 s' + random() * interval '1 h' AS created_at,
       (random() * 1000)::numeric(12, 2) AS balance,
       CASE WHEN random() < 0.3 THEN timestamptz '2024-06-01' + random() * interval '200 days' END AS deleted_at,
       (ARRAY['active', 'pending', 'suspended', 'closed'])[1 + floor(power(random(), 3) * 4)::int] AS status,
       (random() * random() * 60000)::int AS org_id,
       i / 4 AS order_id,
       md5(((random() * 90000)::int)::text) AS token,
       (random() * 300000)::int AS ref,
       i % 70000 AS periodic,
       (power(random(), 3) * 50000)::int AS skewed,
       'city' || (i % 40) AS city,
       'region' || (i % 40 / 4) AS region
FROM generate_series(1, 300000) i;
CREATE TABLE docs AS
SELECT i AS id,
       jsonb_build_object('kind', (ARRAY['a', 'b', 'c'])[1 + i % 3],
           'user_id', (random() * 20000)::int, 'number', i * 13,
           'flags', jsonb_build_object('x', random() < 0.5, 'color', 'c' || (i % 7))) AS data,
       (SELECT array_agg('tag' || floor(power(random(), 3) * 2000)::int)
        FROM generate_series(1, 1 + i % 6)) AS tags,
       (SELECT array_agg((random() * 20000)::int) FROM generate_series(1, 1 + i % 4)) AS numbers,
       (SELECT string_agg(substr(md5((floor(power(random(), 3) * 5000)::int)::text), 1, 7), ' ')
        FROM generate_series(1, 8 + i % 25)) AS body,
       'Product ' || substr(md5(i::text), 1, 6) || ' ' || (i % 997) || ' '
           || (ARRAY['red', 'blue', 'large', 'small'])[1 + floor(random() * 4)::int] AS title
FROM generate_series(1, 60000) i;
ALTER TABLE docs ADD words tsvector GENERATED ALWAYS AS (to_tsvector('simple', body)) STORED;
CREATE TABLE events (id bigint, at timestamptz NOT NULL, kind text, user_id int) PARTITION BY RANGE (at);
CREATE TABLE events_1 PARTITION OF events FOR VALUES FROM ('2024-01-01') TO ('2024-02-01');
CREATE TABLE events_2 (kind text, user_id int, dropped int, at timestamptz NOT NULL, id bigint);
ALTER TABLE events_2 DROP dropped;
ALTER TABLE events ATTACH PARTITION events_2 FOR VALUES FROM ('2024-02-01') TO ('2025-01-01');
INSERT INTO events SELECT i, timestamptz '2024-01-01' + i * interval '90 s', 'k' || i % 20, random() * 9000
FROM generate_series(1, 200000) i;
CREATE TABLE small AS SELECT i AS id, i % 7 AS k, 'name' || i AS name FROM generate_series(1, 400) i;
CREATE TABLE empty (id int, name text, tags text[]);
EOF

# before ANALYZE knows anything
compare('users', '(tenant_id, created_at)');
compare('users', '(org_id)');
$node->safe_psql('postgres', 'ALTER TABLE users SET (parallel_workers = 0); VACUUM ANALYZE');

# plain btrees: few and many different values, in order and not, with nulls
compare('users', "($_)")
  for qw(id email uid tenant_id created_at balance deleted_at status org_id order_id token ref
  periodic skewed);

# several columns; depending on each other or not
compare('users', $_)
  for '(tenant_id, created_at)', '(status, tenant_id)', '(city, region)',
  '(tenant_id, org_id DESC)', '(order_id, status)', '(tenant_id, deleted_at NULLS FIRST)';

# what deduplicates and what does not
compare('users', $_)
  for '(tenant_id) INCLUDE (email)', '(ref) INCLUDE (status, created_at)',
  '((balance::int))', '(city COLLATE "C")';

# expressions and conditions
compare('users', $_)
  for '(lower(email))', q{(date_trunc('day', created_at AT TIME ZONE 'UTC'))},
  q{(created_at) WHERE status = 'pending'}, '(tenant_id) WHERE deleted_at IS NULL',
  q{(lower(email)) WHERE status = 'active' AND tenant_id < 10},
  '(tenant_id, status) WHERE ref % 10 = 3';
compare('docs', $_) for q{((data->>'kind'))}, q{(((data->>'user_id')::int))}, '(body)';

# hash and block ranges
compare('users', "USING $_")
  for 'hash (uid)', 'hash (tenant_id)', 'brin (created_at)', 'brin (email, tenant_id)';

# inverted indexes
compare('docs', "USING gin ($_)")
  for 'data', 'data jsonb_path_ops', 'tags', 'numbers', 'words', 'title gin_trgm_ops',
  'body gin_trgm_ops', q{to_tsvector('simple', title)}, 'tags, numbers';
compare('users', 'USING gin (email gin_trgm_ops)');

# partitions, one with its columns in another order; tables of next to nothing
compare('events', $_) for '(user_id)', '(kind, user_id)', '(at)', 'USING brin (at)';
compare('small', $_) for '(id)', '(k)', '(name) WHERE k = 3', 'USING hash (name)';
compare('empty', $_) for '(id)', '(name, id)', 'USING gin (tags)', 'USING hash (name)';

# extended statistics say how many combinations there are
sql('CREATE STATISTICS cities (ndistinct) ON city, region FROM users; ANALYZE users');
compare('users', '(city, region)');

# what could not be built is refused
sql(q{CREATE TABLE wide AS SELECT i, (SELECT string_agg(md5((i * 100 + j)::text), '')
	FROM generate_series(1, 90) j) AS body FROM generate_series(1, 200) i});
my ($ret, $out, $err) = $node->psql('postgres',
	q{SELECT caliper.what_if('SELECT 1 FROM wide', '{CREATE INDEX ON wide (body)}')});
like($err, qr/index row size/, 'an entry that fits in no page is refused');

# who may not read the rows, has nobody's functions run over them
sql(<<'EOF');
CREATE ROLE reader LOGIN;
GRANT USAGE ON SCHEMA caliper TO reader;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA caliper TO reader;
CREATE SCHEMA reader AUTHORIZATION reader;
CREATE TABLE secrets AS SELECT i AS id, 'user' || i AS owner FROM generate_series(1, 20000) i;
ANALYZE secrets;
ALTER TABLE secrets ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON secrets USING (owner = current_user);
GRANT SELECT ON secrets TO reader;
CREATE TABLE columns AS SELECT * FROM secrets;
ANALYZE columns;
GRANT SELECT (id) ON columns TO reader;
SET ROLE reader;
CREATE FUNCTION reader.look(v text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS
	$$BEGIN RAISE EXCEPTION 'I saw %', v; END$$;
CREATE TABLE reader.mine AS SELECT 'a' AS owner;
EOF
for my $table ('secrets', 'columns')
{
	($ret, $out, $err) = $node->psql('postgres',
		"SELECT (caliper.what_if('SELECT id FROM $table',"
		  . "'{CREATE INDEX ON $table (reader.look(owner))}')).estimated_size",
		extra_params => [ '-U', 'reader' ]);
	unlike("$out$err", qr/I saw/, "$table: an expression is not evaluated");
}
($ret, $out, $err) = $node->psql('postgres',
	q{SELECT (caliper.what_if('SELECT id FROM secrets', '{CREATE INDEX ON secrets (id)}')).estimated_size},
	extra_params => [ '-U', 'reader' ]);
my $built = sql(q{CREATE INDEX it ON secrets (id); SELECT pg_relation_size('it')});
ok(abs($out - $built) < 0.15 * $built, 'statistics say how large an index is');
($ret, $out, $err) = $node->psql('postgres',
	q{SELECT (caliper.what_if('SELECT id FROM secrets', '{CREATE INDEX ON secrets USING gin (to_tsvector(''simple''\, owner))}')).estimated_size},
	extra_params => [ '-U', 'reader' ]);
cmp_ok($out, '>', 100_000, 'and that an inverted index is not small');
($ret, $out, $err) = $node->psql('postgres',
	q{SELECT caliper.what_if('SELECT * FROM reader.mine', '{CREATE INDEX ON reader.mine (reader.look(owner))}')},
	extra_params => [ '-U', 'reader' ]);
like($err, qr/I saw a/, 'but over his own');

# the same question, the same answer
is(asked('users', 'users (org_id)'), asked('users', 'users (org_id)'), 'the sample is always the same');

done_testing();
