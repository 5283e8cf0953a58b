import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startStack, eventually, type Stack } from '#cli/testing/stack.ts';
import { SCOPES } from '#subgraphs/shared/graphql/scopes.ts';
import { collect, connect, refusals } from '../support/socket-client.ts';
import {
  apiSchema,
  argumentsWith,
  canBeAskedBare,
  type Field,
  fieldsOf,
  idPlaces,
  operationOf,
  selectionOf,
} from './support/api-schema.ts';
import { type Answer, clientOf, type Client, each, type GraphError } from './support/caller.ts';
import { mutationExamples } from './support/examples.ts';
import { snapshotOfAll, whenQuiet } from './support/rows.ts';

/*
 * Every root field with no key, and with a key of every single scope. Which scope a field needs is not in the schema: a refusal names it,
 * and then it must be that scope, and no other, that opens the field.
 */

const schema = apiSchema();
const queries = fieldsOf(schema.getQueryType());
const mutations = fieldsOf(schema.getMutationType());
const subscriptions = fieldsOf(schema.getSubscriptionType());
const examples = await mutationExamples();
const scopes = Object.keys(SCOPES).filter((scope) => scope !== 'admin:*');
const UNKNOWN = 'zzz_00000000000000000000';

/** What any key may ask, whatever its scopes: who it is. */
const OPEN_TO_EVERY_KEY = ['viewer'];

let stack: Stack;
let workspaceId: string;
/** A client for each scope, whose key holds nothing else. */
let clients: ReadonlyMap<string, Client>;

beforeAll(async () => {
  stack = await startStack();
  const workspace = await stack.createWorkspace();
  ({ workspaceId } = workspace);
  const admin = clientOf(stack.url, workspace.apiKey);
  const create = `mutation($input: CreateApiKeyInput!) { createApiKey(input: $input) { ... on CreatedApiKey { secret } } }`;
  clients = new Map(
    await each(scopes, async (scope) => {
      const { data } = await admin.send({ query: create, variables: { input: { name: scope, scopes: [scope] } } });
      const { secret } = data?.['createApiKey'] as { secret: string };
      return [scope, clientOf(stack.url, secret)] as const;
    }),
  );
}, 120_000);
afterAll(async () => {
  await stack.close();
});

const bareSelection = (field: Field): string => selectionOf(schema, field.type, { hops: 0 });
const queryOf = (field: Field): ReturnType<typeof operationOf> => {
  const [place] = idPlaces(field);
  const args = canBeAskedBare(field) || !place ? {} : argumentsWith(place, UNKNOWN);
  return operationOf('query', field, args, bareSelection(field));
};
const mutationOf = (field: Field): ReturnType<typeof operationOf> =>
  operationOf('mutation', field, { input: examples.get(field.name) }, bareSelection(field));
const subscriptionOf = (field: Field): ReturnType<typeof operationOf> => {
  const [place] = idPlaces(field);
  return operationOf('subscription', field, place ? argumentsWith(place, UNKNOWN) : {}, bareSelection(field));
};

/** The scope that a refusal asks for; undefined when this is no refusal of a permission. */
function wanted(errors: readonly GraphError[]): string | undefined {
  const refusal = errors.find((error) => error.extensions['type'] === 'authorization_error');
  if (!refusal) return undefined;
  expect(refusal.extensions).toMatchObject({ code: 'INSUFFICIENT_PERMISSIONS', requiredScope: expect.any(String) });
  expect(refusal.message.length).toBeGreaterThan(20);
  return String(refusal.extensions['requiredScope']);
}

/** Asks with every scope. @returns the scope that the field needs, null when it needs none. */
async function scopeOf(ask: (client: Client) => Promise<readonly GraphError[]>): Promise<string | null> {
  const refusals = await each([...clients], async ([scope, client]) => [scope, wanted(await ask(client))] as const);
  const needed = [...new Set(refusals.flatMap(([, asked]) => asked ?? []))];
  const letIn = refusals.filter(([, asked]) => asked === undefined).map(([scope]) => scope);
  if (needed.length === 0) return null;
  // All refusals name one scope, and whoever holds it is let in. An operator's field lets no key in.
  expect({ needed, letIn }).toEqual({ needed: [needed[0]], letIn: scopes.filter((scope) => scope === needed[0]) });
  return needed[0] ?? null;
}

describe('a query', () => {
  it.each(queries.map((field) => [field.name, field] as const))(
    '%s is shown to its one scope, a reading one, and to no other',
    async (name, field) => {
      const scope = await scopeOf(async (client) => (await client.send(queryOf(field))).errors);
      if (OPEN_TO_EVERY_KEY.includes(name)) expect(scope).toBeNull();
      else expect(scope).toMatch(/^[a-z]+:read$/);
    },
  );

  it('that is refused shows no data', async () => {
    const client = clients.get('webhooks:write')!;
    const shown = await each(queries, async (field) => {
      const { data, errors } = await client.send(queryOf(field));
      return wanted(errors) !== undefined && data?.[field.name] !== undefined && data[field.name] !== null;
    });
    expect(queries.filter((_field, at) => shown[at]).map(({ name }) => name)).toEqual([]);
  });
});

