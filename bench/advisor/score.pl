#!/usr/bin/perl
#
# Judges caliper.advise_indexes() by what comes of its advice.
#
# usage: score.pl ROWS [BUDGET_MB|none...]
#
# The budgets are by default 90 MB, 175 MB and none at 3,000,000 rows, and shrink
# with the rows.
#
# Expects a server under PGHOST with the database PGDATABASE, filled, observed by
# pg_caliper and without any index but those of keys.sql, and the program
# ./drive.  Runs the workload once, asks for advice under each budget, then
# builds each advice for real, and the expert's list, ANALYZEs, looks at the
# plans, runs the workload again, and drops what it built.  The figures:
#
#	cost		sum over all statements of calls x the planner's cost with their own values,
#			relative to that before; without INSERTs
#	even		the same with each statement counting the same, whatever it costs: the
#			mean of its cost after by its cost before
#	time		what the readers waited, relative to before
#	hit		an index of the expert's that was found: one on the same table, with the same
#			method, that begins with its keys; or all of its statements cost at most 1.2
#			times what they cost with the expert's list (or take at most 1.5 times the
#			time, where the cost before was no higher than with it: cost is blind there)
#	unused		in no plan, and not scanned by anything else (a foreign key)
#	redundant	its keys begin those of another one on the same rows
#
# What a "replace" would drop stays.  Leaves all rows of the advice in
# out/advisor_advice.json.  Ends with status 1 if a bar was missed; with fewer rows
# than 3,000,000, where the expert would miss some, too, none is set.
#
use strict;
use warnings;
use JSON::PP;
use Time::HiRes qw(time);

my $rows = shift;
my $full = $rows >= 3_000_000;
my @budgets = @ARGV ? @ARGV : $full ? qw(90 175 none) : (90 * $rows / 3e6, 175 * $rows / 3e6, 'none');
my $here = 'bench/advisor';
my (@records, %base, @missed);

# What psql prints.  A failure ends everything, unless the caller wants to know.
sub sql
{
	my ($text, $may_fail) = @_;
	my $pid = open my $out, '-|';
	defined $pid or die "fork: $!";
	if (!$pid)
	{
		open STDERR, '>&', \*STDOUT if $may_fail;
		open my $in, '|-', 'psql', '-XAtq', '-v', 'ON_ERROR_STOP=1' or exit 1;
		print $in $text;
		close $in;
		exit($? ? 1 : 0);
	}
	my $answer = do { local $/; <$out> } // '';
	my $failed = !close $out;
	return wantarray ? ($answer, $failed) : $answer if $may_fail;
	die "psql failed: $text\n" if $failed;
	chomp $answer;
	return $answer;
}

sub rows { return @{ decode_json(sql("SELECT coalesce(json_agg(r), '[]') FROM ($_[0]) AS r;")) } }

# The statements of workload.sql, one record per set of parameters.
sub read_workload
{
	local $/ = '';
	open my $file, '<', "$here/workload.sql" or die "workload.sql: $!";
	while (<$file>)
	{
		/^-- (\w+): (\w+) (prepared|simple) (\d+)( write)?\n(?:-- WITH (.*)\n)?([^\n]+)\s*\z/ or next;
		my ($name, $service, $protocol, $calls, $kind, $with, $text) =
			($1, $2, $3, $4, $5 ? 'write' : 'read', $6, $7);
		my @sets = $with ? map { [ split /\t/, $_, -1 ] } split /\n/,
			sql("\\pset fieldsep '\\t'\n$with;") : [];
		die "$name has no parameters" if !@sets;
		my $n = 0;
		for my $set (@sets)
		{
			my $share = int($calls * ($n + 1) / @sets) - int($calls * $n / @sets);
			$n++;
			push @records, { name => $name, service => $service, protocol => $protocol,
				calls => $share, kind => $kind, text => $text, values => $set };
		}
	}
}

# A record's statement with its values, as EXPLAIN wants it.
sub with_values
{
	my ($r) = @_;
	my $text = $r->{text};
	my $literal = sub {
		my $value = $r->{values}[ $_[0] - 1 ];
		return $value if $r->{protocol} eq 'simple' && $value =~ /^-?[\d.]+$/;
		$value =~ s/'/''/g;
		return "'$value'";
	};
	$text =~ s/\$(\d+)/$literal->($1)/ge;
	return $text;
}

