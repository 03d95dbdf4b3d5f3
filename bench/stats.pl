#!/usr/bin/perl
#
# Medians with intervals that hold the true value 95 times in 100 (bootstrap).
#
# usage: stats.pl difference|ratio < LINES
#
# LINES are "VALUE REFERENCE" pairs, measured side by side.  Prints, of the
# differences VALUE - REFERENCE or the ratios VALUE / REFERENCE within each pair,
# the median and its interval: "MEDIAN LOW HIGH".
#
use strict;
use warnings;

sub median
{
	my @sorted = sort { $a <=> $b } @_;
	my $middle = int(@sorted / 2);
	return @sorted % 2 ? $sorted[$middle] : ($sorted[ $middle - 1 ] + $sorted[$middle]) / 2;
}

my $ratio = ($ARGV[0] // '') eq 'ratio';
my @values;
while (<STDIN>)
{
	my ($value, $reference) = split;
	push @values, $ratio ? $value / $reference : $value - $reference;
}
die "stats.pl: nothing measured\n" unless @values;

srand(1);
my @medians = sort { $a <=> $b }
  map { median(map { $values[ rand @values ] } @values) } 1 .. 1000;
printf "%.4f %.4f %.4f\n", median(@values), $medians[25], $medians[974];
