-- A partner's program, which sends no application name.
\set task random(1, 200000)
SELECT id, status, due_date, updated_at FROM task WHERE id = :task;
SELECT sum(minutes) FROM work_time WHERE task_id = :task;
