-- Long and odd texts are clipped by character, with a mark, and lose nothing else.
SELECT caliper.reset();
SET pg_caliper.max_text_length = 64;
SELECT 1, 2, 3, 4 AS "äääääääääääääääääääääääääääääää";
SELECT 1, 2, 3, 4, 5 AS "日本語日本語日本語日本語日本語日本語日";
SELECT 1, 2, 3, 4, 5, 6 AS "x😀😀😀😀😀😀😀😀😀😀😀😀😀";
SELECT octet_length(query) <= 64 AS short, right(query, 3) AS mark, calls
  FROM caliper.statements WHERE query ~ 'ä|日|😀' ORDER BY query COLLATE "C";
RESET pg_caliper.max_text_length;
-- every length, so that every character is cut at every byte
DO $$
BEGIN
  FOR n IN 64..80 LOOP
    PERFORM set_config('pg_caliper.max_text_length', n::text, true);
    EXECUTE format('SELECT %s AS "é日😀é日😀é日😀é日😀é日😀é日😀"', repeat('+', n - 63) || ' 1');
  END LOOP;
END $$;
-- a megabyte
SELECT caliper.reset();
DO $$ BEGIN EXECUTE 'SELECT length(''' || repeat('x', 1000000) || ''') AS megabyte'; END $$;
SET pg_caliper.track = 'all';
DO $$ BEGIN EXECUTE 'SELECT 1, 2, 3, 4, 5, 6, 7, ''' || repeat('x', 1000000) || ''' AS "megabyte' || repeat('y', 40) || '"'; END $$;
SELECT calls, octet_length(query) AS length FROM caliper.statements
 WHERE query LIKE '%megabytey%' AND query NOT LIKE 'DO%' AND NOT toplevel;
-- ten thousand terms
SELECT caliper.reset();
DO $$ BEGIN EXECUTE 'SELECT count(*) AS terms FROM generate_series(1, 2) AS g WHERE g = 0' || repeat(' OR g = 1', 10000); END $$;
SELECT calls, right(query, 3) AS mark, octet_length(query) FROM caliper.statements WHERE query LIKE 'SELECT count(*) AS terms%';
DO $$ BEGIN EXECUTE 'SELECT count(*) AS listed FROM generate_series(1, 2) AS g WHERE g IN (0' || repeat(', 1', 10000) || ')'; END $$;
SELECT calls, query FROM caliper.statements WHERE query LIKE 'SELECT count(*) AS listed%';
RESET pg_caliper.track;
-- control bytes do not get through
SET pg_caliper.track = 'all';
DO $$ BEGIN EXECUTE 'SELECT 1, 2, 3, 4, 5, 6, 7, 8 AS "bell' || chr(7) || chr(27) || '[31m"'; END $$;
RESET pg_caliper.track;
SELECT query ~ '[\x01-\x08\x0b\x0c\x0e-\x1f]' AS dirty FROM caliper.statements WHERE query LIKE 'SELECT $1%bell%';
