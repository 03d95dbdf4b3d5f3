#!/usr/bin/perl
#
# Sizes a reader can keep in his head: functions, files, headers, arguments,
# line length; and a comment before every function.  Prints the median.
#
# Relies on the layout that `make indent` makes: a function's braces stand alone
# in the first column.

use strict;
use warnings;

my %limit = (function => 100, file => 600, header => 80, arguments => 6, column => 100);
my $long_function = 60;
my $commented_share = 0.9;

my $bad = 0;
my (@lengths, $commented);

sub complain
{
	my ($where, $what) = @_;
	print "$where: $what\n";
	$bad = 1;
}

# The number of arguments in the text of a function's head.
sub arguments
{
	my ($head) = @_;
	my ($list) = $head =~ /\((.*)\)/s;
	return 0 if !defined $list || $list =~ /^\s*(void)?\s*$/;
	1 while $list =~ s/\([^()]*\)//;
	return 1 + ($list =~ tr/,//);
}

sub check_function
{
	my ($file, $lines, $start, $end) = @_;
	my $length = $end - $start + 1;
	my $first = $start - 1;

	# The head reaches back to the previous blank line, brace, or comment.
	$first-- while $first > 0 && $lines->[ $first - 1 ] !~ m{^\s*$|^[\}#]|\*/\s*$};
	my $head = join('', @$lines[ $first .. $start - 1 ]);
	my ($name) = $head =~ /^\W*(\w+)\(/m;
	$name //= '?';
	my $where = "$file:" . ($first + 1) . ": $name()";

	push @lengths, $length;
	$commented++ if $first > 0 && $lines->[ $first - 1 ] =~ m{\*/\s*$};
	print "$where has no comment\n"
	  unless $first > 0 && $lines->[ $first - 1 ] =~ m{\*/\s*$};
	complain($where, "$length lines, more than $limit{function}")
	  if $length > $limit{function};
	print "$where is long: $length lines\n"
	  if $length > $long_function && $length <= $limit{function};
	my $count = arguments($head);
	complain($where, "$count arguments, more than $limit{arguments}")
	  if $count > $limit{arguments};
}

sub check_file
{
	my ($file) = @_;
	open(my $in, '<', $file) or die "$file: $!";
	my @lines = <$in>;
	close $in;

	my $kind = $file =~ /\.h$/ && $file !~ /version_compat/ ? 'header' : 'file';
	complain($file, @lines . " lines, more than $limit{$kind}")
	  if @lines > $limit{$kind};

	my $start;
	for my $i (0 .. $#lines)
	{
		my $wide = $lines[$i];
		chomp $wide;
		1 while $wide =~ s/^([^\t]*)\t/$1 . ' ' x (4 - length($1) % 4)/e;
		# A message stays in one piece, so that it can be found by its text.
		complain("$file:" . ($i + 1), 'wider than ' . $limit{column})
		  if length($wide) > $limit{column} && $wide !~ /"[^"]{40,}"/;

		$start = $i if $lines[$i] =~ /^\{\s*$/ && $i > 0 && $lines[ $i - 1 ] =~ /\)\s*$/;
		if (defined $start && $lines[$i] =~ /^\}\s*$/)
		{
			check_function($file, \@lines, $start, $i);
			undef $start;
		}
	}
}

check_file($_) for sort(glob('extension/*.[ch] extension/*/*.[ch]'));

@lengths = sort { $a <=> $b } @lengths;
if (@lengths)
{
	$commented //= 0;
	printf "functions: %d, median %d lines, 90 %% up to %d, longest %d, %d %% with a comment\n",
	  scalar @lengths, $lengths[ $#lengths / 2 ], $lengths[ $#lengths * 0.9 ],
	  $lengths[-1], 100 * $commented / @lengths;
	complain('extension', 'too many functions without a comment')
	  if $commented < $commented_share * @lengths;
}
exit $bad;
