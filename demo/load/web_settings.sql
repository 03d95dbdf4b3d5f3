-- The first organisation's manager saves its settings.  Its row is the one
-- that the worker keeps locked while it writes an invoice.
UPDATE organisation SET settings_at = now() WHERE id = 1 /*route='%2Fsettings'*/;
