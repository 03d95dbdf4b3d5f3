#!/usr/bin/perl
#
# What the library exports lives in one name space with the server and all other
# libraries: only the names PostgreSQL asks for, and ours with a prefix.  The
# build hides what is not marked PGDLLEXPORT; this shows that it did.  And what
# the library asks of others is theirs: one of our names there was declared, but
# never written.

use strict;
use warnings;

my $library = 'pg_caliper.so';
if (!-e $library)
{
	print "$library is not built\n";
	exit 1;
}

my $bad = 0;
for (`nm -D --defined-only $library`)
{
	my ($symbol) = /(\S+)$/;
	next if $symbol =~ /^(_PG_init|Pg_magic_func|pg_finfo_caliper_\w+|caliper_\w+|cal_\w+)$/;
	print "exported without our prefix: $symbol\n";
	$bad = 1;
}
my $status = $?;
for (`nm -D --undefined-only $library`)
{
	next unless /(\bcal_\S+|\bcaliper_\S+)$/;
	print "called but not defined: $1\n";
	$bad = 1;
}
exit($status ? 1 : $bad);
