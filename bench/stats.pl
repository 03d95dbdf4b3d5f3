#!/usr/bin/perl
#
# Figures with intervals that hold the true value 95 times in 100 (bootstrap).
#
# usage: stats.pl difference|ratio < LINES
#
# LINES are "VALUE REFERENCE" pairs, measured side by side.  Prints "FIGURE LOW
# HIGH", the figure and its interval:
#
#	difference	the median of VALUE - REFERENCE within each pair
#	ratio		the median of VALUE / REFERENCE within each pair
#
use strict;
use warnings;

sub median
{
	my @sorted = sort { $a <=> $b } @_;
	my $middle = int(@sorted / 2);
	return @sorted % 2 ? $sorted[$middle] : ($sorted[ $middle - 1 ] + $sorted[$middle]) / 2;
}

my %figure = (
	difference => sub { median(map { $_->[0] - $_->[1] } @_) },
	ratio      => sub { median(map { $_->[0] / $_->[1] } @_) });

my $figure = $figure{ $ARGV[0] // '' } or die "usage: stats.pl difference|ratio\n";
my @pairs = map { [split] } <STDIN>;
die "stats.pl: nothing measured\n" unless @pairs;

srand(1);
my @others = sort { $a <=> $b }
  map { $figure->(map { $pairs[ rand @pairs ] } @pairs) } 1 .. 1000;
printf "%.4f %.4f %.4f\n", $figure->(@pairs), @others[ 25, 974 ];
