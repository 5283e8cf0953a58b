import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { clientOf, startTestSandbox, subscribe } from '#sandbox/tests/harness.ts';
import type { JsonObject } from '#subgraphs/shared/json/json.ts';
import { childrenOf } from '../stripe/normalise/children.ts';
import { normalise } from '../stripe/normalise/normalise.ts';

const KEY = 'sk_test_bothshapes';
const owner = { workspaceId: 'ws_1', account: 'acct_1' };

let clock: string;
let sandbox: Awaited<ReturnType<typeof startTestSandbox>>;
beforeAll(async () => {
  sandbox = await startTestSandbox();
  const stripe = clientOf(sandbox.url, KEY);
  clock = (await subscribe(stripe)).clock.id;
  const [charge] = (await stripe.charges.list()).data;
  await stripe.refunds.create({ charge: charge!.id, amount: 100 });
});
afterAll(async () => {
  await sandbox.close();
});

async function read(path: string, version: string): Promise<JsonObject> {
  const headers = { authorization: `Bearer ${KEY}`, 'stripe-version': version };
  const { data } = (await (await fetch(`${sandbox.url}/v1/${path}`, { headers })).json()) as { data: JsonObject[] };
  return data[0]!;
}

/** The rows inside an object, each with what this shape says of it. */
const rowsIn = (kind: string, object: JsonObject): object[] =>
  childrenOf(kind, object, owner).map(({ table, rows, complete }) => ({
    table,
    complete,
    rows: rows.map(({ id, columns }) => ({
      id,
      ...Object.fromEntries(Object.entries(columns).filter(([, value]) => value !== undefined)),
    })),
  }));

it.each([
  ['invoice', 'invoices'],
  ['subscription', 'subscriptions?status=all&test_clock=CLOCK'],
  ['charge', 'charges'],
  ['payment_intent', 'payment_intents'],
  ['refund', 'refunds'],
] as const)(
  'a %s that Stripe shows in its older shape is the same row, with the same rows inside',
  async (kind, path) => {
    const [present, older] = await Promise.all(
      ['2026-10-28.endive', '2024-06-20'].map((version) => read(path.replace('CLOCK', clock), version)),
    );
    expect(Object.keys(older!)).not.toEqual(Object.keys(present!));
    expect(normalise(kind, older!, owner)).toEqual(normalise(kind, present!, owner));
    expect(rowsIn(kind, present!)).toMatchObject(rowsIn(kind, older!));
  },
);
