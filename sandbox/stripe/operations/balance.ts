/** The balance and what moved it. */
import { z } from 'zod';
import { shownAt } from '../balance/move-balance.ts';
import { readBalance } from '../balance/read-balance.ts';
import { refused } from '../http/errors.ts';
import { operation, type Operation } from '../http/operation.ts';
import { listOperation } from '../http/paginate.ts';
import { text } from '../http/parameters.ts';
import type { UnitOfWork } from '../store/unit-of-work.ts';

/** What a payout by hand pays out, Stripe does not know either. */
async function checkPayout(work: UnitOfWork, id: unknown): Promise<void> {
  if (typeof id !== 'string') return;
  const payout = await work.get('payout', id, 'payout');
  if (!payout.automatic)
    throw refused('Balance transaction history can only be filtered on automatic transfers, not manual.', {
      param: 'payout',
    });
}

const listed = listOperation('balance_transaction', '/v1/balance_transactions', {
  filters: { currency: ['currency'], source: ['source'], type: ['type'] },
  extra: { payout: text.optional() },
  where: ({ payout }) => (payout === undefined ? null : { sql: `hidden ->> 'payout' = $?`, values: [payout] }),
  render: (work, moved) => Promise.resolve(shownAt(moved, work.wallNow())),
});

export const balance: readonly Operation[] = [
  operation('GET', '/v1/balance', z.strictObject({}), (work) => readBalance(work, work.wallNow())),
  operation('GET', '/v1/balance_transactions/:id', z.strictObject({}), async (work, _input, id) =>
    shownAt(await work.get('balance_transaction', id), work.wallNow()),
  ),
  {
    ...listed,
    run: async (work, raw, id) => {
      await checkPayout(work, raw['payout']);
      return listed.run(work, raw, id);
    },
  },
];
