#!/usr/bin/perl
#
# Figures with intervals that hold the true value 95 times in 100 (bootstrap).
#
# usage: stats.pl difference|ratio|quickest < LINES
#
# LINES are "VALUE REFERENCE" pairs, measured side by side.  Prints "FIGURE LOW
# HIGH", the figure and its interval:
#
#	difference	the median of VALUE - REFERENCE within each pair
#	ratio		the median of VALUE / REFERENCE within each pair
#	quickest	the difference between what the quickest tenth of the values
#			and of the references stay below: what disturbs a measurement of
#			CPU time only ever adds to it
#
use strict;
use warnings;

sub quantile
{
	my ($q, @values) = @_;
	my @sorted = sort { $a <=> $b } @values;
	my $at     = $q * $#sorted;
	my $below  = int $at;
	my $above  = $below < $#sorted ? $below + 1 : $below;
	return $sorted[$below] + ($at - $below) * ($sorted[$above] - $sorted[$below]);
}

my %figure = (
	difference => sub { quantile(0.5, map { $_->[0] - $_->[1] } @_) },
	ratio      => sub { quantile(0.5, map { $_->[0] / $_->[1] } @_) },
	quickest   => sub {
		quantile(0.1, map { $_->[0] } @_) - quantile(0.1, map { $_->[1] } @_);
	});

my $figure = $figure{ $ARGV[0] // '' } or die "usage: stats.pl difference|ratio|quickest\n";
my @pairs = map { [split] } <STDIN>;
die "stats.pl: nothing measured\n" unless @pairs;

srand(1);
my @others = sort { $a <=> $b }
  map { $figure->(map { $pairs[ rand @pairs ] } @pairs) } 1 .. 1000;
printf "%.4f %.4f %.4f\n", $figure->(@pairs), @others[ 25, 974 ];
