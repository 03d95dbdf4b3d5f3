-- Statements inside functions, triggers and procedures.
CREATE TABLE parent (id int PRIMARY KEY);
CREATE TABLE child (id int, parent int REFERENCES parent ON DELETE CASCADE);
CREATE TABLE late (id int REFERENCES parent DEFERRABLE INITIALLY DEFERRED);
CREATE FUNCTION inner_count() RETURNS bigint LANGUAGE plpgsql AS
$$ BEGIN RETURN (SELECT count(*) FROM child); END $$;
CREATE FUNCTION outer_count() RETURNS bigint LANGUAGE plpgsql AS
$$ BEGIN RETURN inner_count(); END $$;
CREATE FUNCTION inlined(int) RETURNS bigint LANGUAGE sql STABLE AS 'SELECT count(*) FROM child WHERE id = $1';
CREATE PROCEDURE committing() LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO parent VALUES (100);
  COMMIT;
  INSERT INTO parent VALUES (101);
  ROLLBACK;
  INSERT INTO parent VALUES (102);
END $$;
CREATE FUNCTION show_statements() RETURNS TABLE (toplevel boolean, calls bigint, rows bigint, query text)
LANGUAGE sql AS $$
  SELECT s.toplevel, s.calls, s.rows, regexp_replace(s.query, '\s+', ' ', 'g')
    FROM caliper.statements AS s
   WHERE s.calls > 0 AND s.query !~ 'caliper|show_statements'
   ORDER BY s.toplevel DESC, s.query COLLATE "C"
$$;
INSERT INTO parent VALUES (1), (2), (3);
INSERT INTO child VALUES (1, 1), (2, 2);
-- at default: what the client sends
SELECT caliper.reset();
SELECT outer_count();
DELETE FROM parent WHERE id = 1;
CALL committing();
BEGIN; INSERT INTO late VALUES (2); COMMIT;
SELECT * FROM show_statements();
-- all: also what runs inside; in a new session, since a text is kept when it is parsed
\c -
SET pg_caliper.track = 'all';
SELECT caliper.reset();
SELECT outer_count();
SELECT inlined(2);
DELETE FROM parent WHERE id = 2 AND NOT EXISTS (SELECT FROM late WHERE late.id = parent.id);
DELETE FROM parent WHERE id = 100;
DELETE FROM parent WHERE id = 102;
CALL committing();
DO $$ BEGIN EXECUTE 'SELECT count(*) FROM parent'; END $$;
BEGIN; INSERT INTO late VALUES (3); COMMIT;
SELECT * FROM show_statements();
-- a parent's time includes its children's
SELECT caliper.reset();
DO $$ BEGIN PERFORM pg_sleep(0.05); END $$;
SELECT min(total_exec_time) FILTER (WHERE toplevel) >= max(total_exec_time) FILTER (WHERE NOT toplevel) AS inclusive
  FROM caliper.statements WHERE query ~ 'pg_sleep' AND query !~ 'caliper';
-- none: nothing
SET pg_caliper.track = 'none';
SELECT caliper.reset();
SELECT outer_count();
SELECT * FROM show_statements();
RESET pg_caliper.track;
DROP TABLE late, child, parent;
DROP FUNCTION inner_count(), outer_count(), inlined(int), show_statements();
DROP PROCEDURE committing();
-- more than 64 statements inside each other: the rest passes, and caliper.info says so
CREATE FUNCTION deep(n int) RETURNS int LANGUAGE plpgsql AS
$$ BEGIN IF n = 0 THEN RETURN 0; END IF; RETURN (SELECT deep(n - 1) + count(*) FROM generate_series(1, 1)); END $$;
SET pg_caliper.track = 'all';
SELECT deep(80);
RESET pg_caliper.track;
SELECT value >= 10 AS lost FROM caliper.info WHERE component = 'slabs' AND name = 'lost';
DROP FUNCTION deep(int);
