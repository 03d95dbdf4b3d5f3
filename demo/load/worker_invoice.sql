-- Another such job, which keeps a row locked that the web backend wants.
BEGIN;
UPDATE organisation SET invoiced_at = now() WHERE id = 1;
\sleep 2 s
INSERT INTO audit_log (organisation_id, actor_id, entity, entity_id, action, detail, at) VALUES (1, 1, 'request', 1, 'create', 'invoice sent', now());
COMMIT;
\sleep 4 s
