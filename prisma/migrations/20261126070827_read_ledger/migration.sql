-- What Prisma cannot express goes below its part, in this file: checks, partial indexes, functions, policies and grants.
-- The script is one transaction. CREATE INDEX CONCURRENTLY needs a migration of its own, with IF NOT EXISTS.

-- AlterTable
ALTER TABLE "billing"."sync_schedule" ADD COLUMN     "ledger_from" TIMESTAMPTZ(3),
ADD COLUMN     "ledger_read_to" TIMESTAMPTZ(3),
ADD COLUMN     "next_ledger_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP;

-- AlterTable
ALTER TABLE "stripe"."payout" ADD COLUMN     "listable_as" TEXT,
ADD COLUMN     "listed_as" TEXT;

DROP INDEX billing.sync_schedule_due;
CREATE INDEX sync_schedule_due ON billing.sync_schedule (least(next_catch_up_at, next_compare_at, next_ledger_at));

-- Payouts that are there already, as stripe/normalise/balance.ts would have it. Row-level security holds for the tables' owner too.
ALTER TABLE stripe.payout NO FORCE ROW LEVEL SECURITY;
UPDATE stripe.payout SET listable_as = coalesce(status, '') || '/' || coalesce(reconciliation_status, '')
  WHERE automatic AND (status IN ('PAID', 'FAILED', 'CANCELED') OR reconciliation_status = 'COMPLETED');
ALTER TABLE stripe.payout FORCE ROW LEVEL SECURITY;
CREATE INDEX payout_unlisted ON stripe.payout (workspace_id, id) WHERE listable_as IS DISTINCT FROM listed_as;
