-- What Prisma cannot express goes below its part, in this file: checks, partial indexes, functions, policies and grants.
-- The script is one transaction. CREATE INDEX CONCURRENTLY needs a migration of its own, with IF NOT EXISTS.

-- AlterTable
ALTER TABLE "kernel"."inbox_event" ADD COLUMN     "interruptions" INTEGER NOT NULL DEFAULT 0;

-- AlterTable
ALTER TABLE "kernel"."consumption" ADD COLUMN     "interruptions" INTEGER NOT NULL DEFAULT 0;

-- AlterTable
ALTER TABLE "kernel"."timer" ADD COLUMN     "interruptions" INTEGER NOT NULL DEFAULT 0;

-- AlterTable
ALTER TABLE "kernel"."effect" ADD COLUMN     "interruptions" INTEGER NOT NULL DEFAULT 0;

-- CreateTable
CREATE TABLE "kernel"."worker" (
    "instance" TEXT NOT NULL,
    "seen_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "worker_pkey" PRIMARY KEY ("instance")
);

-- Of the installation: no data of anybody, and nobody's but the system's.
GRANT SELECT, INSERT, UPDATE, DELETE ON kernel.worker TO oppulence_system;
