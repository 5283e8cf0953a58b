import type { Vault } from '../crypto/vault.ts';
import { openAnswer, sealAnswer } from '../db/answers.ts';
import type { PrismaTransactionClient } from '../db/prisma.ts';
import { IdempotencyKeyReusedError } from '../errors/errors.ts';

const KEPT_FOR_MS = 24 * 60 * 60 * 1000;

interface Claim {
  readonly workspaceId: string;
  readonly key: string;
  /** Digest of operation, input and actor: the same key with another request is a mistake of the caller. */
  readonly fingerprint: string;
  /** Wall time. */
  readonly now: Date;
  readonly vault: Vault;
}

const aad = (workspaceId: string, key: string): string => `idempotency:${workspaceId}:${key}`;

/**
 * Claims an Idempotency-Key within the verb's own transaction. Two first calls at once meet on the unique index: the second waits for the
 * first's commit and then replays its answer.
 * @returns the kept answer when the key was used for this request before, else undefined and the key is claimed.
 * @throws {IdempotencyKeyReusedError} when the key was used for another request.
 */
export async function claimIdempotencyKey(
  db: PrismaTransactionClient,
  claim: Claim,
): Promise<{ answer: unknown } | undefined> {
  const { workspaceId, key, fingerprint, now, vault } = claim;
  const claimed = await db.$executeRaw`
    INSERT INTO kernel.idempotency_key (workspace_id, key, fingerprint, created_at, expires_at)
    VALUES (${workspaceId}, ${key}, ${fingerprint}, ${now}, ${new Date(now.getTime() + KEPT_FOR_MS)})
    ON CONFLICT (workspace_id, key) DO UPDATE SET fingerprint = EXCLUDED.fingerprint, answer = NULL, created_at = EXCLUDED.created_at, expires_at = EXCLUDED.expires_at
    WHERE kernel.idempotency_key.expires_at <= EXCLUDED.created_at`;
  if (claimed === 1) return undefined;
  const used = await db.idempotencyKey.findUniqueOrThrow({ where: { workspaceId_key: { workspaceId, key } } });
  if (used.fingerprint !== fingerprint) throw new IdempotencyKeyReusedError();
  return { answer: used.answer === null ? undefined : openAnswer(vault, used.answer, aad(workspaceId, key)) };
}

/** Keeps the answer beside the claim, in the same transaction. */
export async function keepAnswer(
  db: PrismaTransactionClient,
  kept: { workspaceId: string; key: string; answer: unknown; vault: Vault },
): Promise<void> {
  await db.idempotencyKey.update({
    where: { workspaceId_key: { workspaceId: kept.workspaceId, key: kept.key } },
    data: { answer: sealAnswer(kept.vault, kept.answer, aad(kept.workspaceId, kept.key)) },
  });
}
