# Advice and forecast against what really happens: requests come in bursts of 8
# to 12, wait in the client for a connection of its pool, and hold it for an
# exponentially distributed time.  The requests are the same in every run.
# Beside that, a load that gains nothing from more connections.
use strict;
use warnings;
use POSIX ();
use Test::More;
use FindBin;
use lib "$FindBin::RealBin/../lib";
use Bursts;
use Caliper;
use PostgreSQL::Test::Utils;

my $held = 0.05;       # mean, in seconds
my $target = 25;       # ms
my @sizes = (9 .. 20, 24);
my $node = Caliper::node('pool_advice', max_connections => 320);
my @trials = map { "trial $_" } 1 .. 10;

# One after the other, however many connections: first one client, then six.
sub start_serial
{
	my $script = "$PostgreSQL::Test::Utils::tmp_check/serial.sql";
	append_to_file($script, "SELECT pg_advisory_xact_lock(1), pg_sleep(0.02);\n");
	my $pid = fork // die "fork: $!";
	return $pid if $pid;

	$ENV{PGAPPNAME} = 'serial';
	my @pgbench = ('pgbench', '-n', '-h', $node->host, '-p', $node->port, '-f', $script, 'postgres');
	open STDOUT, '>', '/dev/null';
	open STDERR, '>&', \*STDOUT;
	system(@pgbench, '-c', $_->[0], '-T', $_->[1]) for [ 1, 20 ], [ 6, 30 ];
	POSIX::_exit(0);
}

sub rows { map { [ split /\|/ ] } split /\n/, $node->safe_psql('postgres', $_[0]) }

# The size from which on real pools keep the target, found by trying all sizes
# at once with the same requests, a little apart lest they wait for processors.
sub test_advice
{
	my @pools = map { Bursts::pool($node, "size $_", $_) } @sizes;
	my @requests = Bursts::schedule(45, 8, $held);
	my @pairs = map { my $i = $_; [ $pools[$i], [ map { [ $_->[0] + 0.01 * $i, $_->[1] ] } @requests ] ] }
	  0 .. $#pools;
	my (%advice, $knee, $above);

	$node->safe_psql('postgres', q{SELECT caliper.reset('pools')});
	Bursts::play(\@pairs);
	%advice = map { shift(@$_) => $_ } rows(<<"SQL");
SELECT application_name, recommended, recommended_low, recommended_high, censored, samples, confidence
FROM caliper.advise_pools('$target ms') WHERE application_name LIKE 'size%'
SQL
	for my $pool (reverse @pools)
	{
		my $p95 = Bursts::quantile($pool, 0.95);

		$above = 1 if $p95 > $target;
		$knee = $pool->{size} unless $above;
		my ($recommended, $low, $high, $censored, undef, $confidence) =
		  @{ $advice{ $pool->{name} } };

		note(sprintf '%s: p95 of waits %.1f ms; recommended %s (%s to %s), censored %s, confidence %s',
			$pool->{name}, $p95, $recommended, $low, $high, $censored, $confidence);
	}
	my ($recommended, $low, $high, $censored, $samples) = @{ $advice{'size 24'} };
	note("knee $knee, recommended $recommended");
	cmp_ok(abs($recommended - $knee), '<=', 0.25 * $knee,
		"$recommended connections are recommended, and the knee is at $knee");
	ok($low <= $knee && $knee <= $high, "the knee is between the bounds, $low and $high");
	is($censored, 'f', 'a pool that is large enough is not censored');
	is($samples, scalar @requests, 'every transaction was counted');
	is($advice{'size 9'}[3], 't', 'a pool that is full at times is censored');
	Bursts::disconnect($_) for @pools;
}

# What was forecast for four times the load, and what it was then.  Half of the
# pools are large enough to show how many are wanted, the others make wait.
sub test_forecast
{
	my $long = 0.07;          # held, in seconds: less to do for the machine
	my $seconds = 400 * $long;
	my %pool = map { $_ => Bursts::pool($node, $_, /[13579]$/ ? 16 : 40) } @trials;
	my (%forecast, %inside);
	my @what = ('mean of busy', 'p99 of busy', 'p95 of waits');

	$node->safe_psql('postgres', q{SELECT caliper.reset('pools')});
	Bursts::play([ map { [ $pool{$_}, [ Bursts::schedule($seconds, 0.2 / $long, $long) ] ] } @trials ]);
	%forecast = map { shift(@$_) => $_ } rows(<<"SQL");
SELECT application_name, busy_mean_low, busy_mean_high, busy_p99_low, busy_p99_high,
       wait_p95_low, wait_p95_high, busy_mean, busy_p99, wait_p95
FROM caliper.forecast('{4}') WHERE application_name LIKE 'trial%'
SQL
	for my $some ([ @trials[ 0 .. 4 ] ], [ @trials[ 5 .. 9 ] ])
	{
		$node->safe_psql('postgres', q{SELECT caliper.reset('pools')});
		Bursts::play([ map { [ $pool{$_}, [ Bursts::schedule($seconds, 0.8 / $long, $long) ] ] } @$some ]);
		my %seen = map { shift(@$_) => $_ }
		  rows('SELECT application_name, busy_mean, busy_p99 FROM caliper.pools');
		for my $trial (@$some)
		{
			my @bounds = @{ $forecast{$trial} };
			my @value = (@{ $seen{$trial} }, Bursts::quantile($pool{$trial}, 0.95));
			for my $i (0 .. 2)
			{
				my ($low, $high) = @bounds[ 2 * $i, 2 * $i + 1 ];
				my $good = $low - 0.05 <= $value[$i] && $value[$i] <= $high + 0.05;

				$inside{ $what[$i] } += $good;
				note(sprintf '%s, %s: %.2f forecast, %.2f to %.2f; measured %.2f%s',
					$trial, $what[$i], $bounds[ 6 + $i ], $low, $high, $value[$i],
					$good ? '' : ' (outside)');
			}
		}
	}
	cmp_ok($inside{$_}, '>=', 9, "$_: $inside{$_} of 10 were between the bounds") for @what;
	Bursts::disconnect($_) for values %pool;
}

# Where throughput stopped rising while more were busy, and nowhere else.
sub test_ceiling
{
	my ($pid) = @_;

	waitpid $pid, 0;
	my ($ceiling, $recommended, $reason) = @{ (rows(<<'SQL'))[0] };
SELECT ceiling, recommended, reason FROM caliper.pool_advice WHERE application_name = 'serial'
SQL
	note($reason);
	ok($ceiling =~ /^[12]$/, "one after the other: the ceiling is at $ceiling");
	cmp_ok($recommended, '<=', $ceiling, 'and no more are recommended');
	is($node->safe_psql('postgres', q{SELECT limiting FROM caliper.forecast('{1}', application => 'serial')}),
		'ceiling', 'it is what gives out first');
	is($node->safe_psql('postgres',
			q{SELECT count(*) FROM caliper.pool_limits_raw() WHERE application_name ~ '^size' AND ceiling IS NOT NULL}),
		0, 'where throughput rose with every connection that was busy, there is no ceiling');
}

Bursts::seed(20);
my $serial = start_serial();
test_advice();
test_ceiling($serial);
test_forecast();
done_testing();
