#!/usr/bin/perl
#
# The install script must mean the same whoever runs it and whatever his
# search_path is: every SQL or PL/pgSQL function fixes its search_path or has a
# body that is resolved when it is created, and every relation or function that
# a FROM or JOIN names is schema-qualified.

use strict;
use warnings;

my $bad = 0;
my $name = qr/(?:"[^"]+"|[A-Za-z_]\w*)/;

sub complain
{
	my ($file, $text, $position, $what) = @_;
	my $line = 1 + (substr($text, 0, $position) =~ tr/\n//);
	print "$file:$line: $what\n";
	$bad = 1;
}

# Blanks out comments and string constants, keeping the positions.
sub code_of
{
	my ($text) = @_;
	my $blank = sub { my $s = shift; $s =~ s/[^\n]/ /g; return $s; };
	$text =~ s{(--[^\n]*|/\*.*?\*/|'(?:''|[^'])*')}{$blank->($1)}gse;
	return $text;
}

# Statements with their positions; a semicolon inside a dollar-quoted or ATOMIC
# body ends none.
sub statements
{
	my ($text) = @_;
	my @found;
	while ($text =~ m{\G\s*((?:\$(\w*)\$.*?\$\2\$|BEGIN\s+ATOMIC\b.*?\bEND\s*(?=;)|[^;])+);}gsi)
	{
		push @found, [ $-[1], $1 ];
	}
	return @found;
}

sub check_function
{
	my ($file, $text, $start, $statement) = @_;

	return unless $statement =~ /\blanguage\s+'?(sql|plpgsql)\b/i
	  || $statement =~ /\bBEGIN\s+ATOMIC\b/i;
	return if $statement =~ /\bBEGIN\s+ATOMIC\b/i;
	return if $statement =~ /\)\s*RETURN\b/i;
	complain($file, $text, $start, 'function without SET search_path = pg_catalog, pg_temp')
	  unless $statement =~ /\bset\s+search_path\s*(=|to)\s*pg_catalog\s*,\s*pg_temp\b/i;
}

sub check_names
{
	my ($file, $text, $start, $statement) = @_;
	my %local = map { lc($_) => 1 } qw(select only lateral unnest_placeholder rows);

	# Names that the statement itself defines: WITH x AS (, WITH x (a) AS (
	$local{ lc $1 } = 1
	  while $statement =~ /\b($name)\s*(?:\([^()]*\)\s*)?\bAS\s+(?:NOT\s+MATERIALIZED\s*|MATERIALIZED\s*)?\(/gi;

	while ($statement =~ /\b(FROM|JOIN)\s+(?:ONLY\s+|LATERAL\s+|ROWS\s+FROM\s*\(\s*)*($name(?:\s*\.\s*$name)*)(\s*\()?/gi)
	{
		my ($found, $position) = ($2, $-[0]);
		my $before = substr($statement, 0, $position);
		next if $found =~ /\./ || $local{ lc $found };
		# IS DISTINCT FROM x; extract(x FROM y), substring(x FROM y), trim(x FROM y)
		next if $before =~ /\bDISTINCT\s*$/i;
		next if $before =~ /\b(extract|substring|trim|overlay|position)\s*\([^()]*$/i;
		complain($file, $text, $start + $position, "unqualified name: $found");
	}
}

for my $file (sort(glob('extension/sql/*.sql updates/*.sql')))
{
	local $/;
	open(my $in, '<', $file) or die "$file: $!";
	my $text = code_of(<$in>);
	for my $found (statements($text))
	{
		my ($start, $statement) = @$found;
		next if $statement =~ /^(GRANT|REVOKE)\b/i;
		check_function($file, $text, $start, $statement)
		  if $statement =~ /^CREATE\s+(OR\s+REPLACE\s+)?(FUNCTION|PROCEDURE)\b/i;
		check_names($file, $text, $start, $statement);
	}
}
exit $bad;
