/** Payouts: those of the schedule, which know what they pay out, and those by hand, which do not. */
import { buildPayout } from '../objects/balance.ts';
import type { BalanceTransaction, Payout } from '../store/kinds.ts';
import type { UnitOfWork } from '../store/unit-of-work.ts';
import { moveBalance } from './move-balance.ts';
import { readBalance } from './read-balance.ts';

/** What Stripe's schedule does every day: one payout for each currency of all that is available at `at` and in no payout yet. */
export async function payOutAvailable(work: UnitOfWork, at: number): Promise<Payout[]> {
  const available = await makeAvailable(work, at);
  const payouts: Payout[] = [];
  for (const currency of new Set(available.map((moved) => moved.currency))) {
    const movements = available.filter((moved) => moved.currency === currency);
    const amount = movements.reduce((sum, { net }) => sum + net, 0);
    // What is owed to Stripe stays, and is taken off the next one.
    if (amount > 0) payouts.push(await createPayout(work, { amount, currency, automatic: true, movements }, at));
  }
  return payouts;
}

export interface PayoutOrder {
  readonly amount: number;
  readonly currency: string;
  readonly automatic: boolean;
  /** What it pays out: with its own movement they add up to nothing. */
  readonly movements: readonly BalanceTransaction[];
  readonly fields?: Partial<Payout>;
}

export async function createPayout(work: UnitOfWork, order: PayoutOrder, at: number): Promise<Payout> {
  const { amount, currency, automatic, movements, fields = {} } = order;
  const { livemode } = work.scope;
  const built = buildPayout({ created: at, livemode, amount, currency, automatic, fields });
  const own = await moveBalance(
    work,
    { type: 'payout', amount: -amount, currency, description: built.description, source: built.id },
    at,
  );
  const payout = await work.insert('payout', { ...built, balance_transaction: own.id }, {});
  if (automatic) {
    for (const { id } of [...movements, own]) await work.putHidden('balance_transaction', id, { payout: payout.id });
  }
  await work.announce('payout.created', payout, at);
  return payout;
}

/** What can be paid out at `at` and was not. Announces what has become available by then. */
async function makeAvailable(work: UnitOfWork, at: number): Promise<BalanceTransaction[]> {
  const { rows } = await work.client.query<{ body: BalanceTransaction }>(
    `SELECT body FROM objects WHERE account = $1 AND livemode = $2 AND kind = 'balance_transaction' AND hidden ->> 'payout' IS NULL
        AND (body ->> 'available_on')::bigint <= $3 ORDER BY seq`,
    [work.scope.account, work.scope.livemode, at],
  );
  const available: BalanceTransaction[] = [];
  for (const { body } of rows)
    available.push(
      body.status === 'available' ? body : await work.put('balance_transaction', { ...body, status: 'available' }),
    );
  if (rows.some(({ body }) => body.status === 'pending'))
    await work.announce('balance.available', await readBalance(work, at), at);
  return available;
}
