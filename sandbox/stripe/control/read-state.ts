import type { Pool } from 'pg';

export interface AccountState {
  readonly account: string;
  readonly objects: Record<string, number>;
  readonly events: Record<string, number>;
  readonly deliveries: Record<string, number>;
  /** Successful charges per invoice: more than one means a customer paid twice. */
  readonly charges_by_invoice: Record<string, number>;
  readonly failed_charges_by_invoice: Record<string, number>;
  readonly delivery: unknown;
  readonly settings: unknown;
}

export async function readState(pool: Pool, account: string): Promise<AccountState> {
  const { rows } = await pool.query<{ delivery: unknown; settings: unknown }>(
    'SELECT delivery, settings FROM accounts WHERE id = $1',
    [account],
  );
  return {
    account,
    objects: await counts(
      pool,
      'SELECT kind AS name, count(*) FROM objects WHERE account = $1 AND NOT deleted GROUP BY 1 ORDER BY 1',
      account,
    ),
    events: await counts(
      pool,
      'SELECT type AS name, count(*) FROM events WHERE account = $1 GROUP BY 1 ORDER BY 1',
      account,
    ),
    deliveries: await counts(
      pool,
      'SELECT status AS name, count(*) FROM deliveries WHERE account = $1 GROUP BY 1 ORDER BY 1',
      account,
    ),
    charges_by_invoice: await counts(pool, chargesPer('succeeded'), account),
    failed_charges_by_invoice: await counts(pool, chargesPer('failed'), account),
    delivery: rows[0]?.delivery ?? {},
    settings: rows[0]?.settings ?? {},
  };
}

const chargesPer = (status: 'failed' | 'succeeded'): string =>
  `SELECT p.body ->> 'invoice' AS name, count(*) FROM objects c
     JOIN objects p ON p.account = c.account AND p.livemode = c.livemode AND p.kind = 'invoice_payment' AND p.body #>> '{payment,payment_intent}' = c.body ->> 'payment_intent'
    WHERE c.account = $1 AND c.kind = 'charge' AND c.body ->> 'status' = '${status}' GROUP BY 1 ORDER BY 1`;

async function counts(pool: Pool, sql: string, account: string): Promise<Record<string, number>> {
  const { rows } = await pool.query<{ name: string; count: string }>(sql, [account]);
  return Object.fromEntries(rows.map((row) => [row.name, Number(row.count)]));
}
