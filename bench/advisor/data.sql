/*
 * data.sql
 *		Fills the tables.  Every value is a hash of its row's number, so that two
 *		runs make the same rows.
 *
 * psql variable "rows": about how many rows in all.  The clock of this help desk
 * stands at noon on 30 June 2025.
 */

SET client_min_messages = warning;
SET TimeZone = 'UTC';
CREATE SCHEMA gen;

/* A number from 0 to n - 1; each salt is a die of its own. */
CREATE FUNCTION gen.num(i bigint, salt integer, n integer) RETURNS integer
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
	RETURN ((hashint8extended(i, salt) & 9223372036854775807) % n)::integer;

/* A number from 0 up to 1. */
CREATE FUNCTION gen.part(i bigint, salt integer) RETURNS double precision
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
	RETURN ((hashint8extended(i, salt) & 1073741823) / 1073741824.0)::double precision;

/* A number from 0 to n - 1, of which the low ones are frequent. */
CREATE FUNCTION gen.skew(i bigint, salt integer, n integer) RETURNS integer
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
	RETURN floor(n * power(gen.part(i, salt), 2))::integer;

CREATE FUNCTION gen.pick(i bigint, salt integer, choices text[]) RETURNS text
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
	RETURN choices[1 + gen.num(i, salt, cardinality(choices))];

/* Words of two and three syllables; the first 40 are those of a help desk. */
CREATE TABLE gen.words AS
SELECT n, CASE WHEN n < 40 THEN (string_to_array('invoice,login,password,export,refund,'
	'printer,slow,error,mobile,account,upgrade,cancel,delivery,order,email,report,sync,'
	'billing,crash,update,access,missing,server,timeout,question,feature,request,urgent,'
	'contract,license,import,calendar,search,filter,webhook,token,customer,payment,address,'
	'language', ','))[n + 1]
	ELSE s[1 + n % 30] || s[1 + n / 30 % 30] || CASE WHEN n >= 900 THEN s[1 + n / 900 % 30] ELSE '' END
	END AS word
FROM generate_series(0, 11999) AS n,
	string_to_array('ka,lo,mi,ter,van,do,rel,su,pin,gar,ho,ne,bri,tol,ze,fa,cor,wi,dan,ux,pel,'
		'mor,ti,sha,bo,len,qui,ras,ey,vo', ',') AS s;

CREATE FUNCTION gen.word(i bigint, salt integer) RETURNS text
	LANGUAGE sql STABLE PARALLEL SAFE
	RETURN (SELECT w.word FROM gen.words AS w WHERE w.n = gen.skew(i, salt, 12000));
ALTER TABLE gen.words ADD PRIMARY KEY (n);

/* Phrases of which longer texts are put together. */
CREATE TABLE gen.phrases AS
SELECT n, (SELECT string_agg(gen.word(n * 10 + k, 1), ' ') FROM generate_series(1, 7) AS k) AS phrase
FROM generate_series(0, 9999) AS n;
ALTER TABLE gen.phrases ADD PRIMARY KEY (n);
ANALYZE gen.words, gen.phrases;

SELECT greatest(:rows / 1500, 20) AS accounts, :rows / 100 AS organizations, :rows / 25 AS users,
	:rows / 50 AS sessions, :rows / 7 AS tickets, :rows / 4 AS comments, :rows / 20 AS attachments,
	:rows / 100 AS articles, :rows / 38 AS invoices, :rows / 12 AS lines, :rows / 43 AS payments,
	:rows / 10 AS notices, greatest(:rows / 600, 50) AS keys, :rows / 15 AS deliveries,
	:rows / 6 AS events, :rows / 15 AS samples,
	timestamp '2025-06-30 12:00' AS now \gset

BEGIN;

INSERT INTO accounts
SELECT i, gen.word(i, 11) || i, gen.pick(i, 12, '{trial,team,team,business,enterprise}'),
	jsonb_build_object('locale', gen.pick(i, 13, '{en,en,de,fr,ja}')),
	:'now'::timestamp - interval '900 days' * (1 - i / :accounts.0)
FROM generate_series(1, :accounts) AS i;

