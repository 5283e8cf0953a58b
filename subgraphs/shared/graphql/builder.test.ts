import { composeServices } from '@apollo/composition';
import { printSubgraphSchema } from '@apollo/subgraph';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type ExecutionResult, type GraphQLSchema, parse, subscribe } from 'graphql';
import { z } from 'zod';
import { AuthorizationError, ConflictError, DomainError, NotFoundError } from '../errors/errors.ts';
import { cursorOf } from '../events/cursor.ts';
import { defineEvent } from '../events/define.ts';
import { createHarness, type GraphCall, type Harness } from '../testing/harness.ts';
import { buildSubgraph, createSubgraphBuilder } from './builder.ts';
import { mapFollowed } from './follow.ts';
import { refusalType } from './kernel-types.ts';

interface Thing {
  readonly id: string;
  readonly twinId: string | null;
}

class ThingIsFrozenError extends DomainError {
  readonly code = 'THING_IS_FROZEN';
}

const renamed = defineEvent({
  type: 'test.thing.renamed',
  version: 1,
  subject: 'Thing',
  payload: z.object({ name: z.string() }),
});

/** A subgraph of one type. `rows` is its table, and what is read of it together is noted in `reads`. */
function createThings(): { schema: GraphQLSchema; rows: Map<string, Thing>; reads: string[][] } {
  const rows = new Map<string, Thing>();
  const reads: string[][] = [];
  const load = (ids: readonly string[]): Promise<ReadonlyMap<string, Thing>> => {
    reads.push([...ids]);
    return Promise.resolve(new Map([...rows].filter(([id]) => ids.includes(id))));
  };
  const builder = createSubgraphBuilder({ mutation: true, subscription: true });
  refusalType(builder, ThingIsFrozenError, { description: 'Frozen.' });
  const ThingType = builder.objectRef<Thing>('Thing');
  ThingType.implement({
    fields: (t) => ({
      id: t.exposeID('id'),
      twin: t.field({
        type: ThingType,
        nullable: true,
        resolve: ({ twinId }, _args, ctx) => (twinId === null ? null : ctx.loader('thing', load).load(twinId)),
      }),
    }),
  });
  const price = { amountMinor: 1990n, currency: 'USD' };
  builder.queryFields((t) => ({
    things: t.field({ type: [ThingType], authScopes: { scope: 'billing:read' }, resolve: () => [...rows.values()] }),
    price: t.field({ type: 'Money', authScopes: { authenticated: true }, resolve: () => price }),
    secret: t.string({ authScopes: { operator: true }, resolve: () => 'for operators' }),
  }));
  const Input = builder.inputType('RenameThingInput', {
    fields: (t) => ({ id: t.id({ required: true }), name: t.string({ required: true }) }),
  });
  builder.mutationField('renameThing', (t) =>
    t.field({
      type: ThingType,
      args: { input: t.arg({ type: Input, required: true }) },
      authScopes: { scope: 'billing:write' },
      errors: { types: [NotFoundError, ThingIsFrozenError], union: { name: 'RenameThingResult' } },
      resolve: (_root, { input: { id, name } }, { useCases }) =>
        useCases.transaction(async (tx) => {
          const thing = rows.get(id);
          if (!thing) throw new NotFoundError('thing', id);
          await tx.publish(renamed({ subjectId: id, payload: { name } }));
          if (name === 'frozen') throw new ThingIsFrozenError('It is frozen. Thaw it first.', { param: 'input.name' });
          if (name === 'unlisted') throw new ConflictError('Not listed on the field.');
          return thing;
        }),
    }),
  );
  builder.subscriptionField('names', (t) =>
    t.string({
      authScopes: { scope: 'recovery:read' },
      args: { after: t.arg.string() },
      subscribe: (_root, { after }, { events, useCases }) =>
        mapFollowed(
          events.follow(useCases.workspaceId, { types: ['test.thing.renamed'], after }),
          ({ event }) => (event.payload as { name: string }).name,
        ),
      resolve: (name) => name,
    }),
  );
  return { schema: buildSubgraph(builder), rows, reads };
}

