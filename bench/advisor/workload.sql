-- workload.sql
--		What the four services send, in the words of their mappers.
--
-- Not for psql: score.pl reads it.  A line "-- NAME: SERVICE PROTOCOL CALLS [write]"
-- begins a statement, "-- WITH QUERY" says where its parameters come from (each row is
-- one set, and the calls are shared among the sets), and the rest up to an empty line is
-- what is sent, on one line.  PROTOCOL is "prepared" (a named statement with $1, kept for
-- the life of the connection) or "simple" (values written into the text).  What writes is
-- rolled back, so that all measurements see the same rows.

-- user_by_lower_email: desk prepared 30
-- WITH SELECT lower(email), 1 FROM users WHERE deleted_at IS NULL ORDER BY hashint8(id) LIMIT 5
SELECT "users".* FROM "users" WHERE "users"."deleted_at" IS NULL AND (lower(email) = $1) LIMIT $2

-- user_email_taken: desk prepared 10
-- WITH SELECT email, 1 FROM users ORDER BY hashint8(id + 1) LIMIT 5
SELECT 1 AS one FROM "users" WHERE "users"."email" = $1 LIMIT $2

-- users_preload: desk prepared 60
-- WITH SELECT min(id), min(id) + 77, max(id), max(id) - 5, max(id) - 12 FROM users GROUP BY id % 3
SELECT "users".* FROM "users" WHERE "users"."id" IN ($1, $2, $3, $4, $5)

-- agents_of_account: desk prepared 20
-- WITH SELECT id, 'agent' FROM accounts ORDER BY hashint8(id) LIMIT 4
SELECT "users".* FROM "users" WHERE "users"."account_id" = $1 AND "users"."deleted_at" IS NULL AND "users"."role" = $2 ORDER BY "users"."name" ASC

-- users_newest: desk prepared 6
-- WITH SELECT id, 50, 0 FROM accounts ORDER BY hashint8(id + 1) LIMIT 3
SELECT "users".* FROM "users" WHERE "users"."account_id" = $1 ORDER BY "users"."created_at" DESC LIMIT $2 OFFSET $3

-- user_touch: desk prepared 40 write
-- WITH SELECT '2025-06-30 12:00:01.5', id FROM users ORDER BY hashint8(id + 2) LIMIT 5
UPDATE "users" SET "last_seen_at" = $1 WHERE "users"."id" = $2

-- session_by_token: desk prepared 60
-- WITH SELECT token, 1 FROM sessions ORDER BY hashint8(id) LIMIT 5
SELECT "sessions".* FROM "sessions" WHERE "sessions"."token" = $1 LIMIT $2

-- sessions_of_user: desk prepared 5
-- WITH SELECT user_id FROM sessions ORDER BY hashint8(id + 1) LIMIT 2
SELECT "sessions".* FROM "sessions" WHERE "sessions"."user_id" = $1

-- sessions_expired: desk prepared 2 write
-- WITH SELECT '2025-05-12 12:00:00'
DELETE FROM "sessions" WHERE (expires_at < $1)

-- account_by_subdomain: desk prepared 60
-- WITH SELECT subdomain, 1 FROM accounts ORDER BY hashint8(id) LIMIT 4
SELECT "accounts".* FROM "accounts" WHERE "accounts"."subdomain" = $1 LIMIT $2

-- tickets_of_account: desk prepared 40
-- WITH VALUES (3, 25, 0), (150, 25, 0), (700, 25, 25), (1, 25, 100)
SELECT "tickets".* FROM "tickets" WHERE "tickets"."deleted_at" IS NULL AND "tickets"."account_id" = $1 ORDER BY "tickets"."created_at" DESC LIMIT $2 OFFSET $3

-- tickets_keyset: desk prepared 20
-- WITH SELECT account_id, created_at, id, 30 FROM tickets WHERE deleted_at IS NULL ORDER BY hashint8(id) LIMIT 4
SELECT "tickets".* FROM "tickets" WHERE "tickets"."deleted_at" IS NULL AND "tickets"."account_id" = $1 AND ((created_at, id) < ($2, $3)) ORDER BY "tickets"."created_at" DESC, "tickets"."id" DESC LIMIT $4

