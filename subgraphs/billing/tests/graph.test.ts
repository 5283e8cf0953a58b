import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { execute, parse } from 'graphql';
import { inWorkspace } from '#subgraphs/shared/db/workspace-scope.ts';
import type { JsonObject } from '#subgraphs/shared/json/json.ts';
import { createHarness, type Harness } from '#subgraphs/shared/testing/harness.ts';
import { idOf } from '../stripe/normalise/fields.ts';
import { ACCOUNT, deliver, invoiceObject, offlineBilling, stripeEvent } from './factories.ts';

let harness: Harness;
let workspaceId: string;
const billing = offlineBilling();
const at = 1_795_000_000;
const COUNT = 12;

beforeAll(async () => {
  harness = await createHarness();
  workspaceId = await harness.newWorkspace();
  const events: JsonObject[] = [];
  for (let i = 0; i < COUNT; i++) {
    const n = String(i).padStart(2, '0');
    events.push(
      stripeEvent('customer.created', at, {
        id: `cus_${n}`,
        object: 'customer',
        created: at,
        name: `Customer ${n}`,
        invoice_settings: { default_payment_method: `pm_${n}` },
      }),
    );
    events.push(
      stripeEvent('payment_method.attached', at, {
        id: `pm_${n}`,
        object: 'payment_method',
        created: at,
        type: 'card',
        customer: `cus_${n}`,
        card: { brand: 'visa', last4: '4242', exp_month: 1, exp_year: 2030 },
      }),
    );
    // Pairs share their second, so that the id has to break the tie.
    events.push(
      stripeEvent(
        'invoice.created',
        at,
        invoiceObject({
          id: `in_${n}`,
          created: at + Math.floor(i / 2),
          customer: `cus_${n}`,
          parent: null,
          status: i % 3 === 0 ? 'paid' : 'open',
        }),
      ),
    );
  }
  await deliver(harness, workspaceId, events);
  await harness.pump([billing]);
});
afterAll(async () => {
  await harness.close();
});

const run = async (
  source: string,
  variables: Record<string, unknown> = {},
  scopes: readonly string[] = ['billing:read'],
): Promise<{ data: JsonObject; errors: readonly unknown[] | undefined }> => {
  const { data, errors } = await harness.run(billing.schema, source, variables, { workspaceId, scopes });
  return { data: JSON.parse(JSON.stringify(data ?? {})) as JsonObject, errors };
};

interface Listed {
  edges: { cursor: string; node: { stripeId: string; createdAt: string } }[];
  pageInfo: { hasNextPage: boolean; endCursor: string };
  totalCount: number;
}

describe('a list', () => {
  it('is read page by page, newest first, each row once', async () => {
    const seen: string[] = [];
    let after: string | null = null;
    for (let pages = 0; pages < 10; pages++) {
      const { data } = await run(
        'query ($after: String) { invoices(first: 5, after: $after) { totalCount pageInfo { hasNextPage endCursor } edges { cursor node { stripeId createdAt } } } }',
        { after },
      );
      const list = data['invoices'] as unknown as Listed;
      expect(list.totalCount).toBe(COUNT);
      seen.push(...list.edges.map(({ node }) => node.stripeId));
      if (!list.pageInfo.hasNextPage) break;
      after = list.pageInfo.endCursor;
    }
    expect(seen).toHaveLength(COUNT);
    expect(new Set(seen).size).toBe(COUNT);
    expect(seen.slice(0, 2).toSorted()).toEqual(['in_10', 'in_11']);
  });

  it('is narrowed by state and by customer', async () => {
    const customerId = idOf('customer', 'cus_03', { workspaceId, account: ACCOUNT });
    const { data } = await run(
      'query ($customerId: ID!) { paid: invoices(status: PAID) { totalCount } his: invoices(customerId: $customerId) { edges { node { stripeId status } } } }',
      { customerId },
    );
    expect(data).toEqual({
      paid: { totalCount: 4 },
      his: { edges: [{ node: { stripeId: 'in_03', status: 'PAID' } }] },
    });
  });
});

it('fields of many rows are read at once, not row by row', async () => {
  let statements = 0;
  const context = harness.graphContext({ workspaceId, scopes: ['billing:read'] });
  const counting = <T extends object>(table: T): T =>
    new Proxy(table, {
      get: (target, name, receiver): unknown => {
        const value: unknown = Reflect.get(target, name, receiver);
        if (typeof value !== 'function') return value;
        return (...args: unknown[]): unknown => {
          statements += 1;
          return Reflect.apply(value, target, args);
        };
      },
    });
  const db = new Proxy(context.useCases.db, {
    get: (target, name): unknown => {
      const value: unknown = Reflect.get(target, name);
      return typeof value === 'object' && value !== null ? counting(value) : value;
    },
  });
  const document = parse(
    '{ invoices { edges { node { stripeId customer { name defaultPaymentMethod { last4 customer { name } } } paymentIntents { id } } } } }',
  );
  const answer = await inWorkspace(
    workspaceId,
    async () =>
      await execute({
        schema: billing.schema,
        document,
        contextValue: { ...context, useCases: { ...context.useCases, db } },
      }),
  );
  expect(answer.errors).toBeUndefined();
  expect(JSON.stringify(answer.data)).toContain('Customer 07');
  // The page, its customers, their payment methods, the links to payment intents.
  expect(statements).toBe(4);
});

describe('without the scope billing:read', () => {
  it.each([
    '{ invoices { edges { cursor } } }',
    '{ customer(id: "cus_x") { id } }',
    '{ paymentMethods { totalCount } }',
  ])('%s is refused', async (source) => {
    const { data, errors } = await run(source, {}, ['recovery:read']);
    expect(Object.values(data).every((value) => value === null)).toBe(true);
    expect(errors).toMatchObject([
      { originalError: { code: 'INSUFFICIENT_PERMISSIONS', requiredScope: 'billing:read' } },
    ]);
  });

  it('objects are not shown through another subgraph’s reference either', async () => {
    const representations = [
      { __typename: 'Invoice', id: idOf('invoice', 'in_01', { workspaceId, account: ACCOUNT }) },
    ];
    const query =
      'query ($representations: [_Any!]!) { _entities(representations: $representations) { ... on Invoice { stripeId } } }';
    expect((await run(query, { representations })).data).toEqual({ _entities: [{ stripeId: 'in_01' }] });
    expect((await run(query, { representations }, ['recovery:read'])).data).toEqual({ _entities: [null] });
    const elsewhere = await harness.run(
      billing.schema,
      query,
      { representations },
      { workspaceId: await harness.newWorkspace() },
    );
    expect(JSON.parse(JSON.stringify(elsewhere.data))).toEqual({ _entities: [null] });
  });
});

it('a status that Stripe has added since reads as OTHER and breaks no list', async () => {
  await deliver(harness, workspaceId, [
    stripeEvent('customer.subscription.created', at, {
      id: 'sub_new',
      object: 'subscription',
      created: at,
      status: 'hibernating',
      customer: 'cus_01',
      items: { data: [], has_more: false },
    }),
  ]);
  await harness.pump([billing]);
  expect(await run('{ subscriptions { edges { node { stripeId status } } } }')).toEqual({
    data: { subscriptions: { edges: [{ node: { stripeId: 'sub_new', status: 'OTHER' } }] } },
    errors: undefined,
  });
});
