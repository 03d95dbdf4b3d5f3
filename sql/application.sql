-- The application is the one at the start of the transaction.
SELECT caliper.reset();
SET application_name = 'first';
SELECT count(*) > 0 AS named FROM pg_language;
SET application_name = 'it''s "second" \ %s';
SELECT count(*) > 0 AS named FROM pg_language;
SELECT count(*) > 0 AS named FROM pg_language;
BEGIN;
SELECT count(*) > 0 AS named FROM pg_language;
SET LOCAL application_name = 'too late';
SELECT count(*) > 0 AS named FROM pg_language;
COMMIT;
SET application_name = '';
SELECT count(*) > 0 AS named FROM pg_language;
SELECT application_name, calls FROM caliper.statements
 WHERE query LIKE 'SELECT % AS named %' ORDER BY application_name COLLATE "C";
RESET application_name;
