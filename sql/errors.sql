-- Every failure is counted once, with its time, where it belongs.
CREATE TABLE account (id int PRIMARY KEY, amount int CHECK (amount >= 0));
CREATE TABLE booking (id int, account int REFERENCES account DEFERRABLE);
CREATE VIEW failures AS
  SELECT calls, errors, regexp_replace(query, '\s+', ' ', 'g') AS query
    FROM caliper.statements
   WHERE errors > 0 AND toplevel
   ORDER BY query COLLATE "C";
INSERT INTO account VALUES (1, 10);
SELECT caliper.reset();
-- while running
SELECT 1 / 0;
INSERT INTO account VALUES (1, 20);
UPDATE account SET amount = -1;
-- an immediate and a deferred foreign key
INSERT INTO booking VALUES (1, 99);
BEGIN;
SET CONSTRAINTS ALL DEFERRED;
INSERT INTO booking VALUES (2, 98);
COMMIT;
-- while parsed and analysed: there is no query id
SELEC 1;
SELECT missing FROM account;
-- before it starts: no right
SET ROLE regress_caliper_user;
SELECT * FROM account;
RESET ROLE;
-- too late
SET statement_timeout = '20ms';
SELECT pg_sleep(5), 'too long';
RESET statement_timeout;
-- utility
DROP TABLE no_such_table;
-- in a savepoint, and caught by the client
BEGIN;
SAVEPOINT s;
SELECT 1 / 0 AS again;
ROLLBACK TO s;
COMMIT;
-- in a transaction that has failed already
BEGIN;
SELECT 1 / 0 AS first;
SELECT 2;
ROLLBACK;
SELECT * FROM failures;
SELECT sum(errors) AS errors FROM caliper.statements WHERE toplevel;
-- a cancelled statement counts with its time
SELECT total_exec_time BETWEEN 10 AND 4000 AS timed, calls, errors
  FROM caliper.statements WHERE query LIKE 'SELECT pg_sleep%';
-- what PL/pgSQL catches fails nobody's statement
SELECT caliper.reset();
DO $$
BEGIN
  FOR i IN 1..10 LOOP
    BEGIN
      PERFORM 1 / (i - i);
    EXCEPTION WHEN division_by_zero THEN NULL;
    END;
  END LOOP;
END $$;
SELECT calls, errors FROM caliper.statements WHERE query LIKE 'DO%';
SELECT * FROM failures;
-- with all levels, the failure inside has a row of its own
SET pg_caliper.track = 'all';
SELECT caliper.reset();
DO $$ BEGIN PERFORM 1 / 0; END $$;
SELECT toplevel, calls, errors, query FROM caliper.statements
 WHERE errors > 0 ORDER BY toplevel;
RESET pg_caliper.track;
-- after all that, nesting is back at the top
SELECT caliper.reset();
SELECT count(*) > 0 AS level FROM pg_am;
SELECT toplevel, calls FROM caliper.statements WHERE query LIKE '%AS level%';
DROP VIEW failures;
DROP TABLE booking, account;
