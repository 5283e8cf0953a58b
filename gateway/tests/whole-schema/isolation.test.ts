import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { setTimeout as pause } from 'node:timers/promises';
import { enterNewCard } from '#cli/demo/customer.ts';
import { eventually, startStack } from '#cli/testing/stack.ts';
import { caseIn, newestLink } from '../scenarios/support.ts';
import { collect, connect, refusals } from '../support/socket-client.ts';
import {
  apiSchema,
  argumentsWith,
  canBeAskedBare,
  type Field,
  fieldsOf,
  idPlaces,
  isConnection,
  nameOf,
  operationOf,
  selectionOf,
} from './support/api-schema.ts';
import { type Answer, clientOf, type Client, each } from './support/caller.ts';
import { filled, type Input, mutationExamples } from './support/examples.ts';
import { snapshotOf, tenantTables, textOf, whenQuiet } from './support/rows.ts';
import { describeClickHouse, describeDoors, describeEntities } from './support/isolation-beside.ts';
import {
  allIds,
  found,
  foundOfItsOwn,
  leaked,
  onlyOf,
  showsSomething,
  someIds,
  type Tenant,
  type TwoTenants,
  twoTenants,
} from './support/tenants.ts';

/*
 * Workspace B tries to reach workspace A with A's own ids, through every door there is. What is tried is read from the schema: a new
 * field, mutation, subscription, entity, view or table is tried as soon as it exists.
 */

const schema = apiSchema();
const queries = fieldsOf(schema.getQueryType());
const mutations = fieldsOf(schema.getMutationType());
const subscriptions = fieldsOf(schema.getSubscriptionType());
const places = queries.flatMap(idPlaces);
const examples = await mutationExamples();
/** Root fields that were really called as B; the last test compares them with the schema. */
const exercised = new Set<string>();

let world: TwoTenants;

beforeAll(async () => {
  world = await twoTenants(await startStack(), schema);
  await whenQuiet(world.stack.admin);
}, 240_000);
afterAll(async () => {
  await world.stack.close();
});

const ask = (client: Client, field: Field, args: Record<string, unknown> = {}): Promise<Answer> =>
  client.send(operationOf('query', field, args, selectionOf(schema, field.type, { hops: 2 })));

/** Tables that this story leaves empty, and why. */
const MAY_BE_EMPTY: Readonly<Record<string, string>> = {
  'accounts.oauth_attempt': 'nobody was sent to Stripe’s page to connect an account',
  'billing.refetch_request': 'deliveries that contradicted each other; none did',
  'kernel.event_outbox': 'emptied as soon as events are numbered',
  'kernel.idempotency_key': 'nobody sent one',
};

describe('what the two workspaces have', () => {
  it('is alike, complete and told apart, so that nothing below passes for want of data', async () => {
    const { stack, a, b, secrets } = world;
    expect([...a.ids.keys()].sort()).toEqual([...b.ids.keys()].sort());
    expect(a.ids.size).toBeGreaterThan(15);
    expect(allIds(a).filter((id) => allIds(b).includes(id))).toEqual([]);
    expect(secrets.size).toBeGreaterThan(200);
    expect(secrets).toContain('payer-A1-0@example.com');
    const empty = await each(await tenantTables(stack.admin), async (table) => {
      const { rowCount } = await stack.admin.query(`SELECT FROM ${table} WHERE workspace_id = $1 LIMIT 1`, [
        a.workspaceId,
      ]);
      return rowCount === 0 ? table : null;
    });
    expect(empty.filter((table) => table !== null && !(table in MAY_BE_EMPTY))).toEqual([]);
  });
});

