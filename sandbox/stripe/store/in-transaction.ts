import type { Pool } from 'pg';
import { UnitOfWork, type Cause, type Scope } from './unit-of-work.ts';

export const NOBODY: Cause = { id: null, idempotency_key: null };

/** A unit of work that holds the account's lock; for everything that happens without an API call. */
export async function inTransaction<T>(
  pool: Pool,
  scope: Scope,
  publicUrl: string,
  act: (work: UnitOfWork) => Promise<T>,
): Promise<T> {
  const client = await pool.connect();
  try {
    await client.query('BEGIN');
    const work = new UnitOfWork(client, scope, NOBODY, publicUrl);
    await work.lockAccount();
    const result = await act(work);
    await client.query('COMMIT');
    return result;
  } catch (error) {
    await client.query('ROLLBACK').catch(() => undefined);
    throw error;
  } finally {
    client.release();
  }
}
