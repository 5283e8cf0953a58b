import type Stripe from 'stripe';
import { expect } from '@jest/globals';
import { steer } from '#sandbox/tests/harness.ts';
import type { JsonObject } from '#subgraphs/shared/json/json.ts';
import { createHarness, type Harness } from '#subgraphs/shared/testing/harness.ts';
import { syncLane } from '../index.ts';
import { saveSchedule } from '../repositories/sync-schedule.ts';
import { idOf } from '../stripe/normalise/fields.ts';
import { firstSchedule } from '../sync-lane.ts';
import { CONNECTION, credentialsOf } from './factories.ts';
import { openShop, type Shop, type ShopOptions, startTestSandbox } from './stripe-sandbox.ts';

export interface ShownPayout {
  readonly status: string;
  readonly reconciliation: string;
  readonly amount: { amountMinor: string };
  readonly reconciledAmount: { amountMinor: string } | null;
  readonly balanceTransactions: {
    totalCount: number;
    edges: { node: { type: string; net: { amountMinor: string } } }[];
  };
}

const PAYOUT = `query ($id: ID!) { payout(id: $id) { status reconciliation amount { amountMinor } reconciledAmount { amountMinor currency }
  balanceTransactions { totalCount edges { node { type net { amountMinor } } } } } }`;

export const typesIn = ({ balanceTransactions }: ShownPayout): string[] =>
  balanceTransactions.edges.map(({ node }) => node.type);

/** Billing and a sandbox whose accounts have a balance: time passes, what is due is read, payouts are made. */
export interface LedgerBench {
  readonly harness: Harness;
  readonly sandbox: Awaited<ReturnType<typeof startTestSandbox>>;
  /** A connected account that has nothing yet: the backfill would find nothing, and is left out. */
  connected(options?: ShopOptions): Promise<Shop>;
  /** Lets this much time pass, starts what is due then, and carries it out. @returns what readings of the ledger that took place have told. */
  pass(shop: Shop, seconds?: number): Promise<JsonObject[]>;
  payOut(account: string, body?: object): Promise<Stripe.Payout>;
  advance(account: string, payout: Stripe.Payout, to: string, at?: number): Promise<unknown>;
  ask(
    shop: Pick<Shop, 'billing' | 'workspaceId'>,
    source: string,
    variables?: Record<string, unknown>,
  ): Promise<JsonObject>;
  /** `account` whose payout it is; the shop's own unless given. */
  shown(shop: Shop, payout: Stripe.Payout, account?: string): Promise<ShownPayout>;
  /** Types of the movements of the balance that are in no payout. */
  unassigned(shop: Shop): Promise<string[]>;
  close(): Promise<void>;
}

export async function createLedgerBench(): Promise<LedgerBench> {
  const harness = await createHarness({ now: new Date() });
  const sandbox = await startTestSandbox();

  const ask: LedgerBench['ask'] = async ({ billing, workspaceId }, source, variables = {}) => {
    const { data, errors } = await harness.run(billing.schema, source, variables, {
      workspaceId,
      scopes: ['billing:read'],
    });
    expect(errors).toBeUndefined();
    return JSON.parse(JSON.stringify(data)) as JsonObject;
  };

  return {
    harness,
    sandbox,
    ask,
    connected: async (options) => {
      const shop = await openShop(harness, sandbox.url, options);
      const { workspaceId } = shop;
      await harness
        .context(workspaceId)
        .transaction((tx) => saveSchedule(tx.db, workspaceId, CONNECTION, firstSchedule(harness.wall.now())));
      return shop;
    },
    pass: async (shop, seconds = 31) => {
      const lane = syncLane({
        contexts: harness.contexts,
        system: harness.system,
        wall: harness.wall,
        credentials: credentialsOf(shop.apiKey, shop.account),
      });
      harness.wall.advance({ ms: seconds * 1000 });
      const since = harness.wall.now();
      for (const { workspaceId, detail } of await lane.due())
        if (workspaceId === shop.workspaceId) await lane.drain(workspaceId, detail);
      await harness.pump([shop.billing]);
      const { rows } = await harness.admin.query<{ state: string; result: JsonObject }>(
        "SELECT state, result FROM kernel.job WHERE workspace_id = $1 AND kind = 'billing.read-ledger' AND created_at >= $2",
        [shop.workspaceId, since],
      );
      expect(rows.filter(({ state }) => state !== 'SUCCEEDED')).toEqual([]);
      return rows.map(({ result }) => result);
    },
    payOut: async (account, body = {}) => {
      // On a clock that is far ahead of the shop's all is available.
      const at = Math.floor(Date.now() / 1000) + 3 * 86_400;
      const { payouts } = await steer<{ payouts: Stripe.Payout[] }>(sandbox.url, account, 'payouts', { at, ...body });
      return payouts[0]!;
    },
    advance: (account, payout, to, at = payout.created + 60) =>
      steer(sandbox.url, account, `payouts/${payout.id}`, { to, at }),
    shown: async (shop, payout, account = shop.account) => {
      const { workspaceId } = shop;
      const { payout: found } = await ask(shop, PAYOUT, { id: idOf('payout', payout.id, { workspaceId, account }) });
      return found as unknown as ShownPayout;
    },
    unassigned: async (shop) => {
      const { balanceTransactions } = await ask(
        shop,
        '{ balanceTransactions(first: 100) { edges { node { type payout { id } } } } }',
      );
      const { edges } = balanceTransactions as unknown as {
        edges: { node: { type: string; payout: { id: string } | null } }[];
      };
      return edges.filter(({ node }) => node.payout === null).map(({ node }) => node.type);
    },
    close: async () => {
      await sandbox.close();
      await harness.close();
    },
  };
}
