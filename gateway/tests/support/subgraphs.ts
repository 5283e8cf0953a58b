import { composeServices } from '@apollo/composition';
import { buildSubgraphSchema } from '@apollo/subgraph';
import { parse } from 'graphql';

import { AuthorizationError, NotFoundError } from '#subgraphs/shared/errors/errors.ts';
import { DateTimeScalar } from '#subgraphs/shared/graphql/scalars.ts';

import { EventSource } from './event-source.ts';

import type { GraphQLResolverMap } from '@apollo/subgraph/dist/schema-helper/index.js';
import type { Caller } from '#subgraphs/shared/graphql/context.ts';

import type { GatewayRequest, InProcessSubgraph } from '../../types.ts';

export interface TestContext {
  readonly caller: Caller;
  readonly request: GatewayRequest;
}

const LINK =
  '@link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@shareable", "@external", "@requiresScopes", "@tag"])';

const ACCOUNTS_SDL = `
  extend schema ${LINK}
  type Query { customer(id: ID!): Customer  me: String!  workspace: String  slow: String  stuck: String  away: String }
  type Customer @key(fields: "id") { id: ID!  name: String!  secret: String @requiresScopes(scopes: [["accounts:read"]])  broken: String  friends: [Customer!]! }
`;

const BILLING_SDL = `
  extend schema ${LINK}
  type Query { invoices(first: Int = 2): [Invoice!]!  invoice(id: ID!): Invoice  echo(value: String): String  shared(first: Int!): [Invoice!]!  dueBy(at: DateTime!): String }
  scalar DateTime
  type Mutation { payInvoice(id: ID!): Invoice!  crash: String  stick: String }
  type Invoice @key(fields: "id") { id: ID!  amountMinor: String!  customer: Customer  payer: Customer! }
  type Customer @key(fields: "id", resolvable: false) { id: ID! }
`;

const RECOVERY_SDL = `
  extend schema ${LINK}
  type Query { recoveryRate: String }
  type Subscription {
    recoveryEvents(after: String): RecoveryEvent! @tag(name: "live")
    progress(after: String): Progress!
    ticks: Tick!
    refused(after: String): RecoveryEvent!
  }
  type RecoveryEvent { cursor: String!  kind: String!  invoice: Invoice  fails: String  padding: String! }
  type Tick { number: Int! }
  type Progress { cursor: String!  state: String! }
  type Invoice @key(fields: "id") { id: ID!  attempts: Int! }
`;

export interface TestGraph {
  readonly supergraphSdl: string;
  readonly subgraphs: Readonly<Record<'accounts' | 'billing' | 'recovery', InProcessSubgraph>>;
  readonly events: EventSource;
  /** How often each subgraph was called since the graph was made. */
  readonly calls: Record<'accounts' | 'billing' | 'recovery', number>;
  /** Workspaces in force while a resolver ran, as `around` set them. */
  readonly seen: { workspace: string | null; scopes: readonly string[] };
  /** Resolvers that wait for ever and heard that nobody waits for them; representations of customers; the last Idempotency-Key. */
  readonly told: { aborted: number; customers: number; idempotencyKey: string | undefined };
}

let composed: string | null = null;

/** Makes an event as large as a few hundred of them filling every buffer between two processes. */
const PADDING = 'x'.repeat(65_536);

/** Three small subgraphs whose types lean on each other, with the faults that the tests ask for. */
export function createTestGraph(): TestGraph {
  const events = new EventSource();
  const calls = { accounts: 0, billing: 0, recovery: 0 };
  const seen: { workspace: string | null; scopes: readonly string[] } = { workspace: null, scopes: [] };
  const told: TestGraph['told'] = { aborted: 0, customers: 0, idempotencyKey: undefined };
  const stuck = async (_root: unknown, _args: unknown, { request: { signal } }: TestContext): Promise<string> =>
    new Promise((done) => {
      signal.addEventListener('abort', () => {
        told.aborted += 1;
        done('aborted');
      });
    });
  composed ??= compose({ accounts: ACCOUNTS_SDL, billing: BILLING_SDL, recovery: RECOVERY_SDL });
  const supergraphSdl = composed;
  const make = (
    name: keyof typeof calls,
    sdl: string,
    resolvers: GraphQLResolverMap<TestContext>,
  ): InProcessSubgraph => {
    const subgraph: InProcessSubgraph = {
      schema: buildSubgraphSchema([{ typeDefs: parse(sdl), resolvers: resolvers as GraphQLResolverMap<unknown> }]),
      contextFor: (caller, request) => ({ caller, request }) satisfies TestContext,
      around: async (context, run) => {
        calls[name] += 1;
        const { caller } = context as TestContext;
        told.idempotencyKey = (context as TestContext).request.idempotencyKey;
        seen.scopes = scopesOf(caller);
        seen.workspace = 'workspaceId' in caller ? caller.workspaceId : null;
        return run();
      },
    };
    return subgraph;
  };
  return {
    supergraphSdl,
    events,
    calls,
    seen,
    told,
    subgraphs: {
      accounts: make('accounts', ACCOUNTS_SDL, accountsResolvers(stuck, told)),
      billing: make('billing', BILLING_SDL, billingResolvers(stuck)),
      recovery: make('recovery', RECOVERY_SDL, recoveryResolvers(events)),
    },
  };
}

