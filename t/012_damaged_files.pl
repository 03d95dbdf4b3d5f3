# The server starts with any contents of its save files: 200 damaged ones.

use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/lib";
use Caliper;
use PostgreSQL::Test::Utils;
use Test::More;

# Small and quick to start: the server is started some 140 times.
my $node = Caliper::node('damaged',
	'pg_caliper.slow_min_duration' => '0',
	'shared_buffers' => '1MB',
	'max_connections' => '10',
	'autovacuum' => 'off',
	'bgwriter_lru_maxpages' => '0',
	'max_wal_senders' => '0');
my $file = $node->data_dir . '/pg_stat/pg_caliper.save';
my $periodic = $node->data_dir . '/pg_stat_tmp/pg_caliper.save';

$node->safe_psql('postgres', "SELECT count(*) FROM pg_class;SELECT $_, $_;") for 1 .. 3;
$node->safe_psql('postgres',
	join(';', map { 'SELECT ' . join(', ', 1 .. $_) } 1 .. 60));
$node->stop;
my $whole = slurp_file($file);
my $size = length $whole;
cmp_ok($size, '>', 20000, "the file is worth damaging: $size bytes");

# Start with these contents, perhaps read what became of them, stop.
sub survives
{
	my ($contents, $other, $sql) = @_;
	my $ret = 0;

	unlink $file, $periodic, "$file.bad", "$periodic.bad";
	write_file($file, $contents);
	write_file($periodic, $other) if defined $other;
	$node->start(fail_ok => 1) or return 0;
	$ret = $node->psql('postgres', $sql) if $sql;
	$node->stop;
	return $ret == 0;
}

sub write_file
{
	my ($name, $contents) = @_;

	open(my $out, '>:raw', $name) or die "$name: $!";
	print $out $contents;
	close $out;
}

# Two at a time, one in each place: both are looked at.
my @waiting;
my $tried = 0;
sub damaged_ok
{
	push @waiting, [@_];
	return if @waiting < 2;

	my ($one, $two) = splice @waiting;
	$tried += 2;
	return
	  if survives($one->[1], $two->[1])
	  && -e "$file.bad"
	  && -e "$periodic.bad";
	fail("$one->[0], $two->[0]");
	$node->stop('immediate', fail_ok => 1);
}

ok(survives($whole) && !-e "$file.bad", 'the whole file is good');

# 100 truncated files, by all kinds of lengths.
my %length = map { $_ => 1 } 0 .. 9, 24, 25, $size - 1, $size - 4, $size - 20;
for (my $n = 1; keys %length < 100; $n++)
{
	$length{ int($size * $n / 90) % $size } = 1;
}
damaged_ok("truncated to $_ bytes", substr($whole, 0, $_))
  for sort { $a <=> $b } keys %length;

# 90 files with a flipped bit: each of the header's bytes, then anywhere.
srand(15);
for my $n (0 .. 89)
{
	my $at = $n < 40 ? $n : int(rand($size));
	my $bit = int(rand(8));
	my $contents = $whole;

	vec($contents, $at, 8) ^= 1 << $bit;
	damaged_ok("bit $bit of byte $at flipped", $contents);
}

# And 10 that are something else altogether.
my @odd = (
	[ 'empty lines', "\n" x 100 ],
	[ 'zeros', "\0" x $size ],
	[ 'ones', "\xff" x $size ],
	[ 'twice the file', $whole . $whole ],
	[ 'one byte more', $whole . "\0" ],
	[ 'the halves exchanged', substr($whole, $size / 2) . substr($whole, 0, $size / 2) ],
	[ 'a text', "PostgreSQL\n" x 1000 ],
	[ 'a header alone', substr($whole, 0, 24) ],
	[ 'noise', join('', map { chr(int(rand(256))) } 1 .. $size) ],
	[ 'noise behind a good header', substr($whole, 0, 24) .
		  join('', map { chr(int(rand(256))) } 1 .. $size) ]);
damaged_ok(@$_) for @odd;
is($tried, 200, 'the server started with 200 damaged files');

# A hostile file: its values are nonsense, but its checksum is right.
my @crc_table = map {
	my $c = $_;
	$c = $c & 1 ? ($c >> 1) ^ 0x82F63B78 : $c >> 1 for 1 .. 8;
	$c;
} 0 .. 255;

sub with_checksum
{
	my ($body) = @_;
	my $crc = 0xFFFFFFFF;

	$crc = ($crc >> 8) ^ $crc_table[ ($crc ^ $_) & 255 ] for unpack('C*', $body);
	return $body . pack('L', $crc ^ 0xFFFFFFFF);
}

# Offsets and lengths of the payloads.
my @payloads;
for (my $at = 24; $at < $size - 20;)
{
	my ($type, $version, $len) = unpack('SSL', substr($whole, $at, 8));

	push @payloads, [ $at + 8, $len ];
	$at += 8 + $len;
}
is(with_checksum(substr($whole, 0, $size - 4)), $whole, 'this test knows the format');

my $read_all = join ';', 'SET client_min_messages = error',
  map { "SELECT * FROM caliper.$_" } qw(statements slow_statements info);
for my $n (1 .. 40)
{
	my $body = substr($whole, 0, $size - 4);

	for my $payload (@payloads)
	{
		my ($at, $len) = @$payload;

		next if $len == 0 || rand() < 0.3;
		substr($body, $at + int(rand($len)), 1) = chr(int(rand(256)));
		substr($body, $at + int(rand($len - 8)), 8) = "\xff" x 8 if $len > 8 && rand() < 0.2;
	}
	ok(survives(with_checksum($body), undef, $read_all), "hostile file $n");
}

my $log = slurp_file($node->logfile);
unlike($log, qr/PANIC|FATAL: (?!.*(shutting|terminating))|signal \d+/, 'nothing crashed');
like($log, qr/LOG:  pg_caliper left out \d+ of \d+ records/, 'impossible values are left out');
like($log, qr/LOG:  pg_caliper sets file "pg_stat\/pg_caliper.save" aside/, 'the log tells why');

# A damaged file does not keep us from the other one.
unlink $file, $periodic, "$file.bad", "$periodic.bad";
append_to_file($file, substr($whole, 0, 5000));
append_to_file($periodic, $whole);
$node->start;
is( $node->safe_psql(
		'postgres',
		q{SELECT detail FROM caliper.info WHERE name = 'loaded'}) =~
	  m{^from pg_stat_tmp/pg_caliper.save} ? 1 : 0,
	1, 'with one file damaged the other is loaded');
is(Caliper::info($node, 'save', 'set_aside'), '1', 'caliper.info tells that one was set aside');
$node->stop;

# Things that are no files.
unlink $file, $periodic, "$file.bad", "$periodic.bad";
mkdir $file;
system('mkfifo', $periodic);
$node->start;
is(Caliper::info($node, 'save', 'set_aside'), '2', 'a directory and a pipe are set aside');
$node->stop;

# Nowhere to save: the server runs and says so.
my $place = $node->data_dir . '/pg_stat_tmp';
rename $place, "$place.gone";
$node->append_conf('postgresql.conf', 'pg_caliper.save_interval = 1');
$node->start;
ok( $node->poll_query_until('postgres',
		q{SELECT value > 0 FROM caliper.info WHERE component = 'save' AND name = 'failures'}),
	'a save that fails is counted');
rename "$place.gone", $place;
ok( $node->poll_query_until('postgres',
		q{SELECT value > 0 FROM caliper.info WHERE component = 'save' AND name = 'saves'}),
	'and the next one succeeds');
$node->stop;

done_testing();
