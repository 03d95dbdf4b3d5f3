-- A job that talks to another system while its transaction is open.
BEGIN;
SELECT id AS request FROM request WHERE status = 'approved' AND exported_at IS NULL ORDER BY created_at LIMIT 1 FOR UPDATE SKIP LOCKED \gset
\sleep 900 ms
UPDATE request SET exported_at = now() WHERE id = :request;
COMMIT;
\sleep 400 ms