export function compose(sdls: Readonly<Record<string, string>>): string {
  const services = Object.entries(sdls).map(([name, sdl]) => ({
    name,
    typeDefs: parse(sdl),
    url: `http://${name}.invalid`,
  }));
  const { supergraphSdl, errors } = composeServices(services);
  if (supergraphSdl === undefined) throw new AggregateError(errors, 'the test graph does not compose');
  return supergraphSdl;
}

type Stuck = (root: unknown, args: unknown, context: TestContext) => Promise<string>;

const accountsResolvers = (stuck: Stuck, told: TestGraph['told']): GraphQLResolverMap<TestContext> => ({
  Query: {
    away: () => {
      throw Object.assign(new Error('connect ECONNREFUSED 10.0.0.7:5432'), { code: 'ECONNREFUSED' });
    },
    customer: (_root, { id }: { id: string }) => ({ id }),
    me: (_root, _args, { caller }: TestContext) => caller.kind,
    workspace: async (_root, _args, { caller }: TestContext) => {
      // Long enough for an equal question of somebody else to arrive meanwhile.
      await new Promise((done) => setTimeout(done, 30));
      return 'workspaceId' in caller ? caller.workspaceId : null;
    },
    stuck,
    slow: async (_root, _args, { request }: TestContext) =>
      new Promise((done) => setTimeout(() => done(request.requestId), 150)),
  },
  Customer: {
    __resolveReference: (reference: { id: string }) => {
      told.customers += 1;
      return reference.id === 'nowhere' ? null : reference;
    },
    name: ({ id }: { id: string }) => `Customer ${id}`,
    secret: (_customer, _args, { caller }: TestContext) => {
      if (!scopesOf(caller).includes('accounts:read')) throw new AuthorizationError('accounts:read');
      return 'secret';
    },
    broken: () => {
      throw new Error('password=hunter2 at db.internal');
    },
    friends: ({ id }: { id: string }) => [{ id: `${id}x` }],
  },
});

const billingResolvers = (stuck: Stuck): GraphQLResolverMap<TestContext> => ({
  Query: {
    invoices: (_root, { first }: { first: number }) =>
      Array.from({ length: first }, (_, index) => invoice(`inv_${String(index + 1)}`)),
    invoice: (_root, { id }: { id: string }) => {
      if (id === 'absent') throw new NotFoundError('Invoice', id);
      return invoice(id);
    },
    shared: (_root, { first }: { first: number }) =>
      Array.from({ length: first }, (_, index) => ({
        ...invoice(`inv_${String(index)}`),
        customer: { id: `cus_${String(index % 10)}` },
      })),
    echo: (_root, { value }: { value?: string }) => value ?? null,
    dueBy: (_root, { at }: { at: Date }) => at.toISOString(),
  },
  DateTime: DateTimeScalar,
  Mutation: {
    stick: stuck,
    payInvoice: (_root, { id }: { id: string }) => invoice(id),
    crash: () => {
      throw new TypeError('undefined is not a function');
    },
  },
  Invoice: { __resolveReference: ({ id }: { id: string }) => invoice(id) },
});

function invoice(id: string): object {
  return { id, amountMinor: '4900', customer: { id: `cus_of_${id}` }, payer: { id: 'nowhere' } };
}

function recoveryResolvers(events: EventSource): GraphQLResolverMap<TestContext> {
  return {
    Query: { recoveryRate: () => '0.62' },
    Subscription: {
      recoveryEvents: {
        subscribe: (
          _root: unknown,
          { after }: { after?: string | null },
          { caller, request }: TestContext,
        ): AsyncIterable<unknown> => {
          if (!scopesOf(caller).includes('recovery:read')) throw new AuthorizationError('recovery:read');
          return events.follow(after ?? null, request.signal);
        },
        resolve: (event: object) => event,
      },
      // As a job's progress does, it begins with how things stand, for each who comes without a cursor.
      progress: {
        subscribe: async function* (
          _root: unknown,
          { after }: { after?: string | null },
          { request }: TestContext,
        ): AsyncGenerator<{ cursor: string; state: string }> {
          const from = after ?? String(events.newest);
          if (after === undefined || after === null) yield { cursor: from, state: `stands at ${from}` };
          for await (const { cursor } of events.follow(from, request.signal))
            yield { cursor, state: `went to ${cursor}` };
        },
        resolve: (event: object) => event,
      },
      ticks: {
        subscribe: async function* (): AsyncGenerator<{ number: number }> {
          for (let number = 1; number <= 500; number += 1) yield await Promise.resolve({ number });
        },
        resolve: (event: object) => event,
      },
      refused: {
        subscribe: (): never => {
          throw new Error('password=hunter2');
        },
      },
    },
    RecoveryEvent: {
      kind: () => 'RETRY_SCHEDULED',
      padding: () => PADDING,
      invoice: ({ invoiceId }: { invoiceId: string }) => ({ id: invoiceId }),
      fails: (): never => {
        throw new Error('secret detail');
      },
    },
    Invoice: { __resolveReference: (reference: { id: string }) => reference, attempts: () => 2 },
  };
}

export function scopesOf(caller: Caller): readonly string[] {
  return 'scopes' in caller ? caller.scopes : [];
}
