#!/usr/bin/perl
#
# Subtracts one callgrind output file from another, per transaction.
#
# usage: callgrind.pl FILE1 FILE2 TRANSACTIONS [functions]
#
# FILE2 is of a process that ran TRANSACTIONS more than that of FILE1; the cost
# of starting is gone from the difference.  Prints "clock N", how often a clock
# was read, "malloc N", how often memory was allocated from libc, and
# "instructions N", without what depends on luck rather than on the code:
#
#	secure_read		waiting for the client costs hundreds of instructions each
#			time that its next message is not there already
#	pgstat_report_stat	the server flushes its own statistics once a second,
#			and a slow tool makes that many times
#	malloc, free		how they go about it depends on what happens to lie
#			where; so they are counted instead
#
# With "functions", prints instead what each function itself (without those it
# calls) used, as "N FUNCTION LIBRARY", for a look at where instructions go.
#
use strict;
use warnings;

# Reads of a clock.  GetCurrentTimestamp calls gettimeofday, whose name is not
# always visible in libc; nothing else in the server that runs here does.
my %clock  = map { $_ => 1 } qw(GetCurrentTimestamp clock_gettime);
my %chance = map { $_ => 1 } qw(secure_read pgstat_report_stat malloc realloc free);

# Totals, clock reads and own cost by function of one file.  Names are
# compressed: "(7) name" the first time, "(7)" afterwards; the line that follows
# "calls=" holds what the called function used, which is not the caller's own.
sub read_profile
{
	my ($file) = @_;
	my (%profile, %name, %library, $function, $callee, $library, $inclusive);

	open(my $in, '<', $file) or die "$file: $!\n";
	while (<$in>)
	{
		if (/^(c?)fn=\((\d+)\)(?: (.*))?/)
		{
			my ($called, $id, $new) = ($1, $2, $3);
			$name{$id} = $new if defined $new;
			if   ($called) { $callee   = $name{$id} }
			else           { $function = "$name{$id}\t$library" }
		}
		elsif (/^(c?)ob=\((\d+)\)(?: (.*))?/)
		{
			my ($called, $id, $new) = ($1, $2, $3);
			$library{$id} = $new =~ s/.*\///r if defined $new;
			$library = $library{$id} unless $called;
		}
		elsif (/^calls=(\d+)/)
		{
			my $calls = $1;
			$inclusive = $callee =~ s/@.*//r;
			$profile{clock}  += $calls if $clock{$inclusive};
			$profile{malloc} += $calls if $inclusive =~ /^(?:m|c|re)alloc$/;
		}
		elsif (/^(?:\+|-|\*|\d)\S* (\d+)/)
		{
			if (!defined $inclusive) { $profile{"self\t$function"} += $1 }
			elsif ($chance{$inclusive}) { $profile{instructions} -= $1 }
			undef $inclusive;
		}
		elsif (/^totals: (\d+)/)
		{
			$profile{instructions} += $1;
		}
	}
	return \%profile;
}

die "usage: callgrind.pl FILE1 FILE2 TRANSACTIONS [functions]\n" if @ARGV < 3;
my ($first, $second) = map { read_profile($_) } @ARGV[ 0, 1 ];
my %difference =
  map { $_ => ($second->{$_} - ($first->{$_} // 0)) / $ARGV[2] } keys %$second;
if (($ARGV[3] // '') eq 'functions')
{
	for (sort { $difference{$b} <=> $difference{$a} } grep { /^self/ } keys %difference)
	{
		printf "%.1f\t%s\n", $difference{$_}, s/^self\t//r if abs($difference{$_}) >= 0.1;
	}
	exit;
}
printf "%s %.3f\n", $_, $difference{$_} for qw(instructions clock malloc);
