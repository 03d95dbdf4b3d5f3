# Statements inside statements, where it is hard to tell who sent what: each is
# counted once, as its own, and no error of one is charged to another.

use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/lib";
use Caliper;
use PostgreSQL::Test::Utils;
use Test::More;
use Wire;

my $node = Caliper::node('review',
	'pg_caliper.track' => 'all',
	'pg_caliper.slow_min_duration' => '0',
	wal_level => 'replica',
	max_wal_senders => 1);

$node->safe_psql('postgres', q{
	CREATE TABLE t AS SELECT g AS i FROM generate_series(1, 20) g;
	CREATE TABLE dt (a int);
	CREATE FUNCTION inner_work() RETURNS int LANGUAGE plpgsql AS $$
	DECLARE n int;
	BEGIN
		BEGIN
			PERFORM 1 / (i - i) FROM t;
		EXCEPTION WHEN division_by_zero THEN
			NULL;
		END;
		SELECT count(*) INTO n FROM t WHERE i > 5;
		RETURN n;
	END $$;
	CREATE FUNCTION folded() RETURNS int LANGUAGE plpgsql IMMUTABLE AS $$
	BEGIN
		RETURN inner_work();
	END $$;
	CREATE FUNCTION inner_loop() RETURNS int LANGUAGE plpgsql AS $$
	DECLARE r record;
	BEGIN
		FOR r IN SELECT inner_work() AS w LOOP NULL; END LOOP;
		RETURN r.w;
	END $$;
	CREATE FUNCTION fetch_it(done bool) RETURNS int LANGUAGE plpgsql AS $$
	DECLARE c refcursor := 'c'; r record;
	BEGIN
		BEGIN
			FETCH c INTO r;
			IF done THEN CLOSE c; END IF;
		EXCEPTION WHEN division_by_zero THEN
			NULL;
		END;
		RETURN inner_work();
	END $$;
	CREATE FUNCTION hide(n int) RETURNS int LANGUAGE plpgsql
	SET log_min_messages = fatal AS $$
	BEGIN
		RETURN 1 / n;
	END $$;
	CREATE DOMAIN checked AS int CHECK (value < 10 AND inner_work() > 0);
	CREATE ROLE definer;
	GRANT ALL ON dt TO definer;
	CREATE FUNCTION late() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
	BEGIN
		PERFORM 1 / new.a;
		RETURN NULL;
	END $$;
	ALTER FUNCTION late() OWNER TO definer;
	CREATE CONSTRAINT TRIGGER late AFTER INSERT ON dt DEFERRABLE INITIALLY DEFERRED
	FOR EACH ROW EXECUTE FUNCTION late();
});

# What an application is charged with: "calls errors" of its statements whose
# text is like a pattern.
sub counted
{
	my ($application, $pattern, $toplevel) = @_;
	return $node->safe_psql('postgres', qq{
		SELECT coalesce(sum(calls), 0) || ' ' || coalesce(sum(errors), 0)
		FROM caliper.statements
		WHERE application_name = '$application' AND query ILIKE '$pattern'
		AND toplevel = $toplevel});
}

# Run statements as an application; errors are expected.
sub run
{
	my ($application, $sql, %more) = @_;
	local $ENV{PGAPPNAME} = $application;
	$node->psql('postgres', $sql, on_error_stop => 0, %more);
}

# All work of inner_work() is inside something.
sub inner_is_nested
{
	my ($application, $calls) = @_;
	is(counted($application, 'select count(*)%', 'false'),
		"$calls 0", "$application: what a function runs is nested");
	is(counted($application, '%(i - i) from t', 'false'),
		"$calls $calls", "$application: its errors are its own");
	is(counted($application, '%i - i%', 'true'),
		'0 0', "$application: nothing of it is the client's");
}

