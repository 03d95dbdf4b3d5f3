-- Somebody reads a notification on the telephone.
\set notification random(1, 350000)
BEGIN;
SELECT kind, message, created_at FROM notification WHERE id = :notification;
UPDATE notification SET read_at = now() WHERE id = :notification AND read_at IS NULL;
COMMIT;
