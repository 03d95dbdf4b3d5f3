# Clients with a pool of connections each, to whom requests come in bursts,
# whether or not the earlier ones have been served: a request that finds no
# connection free waits in its client, in the order of arrival.
#
#	my @requests = Bursts::schedule($seconds, $bursts_per_second, $mean_held);
#	my @pools = map { Bursts::pool($node, $name, $size) } ...;
#	Bursts::play([ [ $pools[0], \@requests ], ... ]);
#	$pools[0]{waits}	how long each request waited, in ms
package Bursts;

use strict;
use warnings;
use IO::Select;
use Time::HiRes qw(time);
use Wire;

# A number from 0 to 1, neither included, from a generator of our own: the same
# requests on every machine.
{
	my $state = 1;
	sub seed { $state = $_[0]; }

	sub uniform
	{
		$state = ($state * 16807) % 2147483647;
		return $state / 2147483647;
	}
}

# Bursts of 8 to 12 requests, at random times, each holding a connection for an
# exponentially distributed time: a list of [at, held], in seconds.
sub schedule
{
	my ($seconds, $rate, $mean) = @_;
	my @requests;
	my $at = 0;

	while (($at -= log(uniform()) / $rate) < $seconds)
	{
		push @requests, [ $at, -log(uniform()) * $mean ] for 1 .. 8 + int(5 * uniform());
	}
	return @requests;
}

# The connections of a client.
sub pool
{
	my ($node, $name, $size) = @_;
	my @idle = map { Wire->new($node, application_name => $name)->{socket} } 1 .. $size;

	return { name => $name, size => $size, idle => \@idle, queue => [], waits => [] };
}

# Let the requests come to the pools, and return when all are served.
sub play
{
	my ($pairs) = @_;
	my @coming = sort { $a->[0] <=> $b->[0] }
	  map { my ($pool, $requests) = @$_; map { [ @$_, $pool ] } @$requests } @$pairs;
	my %busy;    # by file number: pool, socket, answer so far
	my $select = IO::Select->new;
	my $start = time;

	$_->[0]{waits} = [] for @$pairs;
	while (@coming || %busy)
	{
		while (@coming && $start + $coming[0][0] <= time)
		{
			my (undef, $held, $pool) = @{ shift @coming };
			push @{ $pool->{queue} }, [ time, $held ];
			serve($pool, \%busy, $select);
		}
		my $pause = @coming ? $start + $coming[0][0] - time : 1;
		for my $socket ($select->can_read($pause > 0 ? $pause : 0))
		{
			my $at = $busy{ fileno $socket };
			sysread($socket, $at->{answer}, 8192, length $at->{answer})
			  or die 'the server closed the connection';
			next unless $at->{answer} =~ /Z\x00{3}\x05I\z/;
			die $at->{answer} if $at->{answer} =~ /^E/;
			$select->remove($socket);
			delete $busy{ fileno $socket };
			push @{ $at->{pool}{idle} }, $socket;
			serve($at->{pool}, \%busy, $select);
		}
	}
}

# Send what waits, as far as connections are free.
sub serve
{
	my ($pool, $busy, $select) = @_;

	while (@{ $pool->{queue} } && @{ $pool->{idle} })
	{
		my ($came, $held) = @{ shift @{ $pool->{queue} } };
		my $socket = pop @{ $pool->{idle} };
		my $query = sprintf("SELECT pg_sleep(%.4f)\0", $held);

		push @{ $pool->{waits} }, 1000 * (time - $came);
		syswrite($socket, 'Q' . pack('N', 4 + length $query) . $query);
		$busy->{ fileno $socket } = { pool => $pool, answer => '' };
		$select->add($socket);
	}
}

# The wait that a share of a pool's requests did not exceed.
sub quantile
{
	my ($pool, $share) = @_;
	my @sorted = sort { $a <=> $b } @{ $pool->{waits} };

	return $sorted[ int($share * $#sorted) ];
}

sub disconnect
{
	my ($pool) = @_;

	$_->syswrite('X' . pack('N', 4)), $_->close for @{ $pool->{idle} };
}

1;