# All plans: the cost of each record, and which index is in the plans of which statements.
sub plans
{
	my (@costs, %used);
	my @explained = grep { $records[$_]{text} !~ /^INSERT/ } 0 .. $#records;
	my $answer = sql(join '', map {
		"\\echo @ $_\nEXPLAIN (FORMAT JSON) " . with_values($records[$_]) . ";\n" } @explained);
	for (split /^@ /m, $answer)
	{
		my ($number, $json) = /^(\d+)\n(.*)/s or next;
		my $plan = decode_json($json)->[0]{Plan};
		$costs[$number] = $plan->{'Total Cost'};
		my @nodes = $plan;
		while (my $node = shift @nodes)
		{
			$used{ $node->{'Index Name'} }{ $records[$number]{name} } = 1
				if defined $node->{'Index Name'};
			push @nodes, @{ $node->{Plans} // [] };
		}
	}
	return (\@costs, \%used);
}

# Runs the workload: milliseconds of each record.
sub drive
{
	open my $file, '>', 'records.tsv' or die "records.tsv: $!";
	print $file join("\t", @$_{qw(name service protocol calls kind text)}, @{ $_->{values} }), "\n"
		for @records;
	close $file;
	my @lines = `./drive $ENV{PGHOST} $ENV{PGDATABASE} all <records.tsv`;
	die "drive failed\n" if $? || @lines != @records;
	return [ map { (split /\t/)[3] + 0 } @lines ];
}

# Sums per statement of something per record.
sub per_statement
{
	my ($values, $weighted) = @_;
	my %sum;
	for my $i (0 .. $#records)
	{
		$sum{ $records[$i]{name} } += $values->[$i] * ($weighted ? $records[$i]{calls} : 1)
			if defined $values->[$i];
	}
	return \%sum;
}

sub total { my ($sums, @names) = @_; my $t = 0; $t += $sums->{$_} for @names; return $t }

# Plans and times as they are now.
sub observe
{
	my ($costs, $used) = plans();
	sql('SELECT pg_stat_reset();');
	my $ms = drive();
	my %cost = %{ per_statement($costs, 1) };
	my %time = %{ per_statement($ms) };
	my %reads = map { $_->{name} => 1 } grep { $_->{kind} eq 'read' } @records;
	return { cost => \%cost, used => $used, time => \%time,
		cost_all => total(\%cost, keys %cost), time_reads => total(\%time, keys %reads) };
}

# All indexes of our tables; one on a partitioned table stands for its parts.
sub indexes
{
	return map { $_->{oid} => $_ } rows(<<'SQL');
SELECT i.indexrelid::int AS oid, c.relname AS name, i.indrelid::regclass::text AS table, a.amname AS method,
	ARRAY(SELECT pg_get_indexdef(i.indexrelid, k, false) FROM generate_series(1, i.indnkeyatts) AS k) AS keys,
	string_to_array(i.indoption::text, ' ') AS options, coalesce(pg_get_expr(i.indpred, i.indrelid), '') AS predicate,
	i.indisunique AS is_unique, i.indisvalid AS is_valid,
	p.size, p.scans, p.names
FROM pg_index AS i JOIN pg_class AS c ON c.oid = i.indexrelid JOIN pg_am AS a ON a.oid = c.relam,
	LATERAL (SELECT sum(pg_relation_size(t.relid)) AS size, sum(coalesce(pg_stat_get_numscans(t.relid), 0)) AS scans,
		json_agg(t.relid::regclass::text) AS names FROM (SELECT i.indexrelid::regclass AS relid
			UNION SELECT relid FROM pg_partition_tree(i.indexrelid)) AS t) AS p
WHERE c.relnamespace = 'public'::regnamespace AND NOT c.relispartition
SQL
}

# Builds the indexes of a list of { ddl, estimate }, measures, and drops them again.
sub try_out
{
	my ($label, @list) = @_;
	my %before = indexes();
	my %known = %before;
	my (@built, @refused);
	for my $wish (@list)
	{
		my ($answer, $failed) = sql("$wish->{ddl}\n", 1);
		my %now = indexes();
		if ($failed)
		{
			push @refused, "$wish->{ddl} $answer";
			for my $oid (grep { !$known{$_} } keys %now) { sql("DROP INDEX \"$now{$oid}{name}\";") }
			next;
		}
		for my $oid (grep { !$known{$_} } keys %now)
		{
			$known{$oid} = 1;
			push @built, { %$wish, oid => $oid };
		}
	}
	sql('VACUUM ANALYZE;');
	my $seen = observe();
	my %now = indexes();
	for my $index (@built)
	{
		$index = { %$index, %{ $now{ $index->{oid} } } };
		my %for = map { %{ $seen->{used}{ s/^"(.*)"$/$1/r } // {} } } @{ $index->{names} };
		$index->{plans} = [ sort keys %for ];
	}
	sql("DROP INDEX \"$_->{name}\";") for @built;
	sql('VACUUM ANALYZE;');
	my $size = 0;
	$size += $_->{size} for @built;
	return { %$seen, label => $label, built => \@built, refused => \@refused, size => $size,
		existing => [ values %before ] };
}

# Whether the keys of one index begin those of another on the same rows.
sub begins
{
	my ($one, $other) = @_;
	return 0 if $one->{table} ne $other->{table} || $one->{method} ne 'btree' || $other->{method} ne 'btree'
		|| $one->{predicate} ne $other->{predicate} || @{ $one->{keys} } > @{ $other->{keys} };
	my ($same, $reverse) = (1, 1);
	for my $k (0 .. $#{ $one->{keys} })
	{
		return 0 if $one->{keys}[$k] ne $other->{keys}[$k];
		$same = 0 if $one->{options}[$k] != $other->{options}[$k];
		$reverse = 0 if $one->{options}[$k] != ($other->{options}[$k] ^ 3);
	}
	return $same || $reverse;
}

# Which of the expert's indexes an advice found.
sub hit
{
	my ($wanted, $expert, $tried) = @_;
	for my $index (@{ $tried->{built} })
	{
		my @keys = @{ $index->{keys} };
		next if $index->{table} ne $wanted->{table} || $index->{method} ne $wanted->{method}
			|| @keys < @{ $wanted->{keys} };
		return 1 if join("\n", @keys[ 0 .. $#{ $wanted->{keys} } ]) eq join("\n", @{ $wanted->{keys} });
	}
	for my $name (@{ $wanted->{for} })
	{
		my ($before, $with, $now) = map { $_->{cost}{$name} } \%base, $expert, $tried;
		return 0 if $with < 0.9 * $before ? $now > 1.2 * $with
			: $tried->{time}{$name} > 1.5 * $expert->{time}{$name};
	}
	return 1;
}

# A figure beside its bar.
sub bar
{
	my ($what, $value, $limit, $at_least) = @_;
	my $ok = $at_least ? $value >= $limit : $value <= $limit;
	push @missed, $what if !$ok;
	printf "  %-44s %8.4g  %s %-6.4g %s\n", $what, $value, $at_least ? 'at least' : 'at most', $limit,
		$ok ? 'ok' : 'MISSED';
}

sub even
{
	my ($tried) = @_;
	my ($sum, $n) = (0, 0);
	for (keys %{ $base{cost} }) { $sum += $tried->{cost}{$_} / $base{cost}{$_}; $n++ }
	return $sum / $n;
}

sub summary
{
	my ($tried) = @_;
	my @slow = grep { $tried->{time}{$_} > 1.15 * $base{time}{$_} + 5 } sort keys %{ $base{time} };
	printf "\n== %s: %d indexes, %.1f MB; cost %.4f, even %.4f, time %.4f%s\n", $tried->{label},
		scalar @{ $tried->{built} }, $tried->{size} / 2**20, $tried->{cost_all} / $base{cost_all},
		even($tried), $tried->{time_reads} / $base{time_reads},
		defined $tried->{asked} ? sprintf('; the call took %.2f s', $tried->{asked}) : '';
	my @dear = (sort { $tried->{cost}{$b} <=> $tried->{cost}{$a} } keys %{ $tried->{cost} })[ 0 .. 5 ];
	print '  what costs most now: ', join(', ', map { sprintf '%s %.0f %%', $_,
		100 * $tried->{cost}{$_} / $tried->{cost_all} } @dear), "\n";
	print '  slower than before: ', join(', ', map { sprintf '%s x %.2f', $_,
		$tried->{time}{$_} / $base{time}{$_} } @slow), "\n" if @slow;
}

# Everything about one advice.
sub report
{
	my ($tried, $expert) = @_;
	my (@unused, @redundant);
	summary($tried);
	for my $index (@{ $tried->{built} })
	{
		my @other = grep { $_->{oid} != $index->{oid} } @{ $tried->{built} }, @{ $tried->{existing} };
		my $unused = !@{ $index->{plans} } && !$index->{scans};
		my $redundant = grep { begins($index, $_) } @other;
		push @unused, $index if $unused;
		push @redundant, $index if $redundant;
		printf "  %7.2f MB, estimated %7.2f (%4.2f)%s%s  %s  -- %s\n", $index->{size} / 2**20,
			$index->{estimate} / 2**20, $index->{estimate} / $index->{size}, $unused ? ' UNUSED' : '',
			$redundant ? ' REDUNDANT' : '', $index->{ddl}, join ' ', @{ $index->{plans} };
	}
	print "  REFUSED: $_" for @{ $tried->{refused} };
	my @found = grep { hit($_, $expert, $tried) } @{ $expert->{built} };
	my %found = map { $_ => 1 } @found;
	print "  not found: $_->{ddl}\n" for grep { !$found{$_} } @{ $expert->{built} };
	my @near = grep { abs($_->{estimate} / $_->{size} - 1) <= 0.15 } @{ $tried->{built} };
	printf "  sizes within 15 %%: %d of %d\n", scalar @near, scalar @{ $tried->{built} };
	$tried->{$_->[0]} = $_->[1] for [ unused => \@unused ], [ redundant => \@redundant ], [ found => \@found ];
}

# What the expert would have, and would not.
sub read_expert
{
	my (@create, @drop);
	open my $file, '<', "$here/expert.sql" or die "expert.sql: $!";
	while (<$file>)
	{
		push @create, { ddl => $1, for => [ split ' ', $2 ] } if /^(CREATE INDEX .*;) -- (.*)/;
		push @drop, $1 if /^DROP INDEX (\w+);/;
	}
	return (\@create, \@drop);
}

# The advice under a budget: what to create, and which indexes are to go.
sub ask
{
	my ($budget) = @_;
	my $bytes = $budget eq 'none' ? 'NULL' : int($budget * 2**20);
	my $from = time;
	my @rows = rows("SELECT * FROM caliper.advise_indexes(budget => $bytes)");
	return { asked => time - $from, rows => \@rows, drops => [ map { $_->{indexname} } grep { $_->{action} eq 'drop' } @rows ],
		list => [ map { { ddl => $_->{ddl}, estimate => $_->{estimated_size} // 0 } }
			grep { $_->{action} ne 'drop' } @rows ] };
}

$| = 1;
my ($create, $drop) = read_expert();
read_workload();
sql('SELECT caliper.reset();');
%base = %{ observe() };
my %advice = map { $_ => ask($_) } @budgets;
open my $json, '>', 'out/advisor_advice.json' or die "out/advisor_advice.json: $!";
print $json JSON::PP->new->canonical->pretty->encode({ map { $_ => $advice{$_}{rows} } @budgets });
close $json;

my $calls = 0;
$calls += $_->{calls} for @records;
printf "%d statements, %d calls; before: cost %.4g, readers wait %.1f s\n", scalar keys %{ $base{time} },
	$calls, $base{cost_all}, $base{time_reads} / 1000;
my $expert = try_out("the expert's list", @$create);
summary($expert);
print "  REFUSED: $_" for @{ $expert->{refused} };
printf "  %7.2f MB%s  %s  -- %s\n", $_->{size} / 2**20, @{ $_->{plans} } || $_->{scans} ? '' : ' UNUSED', $_->{ddl},
	join ' ', @{ $_->{plans} } for @{ $expert->{built} };
my %tried;
for my $budget (@budgets)
{
	my $advice = $advice{$budget};
	my $label = $budget eq 'none' ? 'no budget' : "budget $budget MB";
	$tried{$budget} = { %{ try_out($label, @{ $advice->{list} }) }, asked => $advice->{asked} };
	report($tried{$budget}, $expert);
}

if (!$full)
{
	print "\nNo bars at $rows rows.\n";
	exit 0;
}
print "\n== bars\n";
my %limit = (90 => 0.035, 175 => 0.015);
for my $budget (@budgets)
{
	my $tried = $tried{$budget};
	if ($limit{$budget})
	{
		bar("cost within $budget MB", $tried->{cost_all} / $base{cost_all}, $limit{$budget});
		bar("true size within $budget MB", $tried->{size} / 2**20, $budget);
	}
	bar("seconds of the call, budget $budget", $tried->{asked}, 11);
	bar("refused, unused or redundant, budget $budget",
		@{ $tried->{refused} } + @{ $tried->{unused} } + @{ $tried->{redundant} }, 0);
}
if (my $tried = $tried{none})
{
	my %drop = map { $_ => 1 } @$drop;
	my @named = grep { $drop{$_} } @{ $advice{none}{drops} };
	my @wrong = grep { !$drop{$_} } @{ $advice{none}{drops} };
	print "  named as superfluous, though needed: @wrong\n" if @wrong;
	bar('read time without a budget', $tried->{time_reads} / $base{time_reads}, 0.03);
	bar("of the expert's indexes found (ratio)", @{ $tried->{found} } / @{ $expert->{built} }, 24 / 29, 1);
	bar('superfluous named (ratio)', @named / @$drop, 2 / 3, 1);
	bar('wrongly named as superfluous', scalar @wrong, 0);
}
exit(@missed ? 1 : 0);
