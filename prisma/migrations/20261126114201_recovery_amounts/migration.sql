-- What Prisma cannot express goes below its part, in this file: checks, partial indexes, functions, policies and grants.
-- The script is one transaction. CREATE INDEX CONCURRENTLY needs a migration of its own, with IF NOT EXISTS.

-- AlterTable
ALTER TABLE "recovery"."recovery_case" ADD COLUMN     "failed_amount_minor" BIGINT,
ADD COLUMN     "recovered_amount_minor" BIGINT;

-- What was announced of the cases that there are, as far as the event log still holds it. Their owner is held to row-level security like everybody;
-- both tables are locked until the end of this script.
SET LOCAL row_security = off;
ALTER TABLE recovery.recovery_case NO FORCE ROW LEVEL SECURITY;
ALTER TABLE kernel.event NO FORCE ROW LEVEL SECURITY;
UPDATE recovery.recovery_case c SET
  failed_amount_minor = (SELECT (e.payload->'amount'->>'amountMinor')::bigint FROM kernel.event e
    WHERE e.workspace_id = c.workspace_id AND e.subject_id = c.id AND e.type = 'recovery.case.opened' LIMIT 1),
  recovered_amount_minor = (SELECT (e.payload->'amount'->>'amountMinor')::bigint FROM kernel.event e
    WHERE e.workspace_id = c.workspace_id AND e.subject_id = c.id AND e.type = 'recovery.case.recovered' LIMIT 1);
ALTER TABLE kernel.event FORCE ROW LEVEL SECURITY;
ALTER TABLE recovery.recovery_case FORCE ROW LEVEL SECURITY;
SET LOCAL row_security = on;
