#!/usr/bin/perl
#
# Which room of extension/ may include which: an include never points back along
# the way hook -> capture -> store -> read.
#
# A file may include its own room's headers and those listed here.  In base/,
# even PostgreSQL's own headers are few, so that it can be tested alone.
#
# A store may not include another store, with two exceptions.  Headers without a
# .c beside them, and counters, are the words in which stores talk: types and
# arithmetic without memory or a lock of their own.  And a slab is the private
# half of the statement table, guarded by the same partition locks: its hand-over
# removes from one and adds to the other under one lock.

use strict;
use warnings;

my %below = (
	'base' => [],
	'platform' => ['base'],
	'store' => [ 'base', 'platform' ],
	'capture' => [ 'base', 'platform', 'store' ],
	'read' => [ 'base', 'platform', 'store' ],
	'advise' => [ 'base', 'platform', 'store' ],
	'worker' => [ 'base', 'platform', 'store' ],
	'' => [ 'base', 'platform', 'store', 'capture', 'read', 'advise', 'worker' ],);
my %words = (counters => 1);
my %half_of = (slab => 'statements');
my $base_may = qr{^(c\.h|postgres_fe\.h|(port|common|mb)/)};

my $bad = 0;

sub complain
{
	my ($file, $line, $what) = @_;
	print "extension/$file:$line: $what\n";
	$bad = 1;
}

# Whether FILE, of store/, may include HEADER, also of store/.
sub same_store
{
	my ($file, $header) = @_;
	my ($own) = $file =~ m{([^/]+)\.[ch]$};
	my ($other) = $header =~ m{([^/]+)\.h$};
	return 1 if $own eq $other || $words{$other} || !-e "store/$other.c";
	return 1 if ($half_of{$own} // '') eq $other;
	# A store in several files: slab.c, slab_scan.c.
	return $own =~ /^\Q$other\E_/ || $other =~ /^\Q$own\E_/;
}

sub check_file
{
	my ($file) = @_;
	my ($room) = $file =~ m{^([^/]+)/};
	$room //= '';

	if (!$below{$room})
	{
		complain($file, 1, "there is no room $room/");
		return;
	}
	open(my $in, '<', $file) or die "$file: $!";
	while (<$in>)
	{
		next unless /^\s*#\s*include\s*([<"])([^>"]+)[>"]/;
		my ($quote, $header) = ($1, $2);
		my ($target) = $header =~ m{^([^/]+)/};

		complain($file, $., 'postgres.h belongs into .c files')
		  if $header =~ /^(postgres|c)\.h$/ && $file =~ /\.h$/;
		if ($quote eq '<' || $header eq 'version_compat.h')
		{
			complain($file, $., 'base/ depends on no PostgreSQL version')
			  if $header eq 'version_compat.h' && $room eq 'base';
		}
		elsif (!-e $header)
		{
			complain($file, $., "base/ may not use $header")
			  if $room eq 'base' && $header !~ $base_may;
			complain($file, $., "$header: write includes relative to extension/")
			  if $header !~ m{/} && -e "$room/$header";
		}
		elsif ($target eq $room)
		{
			complain($file, $., "a store may not include another: $header")
			  if $room eq 'store' && !same_store($file, $header);
		}
		elsif (!grep { $_ eq $target } @{ $below{$room} })
		{
			complain($file, $., "$room/ may not include $header");
		}
	}
	close $in;
}

chdir 'extension' or die "extension: $!";
check_file($_) for sort(glob('*.[ch] */*.[ch]'));
exit $bad;
