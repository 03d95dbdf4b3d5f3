# A client that speaks the frontend/backend protocol, version 3, message by
# message: libpq always asks for all rows of a portal and syncs after each
# statement, so it cannot suspend a portal or fail at Bind on purpose.
package Wire;

use strict;
use warnings;
use IO::Socket::UNIX;

# Connect over the Unix socket of a PostgreSQL::Test::Cluster node.
sub new
{
	my ($class, $node, %parameters) = @_;
	my $path = $node->host . '/.s.PGSQL.' . $node->port;
	my $socket = IO::Socket::UNIX->new(Peer => $path)
	  or die "cannot connect to $path: $!";
	my $self = bless { socket => $socket }, $class;
	my %startup = (
		user => scalar getpwuid($<),
		database => 'postgres',
		application_name => 'wire',
		%parameters);
	my $body = pack('N', 196608)
	  . join('', map { "$_\0$startup{$_}\0" } sort keys %startup) . "\0";
	$socket->print(pack('N', 4 + length $body) . $body);
	$self->wait_for('Z');
	return $self;
}

# Queue a message; nothing is sent before flush or sync.
sub queue
{
	my ($self, $type, $body) = @_;
	$self->{out} .= $type . pack('N', 4 + length $body) . $body;
	return $self;
}

sub parse { $_[0]->queue('P', "$_[1]\0$_[2]\0" . pack('n', 0)) }

# Bind text parameters.
sub bind_portal
{
	my ($self, $portal, $statement, @values) = @_;
	my $body = "$portal\0$statement\0" . pack('nn', 0, scalar @values);
	$body .= pack('N', length $_) . $_ for @values;
	return $self->queue('B', $body . pack('n', 0));
}

sub execute { $_[0]->queue('E', "$_[1]\0" . pack('N', $_[2] // 0)) }
sub close_portal { $_[0]->queue('C', "P$_[1]\0") }
sub query { $_[0]->queue('Q', "$_[1]\0")->wait_for('Z') }

# Send what is queued and return the server's messages up to ReadyForQuery.
sub sync { $_[0]->queue('S', '')->wait_for('Z') }

# Send what is queued with Flush and wait for a message of one of the types.
sub flush_until { $_[0]->queue('H', '')->wait_for($_[1]) }

# Read messages up to one of the given types; returns the types in a string,
# and the SQLSTATE of an error as {XXXXX}.
sub wait_for
{
	my ($self, $types) = @_;
	$self->{socket}->print($self->{out} // '');
	$self->{socket}->flush;
	$self->{out} = '';
	my $seen = '';
	while (1)
	{
		my $type = $self->take(1);
		my $body = $self->take(unpack('N', $self->take(4)) - 4);
		$seen .= $type;
		$seen .= "{$1}" if $type eq 'E' && $body =~ /\0C([0-9A-Z]{5})\0/;
		return $seen if index($types, $type) >= 0 || $type eq 'E' && $types !~ /Z/;
	}
}

sub take
{
	my ($self, $n) = @_;
	my $data = '';
	while (length $data < $n)
	{
		my $got = sysread($self->{socket}, $data, $n - length $data, length $data);
		next if !defined $got && $!{EINTR};
		die 'the server closed the connection' unless $got;
	}
	return $data;
}

sub disconnect
{
	my ($self) = @_;
	$self->{socket}->print('X' . pack('N', 4));
	$self->{socket}->close;
}

1;
