/** The sandbox's tables. Safe to run at every start, also by two processes at once. */
import type { Pool } from 'pg';

/** Any number that no other user of this database takes as an advisory lock. */
const SCHEMA_LOCK = 7_160_042;

const TABLES = `
CREATE TABLE IF NOT EXISTS accounts (
  id text PRIMARY KEY,
  name text NOT NULL,
  created bigint NOT NULL,
  settings json NOT NULL DEFAULT '{}',
  delivery json NOT NULL DEFAULT '{}'
);
-- body is json, not jsonb: webhook bodies keep the order in which Stripe lists the fields
CREATE TABLE IF NOT EXISTS objects (
  seq bigserial UNIQUE,
  account text NOT NULL REFERENCES accounts (id),
  livemode boolean NOT NULL,
  kind text NOT NULL,
  id text NOT NULL,
  created bigint NOT NULL,
  deleted boolean NOT NULL DEFAULT false,
  body json NOT NULL,
  hidden json NOT NULL DEFAULT '{}',
  PRIMARY KEY (account, livemode, id)
);
CREATE INDEX IF NOT EXISTS objects_newest ON objects (account, livemode, kind, seq DESC);
CREATE INDEX IF NOT EXISTS objects_by_customer ON objects (account, livemode, kind, (body ->> 'customer'));
CREATE INDEX IF NOT EXISTS objects_by_invoice ON objects (account, livemode, (body ->> 'invoice')) WHERE kind = 'invoice_payment';
CREATE INDEX IF NOT EXISTS objects_by_payout ON objects (account, livemode, (hidden ->> 'payout')) WHERE kind = 'balance_transaction';
CREATE TABLE IF NOT EXISTS events (
  seq bigserial PRIMARY KEY,
  account text NOT NULL REFERENCES accounts (id),
  livemode boolean NOT NULL,
  id text NOT NULL UNIQUE,
  type text NOT NULL,
  created bigint NOT NULL,
  body json NOT NULL
);
-- as an endpoint of the older version gets it
ALTER TABLE events ADD COLUMN IF NOT EXISTS older json;
CREATE INDEX IF NOT EXISTS events_newest ON events (account, livemode, seq DESC);
CREATE TABLE IF NOT EXISTS deliveries (
  id bigserial PRIMARY KEY,
  account text NOT NULL REFERENCES accounts (id),
  livemode boolean NOT NULL,
  event_id text NOT NULL REFERENCES events (id),
  endpoint_id text NOT NULL,
  copy integer NOT NULL DEFAULT 0,
  status text NOT NULL DEFAULT 'pending',
  attempts integer NOT NULL DEFAULT 0,
  next_at timestamptz NOT NULL DEFAULT now(),
  rank bigint NOT NULL DEFAULT 0,
  held boolean NOT NULL DEFAULT false,
  last_answer text
);
CREATE INDEX IF NOT EXISTS deliveries_due ON deliveries (next_at, rank, id) WHERE status = 'pending';
CREATE INDEX IF NOT EXISTS deliveries_by_event ON deliveries (event_id);
-- of an endpoint for connected accounts: whose endpoint it is; null, the event's own account's
ALTER TABLE deliveries ADD COLUMN IF NOT EXISTS endpoint_account text;
CREATE TABLE IF NOT EXISTS connections (
  platform text NOT NULL REFERENCES accounts (id),
  account text NOT NULL REFERENCES accounts (id),
  livemode boolean NOT NULL,
  PRIMARY KEY (platform, account, livemode)
);
CREATE INDEX IF NOT EXISTS connections_by_account ON connections (account, livemode);
CREATE TABLE IF NOT EXISTS oauth_codes (
  code text PRIMARY KEY,
  platform text NOT NULL REFERENCES accounts (id),
  account text NOT NULL REFERENCES accounts (id),
  livemode boolean NOT NULL,
  scope text NOT NULL,
  used boolean NOT NULL DEFAULT false,
  at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE IF NOT EXISTS idempotency (
  account text NOT NULL,
  livemode boolean NOT NULL,
  key text NOT NULL,
  fingerprint text NOT NULL,
  request_id text NOT NULL,
  status integer NOT NULL,
  body text NOT NULL,
  at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (account, livemode, key)
);
`;

export async function createTables(pool: Pool): Promise<void> {
  const client = await pool.connect();
  try {
    await client.query('BEGIN');
    await client.query('SELECT pg_advisory_xact_lock($1)', [SCHEMA_LOCK]);
    await client.query(TABLES);
    await client.query('COMMIT');
  } catch (error) {
    await client.query('ROLLBACK').catch(() => undefined);
    throw error;
  } finally {
    client.release();
  }
}

/** Idempotency keys hold for a day, as at Stripe. */
export async function forgetOldKeys(pool: Pool): Promise<void> {
  await pool.query(`DELETE FROM idempotency WHERE at < now() - interval '24 hours'`);
}