-- tickets_of_assignee: desk prepared 30
-- WITH SELECT account_id, assignee_id, 'closed', 20 FROM tickets WHERE assignee_id IS NOT NULL ORDER BY hashint8(id) LIMIT 4
SELECT "tickets".* FROM "tickets" WHERE "tickets"."deleted_at" IS NULL AND "tickets"."account_id" = $1 AND "tickets"."assignee_id" = $2 AND "tickets"."status" = $3 ORDER BY "tickets"."updated_at" DESC LIMIT $4

-- tickets_open_count: desk prepared 30
-- WITH VALUES (3, 'open'), (40, 'open'), (800, 'pending')
SELECT COUNT(*) FROM "tickets" WHERE "tickets"."deleted_at" IS NULL AND "tickets"."account_id" = $1 AND "tickets"."status" = $2

-- tickets_by_status: desk prepared 10
-- WITH VALUES (5), (60), (900)
SELECT COUNT(*) AS "count_all", "tickets"."status" AS "tickets_status" FROM "tickets" WHERE "tickets"."deleted_at" IS NULL AND "tickets"."account_id" = $1 GROUP BY "tickets"."status"

-- tickets_of_requester: desk prepared 20
-- WITH SELECT requester_id, 10 FROM tickets ORDER BY hashint8(id) LIMIT 4
SELECT "tickets".* FROM "tickets" WHERE "tickets"."requester_id" = $1 ORDER BY "tickets"."id" DESC LIMIT $2

-- tickets_labelled: desk prepared 10
-- WITH VALUES (2, '{invoice}'), (30, '{login}')
SELECT "tickets".* FROM "tickets" WHERE "tickets"."deleted_at" IS NULL AND "tickets"."account_id" = $1 AND (labels @> $2::varchar[])

-- tickets_any_label: desk prepared 5
-- WITH SELECT labels FROM tickets WHERE cardinality(labels) = 2 ORDER BY hashint8(id) LIMIT 3
SELECT "tickets"."id", "tickets"."subject" FROM "tickets" WHERE (labels && $1::varchar[])

-- tickets_subject: desk prepared 10
-- WITH SELECT '%' || split_part(subject, ' ', 2) || ' ' || split_part(subject, ' ', 3) || '%', 20 FROM tickets ORDER BY hashint8(id) LIMIT 4
SELECT "tickets".* FROM "tickets" WHERE "tickets"."deleted_at" IS NULL AND "tickets"."subject" ILIKE $1 LIMIT $2

-- tickets_overdue: desk prepared 8
-- WITH SELECT '2025-06-29 12:00:00', 100
SELECT "tickets".* FROM "tickets" WHERE "tickets"."status" IN ('open', 'pending') AND (due_at < $1) ORDER BY "tickets"."due_at" ASC LIMIT $2

-- tickets_trashed: desk prepared 3
-- WITH SELECT '2022-12-20 12:00:00', 500
SELECT "tickets"."id" FROM "tickets" WHERE "tickets"."deleted_at" IS NOT NULL AND (deleted_at < $1) ORDER BY "tickets"."deleted_at" ASC LIMIT $2

-- ticket_find: desk prepared 80
-- WITH SELECT id, 1 FROM tickets ORDER BY hashint8(id + 9) LIMIT 5
SELECT "tickets".* FROM "tickets" WHERE "tickets"."id" = $1 LIMIT $2

-- ticket_solve: desk prepared 30 write
-- WITH SELECT 'solved', '2025-06-30 12:00:02.25', '2025-06-30 12:00:02.25', id FROM tickets ORDER BY hashint8(id + 3) LIMIT 5
UPDATE "tickets" SET "status" = $1, "solved_at" = $2, "updated_at" = $3 WHERE "tickets"."id" = $4

