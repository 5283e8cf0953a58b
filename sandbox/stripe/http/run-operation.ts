/** One API request is one transaction: what it did, the events it caused, their deliveries and its stored answer commit together or not at all. */
import type { Pool, PoolClient } from 'pg';
import { inOlderShape } from '../shapes/older-shape.ts';
import { UnitOfWork, type Scope } from '../store/unit-of-work.ts';
import { type ErrorBody, StripeError } from './errors.ts';
import { expand, type Shape } from './expand.ts';
import { claimKey, storeAnswer, type KeyedRequest } from './idempotency.ts';
import type { Operation } from './operation.ts';

export interface ApiRequest {
  readonly scope: Scope;
  readonly requestId: string;
  readonly idempotencyKey: string | null;
  /** Whether objects are to look as they did in the older version of the API. */
  readonly older: boolean;
  readonly path: string;
  readonly rawBody: string;
  readonly parameters: Record<string, unknown>;
  readonly id: string;
}
export interface ApiAnswer {
  readonly status: number;
  readonly body: string;
  readonly replayed: boolean;
  readonly originalRequest: string | null;
}

export async function runOperation(
  pool: Pool,
  operation: Operation,
  request: ApiRequest,
  publicUrl: string,
): Promise<ApiAnswer> {
  const client = await pool.connect();
  try {
    await client.query('BEGIN');
    const answer = await inTransaction(client, operation, request, publicUrl);
    await client.query('COMMIT');
    return answer;
  } catch (error) {
    await client.query('ROLLBACK').catch(() => undefined);
    throw error;
  } finally {
    client.release();
  }
}

async function inTransaction(
  client: PoolClient,
  operation: Operation,
  request: ApiRequest,
  publicUrl: string,
): Promise<ApiAnswer> {
  const keyed = keyedRequest(operation, request);
  const stored = keyed ? await claimKey(client, keyed) : null;
  if (stored) return { status: stored.status, body: stored.body, replayed: true, originalRequest: stored.requestId };

  const work = new UnitOfWork(
    client,
    request.scope,
    { id: request.requestId, idempotency_key: request.idempotencyKey },
    publicUrl,
  );
  if (operation.method !== 'GET') await work.lockAccount();
  await client.query('SAVEPOINT operation');
  const outcome = await perform(work, operation, request);
  if (keyed && !outcome.validation) await storeAnswer(client, keyed, { ...outcome, requestId: request.requestId });
  return { status: outcome.status, body: outcome.body, replayed: false, originalRequest: null };
}

interface Outcome {
  readonly status: number;
  readonly body: string;
  readonly validation: boolean;
}

async function perform(work: UnitOfWork, operation: Operation, request: ApiRequest): Promise<Outcome> {
  const shape: Shape = (value) => (request.older ? inOlderShape(work, value) : Promise.resolve(value));
  try {
    const { expand: wanted, ...parameters } = request.parameters;
    const answer = await shape(await operation.run(work, parameters, request.id));
    if (wanted !== undefined) await expand(work, answer, wanted, shape);
    return { status: 200, body: JSON.stringify(answer, null, 2), validation: false };
  } catch (error) {
    if (!(error instanceof StripeError)) throw error;
    if (!error.keep) await work.client.query('ROLLBACK TO SAVEPOINT operation');
    const body = errorText(await shape(error.body), request.requestId);
    return { status: error.status, body, validation: error.validation };
  }
}

export function errorText(error: ErrorBody, requestId: string): string {
  return JSON.stringify(
    { error: { ...error, request_log_url: `https://dashboard.stripe.com/test/logs/${requestId}` } },
    null,
    2,
  );
}

function keyedRequest(operation: Operation, request: ApiRequest): KeyedRequest | null {
  if (operation.method !== 'POST' || request.idempotencyKey === null) return null;
  return {
    scope: request.scope,
    key: request.idempotencyKey,
    method: operation.method,
    path: request.path,
    body: request.rawBody,
  };
}
