-- Prepared statements count as if the client had sent them; plans are counted apart.
SELECT caliper.reset();
PREPARE p (int) AS SELECT $1 AS prepared;
EXECUTE p(1);
EXECUTE p(2);
EXECUTE p(3);
SET plan_cache_mode = force_generic_plan;
EXECUTE p(4);
EXECUTE p(5);
EXECUTE p(6);
RESET plan_cache_mode;
EXPLAIN (COSTS off) EXECUTE p(7);
DEALLOCATE p;
SELECT calls, plans BETWEEN 4 AND 5 AS planned, rows, toplevel FROM caliper.statements
 WHERE query LIKE '%AS prepared%';
SELECT calls, query FROM caliper.statements WHERE query LIKE 'EXPLAIN%';