describe('a query with the key of another workspace', () => {
  it.each(queries.filter(canBeAskedBare).map((field) => [field.name, field] as const))(
    '%s shows the asker’s own and nothing of anybody else’s',
    async (name, field) => {
      const { a, b, secrets } = world;
      const own = await ask(a.client, field);
      const answer = await ask(b.client, field);
      exercised.add(`Query.${name}`);
      expect(answer.errors).toEqual([]);
      expect(showsSomething(answer.data?.[name])).toBe(true);
      expect(leaked(answer.text, secrets)).toEqual([]);
      expect(answer.text).not.toContain(a.workspaceId);
      // The words that are looked for are words that this field shows its owner, or else it shows none at all.
      if (leaked(own.text, secrets).length === 0) expect(own.text).not.toMatch(/"(id|stripeId|email)":/);
    },
  );

  it.each(places.map((place) => [nameOf(place), place] as const))(
    '%s finds nothing by an id of another workspace',
    async (_name, place) => {
      const { a, b, secrets } = world;
      const { field } = place;
      const known = await foundOfItsOwn(a, place);
      expect(known).not.toEqual([]);
      expect(await foundOfItsOwn(b, place)).not.toEqual([]);
      expect(await found(b.client, place, someIds(a))).toEqual([]);
      exercised.add(`Query.${field.name}`);
      await each(known.slice(0, 3), async (id) => {
        const answer = await ask(b.client, field, argumentsWith(place, id));
        expect(leaked(answer.text, secrets, [id])).toEqual([]);
      });
    },
  );

  it.each(queries.filter((field) => isConnection(field.type)).map((field) => [field.name, field] as const))(
    '%s turns no page of another workspace with that workspace’s cursor',
    async (name, field) => {
      const { a, b, secrets } = world;
      const { data } = await a.client.send(operationOf('query', field, {}, '{ pageInfo { startCursor endCursor } }'));
      const owned = data?.[name] as { pageInfo: { startCursor: string; endCursor: string } };
      expect(owned.pageInfo).toEqual({ startCursor: expect.any(String), endCursor: expect.any(String) });
      for (const args of [{ after: owned.pageInfo.startCursor }, { before: owned.pageInfo.endCursor }]) {
        const answer = await ask(b.client, field, args);
        expect(leaked(answer.text, secrets)).toEqual([]);
      }
    },
  );

  it('shows the LIVE side of a company nothing of its TEST side', async () => {
    const { stack, a, secrets } = world;
    const { live } = a.shop.workspace;
    const client = clientOf(stack.url, live.apiKey);
    await each(queries.filter(canBeAskedBare), async (field) => {
      const { text } = await ask(client, field);
      // The two sides know each other's id.
      const words = leaked(text, secrets, [a.workspaceId, live.workspaceId]);
      expect({ field: field.name, words }).toEqual({ field: field.name, words: [] });
    });
    for (const place of places)
      expect([nameOf(place), await found(client, place, someIds(a))]).toEqual([nameOf(place), []]);
  }, 60_000);

  it('is refused when a header names another workspace than the key', async () => {
    const { a, b } = world;
    const answer = await b.client.send({ query: '{ workspace { id } }' }, { 'x-workspace-id': a.workspaceId });
    expect([answer.status, answer.errors[0]?.extensions['code']]).toEqual([403, 'WORKSPACE_MISMATCH']);
    expect(answer.data).toBeNull();
  });
});

describeEntities(() => world);
describeClickHouse(() => world);
describeDoors(() => world);

describe('a mutation with the key of another workspace', () => {
  it.each(mutations.map((field) => [field.name, field] as const))(
    '%s does nothing to it',
    async (name, field) => {
      const example = examples.get(name);
      const { stack, a, b, secrets } = world;
      if (!example) throw new Error(`The mutation ${name} exports no example`);
      await whenQuiet(stack.admin);
      const companies = [a.workspaceId, a.shop.workspace.live.workspaceId];
      const before = await snapshotOf(stack.admin, companies);
      const { data } = await b.client.send({ query: '{ workspace { businessNow } }' });
      const now = new Date((data?.['workspace'] as { businessNow: string }).businessNow);
      const owned = (prefix: string): string[] => allIds(a).filter((id) => id.startsWith(`${prefix}_`));
      const text = JSON.stringify(example);
      const attempts = Math.max(
        1,
        ...[...text.matchAll(/"([a-z]+)_[0-9A-Za-z]{20}"/g)].map(([, prefix = '']) =>
          Math.min(3, owned(prefix).length),
        ),
      );
      const { webhookUrl, webhookSecret } = a.shop.connection;
      for (let attempt = 0; attempt < attempts; attempt += 1) {
        const input: Input = filled(field.args[0]!.type, example, {
          id: (prefix) => {
            const ids = owned(prefix);
            if (ids.length === 0)
              throw new Error(`Workspace A has no object with an id ${prefix}_…: let the story make one`);
            return ids[attempt % ids.length]!;
          },
          instant: new Date(now.getTime() + 60_000).toISOString(),
          endpoint: { path: webhookUrl.split('/').at(-1) ?? '', secret: webhookSecret },
        });
        const answer = await b.client.send(
          operationOf('mutation', field, { input }, selectionOf(schema, field.type, { hops: 1 })),
        );
        exercised.add(`Mutation.${name}`);
        expect(leaked(answer.text, secrets, [JSON.stringify(input)])).toEqual([]);
        // Whoever names an object of another workspace is told that there is none.
        const sent = JSON.stringify(input);
        const namesOthers = [...allIds(a), webhookUrl.split('/').at(-1) ?? ''].some((id) => sent.includes(id));
        const result = answer.data?.[name] as { __typename: string } | undefined;
        if (namesOthers) expect(result?.__typename).toBe('NotFoundError');
        if (answer.errors.length > 0) expect(answer.errors[0]?.extensions['code']).toBe('INSUFFICIENT_PERMISSIONS');
      }
      await whenQuiet(stack.admin);
      expect(await snapshotOf(stack.admin, companies)).toEqual(before);
    },
    60_000,
  );

  it('is there for every example, and an example for every mutation', () => {
    expect([...examples.keys()].sort()).toEqual(mutations.map(({ name }) => name).sort());
  });
});

