-- What Prisma cannot express goes below its part, in this file: checks, partial indexes, functions, policies and grants.
-- The script is one transaction. CREATE INDEX CONCURRENTLY needs a migration of its own, with IF NOT EXISTS.

-- AlterTable
ALTER TABLE "accounts"."connection" ADD COLUMN     "access" TEXT NOT NULL DEFAULT 'API_KEY';

-- CreateTable
CREATE TABLE "accounts"."oauth_attempt" (
    "workspace_id" TEXT NOT NULL,
    "id" TEXT NOT NULL,
    "state_hash" TEXT NOT NULL,
    "return_url" TEXT,
    "actor_type" TEXT NOT NULL,
    "actor_id" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,
    "used_at" TIMESTAMPTZ(3),

    CONSTRAINT "oauth_attempt_pkey" PRIMARY KEY ("workspace_id","id")
);

-- CreateIndex
CREATE INDEX "oauth_attempt_state_hash_idx" ON "accounts"."oauth_attempt"("state_hash");

-- CreateIndex
CREATE UNIQUE INDEX "oauth_attempt_workspace_id_state_hash_key" ON "accounts"."oauth_attempt"("workspace_id", "state_hash");

ALTER TABLE accounts.connection ADD CONSTRAINT connection_access CHECK (access IN ('API_KEY', 'OAUTH')),
  DROP CONSTRAINT connection_active_can_be_used,
  ADD CONSTRAINT connection_active_can_be_used CHECK (state <> 'ACTIVE' OR ((access = 'OAUTH') = (credential IS NULL) AND activated_at IS NOT NULL));
-- Whose event is it? Asked for each delivery at the platform's endpoint.
CREATE INDEX connection_by_account ON accounts.connection (account, livemode) WHERE access = 'OAUTH' AND state <> 'DISCONNECTED';

ALTER TABLE accounts.oauth_attempt ADD CONSTRAINT oauth_attempt_workspace CHECK (workspace_id <> ''),
  ADD CONSTRAINT oauth_attempt_state_hash CHECK (state_hash ~ '^[0-9a-f]{64}$');
ALTER TABLE accounts.oauth_attempt ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY workspace ON accounts.oauth_attempt FOR ALL TO oppulence_app
  USING (workspace_id = (SELECT current_setting('app.workspace_id', true)))
  WITH CHECK (workspace_id = (SELECT current_setting('app.workspace_id', true)));
GRANT SELECT, INSERT, UPDATE, DELETE ON accounts.oauth_attempt TO oppulence_app;
-- A browser that comes back knows only its state.
CREATE POLICY system ON accounts.oauth_attempt FOR SELECT TO oppulence_system USING (true);
GRANT SELECT (workspace_id, id, state_hash, return_url, actor_type, actor_id) ON accounts.oauth_attempt TO oppulence_system;
