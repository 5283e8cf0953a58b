/** Payouts by hand are made here; those of the schedule through the control routes. */
import { z } from 'zod';
import { createPayout } from '../balance/pay-out.ts';
import { availableIn } from '../balance/read-balance.ts';
import { refused } from '../http/errors.ts';
import { operation, type Operation } from '../http/operation.ts';
import { listOperation } from '../http/paginate.ts';
import { clearable, mergedMetadata, metadata, positive, range, text } from '../http/parameters.ts';
import type { UnitOfWork } from '../store/unit-of-work.ts';

const createShape = z.strictObject({
  amount: positive,
  currency: text.transform((currency) => currency.toLowerCase()),
  description: clearable.optional(),
  metadata: metadata.optional(),
  statement_descriptor: clearable.optional(),
});

async function create(work: UnitOfWork, input: z.output<typeof createShape>): Promise<object> {
  const { amount, currency, description = null, statement_descriptor = null } = input;
  const now = work.wallNow();
  if (amount < 1 || amount > (await availableIn(work, currency, now)))
    throw refused('You have insufficient funds in your Stripe account for this transfer.', {
      code: 'balance_insufficient',
    });
  const fields = { description, statement_descriptor, metadata: mergedMetadata(null, input.metadata) };
  return createPayout(work, { amount, currency, automatic: false, movements: [], fields }, now);
}

export const payouts: readonly Operation[] = [
  operation('POST', '/v1/payouts', createShape, create),
  operation('GET', '/v1/payouts/:id', z.strictObject({}), (work, _input, id) => work.get('payout', id)),
  listOperation('payout', '/v1/payouts', {
    filters: { destination: ['destination'], status: ['status'] },
    extra: { arrival_date: range.optional() },
    where: ({ arrival_date: arrival }) => arrivalBounds(arrival),
  }),
];

const OPERATORS = { gt: '>', gte: '>=', lt: '<', lte: '<=' } as const;

function arrivalBounds(arrival: unknown): { sql: string; values: unknown[] } | null {
  if (typeof arrival !== 'object' || arrival === null) return null;
  const bounds = Object.entries(arrival).filter(([, at]) => at !== undefined);
  const sql = bounds.map(
    ([name]) => `(body ->> 'arrival_date')::bigint ${OPERATORS[name as keyof typeof OPERATORS]} $?`,
  );
  return { sql: sql.join(' AND '), values: bounds.map(([, at]: [string, unknown]) => at) };
}
