#!/usr/bin/perl
#
# Calls and words that have no place here, each for a reason named below.

use strict;
use warnings;

my $bad = 0;

sub complain
{
	my ($file, $line, $what) = @_;
	print "$file:$line: $what\n";
	$bad = 1;
}

sub slurp
{
	my ($file) = @_;
	local $/;
	open(my $in, '<', $file) or die "$file: $!";
	return <$in>;
}

# Blanks out comments and strings, keeping the lines.
sub code_of
{
	my ($text) = @_;
	my $blank = sub { my $s = shift; $s =~ s/[^\n]/ /g; return $s; };
	$text =~ s{(/\*.*?\*/|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])')}{$blank->($1)}gse;
	return $text;
}

# What may fail, allocate, wait or look into catalogs: not while a lock is held.
my $forbidden_locked = qr/\b(
	elog | ereport | errmsg | palloc\w* | repalloc\w* | pfree | pstrdup | pnstrdup
	| psprintf | MemoryContext\w+ | CHECK_FOR_INTERRUPTS | SearchSysCache\w*
	| syscache_\w+ | table_open | relation_open | get_\w+_name | GetUserNameFromId
	| appendStringInfo\w* | makeStringInfo | CStringGetTextDatum | cstring_to_text\w*
	| hash_seq_init | has_privs_of_role | pg_any_to_server )\s*\(/x;

# Between the first acquisition in a function and the release after which it is
# free; a release that is followed at once by a jump leaves the rest locked.
sub check_locked
{
	my ($file, @lines) = @_;
	my $locked = 0;

	for my $i (0 .. $#lines)
	{
		$locked = 0 if $lines[$i] =~ /^\}/;
		if ($lines[$i] =~ /\b(LWLockRelease|SpinLockRelease)\s*\(/)
		{
			my $next = join(' ', grep { defined } @lines[ $i + 1 .. $i + 2 ]);
			$locked = 0 unless $next =~ /^\s*(\}\s*)?(return|goto|continue|break)\b/;
		}
		complain($file, $i + 1, "$1() while a lock is held")
		  if $locked && $lines[$i] =~ $forbidden_locked;
		$locked = 1
		  if $lines[$i] =~ /\b(LWLockAcquire|LWLockConditionalAcquire|SpinLockAcquire)\s*\(/;
	}
}

sub check_c
{
	my ($file) = @_;
	my @lines = split /\n/, code_of(slurp($file));

	for my $i (0 .. $#lines)
	{
		local $_ = $lines[$i];
		# Unbounded, or cutting without an end mark.
		complain($file, $i + 1, "$1() is banned")
		  if /\b(strcpy|strncpy|strcat|strncat|sprintf|vsprintf|gets|strtok|alloca)\s*\(/;
		complain($file, $i + 1, 'only /* */ comments') if m{//};
		complain($file, $i + 1, 'PG_VERSION_NUM outside version_compat.h')
		  if /\bPG_VERSION_NUM\b/ && $file !~ m{/version_compat\.h$};
		complain($file, $i + 1, 'base/ raises no error')
		  if $file =~ m{/base/} && /\b(elog|ereport)\s*\(/;
	}
	check_locked($file, @lines) if $file =~ m{/store/};
}

# In install scripts: what takes over an object somebody else has prepared, and
# what runs with borrowed rights.
sub check_sql
{
	my ($file) = @_;
	my $text = slurp($file);
	$text =~ s/--[^\n]*//g;
	my $number = 0;
	for (split /\n/, $text)
	{
		$number++;
		complain($file, $number, uc($1) . ' is banned in install scripts')
		  if /\b(security\s+definer|create\s+or\s+replace|if\s+not\s+exists)\b/i;
	}
}

check_c($_) for sort(glob('extension/*.[ch] extension/*/*.[ch]'));
check_sql($_) for sort(glob('extension/sql/*.sql updates/*.sql'));
exit $bad;
