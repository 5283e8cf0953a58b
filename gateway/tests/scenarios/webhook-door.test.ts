import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createHmac } from 'node:crypto';
import { cuttable, type Cuttable } from '#cli/testing/cuttable.ts';
import { eventually, startStack, type Shop, type Stack } from '#cli/testing/stack.ts';
import { invoiceObject } from '#subgraphs/billing/tests/factories.ts';
import type { JsonObject } from '#subgraphs/shared/json/json.ts';
import { signStripePayload } from '#subgraphs/shared/webhooks/stripe.ts';

let stack: Stack;
let postgres: Cuttable[];
let shop: Shop;
beforeAll(async () => {
  stack = await startStack({
    config: async (config) => {
      const [app, system] = await Promise.all([cuttable(config.databaseUrl), cuttable(config.systemDatabaseUrl)]);
      postgres = [app, system];
      return {
        ...config,
        databaseUrl: app.url,
        systemDatabaseUrl: system.url,
        systemDirectDatabaseUrl: system.url,
      };
    },
  });
  shop = await stack.connectedShop();
}, 120_000);
afterAll(async () => {
  await stack.close();
  await Promise.all(postgres.map((way) => way.close()));
});

const secret = (): string => shop.connection.webhookSecret;
const rightly = (body: Buffer): string => signStripePayload(body, secret(), new Date());

async function post(body: Buffer<ArrayBuffer>, signature: string): Promise<number> {
  const response = await fetch(shop.connection.webhookUrl, {
    method: 'POST',
    body,
    headers: { 'content-type': 'application/json; charset=utf-8', 'stripe-signature': signature },
  });
  await response.arrayBuffer();
  return response.status;
}

let count = 0;
/** A failed renewal as Stripe sends it: indented, in UTF-8. Its invoice is nobody else's. */
function failure(more: JsonObject = {}): { id: string; invoice: string; body: Buffer<ArrayBuffer> } {
  count += 1;
  const [id, invoice] = [`evt_door_${String(count)}`, `in_door_${String(count)}`];
  const created = Math.floor(Date.now() / 1_000);
  const failed = { id: invoice, created, status: 'open', attempted: true, attempt_count: 1 };
  const event = { id, object: 'event', api_version: '2026-10-28.endive', created, livemode: false };
  const body = { ...event, type: 'invoice.payment_failed', data: { object: invoiceObject({ ...failed, ...more }) } };
  return { id, invoice, body: Buffer.from(JSON.stringify(body, null, 2)) };
}

interface Kept {
  readonly state: string;
  readonly reason: string | null;
  readonly deliveries: number;
  readonly body: Buffer;
}

async function kept(eventId: string): Promise<readonly Kept[]> {
  const { rows } = await stack.admin.query<Kept>(
    `SELECT state, reason, deliveries, body FROM kernel.inbox_event JOIN kernel.inbox_key USING (workspace_id, endpoint_id, provider_event_id)
     WHERE workspace_id = $1 AND provider_event_id = $2`,
    [shop.workspace.workspaceId, eventId],
  );
  return rows;
}

async function applied(eventId: string): Promise<void> {
  const { state, reason } = await eventually(
    'the delivery is through',
    async () => (await kept(eventId)).find((row) => row.state !== 'RECEIVED'),
    60_000,
  );
  expect([state, reason]).toEqual(['APPLIED', null]);
}

describe('a delivery over HTTP', () => {
  it('of a megabyte, indented and in every alphabet, is kept byte by byte; with one byte changed it is refused and not kept', async () => {
    const { id, body } = failure({ description: 'Grüße, 東京, привет, 💶 '.repeat(28_000) });
    expect(body.length).toBeGreaterThan(1_000_000);
    const signature = rightly(body);
    const changed = Buffer.from(body);
    changed.writeUInt8(changed.readUInt8(900_000) ^ 1, 900_000);
    expect(await post(changed, signature)).toBe(400);
    expect(await kept(id)).toEqual([]);
    expect(await post(body, signature)).toBe(200);
    expect((await kept(id)).map((row) => row.body.equals(body))).toEqual([true]);
    await applied(id);
  }, 60_000);

  it('signed 290 seconds ago is taken, 301 seconds ago refused, and of two signatures one that fits is enough', async () => {
    const ago = (seconds: number): Date => new Date(Date.now() - seconds * 1_000);
    const [late, tooLate, rolled] = [failure(), failure(), failure()];
    expect(await post(late.body, signStripePayload(late.body, secret(), ago(290)))).toBe(200);
    expect(await post(tooLate.body, signStripePayload(tooLate.body, secret(), ago(302)))).toBe(400);
    const t = String(Math.floor(Date.now() / 1_000));
    const old = createHmac('sha256', 'whsec_of_yesterday').update(`${t}.`).update(rolled.body).digest('hex');
    const now = createHmac('sha256', secret()).update(`${t}.`).update(rolled.body).digest('hex');
    expect(await post(rolled.body, `t=${t},v1=${old},v1=${now}`)).toBe(200);
    expect(await kept(tooLate.id)).toEqual([]);
    await Promise.all([applied(late.id), applied(rolled.id)]);
  }, 60_000);

  it('that comes twenty times at once is answered 2xx each time, kept once, applied once and announced once', async () => {
    const { id, invoice, body } = failure();
    const statuses = await Promise.all(Array.from({ length: 20 }, () => post(body, rightly(body))));
    expect(statuses).toEqual(Array(20).fill(200));
    await applied(id);
    expect(await kept(id)).toMatchObject([{ state: 'APPLIED', deliveries: 20 }]);
    const { rows } = await stack.admin.query(
      `SELECT (SELECT count(*)::int FROM stripe.invoice i WHERE i.workspace_id = $1 AND i.stripe_id = $2) AS rows,
              (SELECT count(*)::int FROM kernel.event e WHERE e.workspace_id = $1 AND e.type = 'billing.invoice.payment_failed' AND e.payload->>'stripeId' = $2) AS announced,
              (SELECT count(*)::int FROM kernel.event e, jsonb_array_elements(e.payload->'changes') c
               WHERE e.workspace_id = $1 AND e.type = 'billing.mirror.changed' AND c->>'stripeId' = $2) AS changes`,
      [shop.workspace.workspaceId, invoice],
    );
    expect(rows).toEqual([{ rows: 1, announced: 1, changes: 1 }]);
  }, 60_000);

  it('while PostgreSQL does not move is answered 503 within five seconds, and taken when it moves again', async () => {
    const { id, body } = failure();
    for (const way of postgres) way.freeze();
    const startedAt = performance.now();
    const statuses = await Promise.all([post(body, rightly(body)), post(body, rightly(body))]);
    const tookMs = performance.now() - startedAt;
    for (const way of postgres) way.mend();
    expect(statuses).toEqual([503, 503]);
    expect(tookMs).toBeLessThan(5_000);
    await eventually('a 200 when it moves again', async () => (await post(body, rightly(body))) === 200, 30_000);
    await applied(id);
    expect(await kept(id)).toHaveLength(1);
  }, 120_000);
});
