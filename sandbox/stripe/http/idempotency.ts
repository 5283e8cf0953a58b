/** An `Idempotency-Key` runs its request once: a repeat gets the stored answer, another request under the same key is refused. */
import { createHash } from 'node:crypto';
import type { PoolClient } from 'pg';
import type { Scope } from '../store/unit-of-work.ts';
import { StripeError } from './errors.ts';

export interface StoredAnswer {
  readonly status: number;
  readonly body: string;
  readonly requestId: string;
}

export interface KeyedRequest {
  readonly scope: Scope;
  readonly key: string;
  readonly method: string;
  readonly path: string;
  readonly body: string;
}

const fingerprintOf = (request: KeyedRequest): string =>
  createHash('sha256').update(`${request.method} ${request.path}\n${request.body}`).digest('hex');

/** The stored answer, or null after taking the key for the rest of the transaction. */
export async function claimKey(client: PoolClient, request: KeyedRequest): Promise<StoredAnswer | null> {
  const { account, livemode } = request.scope;
  const lock = await client.query<{ taken: boolean }>(
    'SELECT pg_try_advisory_xact_lock(hashtextextended($1, 1)) AS taken',
    [`${account}:${String(livemode)}:${request.key}`],
  );
  if (lock.rows[0]?.taken !== true) {
    throw new StripeError(
      409,
      {
        type: 'idempotency_error',
        code: 'idempotency_key_in_use',
        message: `There is currently another in-progress request using this Idempotency Key (that probably means you submitted twice, and the other request is still going through): ${request.key}.`,
      },
      { validation: true },
    );
  }
  const { rows } = await client.query<{ fingerprint: string; status: number; body: string; request_id: string }>(
    'SELECT fingerprint, status, body, request_id FROM idempotency WHERE account = $1 AND livemode = $2 AND key = $3',
    [account, livemode, request.key],
  );
  const stored = rows[0];
  if (!stored) return null;
  if (stored.fingerprint !== fingerprintOf(request)) {
    throw new StripeError(
      400,
      {
        type: 'idempotency_error',
        message: `Keys for idempotent requests can only be used with the same parameters they were first used with. Try using a key other than '${request.key}' if you meant to execute a different request.`,
      },
      { validation: true },
    );
  }
  return { status: stored.status, body: stored.body, requestId: stored.request_id };
}

export async function storeAnswer(client: PoolClient, request: KeyedRequest, answer: StoredAnswer): Promise<void> {
  await client.query(
    'INSERT INTO idempotency (account, livemode, key, fingerprint, request_id, status, body) VALUES ($1, $2, $3, $4, $5, $6, $7)',
    [
      request.scope.account,
      request.scope.livemode,
      request.key,
      fingerprintOf(request),
      answer.requestId,
      answer.status,
      answer.body,
    ],
  );
}
