import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { JsonObject } from '#subgraphs/shared/json/json.ts';
import { createHarness, type Harness } from '#subgraphs/shared/testing/harness.ts';
import type { MirrorKind } from '../domain/kinds.ts';
import { assignPayout } from '../repositories/balance-transactions.ts';
import { applyEvidence } from '../use-cases/apply-evidence.ts';
import { sightingOf } from '../use-cases/fold-sightings.ts';
import { idOf } from '../stripe/normalise/fields.ts';
import { ACCOUNT, CONNECTION, deliver, offlineBilling, stripeEvent } from './factories.ts';
import { shopEvents, shopMovements } from './shop-objects.ts';

let harness: Harness;
let workspaceId: string;
const billing = offlineBilling();
const at = 1_795_000_000;
const ours = (kind: MirrorKind, stripeId: string): string => idOf(kind, stripeId, { workspaceId, account: ACCOUNT });

beforeAll(async () => {
  harness = await createHarness();
  workspaceId = await harness.newWorkspace();
  await deliver(
    harness,
    workspaceId,
    shopEvents.map(([type, object]) => stripeEvent(type, at, { created: at, ...object })),
  );
  await harness.pump([billing]);
  const ctx = harness.context(workspaceId);
  const source = { connectionId: CONNECTION, account: ACCOUNT, livemode: false, origin: 'BACKFILL' } as const;
  await ctx.transaction(async (tx) => {
    const sightings = shopMovements.map((content) =>
      sightingOf(workspaceId, {
        kind: 'balance_transaction',
        stripeId: content['id'] as string,
        source,
        evidence: { source: 'READ', from: at, to: at + 5, content, causal: false },
      }),
    );
    await applyEvidence(ctx, tx, sightings);
    const ids = shopMovements.map((content) => ours('balance_transaction', content['id'] as string));
    await assignPayout(tx.db, workspaceId, ours('payout', 'po_1'), ids, harness.wall.now());
  });
});
afterAll(async () => {
  await harness.close();
});

async function ask(
  source: string,
  variables: Record<string, unknown> = {},
  workspace = workspaceId,
): Promise<JsonObject> {
  const { data, errors } = await harness.run(billing.schema, source, variables, {
    workspaceId: workspace,
    scopes: ['billing:read'],
  });
  expect(errors).toBeUndefined();
  return JSON.parse(JSON.stringify(data)) as JsonObject;
}

describe('objects lead to each other', () => {
  it('a charge to its refunds and disputes, and they back', async () => {
    const { charge } = await ask(
      `query ($id: ID!) { charge(id: $id) {
        refunds { stripeId status amount { amountMinor currency } charge { stripeId } balanceTransaction { net { amountMinor } } }
        disputes { stripeId status reason evidenceDueAt paymentIntent { stripeId } } } }`,
      { id: ours('charge', 'ch_1') },
    );
    expect(charge).toEqual({
      refunds: [
        {
          stripeId: 're_1',
          status: 'SUCCEEDED',
          amount: { amountMinor: '1000', currency: 'EUR' },
          charge: { stripeId: 'ch_1' },
          balanceTransaction: { net: { amountMinor: '-900' } },
        },
        {
          stripeId: 're_2',
          status: 'OTHER',
          amount: { amountMinor: '1', currency: 'EUR' },
          charge: { stripeId: 'ch_1' },
          balanceTransaction: null,
        },
      ],
      disputes: [
        {
          stripeId: 'du_1',
          status: 'NEEDS_RESPONSE',
          reason: 'FRAUDULENT',
          evidenceDueAt: new Date((at + 9) * 1000).toISOString(),
          paymentIntent: { stripeId: 'pi_1' },
        },
      ],
    });
  });

  it('an invoice to its lines, payments and credit notes, and says that lines are missing', async () => {
    const { invoice } = await ask(
      `query ($id: ID!) { invoice(id: $id) { linesPartial tax { amountMinor }
        lines { description quantity amount { amountMinor } tax { amountMinor } price { product { name } } periodEnd }
        payments { status amountPaid { amountMinor } paymentIntent { stripeId } isDefault }
        creditNotes { number type linesPartial invoice { number } lines { description amount { amountMinor } } } } }`,
      { id: ours('invoice', 'in_1') },
    );
    const periodEnd = new Date((at + 1) * 1000).toISOString();
    const price = { product: { name: 'Seats' } };
    expect(invoice).toEqual({
      linesPartial: true,
      tax: { amountMinor: '38' },
      lines: [
        {
          description: 'Line 1',
          quantity: '1',
          amount: { amountMinor: '100' },
          tax: { amountMinor: '19' },
          price,
          periodEnd,
        },
        {
          description: 'Line 2',
          quantity: '2',
          amount: { amountMinor: '2800' },
          tax: { amountMinor: '19' },
          price,
          periodEnd,
        },
      ],
      payments: [
        { status: 'PAID', amountPaid: { amountMinor: '2900' }, paymentIntent: { stripeId: 'pi_1' }, isDefault: true },
      ],
      creditNotes: [
        {
          number: 'CN-1',
          type: 'POST_PAYMENT',
          linesPartial: false,
          invoice: { number: 'A-1' },
          lines: [{ description: 'Back', amount: { amountMinor: '1000' } }],
        },
      ],
    });
  });

  it('a payout to all that was paid out in it, page by page', async () => {
    const query = `query ($id: ID!, $after: String) { payout(id: $id) { status traceNumber balanceTransaction { type }
      balanceTransactions(first: 2, after: $after) { totalCount pageInfo { hasNextPage endCursor } edges { node { stripeId net { amountMinor } payout { stripeId } } } } } }`;
    const id = ours('payout', 'po_1');
    const first = (await ask(query, { id }))['payout'] as unknown as {
      balanceTransactions: { edges: unknown[]; pageInfo: { endCursor: string } };
    };
    expect(first).toMatchObject({ status: 'PAID', traceNumber: 'TR-9', balanceTransaction: { type: 'PAYOUT' } });
    expect(first.balanceTransactions).toMatchObject({
      totalCount: 3,
      edges: [
        { node: { stripeId: 'txn_3', net: { amountMinor: '-1900' }, payout: { stripeId: 'po_1' } } },
        { node: { stripeId: 'txn_2', net: { amountMinor: '-900' } } },
      ],
    });
    const second = await ask(query, { id, after: first.balanceTransactions.pageInfo.endCursor });
    expect(second).toMatchObject({
      payout: { balanceTransactions: { edges: [{ node: { stripeId: 'txn_1' } }], pageInfo: { hasNextPage: false } } },
    });
  });

  it('a promotion code to its coupon, a plan to its product, a transfer to its charge', async () => {
    expect(
      await ask(`{
        promotionCodes(code: "SUN") { edges { node { active coupon { stripeId percentOff duration timesRedeemed amountOff { amountMinor } } } } }
        plans { edges { node { stripeId interval intervalCount amount { amountMinor } product { name } } } }
        transfers(transferGroup: "g1") { edges { node { destinationAccount sourceCharge { stripeId } amountReversed { amountMinor } } } }
        setupIntents(status: SUCCEEDED) { edges { node { usage customer { name } paymentMethod { id } } } } }`),
    ).toEqual({
      promotionCodes: {
        edges: [
          {
            node: {
              active: true,
              coupon: {
                stripeId: 'SUMMER25',
                percentOff: '12.5',
                duration: 'FOREVER',
                timesRedeemed: '3',
                amountOff: null,
              },
            },
          },
        ],
      },
      plans: {
        edges: [
          {
            node: {
              stripeId: 'price_1',
              interval: 'MONTH',
              intervalCount: 1,
              amount: { amountMinor: '2900' },
              product: { name: 'Seats' },
            },
          },
        ],
      },
      transfers: {
        edges: [
          {
            node: {
              destinationAccount: 'acct_2',
              sourceCharge: { stripeId: 'ch_1' },
              amountReversed: { amountMinor: '0' },
            },
          },
        ],
      },
      setupIntents: { edges: [{ node: { usage: 'OFF_SESSION', customer: { name: 'Ada' }, paymentMethod: null } }] },
    });
  });
});

