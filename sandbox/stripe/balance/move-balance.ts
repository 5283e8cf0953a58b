import { buildBalanceTransaction, type Movement } from '../objects/balance.ts';
import type { BalanceTransaction } from '../store/kinds.ts';
import type { AccountSettings, UnitOfWork } from '../store/unit-of-work.ts';

/** Stripe's usual price for a card: 2.9 % and 30 minor units. */
const FEE = { bps: 290, fixed: 30 };
const AVAILABLE_AFTER_DAYS = 2;
const DAY_S = 86_400;

export function feeOn(amount: number, { fee = FEE }: AccountSettings): number {
  return Math.round((amount * fee.bps) / 10_000) + fee.fixed;
}

/** One line of the account's ledger. Money that comes in can be paid out some days later; what leaves, leaves at once. No event tells of it. */
export async function moveBalance(work: UnitOfWork, movement: Movement, at: number): Promise<BalanceTransaction> {
  const { available_after_days: days = AVAILABLE_AFTER_DAYS } = await work.settings();
  const availableOn = movement.type === 'charge' ? at + days * DAY_S : at;
  return work.insert('balance_transaction', buildBalanceTransaction(movement, at, availableOn), { payout: null });
}

/** As it reads at this second: what was pending becomes available by itself. */
export function shownAt(moved: BalanceTransaction, at: number): BalanceTransaction {
  return moved.available_on <= at ? { ...moved, status: 'available' } : moved;
}
