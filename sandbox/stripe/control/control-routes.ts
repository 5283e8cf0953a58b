/** What Stripe has no API for: how deliveries misbehave, whether failed payments are retried, and counts for tests. Loopback only, no keys. */
import type { FastifyInstance } from 'fastify';
import type { Pool } from 'pg';
import { z } from 'zod';
import type { Trouble } from '../http/trouble.ts';
import { readState } from './read-state.ts';

const deliveryShape = z.strictObject({
  duplicates: z.number().int().min(0).max(20).optional(),
  reorder: z.boolean().optional(),
  holdMs: z.number().int().min(0).max(60_000).optional(),
  pause: z.boolean().optional(),
});
const settingsShape = z.strictObject({
  retries: z.array(z.number().positive()).max(10).optional(),
  attached_card_declines: z.string().optional(),
  name: z.string().min(1).optional(),
  fee: z.strictObject({ bps: z.number().int().min(0), fixed: z.number().int().min(0) }).optional(),
  available_after_days: z.number().min(0).optional(),
});
const troubleShape = z.strictObject({
  livemode: z.boolean().default(false),
  rate: z.number().int().min(0).optional(),
  error_rate: z.number().min(0).max(1).optional(),
  seed: z.number().int().optional(),
});
const cardShape = z.strictObject({ declines: z.string().nullable() });
const accountParams = z.object({ account: z.string() });
const cardParams = z.object({ account: z.string(), method: z.string() });

export interface ControlDeps {
  readonly pool: Pool;
  readonly trouble: Trouble;
  readonly wake: () => void;
}

export function addControlRoutes(app: FastifyInstance, { pool, trouble, wake }: ControlDeps): void {
  app.post('/__sandbox/accounts/:account/delivery', async (request) => {
    const { account } = accountParams.parse(request.params);
    const delivery = deliveryShape.parse(request.body ?? {});
    await ensure(pool, account);
    await pool.query('UPDATE accounts SET delivery = $2 WHERE id = $1', [account, JSON.stringify(delivery)]);
    if (Object.keys(delivery).length === 0) await sendWaitingNow(pool, account);
    wake();
    return { account, delivery };
  });
  app.post('/__sandbox/accounts/:account/settings', async (request) => {
    const { account } = accountParams.parse(request.params);
    const { name, ...settings } = settingsShape.parse(request.body ?? {});
    await ensure(pool, account);
    await pool.query('UPDATE accounts SET settings = $2, name = COALESCE($3, name) WHERE id = $1', [
      account,
      JSON.stringify(settings),
      name ?? null,
    ]);
    return { account, settings };
  });
  app.post('/__sandbox/accounts/:account/payment_methods/:method', async (request, reply) => {
    const { account, method } = cardParams.parse(request.params);
    const { declines } = cardShape.parse(request.body ?? {});
    const { rowCount } = await pool.query(
      `UPDATE objects SET hidden = jsonb_set(hidden::jsonb, '{declines}', $3::jsonb)::json WHERE account = $1 AND id = $2 AND kind = 'payment_method'`,
      [account, method, JSON.stringify(declines)],
    );
    return rowCount === 1
      ? { account, method, declines }
      : reply.status(404).send({ error: `No payment method ${method} in ${account}.` });
  });
  app.post('/__sandbox/accounts/:account/trouble', (request) => {
    const { account } = accountParams.parse(request.params);
    const { livemode, rate, error_rate: errorRate, seed } = troubleShape.parse(request.body ?? {});
    trouble.set({ account, livemode }, { rate, errorRate, seed });
    return { account, livemode, rate, error_rate: errorRate, seed };
  });
  app.get('/__sandbox/state/:account', async (request) => {
    const { account } = accountParams.parse(request.params);
    const [test, live] = [false, true].map((livemode) => trouble.figures({ account, livemode }));
    return { ...(await readState(pool, account)), trouble: { test, live } };
  });
}

/** Back to normal: what waits for its next try leaves at once. */
async function sendWaitingNow(pool: Pool, account: string): Promise<void> {
  await pool.query(`UPDATE deliveries SET next_at = clock_timestamp() WHERE account = $1 AND status = 'pending'`, [
    account,
  ]);
}

async function ensure(pool: Pool, account: string): Promise<void> {
  await pool.query('INSERT INTO accounts (id, name, created) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING', [
    account,
    `Sandbox ${account.slice(6, 11)}`,
    Math.floor(Date.now() / 1000),
  ]);
}
