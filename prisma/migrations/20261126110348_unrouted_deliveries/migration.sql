-- What Prisma cannot express goes below its part, in this file: checks, partial indexes, functions, policies and grants.
-- The script is one transaction. CREATE INDEX CONCURRENTLY needs a migration of its own, with IF NOT EXISTS.

-- CreateTable
CREATE TABLE "kernel"."unrouted_delivery" (
    "id" TEXT NOT NULL,
    "provider" TEXT NOT NULL,
    "provider_event_id" TEXT NOT NULL,
    "event_type" TEXT,
    "account" TEXT,
    "livemode" BOOLEAN,
    "object_id" TEXT,
    "secret_id" TEXT NOT NULL,
    "signed_at" TIMESTAMPTZ(3) NOT NULL,
    "body" BYTEA NOT NULL,
    "state" TEXT NOT NULL,
    "reason" TEXT,
    "deliveries" INTEGER NOT NULL DEFAULT 1,
    "received_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "unrouted_delivery_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE UNIQUE INDEX "unrouted_delivery_provider_event_id_key" ON "kernel"."unrouted_delivery"("provider_event_id");

-- CreateIndex
CREATE INDEX "unrouted_delivery_account_livemode_received_at_idx" ON "kernel"."unrouted_delivery"("account", "livemode", "received_at");

-- CreateIndex
CREATE INDEX "unrouted_delivery_received_at_idx" ON "kernel"."unrouted_delivery"("received_at");

ALTER TABLE kernel.unrouted_delivery ADD CONSTRAINT unrouted_delivery_state CHECK (state IN ('UNROUTED', 'IGNORED', 'DEAD')),
  ADD CONSTRAINT unrouted_delivery_waits_for CHECK (state <> 'UNROUTED' OR (account IS NOT NULL AND livemode IS NOT NULL));
-- Counted at each scrape.
CREATE INDEX unrouted_delivery_dead ON kernel.unrouted_delivery (id) WHERE state = 'DEAD';
-- Whose it is, nobody knows: so no workspace can read it.
GRANT SELECT, INSERT, UPDATE (deliveries), DELETE ON kernel.unrouted_delivery TO oppulence_system;
