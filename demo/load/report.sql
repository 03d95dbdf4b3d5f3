-- The nightly report, only that somebody runs it by day.
SELECT o.name, date_trunc('month', w.day) AS month, count(DISTINCT w.user_id) AS people, count(DISTINCT w.task_id) AS tasks, sum(w.minutes) / 60 AS hours, percentile_cont(0.5) WITHIN GROUP (ORDER BY w.minutes) AS median FROM work_time w JOIN app_user u ON u.id = w.user_id JOIN organisation o ON o.id = u.organisation_id GROUP BY o.name, month ORDER BY o.name, month;
\sleep 6 s
