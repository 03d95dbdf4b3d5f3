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

for my $encoding (sort keys %bytes)
{
	my $db = lc "db_$encoding";
	$node->safe_psql('postgres', "CREATE DATABASE $db ENCODING '$encoding' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0");
	$node->safe_psql($db, 'CREATE EXTENSION pg_caliper');
	for my $n (0 .. 8)
	{
		my $identifier = ('x' x $n) . $bytes{$encoding} x 6;
		$node->psql($db, qq{SET client_encoding = $encoding; SET application_name = '$bytes{$encoding}'; SELECT 1 + $n AS "$identifier" /*route='/$bytes{$encoding}'*/;});
	}
}
for my $encoding (sort keys %bytes)
{
	my $db = lc "db_$encoding";
	for my $view (qw(statements slow_statements pools active info))
	{
		my ($status, $out, $err) = $node->psql($db, "SELECT count(x::text) FROM caliper.$view AS x");
		is($status, 0, "$view is readable from $encoding") or diag($err);
	}
	is($node->safe_psql($db, "SELECT count(*) > 0 FROM caliper.statements WHERE datname = '$db' AND query ~ '^SELECT'"),
		't', "$encoding has its own statements");
}
# a text in the database's own encoding is shown as it was
is($node->safe_psql('db_utf8', "SELECT count(*) > 0 FROM caliper.statements WHERE datname = 'db_utf8' AND query LIKE '%ä日😀%'"),
	't', 'UTF-8 is shown as it was');
is($node->safe_psql('db_utf8', "SELECT count(*) > 0 FROM caliper.statements WHERE datname = 'db_euc_jp' AND query LIKE '%日本語%'"),
	't', 'EUC_JP is converted where that is possible');
done_testing();
