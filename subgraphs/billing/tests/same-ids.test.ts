import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { JsonObject } from '#subgraphs/shared/json/json.ts';
import type { WorkspaceMode } from '#subgraphs/shared/db/context.ts';
import { createHarness, type Harness } from '#subgraphs/shared/testing/harness.ts';
import { ACCOUNT, deliver, offlineBilling, stripeEvent } from './factories.ts';

let harness: Harness;
const billing = offlineBilling();
beforeAll(async () => {
  harness = await createHarness();
});
afterAll(async () => {
  await harness.close();
});

const at = 1_795_000_000;
const summer = (percent_off: number, livemode: boolean): JsonObject =>
  stripeEvent(
    'coupon.created',
    at,
    { id: 'SUMMER25', object: 'coupon', created: at, livemode, percent_off, valid: true },
    { livemode },
  );

async function coupons(workspaceId: string, mode: WorkspaceMode, account?: string): Promise<unknown> {
  const { data, errors } = await harness.run(
    billing.schema,
    'query ($account: String) { coupons(account: $account) { edges { node { stripeId account percentOff } } } }',
    account === undefined ? {} : { account },
    { workspaceId, mode },
  );
  expect(errors).toBeUndefined();
  const { edges } = data?.['coupons'] as { edges: { node: { account: string; percentOff: unknown } }[] };
  return Object.fromEntries(edges.map(({ node }) => [node.account, Number(node.percentOff)]));
}

it('five coupons with one id, of three accounts and in both modes, are five, each read with its account and in its mode alone', async () => {
  const [test, live] = [await harness.newWorkspace('TEST'), await harness.newWorkspace('LIVE')];
  // A live endpoint of a platform gets test events as well, and the other way round.
  for (const workspaceId of [test, live]) {
    await deliver(harness, workspaceId, [summer(10, false)], ACCOUNT);
    await deliver(harness, workspaceId, [summer(20, true)], ACCOUNT);
    await deliver(harness, workspaceId, [summer(30, false)], 'acct_connected_1');
    await deliver(harness, workspaceId, [summer(40, false)], 'acct_connected_2');
    await deliver(harness, workspaceId, [summer(50, true)], 'acct_connected_2');
  }
  await harness.pump([billing]);
  expect(await coupons(test, 'TEST')).toEqual({ [ACCOUNT]: 10, acct_connected_1: 30, acct_connected_2: 40 });
  expect(await coupons(live, 'LIVE')).toEqual({ [ACCOUNT]: 20, acct_connected_2: 50 });
  expect(await coupons(test, 'TEST', 'acct_connected_1')).toEqual({ acct_connected_1: 30 });
  const { rows } = await harness.admin.query<{ n: string }>(
    "SELECT count(*) AS n FROM stripe.coupon WHERE stripe_id = 'SUMMER25' AND livemode = (workspace_id = $1)",
    [live],
  );
  expect(rows).toEqual([{ n: '5' }]);
});
