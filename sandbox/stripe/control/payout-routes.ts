/** What Stripe's payout schedule and the merchant's bank do, on demand. */
import type { FastifyInstance } from 'fastify';
import type { Pool } from 'pg';
import { z } from 'zod';
import { advancePayout, type Step, STEPS } from '../balance/advance-payout.ts';
import { payOutAvailable } from '../balance/pay-out.ts';
import { StripeError } from '../http/errors.ts';
import { inTransaction } from '../store/in-transaction.ts';
import type { Payout } from '../store/kinds.ts';
import type { UnitOfWork } from '../store/unit-of-work.ts';

export interface PayoutRoutesDeps {
  readonly pool: Pool;
  readonly publicUrl: () => string;
  readonly afterWrite: () => void;
}

const common = { livemode: z.boolean().default(false), at: z.number().int().optional() };
const payOutShape = z.strictObject({
  ...common,
  until: z.enum(['in_transit', 'paid', 'reconciled']).default('reconciled'),
});
const advanceShape = z.strictObject({ ...common, to: z.enum(STEPS) });
const accountParams = z.object({ account: z.string() });
const payoutParams = z.object({ account: z.string(), payout: z.string() });

export function addPayoutRoutes(app: FastifyInstance, { pool, publicUrl, afterWrite }: PayoutRoutesDeps): void {
  const act = async <T>(account: string, livemode: boolean, fn: (work: UnitOfWork) => Promise<T>): Promise<T> => {
    const done = await inTransaction(pool, { account, livemode }, publicUrl(), fn);
    afterWrite();
    return done;
  };
  app.post('/__sandbox/accounts/:account/payouts', async (request) => {
    const { account } = accountParams.parse(request.params);
    const { livemode, at, until } = payOutShape.parse(request.body ?? {});
    return act(account, livemode, async (work) => {
      const now = at ?? work.wallNow();
      const payouts: Payout[] = [];
      for (const payout of await payOutAvailable(work, now)) payouts.push(await goUntil(work, payout, until, now));
      return { account, payouts };
    });
  });
  app.post('/__sandbox/accounts/:account/payouts/:payout', async (request, reply) => {
    const { account, payout } = payoutParams.parse(request.params);
    const { livemode, at, to } = advanceShape.parse(request.body ?? {});
    try {
      return await act(account, livemode, async (work) =>
        advancePayout(work, await work.get('payout', payout), to, at ?? work.wallNow()),
      );
    } catch (error) {
      if (error instanceof StripeError) return reply.status(error.status).send({ error: error.message });
      throw error;
    }
  });
}

async function goUntil(work: UnitOfWork, created: Payout, until: Step, at: number): Promise<Payout> {
  let payout = created;
  for (const step of STEPS.slice(0, STEPS.indexOf(until) + 1)) payout = await advancePayout(work, payout, step, at);
  return payout;
}