-- ticket_destroy: desk prepared 4 write
-- WITH SELECT id FROM tickets ORDER BY hashint8(id + 4) LIMIT 4
DELETE FROM "tickets" WHERE "tickets"."id" = $1

-- ticket_create: desk prepared 20 write
-- WITH SELECT 900000000 + i, 7, 7, 'Printer is slow', 'It prints no more.', 'open', 'web', '2025-06-30 12:00:03', '2025-06-30 12:00:03' FROM generate_series(1, 2) AS i
INSERT INTO "tickets" ("id", "account_id", "requester_id", "subject", "description", "status", "channel", "created_at", "updated_at") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) RETURNING "id"

-- workload_of_agents: desk prepared 6
-- WITH VALUES (4, '2025-05-31'), (80, '2025-05-31')
SELECT "users"."name", COUNT(*) AS tickets_count FROM "tickets" INNER JOIN "users" ON "users"."id" = "tickets"."assignee_id" WHERE "tickets"."account_id" = $1 AND (tickets.created_at >= $2) GROUP BY "users"."name" ORDER BY COUNT(*) DESC

-- comments_of_ticket: desk prepared 80
-- WITH SELECT ticket_id FROM comments ORDER BY hashint8(id) LIMIT 8
SELECT "comments".* FROM "comments" WHERE "comments"."ticket_id" = $1 ORDER BY "comments"."created_at" ASC

-- comments_preload: desk prepared 20
-- WITH SELECT min(ticket_id), min(ticket_id) + 11, max(ticket_id), max(ticket_id) - 9 FROM comments GROUP BY id % 2
SELECT "comments".* FROM "comments" WHERE "comments"."internal" = FALSE AND "comments"."ticket_id" IN ($1, $2, $3, $4)

-- comments_latest: desk prepared 8
-- WITH SELECT array_agg(DISTINCT ticket_id) FROM (SELECT ticket_id FROM comments ORDER BY hashint8(id + 1) LIMIT 25) AS c
SELECT DISTINCT ON (ticket_id) "comments".* FROM "comments" WHERE (ticket_id = ANY ($1::bigint[])) ORDER BY ticket_id, created_at DESC

-- comments_for_requester: desk prepared 10
-- WITH SELECT requester_id, 20 FROM tickets ORDER BY hashint8(id + 5) LIMIT 3
SELECT "comments".* FROM "comments" INNER JOIN "tickets" ON "tickets"."id" = "comments"."ticket_id" WHERE "tickets"."requester_id" = $1 ORDER BY "comments"."created_at" DESC LIMIT $2

-- attachments_of: desk prepared 60
-- WITH SELECT owner_id, owner_type FROM attachments ORDER BY hashint8(id) LIMIT 6
SELECT "attachments".* FROM "attachments" WHERE "attachments"."owner_id" = $1 AND "attachments"."owner_type" = $2

-- attachments_preload: desk prepared 20
-- WITH SELECT 'Comment', min(owner_id), min(owner_id) + 3, max(owner_id), max(owner_id) - 8 FROM attachments WHERE owner_type = 'Comment'
SELECT "attachments".* FROM "attachments" WHERE "attachments"."owner_type" = $1 AND "attachments"."owner_id" IN ($2, $3, $4, $5)

-- article_by_slug: desk prepared 25
-- WITH SELECT account_id, slug, 1 FROM articles ORDER BY hashint8(id) LIMIT 4
SELECT "articles".* FROM "articles" WHERE "articles"."account_id" = $1 AND "articles"."slug" = $2 LIMIT $3

-- articles_search: desk prepared 6
-- WITH SELECT 'login ' || split_part(title, ' ', 2) FROM articles ORDER BY hashint8(id + 1) LIMIT 3
SELECT "articles"."id", "articles"."title" FROM "articles" WHERE (to_tsvector('english', coalesce(title, '') || ' ' || coalesce(body, '')) @@ plainto_tsquery('english', $1)) ORDER BY ts_rank(to_tsvector('english', coalesce(title, '') || ' ' || coalesce(body, '')), plainto_tsquery('english', $1)) DESC LIMIT 20

