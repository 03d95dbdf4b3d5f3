-- expert.sql
--		The indexes that somebody who knows the application and PostgreSQL would make,
--		and those that he would drop.
--
-- Not for psql: score.pl reads it.  Behind each index, the statements it is for.

CREATE INDEX ON users (lower(email::text)) WHERE deleted_at IS NULL; -- user_by_lower_email
CREATE INDEX ON users (email); -- user_email_taken
CREATE INDEX ON users (account_id, created_at DESC); -- agents_of_account users_newest
CREATE INDEX ON sessions (token); -- session_by_token
CREATE INDEX ON sessions (expires_at); -- sessions_expired
CREATE INDEX ON tickets (account_id, created_at DESC, id DESC); -- tickets_of_account tickets_keyset workload_of_agents
CREATE INDEX ON tickets (account_id, status) WHERE deleted_at IS NULL; -- tickets_open_count tickets_by_status
CREATE INDEX ON tickets (assignee_id, status, updated_at DESC); -- tickets_of_assignee
CREATE INDEX ON tickets (requester_id); -- tickets_of_requester comments_for_requester
CREATE INDEX ON tickets (organization_id); -- organization_destroy
CREATE INDEX ON tickets (due_at) WHERE status IN ('open', 'pending'); -- tickets_overdue
CREATE INDEX ON tickets (deleted_at) WHERE deleted_at IS NOT NULL; -- tickets_trashed
CREATE INDEX ON tickets USING gin (labels); -- tickets_labelled tickets_any_label
CREATE INDEX ON tickets USING gin (subject gin_trgm_ops); -- tickets_subject
CREATE INDEX ON comments (ticket_id, created_at); -- comments_of_ticket comments_preload comments_latest ticket_destroy
CREATE INDEX ON attachments (owner_id, owner_type); -- attachments_of attachments_preload
CREATE INDEX ON articles (slug); -- article_by_slug
CREATE INDEX ON articles USING gin (to_tsvector('english', coalesce(title, '') || ' ' || coalesce(body, ''))); -- articles_search
CREATE INDEX ON organizations (account_id); -- organizations_of_account
CREATE INDEX ON organizations (domain); -- organization_by_domain
CREATE INDEX ON billing_invoice (due_on) WHERE status = 'overdue'; -- invoices_dunning
CREATE INDEX ON billing_invoice ((meta -> 'po_number')); -- invoice_by_po
CREATE INDEX ON billing_invoice USING brin (issued_at); -- revenue_by_month
CREATE INDEX ON billing_invoiceline (invoice_id); -- lines_prefetch line_exists
CREATE INDEX ON billing_invoiceline USING gin (upper(text::text) gin_trgm_ops); -- lines_text_search
CREATE INDEX ON billing_payment (upper(reference::text)); -- payment_by_reference
CREATE INDEX ON billing_payment (invoice_id); -- payments_of_account
CREATE INDEX ON "Notification" ("userId", "createdAt" DESC) WHERE "readAt" IS NULL; -- notices_unread notices_unread_count notices_read
CREATE INDEX ON "Notification" USING gin ("payload" jsonb_path_ops); -- notices_of_ticket
CREATE INDEX ON "ApiKey" ("keyHash"); -- api_key
CREATE INDEX ON "WebhookDelivery" ("nextAttemptAt") WHERE "status" = 'pending'; -- webhook_next
CREATE INDEX ON "WebhookDelivery" ("endpointId", "createdAt" DESC); -- webhook_log
CREATE INDEX ON audit_events (account_id, created_at DESC); -- audit_of_account
CREATE INDEX ON audit_events USING gin (data jsonb_path_ops); -- audit_of_target
CREATE INDEX ON audit_events USING brin (created_at); -- audit_actions_of_day
CREATE INDEX ON audit_events (ip); -- audit_of_address
CREATE INDEX ON usage_samples (account_id, metric, at); -- usage_chart

DROP INDEX index_accounts_on_subdomain; -- the same as the unique one
DROP INDEX sessions_user_id_idx; -- the same as index_sessions_on_user_id
DROP INDEX billing_invoice_account_id_3f1c; -- covered by the unique one
DROP INDEX index_tickets_on_channel; -- never used