const things = createThings();
let harness: Harness;
let workspaceId: string;
beforeAll(async () => {
  harness = await createHarness();
  workspaceId = await harness.newWorkspace();
  for (const n of [1, 2, 3])
    things.rows.set(`thing_${String(n)}`, { id: `thing_${String(n)}`, twinId: `twin_${String(n % 2)}` });
  for (const n of [0, 1]) things.rows.set(`twin_${String(n)}`, { id: `twin_${String(n)}`, twinId: null });
});
afterAll(async () => {
  await harness.close();
});

const RENAME = /* GraphQL */ `
  mutation ($id: ID!, $name: String!) {
    renameThing(input: { id: $id, name: $name }) {
      __typename
      ... on Thing {
        id
      }
      ... on UserError {
        code
        message
        param
      }
    }
  }
`;

const run = (
  source: string,
  variables: Record<string, unknown> = {},
  call: Partial<GraphCall> = {},
): Promise<ExecutionResult> => harness.run(things.schema, source, variables, { workspaceId, ...call });

/** Plain data, without GraphQL's objects that have no prototype. */
const plain = (data: unknown): unknown => JSON.parse(JSON.stringify(data ?? null));

const refusalOf = (result: ExecutionResult): unknown => result.errors?.[0]?.originalError;

async function auditOf(action: string): Promise<unknown[]> {
  const { rows } = await harness.admin.query<Record<string, unknown>>(
    'SELECT outcome, target_id AS target, refusal_code AS refusal FROM kernel.audit_event WHERE workspace_id = $1 AND action = $2 ORDER BY id COLLATE "C"',
    [workspaceId, action],
  );
  return rows;
}

describe('a mutation', () => {
  it('answers its result or one of its refusals as a member of its union, and the audit knows which', async () => {
    const answers = [];
    for (const [id, name] of [
      ['thing_1', 'first'],
      ['thing_9', 'nobody'],
      ['thing_1', 'frozen'],
    ])
      answers.push(plain((await run(RENAME, { id, name })).data?.['renameThing']));
    expect(answers).toEqual([
      { __typename: 'Thing', id: 'thing_1' },
      { __typename: 'NotFoundError', code: 'NOT_FOUND', message: expect.stringContaining('thing_9'), param: null },
      {
        __typename: 'ThingIsFrozenError',
        code: 'THING_IS_FROZEN',
        message: 'It is frozen. Thaw it first.',
        param: 'input.name',
      },
    ]);
    expect(await auditOf('renameThing')).toEqual([
      { outcome: 'DONE', target: 'thing_1', refusal: null },
      { outcome: 'REFUSED', target: null, refusal: 'NOT_FOUND' },
      { outcome: 'REFUSED', target: null, refusal: 'THING_IS_FROZEN' },
    ]);
  });

  it('lets a refusal that its field does not list through as an error', async () => {
    const result = await run(RENAME, { id: 'thing_1', name: 'unlisted' });
    expect(refusalOf(result)).toBeInstanceOf(ConflictError);
    expect(result.data).toBeNull();
  });

  it('announces nothing when it is refused', async () => {
    const mine = await harness.newWorkspace();
    await run(RENAME, { id: 'thing_1', name: 'frozen' }, { workspaceId: mine });
    expect(await harness.context(mine).db.event.count()).toBe(0);
  });
});

describe('a caller without the scope', () => {
  const kinds: { at: string; source: string; scope: string; has: string }[] = [
    { at: 'a query', source: '{ things { id } }', scope: 'billing:read', has: 'billing:write' },
    { at: 'a mutation', source: RENAME, scope: 'billing:write', has: 'billing:read' },
    {
      at: 'a subscription, before anything happens',
      source: 'subscription { names }',
      scope: 'recovery:read',
      has: 'billing:read',
    },
    { at: 'what operators ask', source: '{ secret }', scope: 'operator', has: 'admin:*' },
  ];

  const ask = async (source: string, call: Partial<GraphCall>): Promise<ExecutionResult> => {
    const variables = { id: 'thing_1', name: 'never' };
    if (!source.startsWith('subscription')) return run(source, variables, call);
    const contextValue = harness.graphContext({ workspaceId, ...call });
    const result = await subscribe({ schema: things.schema, document: parse(source), contextValue });
    if ('next' in result) throw new Error('The stream was opened');
    return result;
  };

  it.each(kinds)('is refused at $at and told which one it needs', async ({ source, scope, has }) => {
    const result = await ask(source, { scopes: [has] });
    expect(refusalOf(result)).toBeInstanceOf(AuthorizationError);
    expect(refusalOf(result)).toMatchObject({ code: 'INSUFFICIENT_PERMISSIONS', requiredScope: scope });
    expect(result.data ?? null).toBeNull();
  });

  it.each(kinds)('is asked for credentials at $at when it has none', async ({ source }) => {
    expect(refusalOf(await ask(source, { caller: { kind: 'ANONYMOUS' } }))).toMatchObject({ code: 'INVALID_API_KEY' });
  });

  it('has changed nothing', async () => {
    expect(JSON.stringify(await auditOf('renameThing'))).not.toContain('INSUFFICIENT');
    const { rowCount } = await harness.admin.query("SELECT FROM kernel.event WHERE payload->>'name' = 'never'");
    expect(rowCount).toBe(0);
  });
});

