#!/usr/bin/perl
#
# Prints the results as a table, with the budget beside each figure.
#
# usage: table.pl < results.tsv
#
# Lines of results: METRIC CONFIGURATION VALUE LOW HIGH, separated by tabs; a
# metric measured repeatedly is there repeatedly.  A figure with an interval is
# "unclear" when it is outside the budget but its interval is not wholly.  Ends
# with status 1 if a budget was missed, or a figure that has one was not measured.
#
use strict;
use warnings;

my %name = (
	caliper => 'pg_caliper',
	pgss    => 'pg_stat_statements',
	five    => 'the five');
my @peers = qw(pgss five);

my %results;
my $missed = 0;

while (<STDIN>)
{
	chomp;
	my ($metric, $config, $value, $low, $high) = split /\t/, $_, -1;
	push @{ $results{$metric}{$config} }, [ $value, $low, $high ];
}

# The mean of what was measured, or undef.
sub value
{
	my ($metric, $config) = @_;
	my $all = $results{$metric}{$config} or return undef;
	my $sum = 0;
	$sum += $_->[0] for @$all;
	return $sum / @$all;
}

# How far apart the repetitions of a metric are.
sub spread
{
	my ($metric, $config) = @_;
	my @all = sort { $a <=> $b } map { $_->[0] } @{ $results{$metric}{$config} // [] };
	return @all > 1 ? $all[-1] - $all[0] : undef;
}

# The ends of the interval of a metric, and both as text.
sub low  { return ($results{ $_[0] }{ $_[1] } // [ [] ])->[0][1] }
sub high { return ($results{ $_[0] }{ $_[1] } // [ [] ])->[0][2] }

sub interval
{
	my ($metric, $config, $format) = @_;
	my ($low, $high) = (low($metric, $config), high($metric, $config));
	return defined $low ? sprintf "$format..$format", $low, $high : '';
}

# What a configuration adds to the bare server.
sub above
{
	my ($metric, $config) = @_;
	my ($value, $bare) = (value($metric, $config), value($metric, 'bare'));
	return defined $value && defined $bare ? $value - $bare : undef;
}

# 12345.6 as 12,346.
sub number
{
	my ($value, $format) = @_;
	return '-' unless defined $value;
	my $text = sprintf $format // '%.0f', $value;
	1 while $text =~ s/^([+-]?\d+)(\d{3})/$1,$2/;
	return $text;
}

# Compares with the budget, an upper limit, and remembers failure.
sub verdict
{
	my ($value, $limit, $low) = @_;
	return 'ok' if defined $value && $value <= $limit;
	return 'unclear' if defined $value && defined $low && $low <= $limit;
	$missed++;
	return defined $value ? 'MISSED' : 'NOT MEASURED';
}

sub row { printf "%-34s %12s %12s %10s %-12s %12s %12s\n", @_ }

sub heading
{
	print "\n$_[0]\n";
	row('', $_[1] // 'bare', $name{caliper}, 'budget', '', @name{@peers});
}

# A row of figures above those of the bare server.
sub row_above
{
	my ($label, $metric, $budget, $format) = @_;
	my $value = above($metric, 'caliper');
	row($label, number(value($metric, 'bare'), $format =~ s/\+//r),
		number($value, $format), defined $budget ?
		  (number($budget, $format), verdict($value, $budget)) : ('', ''),
		map { number(above($metric, $_), $format) } @peers);
}

# The rows below: how much of it is pg_caliper's own code, the rest being what it
# calls and PostgreSQL's query id; and the same with libc's allocator.
sub row_parts
{
	my ($workload) = @_;
	my @with_heap = map {
		my ($used, $heap) = (above("instructions.$workload", $_), above("heap.$workload", $_));
		defined $used && defined $heap ? $used + $heap : undef;
	} 'caliper', @peers;
	row('  of which its own code', '', number(value("own.$workload", 'caliper'), '%+.0f'),
		('') x 4);
	row('  with malloc and free', '', number($with_heap[0], '%+.0f'), '', '',
		map { number($_, '%+.0f') } @with_heap[ 1, 2 ]);
}

# A row of CPU times with intervals.
sub row_cpu
{
	my ($label, $mode, $budget) = @_;
	my $metric = "cpu_above.$mode";
	my $value  = value($metric, 'caliper');
	row($label, number(value("cpu.$mode", 'bare')), number($value, '%+.0f'),
		number($budget, '%+.0f'), verdict($value, $budget, low($metric, 'caliper')),
		map { number(value($metric, $_), '%+.0f') } @peers);
	row_interval($metric, '%+.0f', @peers);
}

# The row below, with the intervals of the figures above.
sub row_interval
{
	my ($metric, $format, @peers) = @_;
	row('  interval (95 %)', '', interval($metric, 'caliper', $format), '', '',
		(map { interval($metric, $_, $format) } @peers), ('') x (2 - @peers));
}

# A row of reading times; the budget is a multiple of pg_stat_statements' time.
sub row_read
{
	my ($label, $metric, $multiple) = @_;
	my ($value, $pgss) = map { value($metric, $_) } qw(caliper pgss);
	my $ratio = value("$metric.ratio", 'caliper');
	row($label, '', number($value, '%.1f'),
		number(defined $pgss ? $multiple * $pgss : undef, '%.1f'),
		verdict($ratio, $multiple, low("$metric.ratio", 'caliper')),
		number($pgss, '%.1f'), '');
	row('  relative to pg_stat_statements', '', number($ratio, '%.2f'),
		number($multiple, '%.2f'), '', '', '');
	row_interval("$metric.ratio", '%.2f');
}

my ($machine, $server) = map { ($results{$_}{''} // [ ['?'] ])->[0][0] } qw(machine server);
print "$server; $machine\n";

heading('Instructions per transaction, above the bare server (callgrind)');
row_above('pgbench -S -M prepared', 'instructions.select_prepared', 550,  '%+.0f');
row_parts('select_prepared');
row_above('pgbench -S -M simple',   'instructions.select_simple',   3450, '%+.0f');
row_parts('select_simple');
row_above('pgbench -M prepared (TPC-B)', 'instructions.tpcb_prepared', 3200, '%+.0f');
row_parts('tpcb_prepared');
row_above('one statement, prepared',  'instructions.one',  undef, '%+.0f');
row_above('300 statements, prepared', 'instructions.many', undef, '%+.0f');
row_parts('many');

# Of 300 statements: what the server itself needs more for them is not counted.
my ($one, $many) = map { value("instructions.$_", 'caliper') } qw(one many);
my $growth;
if (defined $many && defined value('instructions.many', 'bare'))
{
	$growth = (($many - value('instructions.many', 'bare') +
			value('instructions.one', 'bare')) / $one - 1) * 100;
}
row('  all of 300 above all of one, %', '', number($growth, '%+.2f'), '+10.00',
	verdict($growth, 10), '', '');
for my $config (qw(bare caliper))
{
	my @spread = grep { defined } map { spread($_, $config) } map { "instructions.$_" }
	  qw(select_prepared select_simple tpcb_prepared);
	printf "  measured twice, %s differs by %s\n", $config eq 'bare' ? $config : $name{$config},
	  join(', ', map { number($_, '%.1f') } @spread) if @spread;
}

heading('Clock reads per transaction, above the bare server (callgrind)');
row_above('pgbench -S -M prepared', 'clock.select_prepared', 1.05, '%+.2f');
row_above('pgbench -S -M simple',   'clock.select_simple',   2.05, '%+.2f');
row_above('pgbench -M prepared (7 statements)', 'clock.tpcb_prepared', 8.05, '%+.2f');

heading('Allocations from libc per transaction, above the bare server (callgrind)');
row_above('pgbench -S -M prepared', 'malloc.select_prepared', 0.05, '%+.2f');
row_above('pgbench -S -M simple',   'malloc.select_simple',   0.05, '%+.2f');
row_above('pgbench -M prepared (TPC-B)', 'malloc.tpcb_prepared', 0.05, '%+.2f');

heading('System calls per transaction, above the bare server (strace)');
row_above('pgbench -S -M prepared', 'syscalls.select_prepared', 0.05, '%+.2f');
row_above('pgbench -S -M simple',   'syscalls.select_simple',   0.05, '%+.2f');
row_above('pgbench -M prepared (TPC-B)', 'syscalls.tpcb_prepared', 0.05, '%+.2f');

heading('Backend CPU per prepared SELECT, ns above the bare server (native)');
row_cpu('fifty in one pipeline',  'pipeline', 80);
row_cpu('each with its own Sync', 'sync',     200);

heading('Server CPU per connection opened and closed, microseconds above the bare server (native)');
for my $mode ([ empty => 'no statement', 20 ], [ select => 'one simple SELECT', undef ])
{
	my ($name, $label, $budget) = @$mode;
	my $metric = "connect_above.$name";
	my $value = value($metric, 'caliper');
	row($label, number(value("connect.$name", 'bare')), number($value, '%+.0f'),
		defined $budget ?
		  (number($budget, '%+.0f'), verdict($value, $budget, low($metric, 'caliper'))) : ('', ''),
		map { number(value($metric, $_), '%+.0f') } @peers);
	row_interval($metric, '%+.0f', @peers);
	row('  relative to the bare server', '', number(value("connect_ratio.$name", 'caliper'), '%.3f'), '', '',
		map { number(value("connect_ratio.$name", $_), '%.3f') } @peers);
	row('  page faults', number(value("connect_faults.$name", 'bare')),
		number(above("connect_faults.$name", 'caliper'), '%+.1f'), '', '',
		map { number(above("connect_faults.$name", $_), '%+.1f') } @peers);
}

heading('Transactions per second, relative to the bare server (native)');
my $ratio = value('tps_ratio', 'caliper');
my $high  = high('tps_ratio', 'caliper');
row('pgbench -S -M prepared', '1', number($ratio, '%.3f'), '0.980',
	verdict(map({ defined $_ ? -$_ : undef } $ratio, 0.98, $high)), '', '');
row_interval('tps_ratio', '%.3f');

heading('Reading the view, ms (budget: what pg_stat_statements takes; with full sessions twice that)', '');
row('entries', '', map { $_ ? number(value('entries', $_)) : '' } 'caliper', '', '', 'pgss', '');
row_read('count(*)',    'read.count', 1);
row_read('all columns', 'read.all',   1);
row('entries, with 100 full sessions', '', number(value('entries_full', 'caliper')), '', '', '', '');
row_read('count(*)',    'read_full.count', 2);
row_read('all columns', 'read_full.all',   2);

heading('Shared memory at defaults, max_connections = 100, MB (caliper.info)', '');
my $memory = value('memory', 'caliper');
$memory /= 1024 * 1024 if defined $memory;
row('total', '', number($memory, '%.1f'), '36.0', verdict($memory, 36), '', '');

heading('CPU of the background worker with 500 connections, % of one core', '');
for my $state ([ idle => 'idle' ], [ waiting => 'each in a statement that waits' ],
	[ busy => 'pgbench -S -M prepared' ])
{
	my $used = value("worker.$state->[0]", 'caliper');
	row($state->[1], '', number($used, '%.2f'), '1.00', verdict($used, 1), '', '');
}

print "\nThe five: pg_stat_statements, pg_stat_kcache, pg_qualstats, pg_wait_sampling, auto_explain\n";
print $missed ? "\n$missed outside the budget\n" : "\neverything within the budget\n";
exit($missed ? 1 : 0);