-- organizations_of_account: desk prepared 15
-- WITH VALUES (12), (500)
SELECT "organizations".* FROM "organizations" WHERE "organizations"."account_id" = $1 ORDER BY "organizations"."name" ASC

-- organization_by_domain: desk prepared 20
-- WITH SELECT domain, 1 FROM organizations WHERE domain IS NOT NULL ORDER BY hashint8(id) LIMIT 4
SELECT "organizations".* FROM "organizations" WHERE "organizations"."domain" = $1 LIMIT $2

-- organization_destroy: desk prepared 4 write
-- WITH SELECT id FROM organizations ORDER BY hashint8(id + 1) LIMIT 2
DELETE FROM "organizations" WHERE "organizations"."id" = $1

-- invoices_of_account: billing simple 30
-- WITH VALUES (9), (301), (44)
SELECT "billing_invoice"."id", "billing_invoice"."account_id", "billing_invoice"."number", "billing_invoice"."status", "billing_invoice"."total", "billing_invoice"."meta", "billing_invoice"."issued_at", "billing_invoice"."due_on", "billing_invoice"."paid_at" FROM "billing_invoice" WHERE "billing_invoice"."account_id" = $1 ORDER BY "billing_invoice"."issued_at" DESC LIMIT 21

-- invoices_dunning: billing simple 8
-- WITH SELECT '2025-06-30', '2025-03-01'
SELECT "billing_invoice"."id", "billing_invoice"."account_id", "billing_invoice"."number", "billing_invoice"."due_on" FROM "billing_invoice" WHERE ("billing_invoice"."status" = 'overdue' AND "billing_invoice"."due_on" < $1::date AND "billing_invoice"."due_on" >= $2::date) ORDER BY "billing_invoice"."due_on" ASC LIMIT 50

-- invoice_by_po: billing simple 10
-- WITH SELECT to_json(meta ->> 'po_number')::text FROM billing_invoice ORDER BY hashint8(id) LIMIT 3
SELECT "billing_invoice"."id", "billing_invoice"."number", "billing_invoice"."status" FROM "billing_invoice" WHERE ("billing_invoice"."meta" -> 'po_number') = $1::jsonb

-- revenue_by_month: billing simple 3
-- WITH SELECT '2025-05-01 00:00:00+00', '2025-06-30 12:00:00+00'
SELECT DATE_TRUNC('month', "billing_invoice"."issued_at" AT TIME ZONE 'UTC') AS "month", SUM("billing_invoice"."total") AS "revenue" FROM "billing_invoice" WHERE "billing_invoice"."issued_at" BETWEEN $1::timestamptz AND $2::timestamptz GROUP BY 1 ORDER BY 1 ASC

-- lines_prefetch: billing simple 30
-- WITH SELECT min(invoice_id), min(invoice_id) + 5, max(invoice_id), max(invoice_id) - 3 FROM billing_invoiceline GROUP BY id % 3
SELECT "billing_invoiceline"."id", "billing_invoiceline"."invoice_id", "billing_invoiceline"."sku", "billing_invoiceline"."text", "billing_invoiceline"."quantity", "billing_invoiceline"."price" FROM "billing_invoiceline" WHERE "billing_invoiceline"."invoice_id" IN ($1, $2, $3, $4)

-- line_exists: billing simple 15
-- WITH SELECT invoice_id, sku FROM billing_invoiceline ORDER BY hashint8(id) LIMIT 4
SELECT 1 AS "a" FROM "billing_invoiceline" WHERE ("billing_invoiceline"."invoice_id" = $1 AND "billing_invoiceline"."sku" = $2) LIMIT 1

