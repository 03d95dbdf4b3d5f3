# A real client in a process of its own, which does what it is told.
#
#	my $client = Client->new($node, 'psycopg2', name => 'shop', label => 'cache');
#	my %facts = $client->ask('transactions', 3, 200);
#	$client->quit;
#
# The programs in t/clients/programs read a verb with its arguments from each
# line of their input, do it the way their library does it, and answer with one
# line: "ok" and what they counted and timed themselves, or "error" and why.
#
#	open N			have N connections at the same time
#	statements N		N statements, one after the other, each by itself
#	parallel N MS		N statements at the same time that take MS each
#	transactions N MS	N times: read, wait MS, write, commit; the answer has
#				gap (ms waited in all) and held (ms from begin to commit)
#	fail			a statement that fails
#	rename NAME		SET application_name on a connection
#	tagged ROUTE		a statement with a sqlcommenter comment
#	hold			leave a transaction open
#	close			close all connections
#
# and, some of them, "reported SETTING" (what the server reports it to be) and
# the faults of 040_faults.pl.
#
# open, parallel and fail answer with done, refused and reason, the first error.
# What the programs need besides Debian's packages is in PG_CALIPER_CLIENTS, or
# in build/clients, where tools/install-clients.sh puts it.

package Client;

use strict;
use warnings;
use Carp;
use FindBin;
use IPC::Run qw(start finish pump timeout);

my $packages = $ENV{PG_CALIPER_CLIENTS} // "$FindBin::RealBin/../../build/clients";
my $programs = "$FindBin::RealBin/programs";
my ($newer_node) = glob "$packages/node_modules/node-linux-*/bin/node";
my $node_program = $newer_node // 'node';

# How each of them is run.  Debian's interpreters by their full names, since
# their packages are Debian's.
my %command = (
	'node-postgres' => [ $node_program, "$programs/node_postgres.js" ],
	'prisma' => [ $node_program, "$programs/prisma.js" ],
	'psycopg2' => [ '/usr/bin/python3', '-B', "$programs/psycopg_driver.py", '2' ],
	'psycopg3' => [ '/usr/bin/python3', '-B', "$programs/psycopg_driver.py", '3' ],
	'django' => [ '/usr/bin/python3', '-B', "$programs/django_orm.py" ],
	'active-record' => [ '/usr/bin/ruby', "$programs/active_record.rb" ]);

# All clients there are.
sub all
{
	my @all = sort keys %command;

	return @all;
}

# Starts a client.  Options: name and label; user, database and port where they
# differ from the node's; pooled if PgBouncer is there, behind which no statement
# can stay prepared; environment if name and label go into the environment that
# libpq knows, and nowhere else.  It does not connect before it is told to.
sub new
{
	my ($class, $node, $kind, %option) = @_;
	my $self = bless { kind => $kind, in => '', out => '', err => '' }, $class;

	local %ENV = %ENV;
	delete @ENV{ grep /^PG/, keys %ENV };
	delete @ENV{ grep /^CLIENT_/, keys %ENV };
	$ENV{NODE_PATH} = "$packages/node_modules";
	$ENV{CLIENT_PRISMA} = "$packages/prisma-client";
	$ENV{CLIENT_HOST} = '127.0.0.1';
	$ENV{CLIENT_PORT} = $option{port} // $node->port;
	$ENV{CLIENT_USER} = $option{user} // scalar getpwuid($<);
	$ENV{CLIENT_DATABASE} = $option{database} // 'postgres';
	my ($name, $label) = @option{qw(name label)};
	if ($option{environment})
	{
		@ENV{qw(PGAPPNAME PGOPTIONS)} = ($name, "-c pg_caliper.pool=$label");
	}
	else
	{
		$ENV{CLIENT_NAME} = $name if defined $name;
		$ENV{CLIENT_LABEL} = $label if defined $label;
	}
	$ENV{CLIENT_POOLED} = 1 if $option{pooled};
	$self->{run} = start $command{$kind}, '<', \$self->{in}, '>', \$self->{out},
	  '2>', \$self->{err}, timeout(180);
	return $self;
}

# Sends a command without waiting for the answer.
sub tell
{
	my ($self, @words) = @_;

	$self->{in} .= "@words\n";
	$self->{run}->pump_nb;
	return;
}

# Waits for the answer to the oldest command without one.
sub answer
{
	my ($self) = @_;

	until ($self->{out} =~ /\n/)
	{
		croak "$self->{kind} has ended: $self->{err}" unless $self->{run}->pumpable;
		pump $self->{run};
	}
	$self->{out} =~ s/^(.*)\n//;
	my ($word, @facts) = split / /, $1;
	croak "$self->{kind}: @facts $self->{err}" if $word ne 'ok';
	return map { split /=/, $_, 2 } @facts;
}

# Sends a command and returns what it was answered.
sub ask
{
	my ($self, @words) = @_;

	$self->tell(@words);
	return $self->answer;
}

# Closes the connections and ends the process.
sub quit
{
	my ($self) = @_;

	$self->ask('close');
	$self->{run}->kill_kill;
	return;
}

# Ends the process as a machine does that runs out of memory.
sub kill9
{
	my ($self) = @_;

	$self->{run}->signal('KILL');
	eval { finish $self->{run} };
	return;
}

1;
