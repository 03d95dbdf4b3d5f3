# A private PgBouncer in front of a node.
#
#	my $pooler = Pooler->new($node, databases => ['postgres = '], pool_mode => 'session');
#	Client->new($node, 'psycopg2', port => $pooler->port);
#	$pooler->stop;

package Pooler;

use strict;
use warnings;
use IPC::Run qw(start);
use IO::Socket::INET;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Time::HiRes qw(usleep);

# Starts one.  An option is a setting of its section [pgbouncer]; databases are
# the lines of [databases], to which the server's address is added.
sub new
{
	my ($class, $node, %option) = @_;
	my $databases = delete $option{databases} // ['postgres ='];
	my $folder = PostgreSQL::Test::Utils::tempdir();
	my $self = bless { port => PostgreSQL::Test::Cluster::get_free_port() }, $class;
	my %setting = (
		listen_addr => '127.0.0.1',
		listen_port => $self->{port},
		unix_socket_dir => '',
		auth_type => 'trust',
		auth_file => "$folder/users",
		pool_mode => 'transaction',
		default_pool_size => 1,
		%option);
	my $server = 'host=127.0.0.1 port=' . $node->port;

	append_to_file("$folder/users", '"' . getpwuid($<) . qq{" ""\n});
	append_to_file("$folder/ini", join "\n",
		'[databases]', (map { "$_ $server" } @$databases),
		'[pgbouncer]', (map { "$_ = $setting{$_}" } sort keys %setting), '');
	$self->{run} = start [ 'pgbouncer', "$folder/ini" ], '<', \undef, '>&', "$folder/log";
	for (1 .. 100)
	{
		return $self if IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $self->{port});
		usleep(100_000);
	}
	die 'PgBouncer does not start: ' . slurp_file("$folder/log");
}

# The port it listens on.
sub port { return $_[0]{port} }

# Ends it, at once.
sub stop
{
	my ($self) = @_;

	$self->{run}->kill_kill;
	return;
}

1;
