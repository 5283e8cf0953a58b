import { refused } from '../http/errors.ts';
import { buildRefund } from '../objects/balance.ts';
import type { Charge, Refund } from '../store/kinds.ts';
import type { UnitOfWork } from '../store/unit-of-work.ts';
import { moveBalance } from './move-balance.ts';

/** Gives back what was charged, or a part of it. Stripe keeps its fee. */
export async function refundCharge(
  work: UnitOfWork,
  charge: Charge,
  order: { readonly amount: number | undefined; readonly fields: Partial<Refund> },
  at: number,
): Promise<Refund> {
  const left = charge.amount_captured - charge.amount_refunded;
  const amount = order.amount ?? left;
  if (charge.status !== 'succeeded') throw refused(`Charge ${charge.id} cannot be refunded: it did not succeed.`);
  if (left === 0) throw refused(`Charge ${charge.id} has already been refunded.`, { code: 'charge_already_refunded' });
  if (amount < 1 || amount > left)
    throw refused(`Refund amount (${String(amount)}) is greater than unrefunded amount on charge (${String(left)})`, {
      param: 'amount',
    });
  const { currency } = charge;
  const built = buildRefund(charge, amount, at, order.fields);
  const moved = await moveBalance(
    work,
    { type: 'refund', amount: -amount, currency, description: 'REFUND FOR CHARGE', source: built.id },
    at,
  );
  const refund = await work.insert('refund', { ...built, balance_transaction: moved.id }, {});
  await work.announce('refund.created', refund, at);
  const amountRefunded = charge.amount_refunded + amount;
  const changes = { amount_refunded: amountRefunded, refunded: amount === left };
  await work.change('charge', charge, changes, 'charge.refunded', at);
  return refund;
}
