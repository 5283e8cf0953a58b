-- What Prisma cannot express goes below its part, in this file: checks, partial indexes, functions, policies and grants.
-- The script is one transaction. CREATE INDEX CONCURRENTLY needs a migration of its own, with IF NOT EXISTS.

-- AlterTable
ALTER TABLE "kernel"."inbox_event" ADD COLUMN     "trace_parent" TEXT;

-- AlterTable
ALTER TABLE "kernel"."event" ADD COLUMN     "trace_parent" TEXT;

-- AlterTable
ALTER TABLE "kernel"."effect" ADD COLUMN     "trace_parent" TEXT;

-- AlterTable
ALTER TABLE "kernel"."job" ADD COLUMN     "trace_parent" TEXT;

-- Counted at every scrape of the metrics: what was given up, which is little, among what was carried out, which is everything.
CREATE INDEX inbox_event_dead ON kernel.inbox_event (workspace_id) WHERE state = 'DEAD';
CREATE INDEX consumption_dead ON kernel.consumption (workspace_id) WHERE state = 'DEAD';
CREATE INDEX timer_dead ON kernel.timer (workspace_id) WHERE state = 'DEAD';
CREATE INDEX effect_failed ON kernel.effect (workspace_id) WHERE state = 'FAILED';

-- The recovery rate over all LIVE workspaces, per currency: how cases ended and when, and nothing about whose they are.
CREATE POLICY system ON recovery.recovery_case FOR SELECT TO oppulence_system USING (true);
GRANT SELECT (workspace_id, state, currency, opened_at, closed_at) ON recovery.recovery_case TO oppulence_system;
