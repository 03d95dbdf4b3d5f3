# What pg_caliper counted, compared with what a client did.

package Counted;

use strict;
use warnings;
use Exporter 'import';
use Test::More;
use Time::HiRes qw(usleep);

our @EXPORT = qw(counted answer_is is_near);

# One query's answer becomes what is expected within ten seconds: a connection
# is closed, and a refusal written down, after the client went on.
sub answer_is
{
	my ($node, $query, $expected, $test) = @_;
	my $got;

	for (1 .. 100)
	{
		$got = $node->safe_psql('postgres', $query);
		last if $got eq $expected;
		usleep(100_000);
	}
	return is($got, $expected, $test);
}

# The same with columns of caliper.pools, added up over the rows of an
# application.
sub counted
{
	my ($node, $name, $columns, $expected, $test) = @_;

	$columns =~ s/\w+/coalesce(sum($&), 0)/g;
	return answer_is($node,
		"SELECT $columns FROM caliper.pools WHERE application_name = '$name'",
		$expected, $test);
}

# Whether a time is within 2 % or 20 ms of another.
sub is_near
{
	my ($got, $expected) = @_;
	my $slack = $expected * 0.02 > 20 ? $expected * 0.02 : 20;

	return abs($got - $expected) <= $slack;
}

1;
