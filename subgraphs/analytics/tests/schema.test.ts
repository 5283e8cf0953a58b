import { composeServices } from '@apollo/composition';
import { printSubgraphSchema } from '@apollo/subgraph';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { parse, type ExecutionResult } from 'graphql';
import { createClickHouse, type ClickHouse, type ClickHouseParams } from '#subgraphs/shared/clickhouse/client.ts';
import type { Subgraph } from '#subgraphs/shared/graphql/subgraph.ts';
import type { GraphCall } from '#subgraphs/shared/testing/harness.ts';
import { createAnalyticsSubgraph } from '../index.ts';
import { shipEvents } from '../use-cases/ship-events.ts';
import { caseEvents, createAnalyticsWorld, ids, NO_CASES, NO_MIRROR, type AnalyticsWorld } from './factories.ts';

const SUMMARY = /* GraphQL */ `
  query Summary($input: RecoverySummaryInput) {
    recoverySummary(input: $input) {
      asOf
      lagSeconds
      currencies {
        currency
        casesOpened
        casesRecovered
        casesInProgress
        casesLost
        casesMatured
        failedAmount {
          amountMinor
          currency
          amount
        }
        recoveredAmount {
          amount
        }
        recoveryRate
        amountRecoveryRate
        cohorts {
          month
          casesOpened
          recoveryRate
        }
      }
    }
  }
`;
const ENTITIES = /* GraphQL */ `
  query Entities($representations: [_Any!]!) {
    _entities(representations: $representations) {
      ... on Customer {
        id
        recoveredAmounts {
          amountMinor
          currency
        }
      }
    }
  }
`;

