-- Somebody finishes a task; somebody else is told.
\set org random(1, 60)
\set user random(1, 6000)
\set task random(1, 200000)
BEGIN;
UPDATE task SET status = 'done', updated_at = now() WHERE id = :task /*route='%2Ftasks%2F%3Aid%2Fdone'*/;
INSERT INTO notification (user_id, kind, message, created_at) VALUES (:user, 'task', 'A task that concerns you is done', now()) /*route='%2Ftasks%2F%3Aid%2Fdone'*/;
INSERT INTO audit_log (organisation_id, actor_id, entity, entity_id, action, detail, at) VALUES (:org, :user, 'task', :task, 'update', 'status changed to done', now()) /*route='%2Ftasks%2F%3Aid%2Fdone'*/;
COMMIT;
