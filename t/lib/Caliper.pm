# A private server with pg_caliper, for TAP tests.
#
#	use FindBin;
#	use lib "$FindBin::RealBin/lib";
#	use Caliper;
#
#	my $node = Caliper::node('name', 'pg_caliper.save_interval' => '1s');
#
# PG_CALIPER_CONF names a file with the configuration lines that make a staged
# extension visible; without it, the installed one is used.

package Caliper;

use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Time::HiRes qw(usleep);

# A started server with the extension in database postgres.  A setting given as
# undef is left at its default, also shared_preload_libraries; allows_streaming
# is no setting but an argument of PostgreSQL::Test::Cluster's init.
sub node
{
	my ($name, %conf) = @_;
	my $node = initialised($name, %conf);

	$node->start;
	$node->safe_psql('postgres', 'CREATE EXTENSION pg_caliper');
	return $node;
}

# The same, but not yet started.
sub initialised
{
	my ($name, %conf) = @_;
	my $node = PostgreSQL::Test::Cluster->new($name);
	my $streaming = delete $conf{allows_streaming};
	my %all = (shared_preload_libraries => 'pg_caliper', %conf);

	$node->init(allows_streaming => $streaming,
		extra => [ '--no-locale', '--encoding=UTF8' ]);
	$node->append_conf('postgresql.conf',
		slurp_file($ENV{PG_CALIPER_CONF})) if $ENV{PG_CALIPER_CONF};
	for my $setting (sort grep { defined $all{$_} } keys %all)
	{
		$node->append_conf('postgresql.conf', "$setting = '$all{$setting}'");
	}
	return $node;
}

# Start a server whose postmaster was killed: its orphans may still hold on to
# the shared memory for a moment.
sub start_again
{
	my ($node) = @_;

	for (1 .. 100)
	{
		return if $node->start(fail_ok => 1);
		$node->{_pid} = undef;    # it believes in the dead server's pid file
		usleep(100_000);
	}
	die 'the server does not start';
}

# One number of caliper.info.
sub info
{
	my ($node, $component, $name) = @_;

	return $node->safe_psql('postgres',
		"SELECT value FROM caliper.info WHERE component = '$component' AND name = '$name'");
}

1;