it.each<[filter: string, args: () => string, count: number]>([
  ['refunds', () => `status: SUCCEEDED, chargeId: "${ours('charge', 'ch_1')}"`, 1],
  ['refunds', () => `paymentIntentId: "${ours('payment_intent', 'pi_1')}"`, 2],
  ['disputes', () => 'status: NEEDS_RESPONSE', 1],
  ['disputes', () => 'status: LOST', 0],
  ['creditNotes', () => `invoiceId: "${ours('invoice', 'in_1')}"`, 1],
  ['payouts', () => 'status: FAILED', 0],
  ['invoicePayments', () => `paymentIntentId: "${ours('payment_intent', 'pi_1')}"`, 1],
  ['balanceTransactions', () => 'sourceStripeId: "re_1"', 1],
  ['balanceTransactions', () => 'type: "PAYOUT"', 1],
  ['coupons', () => '', 1],
])('%s can be narrowed', async (many, args, count) => {
  const given = args();
  expect(await ask(`{ ${many}${given === '' ? '' : `(${given})`} { totalCount } }`)).toEqual({
    [many]: { totalCount: count },
  });
});

it('another workspace sees none of it, by id, in lists or by reference', async () => {
  const other = await harness.newWorkspace();
  const kinds = [
    ['plan', 'price_1', 'plans', 'Plan'],
    ['coupon', 'SUMMER25', 'coupons', 'Coupon'],
    ['promotion_code', 'promo_1', 'promotionCodes', 'PromotionCode'],
    ['refund', 're_1', 'refunds', 'Refund'],
    ['dispute', 'du_1', 'disputes', 'Dispute'],
    ['credit_note', 'cn_1', 'creditNotes', 'CreditNote'],
    ['setup_intent', 'seti_1', 'setupIntents', 'SetupIntent'],
    ['payout', 'po_1', 'payouts', 'Payout'],
    ['transfer', 'tr_1', 'transfers', 'Transfer'],
    ['invoice_payment', 'inpay_1', 'invoicePayments', 'InvoicePayment'],
    ['balance_transaction', 'txn_1', 'balanceTransactions', 'BalanceTransaction'],
  ] as const;
  for (const [kind, stripeId, many, type] of kinds) {
    const one = `${type.slice(0, 1).toLowerCase()}${type.slice(1)}`;
    const query = `query ($id: ID!, $them: [_Any!]!) { ${one}(id: $id) { stripeId } ${many} { totalCount } _entities(representations: $them) { ... on ${type} { stripeId } } }`;
    const id = ours(kind, stripeId);
    const variables = { id, them: [{ __typename: type, id }] };
    expect(await ask(query, variables)).toMatchObject({ [one]: { stripeId }, _entities: [{ stripeId }] });
    expect(await ask(query, variables, other)).toEqual({ [one]: null, [many]: { totalCount: 0 }, _entities: [null] });
  }
});