describe('analytics in the graph', () => {
  let world: AnalyticsWorld;
  let subgraph: Subgraph;
  let statements = 0;
  const [mine, theirs] = [ids.next('ws'), ids.next('ws')];
  const [alice, bob] = [ids.next('cus'), ids.next('cus')];

  beforeAll(async () => {
    world = await createAnalyticsWorld();
    subgraph = createAnalyticsSubgraph({
      clickhouse: counting(world.ch),
      system: world.system,
      mirror: NO_MIRROR,
      cases: NO_CASES,
    });
    for (const workspaceId of [mine, theirs])
      await world.harness.admin.query(
        `INSERT INTO kernel.workspace_clock (workspace_id, mode, test_now) VALUES ($1, 'TEST', '2026-12-24T00:00:00Z')`,
        [workspaceId],
      );
    const [first, second] = [caseEvents(mine, { customerId: alice }), caseEvents(mine, { customerId: bob })];
    await world.append([
      first.opened(1_999n, 'USD', new Date('2026-11-02T10:00:00Z')),
      second.opened(1_000n, 'USD', new Date('2026-12-20T10:00:00Z')),
      first.recovered(1_999n, 'USD', new Date('2026-11-09T10:00:00Z')),
    ]);
    await shipEvents(world.ship, { limit: 100 });
  });
  afterAll(async () => {
    await world.close();
  });
  const counting = (ch: ClickHouse): ClickHouse => ({
    ...ch,
    query: async <T>(sql: string, params?: ClickHouseParams): Promise<T[]> => {
      statements += 1;
      return ch.query<T>(sql, params);
    },
  });
  const run = async (source: string, variables: Record<string, unknown>, call: GraphCall): Promise<ExecutionResult> => {
    const result = await world.harness.run(subgraph.schema, source, variables, call);
    return JSON.parse(JSON.stringify(result)) as ExecutionResult;
  };

  it('answers the summary with money as text, cohorts, and how far it is', async () => {
    expect(await run(SUMMARY, {}, { workspaceId: mine })).toEqual({
      data: {
        recoverySummary: {
          asOf: '2026-12-20T10:00:00.000Z',
          lagSeconds: 0,
          currencies: [
            {
              currency: 'USD',
              casesOpened: 2,
              casesRecovered: 1,
              casesInProgress: 1,
              casesLost: 0,
              casesMatured: 1,
              failedAmount: { amountMinor: '2999', currency: 'USD', amount: '29.99' },
              recoveredAmount: { amount: '19.99' },
              recoveryRate: '1.0000',
              amountRecoveryRate: '1.0000',
              cohorts: [
                { month: '2026-11-01T00:00:00.000Z', casesOpened: 1, recoveryRate: '1.0000' },
                { month: '2026-12-01T00:00:00.000Z', casesOpened: 1, recoveryRate: null },
              ],
            },
          ],
        },
      },
    });
  });

  it('shows another workspace nothing', async () => {
    const { data } = await run(SUMMARY, {}, { workspaceId: theirs });
    expect(data).toEqual({ recoverySummary: { asOf: null, lagSeconds: 0, currencies: [] } });

    const entities = await run(
      ENTITIES,
      { representations: [{ __typename: 'Customer', id: alice }] },
      { workspaceId: theirs },
    );
    expect(entities.data).toEqual({ _entities: [{ id: alice, recoveredAmounts: [] }] });
  });

  it('reads the amounts of all customers of a request at once', async () => {
    statements = 0;
    const representations = [alice, bob, alice, `it's "no" id\\`].map((id) => ({ __typename: 'Customer', id }));

    const { data, errors } = await run(ENTITIES, { representations }, { workspaceId: mine });

    expect(errors).toBeUndefined();
    expect(data?.['_entities']).toMatchObject([
      { recoveredAmounts: [{ amountMinor: '1999', currency: 'USD' }] },
      { recoveredAmounts: [] },
      { recoveredAmounts: [{ amountMinor: '1999' }] },
      { recoveredAmounts: [] },
    ]);
    expect(statements).toBe(1);
  });

  it.each([
    { field: 'recoverySummary', source: SUMMARY, variables: {} },
    {
      field: 'Customer.recoveredAmounts',
      source: ENTITIES,
      variables: { representations: [{ __typename: 'Customer', id: 'cus_1' }] },
    },
  ])('$field needs the scope analytics:read', async ({ source, variables }) => {
    statements = 0;
    const { errors } = await run(source, variables, { workspaceId: mine, scopes: ['billing:read', 'recovery:read'] });

    expect(errors).toMatchObject([{ message: expect.stringContaining('analytics:read') }]);
    expect(statements).toBe(0);
  });

  it('gives the rest of the answer, and a reason, while ClickHouse is away', async () => {
    const away = createClickHouse({ url: 'http://127.0.0.1:9', database: 'analytics', timeoutMs: 500 });
    const cutOff = createAnalyticsSubgraph({
      clickhouse: away,
      system: world.system,
      mirror: NO_MIRROR,
      cases: NO_CASES,
    });
    const representations = [{ __typename: 'Customer', id: alice }];

    const { data, errors } = await world.harness.run(
      cutOff.schema,
      ENTITIES,
      { representations },
      { workspaceId: mine },
    );
    const summary = await world.harness.run(cutOff.schema, SUMMARY, {}, { workspaceId: mine });

    expect(data).toEqual({ _entities: [{ id: alice, recoveredAmounts: null }] });
    expect(errors).toMatchObject([{ originalError: { code: 'ANALYTICS_UNAVAILABLE' } }]);
    expect(summary).toMatchObject({
      data: { recoverySummary: null },
      errors: [{ originalError: { code: 'ANALYTICS_UNAVAILABLE' } }],
    });
    await away.close();
  });

  it('names the argument of an empty period', async () => {
    const { errors } = await world.harness.run(
      subgraph.schema,
      SUMMARY,
      { input: { from: '2026-12-02T00:00:00Z', to: '2026-12-01T00:00:00Z' } },
      { workspaceId: mine },
    );

    expect(errors).toMatchObject([{ originalError: { code: 'INVALID_PARAMETER', param: 'input.from' } }]);
  });

  it('composes with the subgraph that owns Customer', () => {
    const owner = /* GraphQL */ `
      extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key"])
      type Query {
        customer(id: ID!): Customer
      }
      type Customer @key(fields: "id") {
        id: ID!
        name: String
      }
    `;

    const { errors } = composeServices([
      { name: 'billing', typeDefs: parse(owner) },
      { name: 'analytics', typeDefs: parse(printSubgraphSchema(subgraph.schema)) },
    ]);

    expect(errors ?? []).toEqual([]);
  });
});