/* User and organization number i belong to account number i modulo the accounts. */
INSERT INTO organizations
SELECT i, 1 + (i - 1) % :accounts, initcap(gen.word(i, 21) || ' ' || gen.word(i, 22)) ||
	gen.pick(i, 23, '{" Inc"," GmbH"," Ltd"," SA",""}'),
	CASE WHEN gen.num(i, 24, 4) > 0 THEN gen.word(i, 21) || i || '.example' END,
	ARRAY[gen.pick(i, 25, '{free,paid,paid,vip}'), gen.word(i, 26)]::varchar[],
	:'now'::timestamp - interval '900 days' * gen.part(i, 27)
FROM generate_series(1, :organizations) AS i;

INSERT INTO users
SELECT i, 1 + (i - 1) % :accounts,
	CASE WHEN gen.num(i, 31, 3) > 0
		THEN 1 + (i - 1) % :accounts + :accounts * gen.num(i, 32, :organizations / :accounts) END,
	initcap(gen.word(i, 33)) || '.' || gen.word(i, 34) || i || '@' ||
		gen.pick(i, 35, '{Mail.example,post.example,corp.example}'),
	'$2a$12$' || md5(i::text) || left(md5((i + 1)::text), 21),
	initcap(gen.word(i, 33)) || ' ' || initcap(gen.word(i, 34)),
	CASE WHEN i <= 5 * :accounts THEN gen.pick(i, 36, '{admin,agent,agent,agent}') ELSE 'end_user' END,
	jsonb_build_object('theme', gen.pick(i, 37, '{light,dark}'), 'digest', gen.num(i, 38, 2) = 0),
	CASE WHEN gen.num(i, 39, 3) > 0 THEN :'now'::timestamp - interval '200 days' * gen.part(i, 40) END,
	CASE WHEN gen.num(i, 41, 12) = 0 THEN :'now'::timestamp - interval '300 days' * gen.part(i, 42) END,
	:'now'::timestamp - interval '900 days' * (1 - i / :users.0), :'now'::timestamp - interval '90 days'
FROM generate_series(1, :users) AS i;

INSERT INTO sessions
SELECT i, 1 + gen.num(i, 51, :users), md5('session' || i) || md5('token' || i),
	:'now'::timestamp - interval '50 days' + interval '64 days' * (i / :sessions.0),
	:'now'::timestamp - interval '64 days' + interval '64 days' * (i / :sessions.0)
FROM generate_series(1, :sessions) AS i;

INSERT INTO tickets
SELECT i, a, a + :accounts * gen.num(i, 62, :users / :accounts),
	CASE WHEN gen.num(i, 63, 8) > 0 THEN a + :accounts * gen.num(i, 64, 5) END,
	CASE WHEN gen.num(i, 65, 3) > 0
		THEN a + :accounts * gen.num(i, 66, :organizations / :accounts) END,
	initcap(gen.word(i, 67)) || ' ' || gen.word(i, 68) || ' ' || gen.word(i, 69) || ' ' || gen.word(i, 70),
	p.phrase || '. ' || q.phrase || '.', status, gen.num(i, 71, 4),
	gen.pick(i, 72, '{web,email,email,email,chat,api}'),
	CASE gen.num(i, 73, 4)
		WHEN 0 THEN ARRAY[gen.word(i, 74), gen.word(i, 75)]
		WHEN 1 THEN ARRAY[gen.word(i, 74)] ELSE '{}' END::varchar[],
	CASE WHEN gen.num(i, 76, 2) = 0 THEN created_at + interval '5 days' * (0.2 + gen.part(i, 77)) END,
	CASE WHEN status IN ('solved', 'closed') THEN created_at + interval '4 days' * gen.part(i, 78) END,
	CASE WHEN gen.num(i, 79, 40) = 0 THEN created_at + interval '30 days' * gen.part(i, 80) END,
	created_at, created_at + interval '9 days' * gen.part(i, 81)
FROM (SELECT i, 1 + gen.skew(i, 61, :accounts) AS a,
		CASE WHEN gen.part(i, 82) < 0.01 + 0.5 * power(i / :tickets.0, 20)
			THEN gen.pick(i, 83, '{open,open,pending,on_hold}')
			WHEN i > :tickets * 0.9 THEN 'solved' ELSE 'closed' END AS status,
		:'now'::timestamp - interval '900 days' * (1 - (i - gen.part(i, 84)) / :tickets.0) AS created_at
	FROM generate_series(1, :tickets) AS i) AS t
