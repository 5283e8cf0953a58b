-- What Prisma cannot express goes below its part, in this file: checks, partial indexes, functions, policies and grants.
-- The script is one transaction. CREATE INDEX CONCURRENTLY needs a migration of its own, with IF NOT EXISTS.

-- AlterTable
ALTER TABLE "billing"."heard_account" ADD COLUMN     "ledger_from" TIMESTAMPTZ(3);
