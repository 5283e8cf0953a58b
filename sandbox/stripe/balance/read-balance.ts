import type { UnitOfWork } from '../store/unit-of-work.ts';

/** The balance at this second, by currency: all that ever moved it. */
export async function readBalance(work: UnitOfWork, at: number): Promise<object> {
  const { rows } = await work.client.query<{ currency: string; available: string; pending: string }>(
    `SELECT body ->> 'currency' AS currency,
            coalesce(sum((body ->> 'net')::bigint) FILTER (WHERE body ->> 'status' = 'available' OR (body ->> 'available_on')::bigint <= $3), 0) AS available,
            coalesce(sum((body ->> 'net')::bigint) FILTER (WHERE body ->> 'status' = 'pending' AND (body ->> 'available_on')::bigint > $3), 0) AS pending
       FROM objects WHERE account = $1 AND livemode = $2 AND kind = 'balance_transaction' GROUP BY 1 ORDER BY 1`,
    [work.scope.account, work.scope.livemode, at],
  );
  const amounts = (which: 'available' | 'pending'): object[] =>
    rows.map((row) => ({
      amount: Number(row[which]),
      currency: row.currency,
      source_types: { card: Number(row[which]) },
    }));
  return {
    object: 'balance',
    available: amounts('available'),
    connect_reserved: [],
    livemode: work.scope.livemode,
    pending: amounts('pending'),
  };
}

export async function availableIn(work: UnitOfWork, currency: string, at: number): Promise<number> {
  const { rows } = await work.client.query<{ sum: string | null }>(
    `SELECT sum((body ->> 'net')::bigint) AS sum FROM objects
      WHERE account = $1 AND livemode = $2 AND kind = 'balance_transaction' AND body ->> 'currency' = $3
        AND (body ->> 'status' = 'available' OR (body ->> 'available_on')::bigint <= $4)`,
    [work.scope.account, work.scope.livemode, currency, at],
  );
  return Number(rows[0]?.sum ?? 0);
}