JOIN gen.phrases AS p ON p.n = gen.num(i, 85, 10000)
JOIN gen.phrases AS q ON q.n = gen.num(i, 86, 10000)
ORDER BY i;

/* A ticket's comments come within days, mixed with those of others. */
INSERT INTO comments
SELECT row_number() OVER (ORDER BY t.created_at + d), t.id,
	CASE WHEN gen.num(i, 91, 2) = 0 THEN t.requester_id ELSE coalesce(t.assignee_id, t.requester_id) END,
	p.phrase || ', ' || q.phrase || '. ' || r.phrase || '.', gen.num(i, 92, 6) = 0, t.created_at + d
FROM (SELECT i, 1 + gen.num(i, 93, :tickets) AS ticket, interval '6 days' * gen.part(i, 94) AS d
	FROM generate_series(1, :comments) AS i) AS c
JOIN tickets AS t ON t.id = c.ticket
JOIN gen.phrases AS p ON p.n = gen.num(i, 95, 10000)
JOIN gen.phrases AS q ON q.n = gen.num(i, 96, 10000)
JOIN gen.phrases AS r ON r.n = gen.num(i, 97, 10000)
ORDER BY 1;

INSERT INTO attachments
SELECT i, CASE WHEN gen.num(i, 101, 5) = 0 THEN 'Ticket' WHEN gen.num(i, 101, 5) = 1 THEN 'Article'
		ELSE 'Comment' END,
	1 + CASE WHEN gen.num(i, 101, 5) = 0 THEN gen.num(i, 102, :tickets)
		WHEN gen.num(i, 101, 5) = 1 THEN gen.num(i, 102, :articles)
		ELSE gen.num(i, 102, :comments) END,
	gen.word(i, 103) || gen.pick(i, 104, '{.png,.pdf,.txt,.log,.docx}'), 1000 + gen.num(i, 105, 2000000),
	md5('attachment' || i), :'now'::timestamp - interval '900 days' * (1 - i / :attachments.0)
FROM generate_series(1, :attachments) AS i;

INSERT INTO articles
SELECT i, 1 + gen.skew(i, 111, :accounts), gen.word(i, 112) || '-' || gen.word(i, 113) || '-' || i,
	gen.pick(i, 114, '{en,en,en,de,fr}'), initcap(gen.word(i, 112)) || ' ' || gen.word(i, 113),
	(SELECT string_agg(p.phrase, '. ') FROM gen.phrases AS p
		WHERE p.n IN (SELECT gen.num(i * 8 + k, 115, 10000) FROM generate_series(1, 6) AS k)),
	CASE WHEN gen.num(i, 116, 5) > 0 THEN :'now'::timestamp - interval '700 days' * gen.part(i, 117) END,
	:'now'::timestamp - interval '100 days' * gen.part(i, 118)
FROM generate_series(1, :articles) AS i;

INSERT INTO billing_invoice
SELECT i, 1 + gen.num(i, 121, :accounts), 'INV-' || lpad(i::text, 8, '0'), status,
	round((20 + 900 * power(gen.part(i, 122), 3))::numeric, 2),
	jsonb_build_object('po_number', 'PO-' || gen.num(i, 123, 100000), 'currency', gen.pick(i, 124, '{EUR,USD}')),
	issued, issued::date + 14, CASE WHEN status = 'paid' THEN issued + interval '14 days' * gen.part(i, 125) END
FROM (SELECT i, (:'now'::timestamp - interval '900 days' * (1 - i / :invoices.0))::timestamptz AS issued,
		CASE WHEN i > :invoices * 0.98 THEN 'draft' WHEN gen.num(i, 126, 60) = 0 THEN 'overdue'
			WHEN gen.num(i, 126, 60) = 1 THEN 'void' ELSE 'paid' END AS status
	FROM generate_series(1, :invoices) AS i) AS n;

INSERT INTO billing_invoiceline
SELECT i, 1 + gen.num(i, 131, :invoices), gen.pick(i, 132, '{SEAT,SEAT,SEAT,SMS,ADDON,SETUP,CREDIT}') ||
		'-' || gen.num(i, 133, 30), gen.word(i, 134) || ' ' || gen.word(i, 135), 1 + gen.num(i, 136, 50),
	5 + gen.num(i, 137, 60)
