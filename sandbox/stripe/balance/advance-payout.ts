import { refused } from '../http/errors.ts';
import { traceOf } from '../objects/balance.ts';
import type { Payout } from '../store/kinds.ts';
import type { UnitOfWork } from '../store/unit-of-work.ts';
import { moveBalance } from './move-balance.ts';

export const STEPS = ['in_transit', 'paid', 'reconciled', 'failed'] as const;
export type Step = (typeof STEPS)[number];

/** Moves a payout on: to the bank, paid, all its transactions known, or sent back by the bank, which is legal after it was paid. */
export async function advancePayout(work: UnitOfWork, payout: Payout, to: Step, at: number): Promise<Payout> {
  if (payout.status === 'failed' && to !== 'reconciled') throw refused('This payout has failed already.');
  switch (to) {
    case 'in_transit':
      return work.change('payout', payout, { status: 'in_transit' }, 'payout.updated', at);
    case 'paid':
      return work.change('payout', payout, { status: 'paid', trace_id: traceOf() }, 'payout.paid', at);
    case 'reconciled':
      return reconcile(work, payout, at);
    case 'failed':
      return fail(work, payout, at);
  }
}

async function reconcile(work: UnitOfWork, payout: Payout, at: number): Promise<Payout> {
  if (!payout.automatic) throw refused('Only automatic payouts are reconciled.');
  const changes = { reconciliation_status: 'completed' } as const;
  const reconciled = await work.change('payout', payout, changes, 'payout.updated', at);
  await work.announce('payout.reconciliation_completed', reconciled, at);
  return reconciled;
}

/** The money is back, in a movement of its own that the next payout pays out. */
async function fail(work: UnitOfWork, payout: Payout, at: number): Promise<Payout> {
  const { id: source, amount, currency } = payout;
  const back = await moveBalance(
    work,
    { type: 'payout_failure', amount, currency, description: 'Payout failure', source },
    at,
  );
  const failed = await work.put('payout', {
    ...payout,
    status: 'failed',
    failure_balance_transaction: back.id,
    failure_code: 'account_closed',
    failure_message: 'The bank account has been closed.',
  });
  await work.announce('payout.failed', failed, at);
  return failed;
}
