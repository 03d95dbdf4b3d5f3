-- What every object of the extension must have, read from the catalogs.
CREATE TEMP VIEW member AS
  SELECT d.classid, d.objid FROM pg_depend AS d
    JOIN pg_extension AS e ON e.oid = d.refobjid AND d.refclassid = 'pg_extension'::regclass
   WHERE d.deptype = 'e' AND e.extname = 'pg_caliper';
-- nothing runs with its owner's rights
SELECT objid::regprocedure FROM member JOIN pg_proc ON pg_proc.oid = objid AND classid = 'pg_proc'::regclass WHERE prosecdef;
-- every function says whether it may run in parallel, and lies in our schema
SELECT objid::regprocedure AS elsewhere FROM member JOIN pg_proc ON pg_proc.oid = objid AND classid = 'pg_proc'::regclass
 WHERE pronamespace <> 'caliper'::regnamespace;
-- functions in SQL and PL/pgSQL fix their search path or have parsed bodies
SELECT objid::regprocedure AS unfixed FROM member JOIN pg_proc AS p ON p.oid = objid AND classid = 'pg_proc'::regclass
  JOIN pg_language AS l ON l.oid = prolang
 WHERE lanname IN ('sql', 'plpgsql') AND prosqlbody IS NULL
   AND NOT coalesce('search_path=pg_catalog, pg_temp' = ANY (proconfig), false);
-- every function, view and column is explained
SELECT objid::regprocedure AS unexplained FROM member WHERE classid = 'pg_proc'::regclass AND obj_description(objid, 'pg_proc') IS NULL;
SELECT objid::regclass AS unexplained FROM member WHERE classid = 'pg_class'::regclass AND obj_description(objid, 'pg_class') IS NULL;
SELECT a.attrelid::regclass AS relation, a.attname AS unexplained
  FROM member JOIN pg_attribute AS a ON a.attrelid = objid AND classid = 'pg_class'::regclass
 WHERE a.attnum > 0 AND col_description(a.attrelid, a.attnum) IS NULL ORDER BY 1, 2;
-- views are for everybody, the gate is in C
SELECT objid::regclass AS hidden FROM member JOIN pg_class ON pg_class.oid = objid AND classid = 'pg_class'::regclass
 WHERE NOT has_table_privilege('regress_caliper_other', objid, 'SELECT');
DROP VIEW member;
