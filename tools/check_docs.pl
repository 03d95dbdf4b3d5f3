#!/usr/bin/perl
#
# The reference in README.md says what the sources say: every setting with its
# default, range and who may change it; every view and function; every column.
# And every link to a file of the tree leads to one.
#
# What is compared comes from extension/platform/settings.c and
# extension/sql/*.sql, and from tables in README.md: that of the settings, whose
# first cell is a setting, and those under a heading "### caliper.NAME", whose
# first cell is a column.  A function that has no heading (those behind the
# views) needs to be mentioned at least.

use strict;
use warnings;

my $settings_c = 'extension/platform/settings.c';
my $readme = 'README.md';
my %who = (
	PGC_USERSET => 'everyone',
	PGC_SUSET => 'superuser',
	PGC_SIGHUP => 'reload',
	PGC_POSTMASTER => 'restart',);
my $bad = 0;

sub complain
{
	print "@_\n";
	$bad = 1;
}

sub slurp
{
	my ($file) = @_;
	local $/;
	open(my $in, '<', $file) or die "$file: $!\n";
	return <$in>;
}

# What a list holds between commas outside of parentheses and strings.
sub pieces
{
	my ($list) = @_;
	my ($depth, @found) = (0, '');

	while ($list =~ /\G('(?:''|[^'])*'|.)/gs)
	{
		my $token = $1;
		$depth++ if $token eq '(';
		$depth-- if $token eq ')';
		if ($token eq ',' && $depth == 0) { push @found, ''; }
		else { $found[-1] .= $token; }
	}
	return @found;
}

# name => [default, range, who]; undef where settings.c gives no number.
sub settings
{
	my $text = slurp($settings_c);
	my %number = (INT_MAX => 2147483647);
	my %found;

	$number{$1} = $2 while $text =~ /^(?:int|double)\s+(cal_\w+)\s*=\s*(-?[\d.]+);/gm;
	my $value = sub { $number{ $_[0] } // $_[0] };

	while ($text =~ /\{"(pg_caliper\.\w+)",.*?&(cal_\w+),\s*(-?\w+),\s*(-?\w+),\s*(PGC_\w+),/gs)
	{
		$found{$1} = [ $value->($2), $value->($3) . ' to ' . $value->($4), $who{$5} ];
	}
	while ($text =~ /DefineCustom\w+Variable\("(pg_caliper\.\w+)",.*?(PGC_\w+),/gs)
	{
		$found{$1} //= [ undef, undef, $who{$2} ];
	}
	my $mentioned = () = $text =~ /"pg_caliper\.\w+",/g;
	complain("$settings_c: $mentioned settings are there, " . keys(%found) . ' were understood')
	  if $mentioned != keys %found;
	return %found;
}

# The rows of a table whose first cell is a name in backquotes that fits.
sub rows
{
	my ($text, $name) = @_;
	my %found;

	while ($text =~ /^\|\s*`($name)`\s*\|(.*)\|\s*$/gm)
	{
		my ($key, $rest) = ($1, $2);
		my @cells = map { s/^\s+|\s+$//gr } split /(?<!\\)\|/, $rest;
		complain("$readme: $key is there twice") if $found{$key};
		$found{$key} = \@cells;
	}
	return %found;
}

sub check_settings
{
	my ($text) = @_;
	my %code = settings();
	my %told = rows($text, 'pg_caliper\.\w+');

	for my $name (sort keys %code)
	{
		my ($default, $range, $who) = @{ $code{$name} };
		my $row = $told{$name};

		if (!$row) { complain("$readme: setting $name is missing"); next; }
		my @want = ($default, $range, undef, $who);
		my @what = ('default', 'range', 'unit', 'who may change it');
		for my $i (0 .. $#want)
		{
			complain("$readme: $name, $what[$i]: '$row->[$i]', in $settings_c '$want[$i]'")
			  if defined $want[$i] && $row->[$i] ne $want[$i];
		}
		complain("$readme: $name has no meaning") unless length($row->[4] // '');
	}
	for my $name (sort keys %told)
	{
		complain("$readme: there is no setting $name") unless $code{$name};
	}
	while ($text =~ /(?<![\/\w-])(pg_caliper\.(?!save\b|control\b|c\b|so\b)\w+)/g)
	{
		complain("$readme: there is no setting $1") unless $code{$1};
	}
}

# The columns of a view: the names its first SELECT ends up with.
sub view_columns
{
	my ($body) = @_;
	my ($list) = $body =~ /^\s*SELECT\s(.*?)\nFROM\s/s or return;

	return map { /(?:\bAS\s+|\.)"?(\w+)"?\s*$/s ? $1 : '?' } pieces($list);
}

# name => [columns], for views and for functions with OUT columns.
sub objects
{
	my %found;

	for my $file (sort glob 'extension/sql/*.sql')
	{
		my $text = slurp($file);
		while ($text =~ /^CREATE VIEW (caliper\.\w+) AS\n(.*?);\n/gms)
		{
			$found{$1} = [ view_columns($2) ];
			complain("$file: the columns of $1 were not understood")
			  if !@{ $found{$1} } || grep { $_ eq '?' } @{ $found{$1} };
		}
		while ($text =~ /^CREATE FUNCTION (caliper\.\w+)\s*\((.*?)\)\s*RETURNS/gms)
		{
			$found{$1} = [ map { /^\s*(?:IN)?OUT\s+(\w+)/ ? $1 : () } pieces($2) ];
		}
	}
	return %found;
}

sub check_objects
{
	my ($text) = @_;
	my %code = objects();
	my %section;

	$section{$1} = $2 while $text =~ /^### (caliper\.\w+)(.*?)(?=^##|\z)/gms;
	for my $name (sort keys %code)
	{
		my $section = $section{$name};

		if (!defined $section)
		{
			complain("$readme: $name is missing")
			  unless $name =~ /_raw$/ && $text =~ /`\Q$name\E\(/;
			next;
		}
		my %told = rows($section, '\w+');
		# The counters are told of as what differs from the view.
		if ($name eq 'caliper.statements_counters')
		{
			%told = (%told, rows($section{'caliper.statements'} // '', '\w+'));
			delete $told{query};
		}
		my %known = map { $_ => 1 } @{ $code{$name} };
		for my $column (@{ $code{$name} })
		{
			complain("$readme: $name: column $column is missing") unless $told{$column};
		}
		for my $column (sort keys %told)
		{
			complain("$readme: $name has no column $column") unless $known{$column};
			complain("$readme: $name.$column has no meaning")
			  unless length($told{$column}[2] // '');
		}
	}
	while ($text =~ /(?<![\w.])(caliper\.\w+)/g)
	{
		complain("$readme: there is no $1") unless $code{$1};
	}
}

sub check_links
{
	my ($file) = @_;
	my $text = slurp($file);
	my ($folder) = $file =~ m{^(.*/)?};

	while ($text =~ /\]\(([^)#:\s]+)(?:#[^)]*)?\)/g)
	{
		complain("$file: $1 is not there") unless -e (($folder // '') . $1);
	}
}

my $text = slurp($readme);
check_settings($text);
check_objects($text);
check_links($_) for $readme, sort glob 'docs/*.md';
exit $bad;
