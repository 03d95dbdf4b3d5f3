#!/usr/bin/perl
#
# Runs programs that speak TAP and counts what they report.
#
# usage: tap.pl COUNTS JOBS PERLLIB FAILED FILE...
#
# Perl programs (*.pl) get PERLLIB in their include path, anything else is
# executed.  Adds a line "passed failed" to the file COUNTS, and the names of the
# programs with failures to FAILED.failed.  Exit status 1 when something failed.

use strict;
use warnings;
use TAP::Harness;

my ($counts, $jobs, $perllib, $failed_list, @files) = @ARGV;

# A program that bails out (its server did not start, say) has failed, but says
# nothing about the others: let them run.
{
	no warnings 'redefine';
	*TAP::Harness::_bailout = sub { };
}

my $harness = TAP::Harness->new(
	{
		jobs => $jobs,
		failures => 1,
		timer => 1,
		exec => sub {
			my ($harness, $file) = @_;
			return $file =~ /\.pl$/ ? [ $^X, "-I$perllib", $file ] : [$file];
		},
	});
my $result = $harness->runtests(@files);

my $passed = $result->passed;
my $failed = $result->failed;

# A program that died, or ran another number of tests than it planned, has
# failed even if no single test of it did.
my %bad = map { $_ => 1 } $result->failed, $result->exit, $result->wait,
  $result->parse_errors;
open(my $out, '>>', "$failed_list.failed") or die "$failed_list.failed: $!";
for my $file (sort keys %bad)
{
	my ($parser) = $result->parsers($file);
	$failed++ unless $parser->failed;
	print $out "$file\n";
}
close $out;

open($out, '>>', $counts) or die "$counts: $!";
print $out "$passed $failed\n";
close $out;
exit($failed ? 1 : 0);