FROM generate_series(1, :lines) AS i;

INSERT INTO billing_payment
SELECT i, 1 + gen.num(i, 141, :invoices), gen.pick(i, 142, '{ch_,py_,Tr_}') || left(md5('pay' || i), 22),
	20 + gen.num(i, 143, 900), :'now'::timestamp - interval '900 days' * (1 - i / :payments.0)
FROM generate_series(1, :payments) AS i;

INSERT INTO "Notification"
SELECT 'c' || md5('notice' || i), 1 + gen.skew(i, 151, :users),
	gen.pick(i, 152, '{mention,assigned,assigned,comment,comment,comment,sla}'),
	jsonb_build_object('ticketId', 1 + gen.num(i, 153, :tickets), 'actor', gen.num(i, 154, :users)),
	CASE WHEN gen.num(i, 155, 10) > 0 THEN created + interval '2 days' * gen.part(i, 156) END, created
FROM (SELECT i, :'now'::timestamp - interval '300 days' * (1 - i / :notices.0) AS created
	FROM generate_series(1, :notices) AS i) AS n;

INSERT INTO "ApiKey"
SELECT 'k' || md5('key' || i), 1 + gen.num(i, 161, :accounts), md5('hash' || i) || md5('of' || i),
	CASE WHEN gen.num(i, 162, 3) = 0 THEN :'now'::timestamp - interval '9 days' END,
	:'now'::timestamp - interval '300 days' * gen.part(i, 163)
FROM generate_series(1, :keys) AS i;

INSERT INTO "WebhookDelivery"
SELECT 'w' || md5('delivery' || i), 1 + gen.skew(i, 171, :accounts),
	CASE WHEN waiting THEN 'pending' WHEN gen.num(i, 172, 50) = 0 THEN 'failed' ELSE 'delivered' END,
	CASE WHEN waiting THEN gen.num(i, 173, 4) ELSE 1 + gen.num(i, 173, 3) END,
	CASE WHEN waiting THEN :'now'::timestamp + interval '1 day' * (gen.part(i, 174) - 0.1) END,
	jsonb_build_object('event', gen.pick(i, 175, '{ticket.created,ticket.updated,comment.created}'),
		'ticket', gen.num(i, 176, :tickets), 'text', gen.word(i, 177) || ' ' || gen.word(i, 178)),
	:'now'::timestamp - interval '60 days' * (1 - i / :deliveries.0)
FROM (SELECT i, i > :deliveries * 0.99 OR gen.num(i, 179, 400) = 0 AS waiting
	FROM generate_series(1, :deliveries) AS i) AS n;

INSERT INTO audit_events
SELECT i, 1 + gen.skew(i, 181, :accounts), 1 + gen.num(i, 182, :users),
	gen.pick(i, 183, '{login,login,ticket.update,ticket.update,ticket.view,user.update,export}'),
	('10.' || gen.num(i, 184, 40) || '.' || gen.num(i, 185, 250) || '.' || gen.num(i, 186, 250))::inet,
	jsonb_build_object('target', gen.pick(i, 187, '{ticket:,ticket:,user:,article:}') ||
		1 + gen.num(i, 188, :tickets), 'agent', gen.pick(i, 189, '{web,ios,android,api}')),
	:'now'::timestamp - interval '180 days' * (1 - i / :events.0)
FROM generate_series(1, :events) AS i;

INSERT INTO usage_samples
SELECT 1 + gen.num(i, 191, :accounts), gen.pick(i, 192, '{agents,api_calls,storage,tickets,emails}'),
	:'now'::timestamp - interval '180 days' * (1 - i / :samples.0), 1000 * gen.part(i, 193)
FROM generate_series(1, :samples) AS i;

DO $$ BEGIN
	PERFORM setval('billing_invoice_id_seq', max(id)) FROM billing_invoice;
	PERFORM setval('billing_invoiceline_id_seq', max(id)) FROM billing_invoiceline;
	PERFORM setval('billing_payment_id_seq', max(id)) FROM billing_payment;
END $$;

COMMIT;
DROP SCHEMA gen CASCADE;
