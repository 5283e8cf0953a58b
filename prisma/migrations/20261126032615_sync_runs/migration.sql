-- What Prisma cannot express goes below its part, in this file: checks, partial indexes, functions, policies and grants.
-- The script is one transaction. CREATE INDEX CONCURRENTLY needs a migration of its own, with IF NOT EXISTS.

-- CreateTable
CREATE TABLE "accounts"."sync_run" (
    "workspace_id" TEXT NOT NULL,
    "id" TEXT NOT NULL,
    "connection_id" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "state" TEXT NOT NULL,
    "job_id" TEXT NOT NULL,
    "done" BIGINT NOT NULL DEFAULT 0,
    "progress_bps" INTEGER,
    "api_calls" INTEGER NOT NULL DEFAULT 0,
    "counts" JSONB NOT NULL DEFAULT '{}',
    "differences" JSONB NOT NULL DEFAULT '[]',
    "differing" INTEGER NOT NULL DEFAULT 0,
    "refused" JSONB NOT NULL DEFAULT '{}',
    "started_at" TIMESTAMPTZ(3) NOT NULL,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,
    "finished_at" TIMESTAMPTZ(3),

    CONSTRAINT "sync_run_pkey" PRIMARY KEY ("workspace_id","id")
);

-- CreateTable
CREATE TABLE "billing"."sync_schedule" (
    "workspace_id" TEXT NOT NULL,
    "connection_id" TEXT NOT NULL,
    "caught_up_to" TIMESTAMPTZ(3),
    "next_catch_up_at" TIMESTAMPTZ(3) NOT NULL,
    "next_compare_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "sync_schedule_pkey" PRIMARY KEY ("workspace_id","connection_id")
);

-- CreateTable
CREATE TABLE "billing"."heard_account" (
    "workspace_id" TEXT NOT NULL,
    "connection_id" TEXT NOT NULL,
    "account" TEXT NOT NULL,
    "first_heard_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "heard_account_pkey" PRIMARY KEY ("workspace_id","connection_id","account")
);

-- CreateIndex
CREATE INDEX "sync_run_workspace_id_started_at_id_idx" ON "accounts"."sync_run"("workspace_id", "started_at", "id");

-- CreateIndex
CREATE UNIQUE INDEX "sync_run_workspace_id_job_id_key" ON "accounts"."sync_run"("workspace_id", "job_id");
ALTER TABLE accounts.sync_run
  ADD CONSTRAINT sync_run_workspace CHECK (workspace_id <> ''),
  ADD CONSTRAINT sync_run_kind CHECK (kind IN ('BACKFILL', 'CATCH_UP', 'COMPARISON')),
  ADD CONSTRAINT sync_run_state CHECK (state IN ('RUNNING', 'SUCCEEDED', 'PARTIAL')),
  ADD CONSTRAINT sync_run_progress CHECK (progress_bps BETWEEN 0 AND 10000);
ALTER TABLE accounts.sync_run ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY workspace ON accounts.sync_run FOR ALL TO oppulence_app
  USING (workspace_id = (SELECT current_setting('app.workspace_id', true)))
  WITH CHECK (workspace_id = (SELECT current_setting('app.workspace_id', true)));
GRANT SELECT, INSERT, UPDATE, DELETE ON accounts.sync_run TO oppulence_app;

ALTER TABLE billing.sync_schedule ADD CONSTRAINT sync_schedule_workspace CHECK (workspace_id <> '');
ALTER TABLE billing.sync_schedule ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY workspace ON billing.sync_schedule FOR ALL TO oppulence_app
  USING (workspace_id = (SELECT current_setting('app.workspace_id', true)))
  WITH CHECK (workspace_id = (SELECT current_setting('app.workspace_id', true)));
GRANT SELECT, INSERT, UPDATE, DELETE ON billing.sync_schedule TO oppulence_app;
-- The sweeper asks across workspaces what is due.
CREATE POLICY system ON billing.sync_schedule FOR SELECT TO oppulence_system USING (true);
GRANT USAGE ON SCHEMA billing TO oppulence_system;
GRANT SELECT ON billing.sync_schedule TO oppulence_system;
CREATE INDEX sync_schedule_due ON billing.sync_schedule (least(next_catch_up_at, next_compare_at));

ALTER TABLE billing.heard_account ADD CONSTRAINT heard_account_workspace CHECK (workspace_id <> '');
ALTER TABLE billing.heard_account ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY workspace ON billing.heard_account FOR ALL TO oppulence_app
  USING (workspace_id = (SELECT current_setting('app.workspace_id', true)))
  WITH CHECK (workspace_id = (SELECT current_setting('app.workspace_id', true)));
GRANT SELECT, INSERT, UPDATE, DELETE ON billing.heard_account TO oppulence_app;
