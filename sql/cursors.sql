-- A cursor is one call of its query, however it is fetched.
SELECT caliper.reset();
BEGIN;
DECLARE few CURSOR FOR SELECT g AS few FROM generate_series(1, 100) AS g;
FETCH 10 FROM few;
MOVE 20 IN few;
FETCH FORWARD 5 FROM few;
CLOSE few;
DECLARE whole CURSOR FOR SELECT -g AS whole FROM generate_series(1, 30) AS g;
MOVE ALL IN whole;
DECLARE unused CURSOR FOR SELECT upper('unused') AS unused;
DECLARE back SCROLL CURSOR FOR SELECT g + g AS back FROM generate_series(1, 5) AS g;
MOVE ALL IN back;
FETCH BACKWARD 2 FROM back;
DECLARE hold CURSOR WITH HOLD FOR SELECT g * g AS hold FROM generate_series(1, 7) AS g;
FETCH 2 FROM hold;
COMMIT;
FETCH 2 FROM hold;
CLOSE hold;
BEGIN;
DECLARE broken CURSOR FOR SELECT 1 / (3 - g) AS broken FROM generate_series(1, 5) AS g;
FETCH 2 FROM broken;
FETCH 2 FROM broken;
ROLLBACK;
SELECT calls, errors, rows, toplevel,
       lower(regexp_replace(query, '^DECLARE .* FOR ', '', 'i')) ~ '^select' AS is_query,
       substring(query FROM ' AS (few|whole|unused|back|hold|broken)\M') AS name
  FROM caliper.statements
 WHERE query ~ ' AS (few|whole|unused|back|hold|broken)\M' ORDER BY substring(query FROM ' AS (few|whole|unused|back|hold|broken)\M') COLLATE "C";
-- in PL/pgSQL
SET pg_caliper.track = 'all';
SELECT caliper.reset();
DO $$
DECLARE r record; n int := 0;
BEGIN
  FOR r IN SELECT g / g AS looped FROM generate_series(1, 1000) AS g LOOP
    n := n + 1;
    EXIT WHEN n = 600;
  END LOOP;
END $$;
SELECT calls, rows >= 600 AS fetched, toplevel FROM caliper.statements WHERE query LIKE 'SELECT g / g AS looped%';
RESET pg_caliper.track;
