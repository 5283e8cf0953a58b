-- What Prisma cannot express goes below its part, in this file: checks, partial indexes, functions, policies and grants.
-- The script is one transaction. CREATE INDEX CONCURRENTLY needs a migration of its own, with IF NOT EXISTS.

-- AlterTable
ALTER TABLE "kernel"."inbox_event" ADD COLUMN     "secret_id" TEXT,
ALTER COLUMN "secret_index" DROP NOT NULL;

-- CreateTable
CREATE TABLE "accounts"."webhook_secret" (
    "workspace_id" TEXT NOT NULL,
    "id" TEXT NOT NULL,
    "connection_id" TEXT NOT NULL,
    "sealed" TEXT NOT NULL,
    "added_at" TIMESTAMPTZ(3) NOT NULL,
    "expires_at" TIMESTAMPTZ(3),
    "last_matched_at" TIMESTAMPTZ(3),

    CONSTRAINT "webhook_secret_pkey" PRIMARY KEY ("workspace_id","id")
);

-- CreateIndex
CREATE INDEX "webhook_secret_workspace_id_connection_id_idx" ON "accounts"."webhook_secret"("workspace_id", "connection_id");

ALTER TABLE accounts.webhook_secret ADD CONSTRAINT webhook_secret_workspace CHECK (workspace_id <> '');

-- What is known so far, with the newest first as the latest: sealed as it was, since it stays with its connection. The owner of the tables
-- is under row-level security like everybody else, unless it is a superuser.
ALTER TABLE accounts.connection NO FORCE ROW LEVEL SECURITY;
INSERT INTO accounts.webhook_secret (workspace_id, id, connection_id, sealed, added_at)
SELECT c.workspace_id, 'whs_0' || substr(encode(sha256(convert_to(c.workspace_id || c.id || s.place, 'UTF8')), 'hex'), 1, 19), c.id, s.sealed,
       COALESCE(c.activated_at, c.created_at) - s.place * interval '1 second'
FROM accounts.connection c CROSS JOIN LATERAL unnest(c.webhook_secrets) WITH ORDINALITY AS s(sealed, place);
ALTER TABLE accounts.connection FORCE ROW LEVEL SECURITY;
-- The list is no longer written; that an active connection has a secret is kept by the verbs.
ALTER TABLE accounts.connection ALTER COLUMN webhook_secrets SET DEFAULT ARRAY[]::text[],
  DROP CONSTRAINT connection_active_can_be_used,
  ADD CONSTRAINT connection_active_can_be_used CHECK (state <> 'ACTIVE' OR (credential IS NOT NULL AND activated_at IS NOT NULL));

ALTER TABLE accounts.webhook_secret ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY workspace ON accounts.webhook_secret FOR ALL TO oppulence_app
  USING (workspace_id = (SELECT current_setting('app.workspace_id', true)))
  WITH CHECK (workspace_id = (SELECT current_setting('app.workspace_id', true)));
GRANT SELECT, INSERT, UPDATE, DELETE ON accounts.webhook_secret TO oppulence_app;
-- Deliveries are checked before any workspace is known.
CREATE POLICY system ON accounts.webhook_secret FOR ALL TO oppulence_system USING (true) WITH CHECK (true);
GRANT SELECT, UPDATE (last_matched_at) ON accounts.webhook_secret TO oppulence_system;
