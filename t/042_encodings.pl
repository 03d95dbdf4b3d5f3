# Databases of different encodings share the statistics; each can read them.
use strict;
use warnings;
use Test::More;
use FindBin;
use lib "$FindBin::RealBin/lib";
use Caliper;

my $node = Caliper::node('encodings', 'pg_caliper.slow_min_duration' => 0,
	'pg_caliper.max_text_length' => 64, 'pg_caliper.log_parameter_max_length' => 20);
my %bytes = (
	UTF8 => "\xc3\xa4\xe6\x97\xa5\xf0\x9f\x98\x80",
	EUC_JP => "\xc6\xfc\xcb\xdc\xb8\xec",
	LATIN1 => "\xe4\xf6\xfc",
	SQL_ASCII => "\xff\xfe\xe4");
my @encodings = sort keys %bytes;

# Nine statements each, of one to nine columns, so that their texts are clipped
# at each byte of a character; a tag, a parameter and names in the same letters.
for my $encoding (@encodings)
{
	my $db = lc "db_$encoding";
	my $letters = $bytes{$encoding};
	$node->safe_psql('postgres', "CREATE DATABASE $db ENCODING '$encoding' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0");
	$node->safe_psql($db, 'CREATE EXTENSION pg_caliper');
	my $sql = "SET client_encoding = $encoding;\nSET application_name = '$letters';\nSET pg_caliper.pool = '$letters';\n";
	$sql .= qq{CREATE TABLE "$letters" (a text);\n};
	for my $n (1 .. 9)
	{
		my $columns = join(',', (1) x $n);
		my $alias = ('x' x $n) . $letters x 12;
		$sql .= qq{SELECT $columns AS "$alias" /*route='/$letters'*/;\n};
	}
	$sql .= "PREPARE p (text) AS SELECT count(*) FROM \"$letters\" WHERE a = \$1 /*route='" . $letters x 40 . "'*/;\n";
	$sql .= "EXECUTE p('${\ ($letters x 12)}');\n";
	my ($status, $out, $err) = $node->psql($db, $sql, on_error_stop => 1);
	is($status, 0, "statements in $encoding") or diag($err);
}
for my $encoding (@encodings)
{
	my $db = lc "db_$encoding";
	for my $view (qw(statements slow_statements pools active predicates info))
	{
		my ($status, $out, $err) = $node->psql($db, "SELECT count(x::text) FROM caliper.$view AS x");
		is($status, 0, "$view is readable from $encoding") or diag($err);
	}
	is($node->safe_psql($db, "SELECT count(*), count(DISTINCT query), max(octet_length(query)) <= 64 FROM caliper.statements WHERE datname = '$db' AND query ~ '^SELECT \\\$1'"),
		'9|9|t', "$encoding has its own statements, clipped");
}

# a text in the database's own encoding is shown as it was
for my $encoding (@encodings)
{
	my $db = lc "db_$encoding";
	my $letters = $bytes{$encoding};
	my $own = "SET client_encoding = $encoding; SELECT count(*) > 0 FROM caliper.";
	is($node->safe_psql($db, "${own}statements WHERE datname = '$db' AND query LIKE '%$letters%' AND query NOT LIKE '%?%'"),
		't', "$encoding: a statement is shown as it was");
	is($node->safe_psql($db, "${own}slow_statements WHERE datname = '$db' AND route = '/$letters' AND pool IS NOT NULL AND parameters IS NULL"),
		't', "$encoding: so is a tag");
	is($node->safe_psql($db, "${own}slow_statements WHERE datname = '$db' AND plan LIKE '%$letters%' AND parameters LIKE '%$letters%...%'"),
		't', "$encoding: so are a plan and a parameter");
}
is($node->safe_psql('db_utf8', "SELECT count(*) > 0 FROM caliper.statements WHERE datname = 'db_euc_jp' AND query LIKE '%日本語%'"),
	't', 'EUC_JP is converted where that is possible');
is($node->safe_psql('db_utf8', "SELECT count(*) > 0 FROM caliper.statements WHERE datname = 'db_latin1' AND query LIKE '%äöü%'"),
	't', 'so is LATIN1');
is(Caliper::info($node, 'slow_events', 'parts_failed'), 0, 'no part of an event failed');
done_testing();
