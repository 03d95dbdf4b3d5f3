-- One page load fires six statements at once, each on a connection of its own:
-- six neighbouring clients wait for the same tick of the clock and share one
-- traceparent, as the statements of one request do in a real backend.
\setshell clock date +%M%S%3N
\set lane :client_id / 6
\set part :client_id % 6
\set wait 1000 - (:clock + :lane * 500) % 1000
\sleep :wait ms
\set tick (:clock + :lane * 500) / 1000 * 10 + :lane
\set page 10000000 + :tick
\set span 1000 + :client_id
\set user 1 + permute(:tick, 6000, 1)
\set org 1 + permute(:tick, 60, 1)
\set task 1 + permute(:tick, 50000, 1)
\if :part = 0
SELECT u.name, u.role, o.name AS organisation, o.plan FROM app_user u JOIN organisation o ON o.id = u.organisation_id WHERE u.id = :user /*route='%2Fme',traceparent='00-0af7651916cd43dd8448eb21:page-b7ad6b716920:span-01'*/;
\elif :part = 1
SELECT id, title, assignee_id, due_date FROM task WHERE organisation_id = :org AND status = 'open' ORDER BY due_date LIMIT 25 /*route='%2Ftasks',traceparent='00-0af7651916cd43dd8448eb21:page-b7ad6b716920:span-01'*/;
\elif :part = 2
SELECT id, kind, message, created_at FROM notification WHERE user_id = :user AND read_at IS NULL ORDER BY created_at DESC LIMIT 20 /*route='%2Fnotifications',traceparent='00-0af7651916cd43dd8448eb21:page-b7ad6b716920:span-01'*/;
\elif :part = 3
SELECT count(*) FROM notification WHERE user_id = :user AND read_at IS NULL /*route='%2Fnotifications%2Fcount',traceparent='00-0af7651916cd43dd8448eb21:page-b7ad6b716920:span-01'*/;
\elif :part = 4
SELECT day, sum(minutes) FROM work_time WHERE user_id = :user AND day >= current_date - interval '30 days' GROUP BY day ORDER BY day /*route='%2Fwork-times',traceparent='00-0af7651916cd43dd8448eb21:page-b7ad6b716920:span-01'*/;
\else
SELECT at, actor_id, action, detail FROM audit_log WHERE entity = 'task' AND entity_id = :task ORDER BY at DESC LIMIT 20 /*route='%2Factivity',traceparent='00-0af7651916cd43dd8448eb21:page-b7ad6b716920:span-01'*/;
\endif
