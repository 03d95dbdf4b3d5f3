-- Somebody books working time.
\set user random(1, 6000)
\set task random(1, 200000)
\set minutes random(15, 240)
BEGIN;
INSERT INTO work_time (user_id, task_id, day, minutes) VALUES (:user, :task, current_date, :minutes) /*route='%2Fwork-times'*/;
UPDATE task SET updated_at = now() WHERE id = :task /*route='%2Fwork-times'*/;
COMMIT;
