-- What Prisma cannot express goes below its part, in this file: checks, partial indexes, functions, policies and grants.
-- The script is one transaction. CREATE INDEX CONCURRENTLY needs a migration of its own, with IF NOT EXISTS.

-- AlterTable
ALTER TABLE "kernel"."consumption" ADD COLUMN     "postponed" INTEGER NOT NULL DEFAULT 0;

-- AlterTable
ALTER TABLE "kernel"."effect" ADD COLUMN     "postponed" INTEGER NOT NULL DEFAULT 0;

-- CreateTable
CREATE TABLE "kernel"."provider_health" (
    "workspace_id" TEXT NOT NULL,
    "provider" TEXT NOT NULL,
    "account" TEXT NOT NULL,
    "instance" TEXT NOT NULL,
    "breaker" TEXT NOT NULL,
    "since" TIMESTAMPTZ(3),
    "probe_at" TIMESTAMPTZ(3),
    "budget_exhausted" BOOLEAN NOT NULL,
    "last_success_at" TIMESTAMPTZ(3),
    "last_failure_at" TIMESTAMPTZ(3),
    "last_failure_kind" TEXT,
    "calls" INTEGER NOT NULL,
    "failures" INTEGER NOT NULL,
    "retries" INTEGER NOT NULL,
    "rate_limited" INTEGER NOT NULL,
    "held_back" INTEGER NOT NULL,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "provider_health_pkey" PRIMARY KEY ("workspace_id","provider","account","instance")
);

ALTER TABLE kernel.provider_health
  ADD CONSTRAINT provider_health_workspace CHECK (workspace_id <> ''),
  ADD CONSTRAINT provider_health_breaker CHECK (breaker IN ('CLOSED', 'OPEN', 'HALF_OPEN')),
  ADD CONSTRAINT provider_health_last_failure_kind CHECK (
    last_failure_kind IN ('CONNECTION', 'TIMEOUT', 'SERVER_ERROR', 'RATE_LIMITED', 'BUSY')),
  ADD CONSTRAINT provider_health_counts CHECK (least(calls, failures, retries, rate_limited, held_back) >= 0);

ALTER TABLE kernel.provider_health ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY workspace ON kernel.provider_health FOR ALL TO oppulence_app
  USING (workspace_id = (SELECT current_setting('app.workspace_id', true)))
  WITH CHECK (workspace_id = (SELECT current_setting('app.workspace_id', true)));
-- A workspace reads how its calls fare. Written by each process for all workspaces at once, outside of any request.
GRANT SELECT ON kernel.provider_health TO oppulence_app;
CREATE POLICY system ON kernel.provider_health FOR ALL TO oppulence_system USING (true) WITH CHECK (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON kernel.provider_health TO oppulence_system;
