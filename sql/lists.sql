-- Lists of different length are one statement.
CREATE TABLE l (id int, name text);
SELECT caliper.reset();
SELECT id FROM l WHERE id IN (1, 2);
SELECT id FROM l WHERE id IN (1, 2, 3, 4);
SELECT id FROM l WHERE id IN (-1, -2, -3) AND name = 'x';
SELECT id FROM l WHERE id IN (-1, -2) AND name = 'y';
SELECT id FROM l WHERE name = ANY (ARRAY['a', 'b']);
SELECT id FROM l WHERE name = ANY (ARRAY['a', 'b', 'c']);
SELECT id FROM l WHERE id IN (1::int, 2::int) LIMIT 1;
SELECT id FROM l WHERE id IN (1::int, 2::int, 3::int) LIMIT 2;
-- for 18, a cast of the last element belongs to the list
SELECT calls, replace(query, '/::int', '/') AS query
  FROM caliper.statements WHERE query LIKE 'SELECT id%' ORDER BY statements.query COLLATE "C";
-- parameters, too
SELECT caliper.reset();
PREPARE two AS SELECT id FROM l WHERE id IN ($1, $2);
PREPARE three AS SELECT id FROM l WHERE id IN ($1, $2, $3);
EXECUTE two (1, 2);
EXECUTE three (1, 2, 3);
SELECT sum(calls) AS calls, count(*) <= 2 AS grouped
  FROM caliper.statements WHERE query ~* 'SELECT id FROM l' AND query !~ 'caliper';
DEALLOCATE two;
DEALLOCATE three;
-- no list: one element, and expressions
SELECT caliper.reset();
SELECT id FROM l WHERE id IN (1);
SELECT id FROM l WHERE id IN (1, id + 1);
SELECT count(*) AS statements FROM caliper.statements WHERE query LIKE 'SELECT id%';
DROP TABLE l;