-- line_create: billing simple 20 write
-- WITH VALUES (17, 'SEAT-3', 'Seats', 12, '9.00')
INSERT INTO "billing_invoiceline" ("invoice_id", "sku", "text", "quantity", "price") VALUES ($1, $2, $3, $4, $5) RETURNING "billing_invoiceline"."id"

-- invoice_pay: billing simple 10 write
-- WITH SELECT '2025-06-30 12:00:04+00', id FROM billing_invoice ORDER BY hashint8(id + 1) LIMIT 3
UPDATE "billing_invoice" SET "status" = 'paid', "paid_at" = $1::timestamptz WHERE "billing_invoice"."id" = $2

-- payment_by_reference: billing simple 20
-- WITH SELECT lower(reference) FROM billing_payment ORDER BY hashint8(id) LIMIT 4
SELECT "billing_payment"."id", "billing_payment"."invoice_id", "billing_payment"."reference", "billing_payment"."amount", "billing_payment"."paid_at" FROM "billing_payment" WHERE UPPER("billing_payment"."reference"::text) = UPPER($1) LIMIT 21

-- payments_of_account: billing simple 12
-- WITH VALUES (21), (655)
SELECT "billing_payment"."id", "billing_payment"."amount", "billing_payment"."paid_at", "billing_invoice"."id", "billing_invoice"."number" FROM "billing_payment" INNER JOIN "billing_invoice" ON ("billing_payment"."invoice_id" = "billing_invoice"."id") WHERE "billing_invoice"."account_id" = $1 ORDER BY "billing_payment"."paid_at" DESC LIMIT 21

-- lines_text_search: billing simple 5
-- WITH SELECT '%' || text || '%' FROM billing_invoiceline ORDER BY hashint8(id + 1) LIMIT 3
SELECT "billing_invoiceline"."id", "billing_invoiceline"."invoice_id", "billing_invoiceline"."text" FROM "billing_invoiceline" WHERE UPPER("billing_invoiceline"."text"::text) LIKE UPPER($1) ORDER BY "billing_invoiceline"."id" ASC LIMIT 100

-- notices_unread: notices prepared 40
-- WITH SELECT "userId", 20, 0 FROM "Notification" ORDER BY hashtext("id") LIMIT 5
SELECT "public"."Notification"."id", "public"."Notification"."userId", "public"."Notification"."kind", "public"."Notification"."payload", "public"."Notification"."readAt", "public"."Notification"."createdAt" FROM "public"."Notification" WHERE ("public"."Notification"."userId" = $1 AND "public"."Notification"."readAt" IS NULL) ORDER BY "public"."Notification"."createdAt" DESC LIMIT $2 OFFSET $3

-- notices_unread_count: notices prepared 60
-- WITH SELECT "userId", 0 FROM "Notification" ORDER BY hashtext("id" || 'x') LIMIT 5
SELECT COUNT(*) FROM (SELECT "public"."Notification"."id" FROM "public"."Notification" WHERE ("public"."Notification"."userId" = $1 AND "public"."Notification"."readAt" IS NULL) OFFSET $2) AS "sub"

-- notices_read: notices prepared 10 write
-- WITH SELECT '2025-06-30 12:00:05.125', "userId" FROM "Notification" ORDER BY hashtext("id" || 'y') LIMIT 3
UPDATE "public"."Notification" SET "readAt" = $1 WHERE ("public"."Notification"."userId" = $2 AND "public"."Notification"."readAt" IS NULL)

-- notices_of_ticket: notices prepared 8
-- WITH SELECT jsonb_build_object('ticketId', "payload" -> 'ticketId') FROM "Notification" ORDER BY hashtext("id" || 'z') LIMIT 3
SELECT "public"."Notification"."id", "public"."Notification"."userId" FROM "public"."Notification" WHERE "public"."Notification"."payload" @> $1::jsonb

-- notice_create: notices prepared 30 write
-- WITH VALUES ('cnew1', 77, 'comment', '{"ticketId": 5, "actor": 3}', '2025-06-30 12:00:06')
INSERT INTO "public"."Notification" ("id", "userId", "kind", "payload", "createdAt") VALUES ($1, $2, $3, $4, $5) RETURNING "public"."Notification"."id"