describe('a subscription with the key of another workspace', () => {
  const operation = (field: Field, args: Record<string, unknown>): ReturnType<typeof operationOf> =>
    operationOf('subscription', field, args, selectionOf(schema, field.type, { hops: 2 }));

  /** Arguments that its owner is let in with: of an id, the first kind that shows an event. */
  async function ownArguments(owner: Tenant, field: Field): Promise<Record<string, unknown>> {
    const [place] = idPlaces(field);
    if (!place) return {};
    const socket = connect(world.stack.url, { key: owner.client.key });
    for (const ids of owner.ids.values()) {
      const { query, variables } = operation(field, argumentsWith(place, ids[0] ?? ''));
      const stream = collect(socket, query, variables);
      let ended = false;
      void stream.ended.then(() => (ended = true));
      await eventually('an answer', () => Promise.resolve(ended || stream.events.length > 0));
      stream.stop();
      if (stream.events.length === 0) continue;
      await socket.dispose();
      return variables;
    }
    throw new Error(`No id of its own workspace lets anybody into ${field.name}`);
  }

  it('hears nothing of another workspace’s story, and that workspace’s ids and cursors are refused', async () => {
    const { stack, a, b } = world;
    const sockets = new Map([a, b].map((tenant) => [tenant, connect(stack.url, { key: tenant.client.key })]));
    const streams: { of: Tenant; field: Field; stream: ReturnType<typeof collect> }[] = [];
    for (const field of subscriptions) {
      for (const [of, socket] of sockets) {
        const { query, variables } = operation(field, await ownArguments(of, field));
        streams.push({ of, field, stream: collect(socket, query, variables) });
        exercised.add(`Subscription.${field.name}`);
      }
    }
    const endless = subscriptions.filter((field) => idPlaces(field).length === 0).length * 2;
    await eventually('open streams', () => Promise.resolve((stack.openStreams() ?? endless) >= endless));
    // A gateway in another process does not say how many it has.
    if (stack.openStreams() === null) await pause(2_000);

    // Both accounts are told of something new, and are caught up with.
    for (const { shop, client, ids } of [a, b]) {
      await shop.merchant.stripe.products.create({ name: 'Another plan' });
      await client.send({
        query: `mutation($input: StartSyncInput!) { startSync(input: $input) { __typename } }`,
        variables: { input: { connectionId: ids.get('Connection')?.[0], kind: 'CATCH_UP' } },
      });
    }
    // Both stories go on: A's customer pays, B's case is given up.
    await enterNewCard(await newestLink(stack, a.shop), { number: '4242424242424242', name: 'Ada Okafor' });
    await caseIn(a.shop, 'RECOVERED');
    await b.client.send({
      query: `mutation($input: CancelRecoveryCaseInput!) { cancelRecoveryCase(input: $input) { __typename } }`,
      variables: { input: { caseId: b.ids.get('RecoveryCase')?.[0], reason: 'Enough.' } },
    });
    for (const { of, field, stream } of streams)
      await eventually(`${field.name} of ${of.workspaceId}`, () => Promise.resolve(stream.events.length > 0));
    await whenQuiet(stack.admin);

    const secrets = new Set([...world.secrets, ...(await onlyOf(stack, a, [b.workspaceId]))]);
    for (const { of, field, stream } of streams) {
      const words = leaked(JSON.stringify(stream.events), secrets);
      expect({ field: field.name, heardOfA: words.length > 0 }).toEqual({ field: field.name, heardOfA: of === a });
    }

    for (const { field, stream } of streams.filter(({ of }) => of === a)) {
      const cursor = stream.events[0]?.extensions?.cursor;
      expect(cursor).toEqual(expect.any(String));
      const attempts = [{ args: { ...(await ownArguments(b, field)), after: cursor }, code: 'INVALID_CURSOR' }];
      if (idPlaces(field).length > 0)
        attempts.push({ args: { ...(await ownArguments(a, field)), after: undefined }, code: 'NOT_FOUND' });
      for (const { args, code } of attempts) {
        const { query, variables } = operation(field, args);
        const refused = await refusals(sockets.get(b)!, query, variables);
        expect([field.name, refused[0]?.extensions['code']]).toEqual([field.name, code]);
        expect(leaked(JSON.stringify(refused), secrets, Object.values(args).map(String))).toEqual([]);
      }
    }
    for (const socket of sockets.values()) await socket.dispose();
  }, 120_000);
});

describe('nothing is left out', () => {
  it('every root field of the schema was called with the key of another workspace', () => {
    const fields = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()].flatMap((type) =>
      fieldsOf(type).map((field) => [type, field] as const),
    );
    const names = [
      ...queries.map(({ name }) => `Query.${name}`),
      ...mutations.map(({ name }) => `Mutation.${name}`),
      ...subscriptions.map(({ name }) => `Subscription.${name}`),
    ];
    expect(names).toHaveLength(fields.length);
    expect([...exercised].sort()).toEqual(names.sort());
  });

  it('B never came to hold a word of A', async () => {
    const { stack, b, secrets } = world;
    // B's own audit trail repeats what B asked for.
    const asked = await stack.admin.query<{ input: unknown }>(
      'SELECT input FROM kernel.audit_event WHERE workspace_id = $1',
      [b.workspaceId],
    );
    expect(leaked(await textOf(stack.admin, b.workspaceId), secrets, [JSON.stringify(asked.rows)])).toEqual([]);
  });
});
