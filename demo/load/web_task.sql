-- Somebody opens a task.
\set task random(1, 200000)
SELECT id, title, status, due_date, assignee_id FROM task WHERE id = :task /*route='%2Ftasks%2F%3Aid'*/;
SELECT id, author_id, body, created_at FROM comment WHERE task_id = :task ORDER BY created_at /*route='%2Ftasks%2F%3Aid'*/;