-- api_key: notices prepared 80
-- WITH SELECT "keyHash", 1, 0 FROM "ApiKey" WHERE "revokedAt" IS NULL ORDER BY hashtext("id") LIMIT 4
SELECT "public"."ApiKey"."id", "public"."ApiKey"."accountId" FROM "public"."ApiKey" WHERE ("public"."ApiKey"."keyHash" = $1 AND "public"."ApiKey"."revokedAt" IS NULL) LIMIT $2 OFFSET $3

-- webhook_next: notices prepared 40 write
-- WITH SELECT '2025-06-30 12:00:07', '2025-06-30 12:05:07'
UPDATE "public"."WebhookDelivery" SET "attempts" = "attempts" + 1, "nextAttemptAt" = $2 WHERE "id" = (SELECT "id" FROM "public"."WebhookDelivery" WHERE "status" = 'pending' AND "nextAttemptAt" <= $1 ORDER BY "nextAttemptAt" LIMIT 1 FOR UPDATE SKIP LOCKED) RETURNING "id", "body"

-- webhook_log: notices prepared 12
-- WITH VALUES (15, 50, 0), (330, 50, 0)
SELECT "public"."WebhookDelivery"."id", "public"."WebhookDelivery"."status", "public"."WebhookDelivery"."attempts", "public"."WebhookDelivery"."createdAt" FROM "public"."WebhookDelivery" WHERE "public"."WebhookDelivery"."endpointId" = $1 ORDER BY "public"."WebhookDelivery"."createdAt" DESC LIMIT $2 OFFSET $3

-- audit_of_account: audit prepared 20
-- WITH VALUES (6, 50), (410, 50)
SELECT id, actor_id, action, ip, data, created_at FROM audit_events WHERE account_id = $1 ORDER BY created_at DESC LIMIT $2

-- audit_of_target: audit prepared 10
-- WITH SELECT jsonb_build_object('target', data -> 'target') FROM audit_events ORDER BY hashint8(id) LIMIT 3
SELECT id, actor_id, action, created_at FROM audit_events WHERE data @> $1::jsonb ORDER BY created_at DESC

-- audit_actions_of_day: audit prepared 6
-- WITH VALUES ('2025-06-28 00:00:00+00', '2025-06-29 00:00:00+00'), ('2025-03-10 00:00:00+00', '2025-03-11 00:00:00+00')
SELECT action, count(*)::int AS n FROM audit_events WHERE created_at >= $1 AND created_at < $2 GROUP BY action ORDER BY n DESC

-- audit_of_address: audit prepared 5
-- WITH SELECT ip FROM audit_events ORDER BY hashint8(id + 1) LIMIT 3
SELECT id, account_id, actor_id, action, created_at FROM audit_events WHERE ip = $1 ORDER BY created_at DESC LIMIT 100

-- audit_write: audit prepared 60 write
-- WITH SELECT 900000000 + i, 4, 8, 'login', '10.1.2.3', '{"target": "user:8", "agent": "web"}', '2025-06-30 12:00:08+00' FROM generate_series(1, 2) AS i
INSERT INTO audit_events (id, account_id, actor_id, action, ip, data, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7)

-- usage_chart: audit prepared 15
-- WITH VALUES (31, 'api_calls', '2025-06-01', '2025-06-30'), (777, 'storage', '2025-05-15', '2025-06-15')
SELECT date_trunc('day', at) AS day, avg(value) AS value FROM usage_samples WHERE account_id = $1 AND metric = $2 AND at >= $3 AND at < $4 GROUP BY 1 ORDER BY 1

-- usage_write: audit prepared 40 write
-- WITH VALUES (31, 'api_calls', '2025-06-30 12:00:09+00', 17.5)
INSERT INTO usage_samples (account_id, metric, at, value) VALUES ($1, $2, $3, $4)