describe('a subscription', () => {
  it('with the scope shows what happens in its workspace', async () => {
    const mine = await harness.newWorkspace();
    const contextValue = harness.graphContext({ workspaceId: mine, scopes: ['recovery:read'] });
    const document = parse(`subscription { names(after: "${cursorOf(mine, 0n)}") }`);
    const stream = await subscribe({ schema: things.schema, document, contextValue });
    if (!('next' in stream)) throw new Error(JSON.stringify(stream));
    const next = stream.next();
    for (const [where, name] of [
      [workspaceId, 'elsewhere'],
      [mine, 'here'],
    ] as const)
      await run(RENAME, { id: 'thing_1', name }, { workspaceId: where });
    await harness.pump([]);
    expect(plain((await next).value)).toEqual({ data: { names: 'here' } });
    await stream.return();
  });
});

describe('a loader', () => {
  const TWINS = '{ things { id twin { id } } }';

  it('reads once what the fields of one request ask for one by one, and shows what is absent as null', async () => {
    things.reads.length = 0;
    things.rows.set('thing_4', { id: 'thing_4', twinId: 'twin_gone' });
    const result = await run(TWINS);
    things.rows.delete('thing_4');
    expect(things.reads).toEqual([['twin_1', 'twin_0', 'twin_gone']]);
    expect(plain(result.data?.['things'])).toEqual(
      expect.arrayContaining([
        { id: 'thing_3', twin: { id: 'twin_1' } },
        { id: 'thing_4', twin: null },
      ]),
    );
  });

  it('keeps nothing for another request, also for one that runs at the same time', async () => {
    things.reads.length = 0;
    await Promise.all([run(TWINS), run(TWINS, {}, { workspaceId: await harness.newWorkspace() })]);
    await run(TWINS);
    expect(things.reads).toEqual(Array.from({ length: 3 }, () => ['twin_1', 'twin_0']));
  });
});

describe('the kernel’s types', () => {
  it('compose when several subgraphs define them', () => {
    const typeDefs = parse(printSubgraphSchema(things.schema));
    const other = createSubgraphBuilder();
    other.queryField('otherPrice', (t) =>
      t.field({ type: 'Money', resolve: () => ({ amountMinor: 1n, currency: 'JPY' }) }),
    );
    other.queryField('refused', (t) =>
      t.field({
        type: 'Money',
        errors: { types: [NotFoundError], union: { name: 'RefusedResult' } },
        resolve: () => ({ amountMinor: 1n, currency: 'JPY' }),
      }),
    );
    const { errors, supergraphSdl } = composeServices([
      { name: 'things', typeDefs },
      { name: 'other', typeDefs: parse(printSubgraphSchema(buildSubgraph(other))) },
    ]);
    expect(errors ?? []).toEqual([]);
    for (const type of [
      'type Money',
      'type NotFoundError implements UserError',
      'interface UserError',
      'scalar BigInt',
    ])
      expect(supergraphSdl).toMatch(
        new RegExp(`${type}\\s[^{]*@join__type\\(graph: OTHER\\)[^{]*@join__type\\(graph: THINGS\\)`),
      );
  });

  it('show money exactly, as text', async () => {
    expect(plain((await run('{ price { amountMinor currency amount } }')).data)).toEqual({
      price: { amountMinor: '1990', currency: 'USD', amount: '19.90' },
    });
  });
});
