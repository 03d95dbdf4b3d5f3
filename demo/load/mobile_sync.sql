-- The mobile app looks for news; it comes through PgBouncer.
\set user random(1, 6000)
SELECT count(*) FROM notification WHERE user_id = :user AND read_at IS NULL;
SELECT id, organisation_id, name FROM app_user WHERE id = :user;
