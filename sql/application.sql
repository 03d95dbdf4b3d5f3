-- The application is the one at the start of the transaction.
SELECT caliper.reset();
SET application_name = 'first';
SELECT 'named' AS named;
SET application_name = 'it''s "second" \ %s';
SELECT 'named' AS named;
SELECT 'named' AS named;
BEGIN;
SELECT 'named' AS named;
SET LOCAL application_name = 'too late';
SELECT 'named' AS named;
COMMIT;
SET application_name = '';
SELECT 'named' AS named;
SELECT application_name, calls FROM caliper.statements
 WHERE query LIKE 'SELECT % AS named' ORDER BY 1 COLLATE "C";
RESET application_name;
