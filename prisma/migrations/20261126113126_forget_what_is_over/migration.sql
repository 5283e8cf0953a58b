-- What Prisma cannot express goes below its part, in this file: checks, partial indexes, functions, policies and grants.
-- The script is one transaction. CREATE INDEX CONCURRENTLY needs a migration of its own, with IF NOT EXISTS.

-- CreateIndex
CREATE INDEX "idempotency_key_expires_at_idx" ON "kernel"."idempotency_key"("expires_at");

-- Retention takes out what has expired, without seeing what was answered, and timers that are over.
CREATE POLICY system ON kernel.idempotency_key FOR ALL TO oppulence_system USING (true) WITH CHECK (true);
GRANT SELECT (workspace_id, key, expires_at), DELETE ON kernel.idempotency_key TO oppulence_system;
GRANT DELETE ON kernel.timer TO oppulence_system;
CREATE INDEX timer_over ON kernel.timer (id COLLATE "C") WHERE state IN ('FIRED', 'CANCELED');
