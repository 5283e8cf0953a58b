import type { Db } from '#subgraphs/shared/db/prisma.ts';
import type { OAuthAttempt } from '../domain/oauth-attempt.ts';

type AttemptsDb = Pick<Db, 'oAuthAttempt'>;

const KEPT_DAYS = 7;

/** And forgets those of a week ago. */
export async function insertAttempt(db: AttemptsDb, attempt: OAuthAttempt, stateHash: string): Promise<void> {
  const { actor, ...columns } = attempt;
  const { workspaceId, createdAt } = attempt;
  const old = new Date(createdAt.getTime() - KEPT_DAYS * 86_400_000);
  await db.oAuthAttempt.deleteMany({ where: { workspaceId, expiresAt: { lt: old } } });
  await db.oAuthAttempt.create({ data: { ...columns, actorType: actor.type, actorId: actor.id, stateHash } });
}

/** Takes an attempt for good, if it can still be taken: of several who come with one state, one gets it. */
export async function useAttempt(
  db: AttemptsDb,
  { workspaceId, id }: Pick<OAuthAttempt, 'workspaceId' | 'id'>,
  now: Date,
): Promise<boolean> {
  const { count } = await db.oAuthAttempt.updateMany({
    where: { workspaceId, id, usedAt: null, expiresAt: { gt: now } },
    data: { usedAt: now },
  });
  return count === 1;
}

export interface AttemptRow {
  readonly workspace_id: string;
  readonly id: string;
  readonly return_url: string | null;
  readonly actor_type: OAuthAttempt['actor']['type'];
  readonly actor_id: string;
}

/** By the hash of a state, before any workspace is known: for the system role. */
export const ATTEMPT_BY_STATE = `
  SELECT workspace_id, id, return_url, actor_type, actor_id FROM accounts.oauth_attempt WHERE state_hash = $1`;
