/*
 * keys.sql
 *		Keys, constraints and the indexes that exist before anybody gives advice.
 *
 * Run after the data is there.
 */

ALTER TABLE accounts ADD PRIMARY KEY (id);
ALTER TABLE organizations ADD PRIMARY KEY (id);
ALTER TABLE users ADD PRIMARY KEY (id);
ALTER TABLE sessions ADD PRIMARY KEY (id);
ALTER TABLE tickets ADD PRIMARY KEY (id);
ALTER TABLE comments ADD PRIMARY KEY (id);
ALTER TABLE attachments ADD PRIMARY KEY (id);
ALTER TABLE articles ADD PRIMARY KEY (id);
ALTER TABLE billing_invoice ADD PRIMARY KEY (id);
ALTER TABLE billing_invoiceline ADD PRIMARY KEY (id);
ALTER TABLE billing_payment ADD PRIMARY KEY (id);
ALTER TABLE "Notification" ADD PRIMARY KEY ("id");
ALTER TABLE "ApiKey" ADD PRIMARY KEY ("id");
ALTER TABLE "WebhookDelivery" ADD PRIMARY KEY ("id");
ALTER TABLE audit_events ADD PRIMARY KEY (id);

ALTER TABLE organizations ADD FOREIGN KEY (account_id) REFERENCES accounts (id);
ALTER TABLE users ADD FOREIGN KEY (account_id) REFERENCES accounts (id);
ALTER TABLE sessions ADD FOREIGN KEY (user_id) REFERENCES users (id);
ALTER TABLE tickets ADD FOREIGN KEY (account_id) REFERENCES accounts (id);
ALTER TABLE tickets ADD FOREIGN KEY (requester_id) REFERENCES users (id);
ALTER TABLE tickets ADD FOREIGN KEY (organization_id) REFERENCES organizations (id)
	ON DELETE SET NULL;
ALTER TABLE comments ADD FOREIGN KEY (ticket_id) REFERENCES tickets (id) ON DELETE CASCADE;
ALTER TABLE billing_invoiceline ADD FOREIGN KEY (invoice_id) REFERENCES billing_invoice (id)
	DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE billing_payment ADD FOREIGN KEY (invoice_id) REFERENCES billing_invoice (id)
	DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE accounts ADD CONSTRAINT accounts_subdomain_key UNIQUE (subdomain);
ALTER TABLE billing_invoice
	ADD CONSTRAINT billing_invoice_account_id_number_uniq UNIQUE (account_id, number);
CREATE INDEX index_sessions_on_user_id ON sessions (user_id);

/* Nobody needs these. */
CREATE INDEX index_accounts_on_subdomain ON accounts (subdomain);
CREATE INDEX sessions_user_id_idx ON sessions (user_id);
CREATE INDEX billing_invoice_account_id_3f1c ON billing_invoice (account_id);
CREATE INDEX index_tickets_on_channel ON tickets (channel);