describe('a mutation', () => {
  it.each(mutations.map((field) => [field.name, field] as const))(
    '%s is carried out for its one scope, a writing one, and for no other; whoever is refused has changed nothing',
    async (name, field) => {
      if (!examples.get(name)) throw new Error(`The mutation ${name} exports no example`);
      const known = await clients.get('audit:read')!.send(mutationOf(field));
      const needed = wanted(known.errors);
      expect(needed).toMatch(/^([a-z]+:write|operator)$/);
      await whenQuiet(stack.admin);
      const before = await snapshotOfAll(stack.admin, []);
      const refused = await each(
        [...clients].filter(([scope]) => scope !== needed),
        async ([, client]) => client.send(mutationOf(field)),
      );
      expect(refused.map((answer) => [answer.data?.[name] ?? null, wanted(answer.errors)])).toEqual(
        refused.map(() => [null, needed]),
      );
      expect(await snapshotOfAll(stack.admin, [])).toEqual(before);
      if (needed === 'operator') return;
      const { errors, data } = await clients.get(needed ?? '')!.send(mutationOf(field));
      expect(wanted(errors)).toBeUndefined();
      expect(data?.[name]).toEqual(expect.objectContaining({ __typename: expect.any(String) }));
    },
  );

  it('is open to the operator only where no key is let in', async () => {
    const operator = clientOf(stack.url, stack.config.operatorToken);
    const letIn = await each(
      mutations,
      async (field) => wanted((await operator.send(mutationOf(field))).errors) === undefined,
    );
    expect(mutations.filter((_field, at) => letIn[at]).map(({ name }) => name)).toEqual([
      'createWorkspace',
      'routeDeliveries',
    ]);
  });
});

describe('a subscription', () => {
  it.each(subscriptions.map((field) => [field.name, field] as const))(
    '%s is opened to its one scope and refused to every other when it is asked for',
    async (_name, field) => {
      const { query, variables } = subscriptionOf(field);
      const errors = await each(
        scopes,
        async (scope) => {
          const socket = connect(stack.url, { key: clients.get(scope)?.key ?? null });
          const stream = collect(socket, query, variables);
          const before = stack.openStreams() ?? 0;
          let ended: unknown;
          void stream.ended.then((end) => (ended = end));
          await eventually(`an answer to ${scope}`, () =>
            Promise.resolve(ended !== undefined || (stack.openStreams() ?? 0) > before),
          );
          // A stream that opens counts at once; a refusal takes its way back.
          if (ended === undefined) await new Promise((resolve) => setTimeout(resolve, 100));
          stream.stop();
          await socket.dispose();
          return Array.isArray(ended) ? wanted(ended as GraphError[]) : undefined;
        },
        1,
      );
      const needed = errors.find((scope) => scope !== undefined);
      expect(needed).toMatch(/^[a-z]+:read$/);
      expect(errors).toEqual(scopes.map((scope) => (scope === needed ? undefined : needed)));
    },
  );
});

describe('without a key', () => {
  const expectUnauthenticated = (name: string, answer: Answer): void => {
    expect([name, answer.status, answer.data]).toEqual([name, 401, null]);
    expect(answer.errors[0]?.extensions).toMatchObject({ type: 'authentication_error', requestId: expect.any(String) });
  };

  it.each([
    ['no key', null, 'MISSING_CREDENTIALS'],
    ['a key that nobody has', `op_test_${'0'.repeat(32)}`, 'INVALID_API_KEY'],
    ['the id of a key', 'key_00000000000000000000', 'INVALID_API_KEY'],
  ])('every query and mutation is refused to %s, and nothing is written', async (_who, key, code) => {
    await whenQuiet(stack.admin);
    const before = await snapshotOfAll(stack.admin, []);
    const nobody = clientOf(stack.url, key);
    await each(
      [
        ...queries.map((field) => [field, queryOf(field)] as const),
        ...mutations.map((field) => [field, mutationOf(field)] as const),
      ],
      async ([field, operation]) => {
        const answer = await nobody.send(operation, { 'x-workspace-id': workspaceId });
        expectUnauthenticated(field.name, answer);
        expect(answer.errors[0]?.extensions['code']).toBe(code);
      },
    );
    expect(await snapshotOfAll(stack.admin, [])).toEqual(before);
  });

  it.each(subscriptions.map((field) => [field.name, field] as const))('%s opens no stream', async (_name, field) => {
    const { query, variables } = subscriptionOf(field);
    for (const [key, close] of [
      [null, 4401],
      [`op_test_${'0'.repeat(32)}`, 4403],
    ] as const) {
      const socket = connect(stack.url, { key });
      expect(await collect(socket, query, variables).ended).toMatchObject({ code: close });
      await socket.dispose();
    }
    await expect(refusals(connect(stack.url, { key: null }), query, variables)).rejects.toThrow();
  });
});
