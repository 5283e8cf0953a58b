/** Which accounts have let which platforms act for them, by mode. */
import type { Pool, PoolClient } from 'pg';
import type { Scope } from '../store/unit-of-work.ts';

type Queryable = Pick<Pool | PoolClient, 'query'>;

export async function isConnected(db: Queryable, platform: string, { account, livemode }: Scope): Promise<boolean> {
  const { rowCount } = await db.query(
    'SELECT 1 FROM connections WHERE platform = $1 AND account = $2 AND livemode = $3',
    [platform, account, livemode],
  );
  return rowCount === 1;
}

export async function connect(db: Queryable, platform: string, { account, livemode }: Scope): Promise<void> {
  await db.query('INSERT INTO connections (platform, account, livemode) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING', [
    platform,
    account,
    livemode,
  ]);
}

export async function disconnect(db: Queryable, platform: string, { account, livemode }: Scope): Promise<void> {
  await db.query('DELETE FROM connections WHERE platform = $1 AND account = $2 AND livemode = $3', [
    platform,
    account,
    livemode,
  ]);
}