# A client's cursor that a function reads, fails to read, or closes.
run('fetched', q{
	BEGIN;
	DECLARE c CURSOR FOR SELECT i FROM t;
	SELECT fetch_it(false), 'outer';
	SELECT fetch_it(true), 'outer';
	COMMIT;
	BEGIN;
	DECLARE c CURSOR FOR SELECT 1 / (i - 1) FROM t;
	SELECT fetch_it(false), 'outer';
	SELECT 1;
	COMMIT;
});
inner_is_nested('fetched', 3);
is(counted('fetched', '%fetch_it%', 'true'), '3 0', 'the function is the client\'s');
is(counted('fetched', 'declare%', 'true'), '2 1', 'so are the cursors');
is(counted('fetched', 'select $1', 'true'), '1 0', 'and what comes after');

# Functions run by the planner, and to find the values of parameters.
run('planned', 'SELECT i FROM t WHERE i = folded();');
inner_is_nested('planned', 1);
run('executed', q{
	PREPARE p (int) AS SELECT i FROM t WHERE i = $1;
	EXECUTE p (inner_loop());
	EXECUTE p (inner_loop());
});
is(counted('executed', 'prepare p%', 'true'), '2 0', 'EXECUTE counts as what it runs');
is(counted('executed', '%inner_work%', 'true'), '0 0', 'its parameters do not');
is(counted('executed', '%(i - i) from t', 'false'), '2 2', 'nor do their errors');

# A value that is checked when it is bound.
my $wire = Wire->new($node, application_name => 'bound');
for my $value (3, 4, 30)
{
	$wire->parse('', "SELECT \$1::checked, 'outer'")->bind_portal('', '', $value);
	$wire->execute('')->sync;
}
is(counted('bound', '%checked%', 'true'), '2 1', 'a value that is refused at Bind');
is(counted('bound', '%(i - i) from t', 'false'), '2 2', 'what checks it is nested');

# Errors that no log line tells of.
for my $n (1, 0, 0)
{
	$wire->parse('', "SELECT hide($n), repeat('x', 100000)");
	$wire->bind_portal('', '')->execute('')->sync;
}
like($wire->query('SELEC'), qr/42601/, 'a syntax error after a hidden one');
$wire->disconnect;
ok($node->poll_query_until('postgres', q{
	SELECT sum(calls) = 3 AND sum(errors) = 2 FROM caliper.statements
	WHERE application_name = 'bound' AND query ILIKE 'select hide%'}),
	'hidden errors are counted');
is(counted('bound', '(failed%', 'true'), '0 1', 'the other one by itself');
run('hidden', q{
	SET log_min_messages = fatal;
	SELECT 1 / (i - 3), 'plain' FROM t;
	BEGIN; DECLARE c CURSOR FOR SELECT 1 / (i - 3), i FROM t; FETCH ALL FROM c; ROLLBACK;
	SELECT 1;
});
is(counted('hidden', 'select $1 / %', 'true'), '1 1', 'also those that nothing hid before');
is(counted('hidden', 'declare c%', 'true'), '1 1', 'those of cursors, too');

# Whose error it is, and how often it is counted.
run('first', 'SELEC');
is(counted('first', '(failed%', 'true'), '0 1', 'an error before anything else');
run('walsender', 'SELECT 1 / 0', replication => 'database');
is(counted('walsender', 'select $1 / $2', 'true'), '0 1', 'an error on a replication connection');
run('late', 'BEGIN; INSERT INTO dt VALUES (0); COMMIT;');
is($node->safe_psql('postgres', q{
	SELECT string_agg(usename || ' ' || toplevel, ',' ORDER BY toplevel)
	FROM caliper.statements WHERE application_name = 'late' AND errors > 0}),
	'definer false,' . (getpwuid $<) . ' true',
	'COMMIT fails for who sent it, not for the owner of a trigger');

is($node->safe_psql('postgres', "SELECT 'alive'"), 'alive', 'nothing crashed');
unlike(slurp_file($node->logfile), qr/terminated by signal/, 'and the log agrees');
$node->stop;
done_testing();
