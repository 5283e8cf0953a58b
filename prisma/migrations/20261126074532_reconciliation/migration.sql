-- What Prisma cannot express goes below its part, in this file: checks, partial indexes, functions, policies and grants.
-- The script is one transaction. CREATE INDEX CONCURRENTLY needs a migration of its own, with IF NOT EXISTS.

-- CreateTable
CREATE TABLE "analytics"."reconciliation" (
    "workspace_id" TEXT NOT NULL,
    "id" TEXT NOT NULL,
    "job_id" TEXT NOT NULL,
    "asked_by_type" TEXT NOT NULL,
    "asked_by_id" TEXT NOT NULL,
    "objects" INTEGER NOT NULL,
    "groups" INTEGER NOT NULL,
    "differing" INTEGER NOT NULL,
    "repaired" INTEGER NOT NULL,
    "differences" JSONB NOT NULL,
    "started_at" TIMESTAMPTZ(3) NOT NULL,
    "finished_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "reconciliation_pkey" PRIMARY KEY ("workspace_id","id")
);

-- CreateIndex
CREATE INDEX "reconciliation_workspace_id_started_at_id_idx" ON "analytics"."reconciliation"("workspace_id", "started_at", "id");

-- CreateIndex
CREATE UNIQUE INDEX "reconciliation_workspace_id_job_id_key" ON "analytics"."reconciliation"("workspace_id", "job_id");

ALTER TABLE analytics.reconciliation ADD CONSTRAINT reconciliation_workspace CHECK (workspace_id <> ''),
  ADD CONSTRAINT reconciliation_counts CHECK (least(objects, groups, repaired, differing - repaired) >= 0);
ALTER TABLE analytics.reconciliation ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY workspace ON analytics.reconciliation FOR ALL TO oppulence_app
  USING (workspace_id = (SELECT current_setting('app.workspace_id', true)))
  WITH CHECK (workspace_id = (SELECT current_setting('app.workspace_id', true)));
GRANT SELECT, INSERT, UPDATE, DELETE ON analytics.reconciliation TO oppulence_app;
-- The sweeper asks which workspace was compared how long ago.
CREATE POLICY system ON analytics.reconciliation FOR SELECT TO oppulence_system USING (true);
GRANT SELECT (workspace_id, started_at) ON analytics.reconciliation TO oppulence_system;
