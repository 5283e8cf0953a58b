-- What Prisma cannot express goes below its part, in this file: checks, partial indexes, functions, policies and grants.
-- The script is one transaction. CREATE INDEX CONCURRENTLY needs a migration of its own, with IF NOT EXISTS.

-- AlterTable
ALTER TABLE "analytics"."reconciliation" ADD COLUMN     "kind" TEXT;

-- The sweeper does not take the comparison of one kind for the one of every day.
GRANT SELECT (kind) ON analytics.reconciliation TO oppulence_system;
