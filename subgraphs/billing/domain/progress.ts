import type { JsonObject } from '#subgraphs/shared/json/json.ts';
import { isMirrorKind, type MirrorKind, type ObjectKind } from './kinds.ts';
import { isObject } from './previous-attributes.ts';

/**
 * How far an object has come, as numbers to be compared from the left. Only what Stripe never takes back is listed: a paid invoice is
 * never open again, but an active subscription may be past due and active once more within a second, so those two are level.
 * "Final" is not the end of changes: a succeeded charge is still refunded and disputed, which is why this orders events of one second only.
 */
export function progressOf(kind: ObjectKind, content: JsonObject): readonly number[] {
  return isMirrorKind(kind) ? (PROGRESS[kind]?.(content) ?? []) : [];
}

/** Positive when `a` is further than `b`; zero decides nothing. */
export function compareProgress(a: readonly number[], b: readonly number[]): number {
  for (const [index, value] of a.entries()) {
    const difference = value - (b[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

type Lattice = Readonly<Record<string, number>>;

const INVOICE: Lattice = { draft: 0, open: 1, uncollectible: 2, paid: 3, void: 3 };
const SUBSCRIPTION: Lattice = { incomplete: 0, incomplete_expired: 2, canceled: 2 };
const INTENT: Lattice = { succeeded: 1, canceled: 1 };
// A refund that has succeeded may fail yet, when the customer's bank sends the money back.
const REFUND: Lattice = { succeeded: 1, failed: 2, canceled: 2 };
// An inquiry may become a dispute, and a dispute that was lost may be appealed.
const DISPUTE: Lattice = {
  warning_needs_response: 0,
  warning_under_review: 0,
  warning_closed: 0,
  needs_response: 1,
  under_review: 1,
};
// A payout that was paid may fail yet, when the bank sends the money back.
const PAYOUT: Lattice = { pending: 0, in_transit: 1, paid: 2, failed: 3, canceled: 3 };
const QUOTE: Lattice = { draft: 0, open: 1, accepted: 2, canceled: 2 };
const SCHEDULE: Lattice = { not_started: 0, active: 1, completed: 2, released: 2, canceled: 2 };
const TOPUP: Lattice = { pending: 0, succeeded: 1, failed: 1, canceled: 1, reversed: 2 };

/** Kinds that are not listed can go back on everything they say: a coupon is valid and invalid in turn, a promotion code switched on and off. */
const PROGRESS: Partial<Record<MirrorKind, (content: JsonObject) => readonly number[]>> = {
  invoice: (it) => [level(INVOICE, it['status'], 1), whole(it['attempt_count'])],
  subscription: (it) => [level(SUBSCRIPTION, it['status'], 1)],
  charge: (it) => [it['status'] === 'pending' ? 0 : 1, it['captured'] === true ? 1 : 0],
  payment_intent: (it) => [level(INTENT, it['status'], 0)],
  setup_intent: (it) => [level(INTENT, it['status'], 0)],
  // Never attached again once detached, and no event tells of it before it is attached.
  payment_method: (it) => [it['customer'] === null ? 1 : 0],
  invoice_payment: (it) => [it['status'] === 'open' ? 0 : 1],
  credit_note: (it) => [it['status'] === 'void' ? 1 : 0],
  refund: (it) => [level(REFUND, it['status'], 0)],
  // Evidence can't be unsent, and the money that a dispute moved stays in its list.
  dispute: (it) => [
    level(DISPUTE, it['status'], 2),
    whole(nested(it, 'evidence_details')['submission_count']),
    length(it['balance_transactions']),
  ],
  review: (it) => [it['open'] === true ? 0 : 1],
  balance_transaction: (it) => [it['status'] === 'available' ? 1 : 0],
  payout: (it) => [level(PAYOUT, it['status'], 0), it['reconciliation_status'] === 'completed' ? 1 : 0],
  transfer: (it) => [whole(it['amount_reversed'])],
  topup: (it) => [level(TOPUP, it['status'], 0)],
  quote: (it) => [level(QUOTE, it['status'], 0)],
  subscription_schedule: (it) => [level(SCHEDULE, it['status'], 0)],
};

function level(lattice: Lattice, status: unknown, otherwise: number): number {
  return (typeof status === 'string' ? lattice[status] : undefined) ?? otherwise;
}

function whole(value: unknown): number {
  return typeof value === 'number' ? value : 0;
}

function length(list: unknown): number {
  return Array.isArray(list) ? list.length : 0;
}

function nested(content: JsonObject, field: string): JsonObject {
  const value = content[field];
  return isObject(value) ? value : {};
}
