import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { connectStripeAt } from '#cli/commands/connection-create.ts';
import { startStack, type Stack } from '#cli/testing/stack.ts';
import { systemIds, type IdPrefix } from '#subgraphs/shared/ids/ids.ts';
import { casesOf, untilLinkIsMailed } from '../scenarios/support.ts';
import { apiSchema, type Field, fieldsOf, operationOf, selectionOf } from './support/api-schema.ts';
import { type Answer, clientOf, type Client, each } from './support/caller.ts';
import {
  emptied,
  type Endpoint,
  filled,
  idPrefixes,
  type Input,
  mutationExamples,
  secretsIn,
  varied,
} from './support/examples.ts';
import { snapshotOfAll, whenQuiet } from './support/rows.ts';

/* Every mutation with its own example: what it writes down about itself, and what a repeat does. */

const schema = apiSchema();
const mutations = fieldsOf(schema.getMutationType()).map((field) => [field.name, field] as const);
const examples = await mutationExamples();

/** A place where a mutation can be accepted: whoever may call it, and real objects that no other call has used up. */
interface Place {
  readonly client: Client;
  readonly endpoint: Endpoint | null;
  readonly id: (prefix: string) => string;
}

let stack: Stack;
/** Open cases of one shop, used up one by one. */
let openCases: string[];
let shopKey: string;
/** Of each mutation, as many as its tests use up. */
let places: ReadonlyMap<string, Place[]>;
const PLACES_OF_EACH = 2;

beforeAll(async () => {
  const webhookSecrets = ['whsec_ofThePlatform'];
  const platform = { apiKey: 'sk_test_ofThePlatform', clientId: 'ca_test_ofThePlatform', webhookSecrets };
  stack = await startStack({
    config: (config) => Promise.resolve({ ...config, stripeConnect: { LIVE: null, TEST: platform } }),
  });
  const shop = await stack.connectedShop();
  await untilLinkIsMailed(shop, shop.merchant.subscribers.length);
  openCases = (await casesOf(shop)).map(({ id }) => id);
  shopKey = shop.workspace.apiKey;
  // Beside each other: a new connection fetches what its account has, and is waited for.
  const names = mutations.map(([name]) => name);
  const made = new Map(names.map((name) => [name, [] as Place[]]));
  await each(Array<string[]>(PLACES_OF_EACH).fill(names).flat(), async (name) => {
    made.get(name)?.push(await makePlace(name));
  });
  places = made;
  await whenQuiet(stack.admin, 120_000);
}, 240_000);
afterAll(async () => {
  await stack.close();
});

const exampleOf = (name: string): Input => {
  const example = examples.get(name);
  if (!example) throw new Error(`The mutation ${name} exports no example`);
  return example;
};

/** One that nothing has happened in, with nothing on its way anywhere. */
async function placeFor(name: string): Promise<Place> {
  const place = places.get(name)?.pop();
  if (!place) throw new Error(`No place is left for ${name}: its tests use more than ${String(PLACES_OF_EACH)}`);
  await whenQuiet(stack.admin);
  return place;
}

/** A workspace of its own, with a connection and a second key if the example speaks of them; cases come from the shop. */
async function makePlace(name: string): Promise<Place> {
  const example = exampleOf(name);
  const text = JSON.stringify(example);
  const prefixes = idPrefixes(example);
  const ids = new Map<string, string>();
  const key = prefixes.includes('case') ? shopKey : (await stack.createWorkspace()).apiKey;
  const client = clientOf(stack.url, key);
  let endpoint: Endpoint | null = null;
  if (prefixes.some((prefix) => ['conn', 'whs'].includes(prefix)) || text.includes('"whe_')) {
    const apiKey = `sk_test_${randomUUID().replaceAll('-', '')}`;
    const connection = await connectStripeAt(`${stack.url}/graphql`, key, { apiKey });
    ids.set('conn', connection.connectionId);
    if (prefixes.includes('whs')) ids.set('whs', await secondSecret(client, connection.connectionId));
    endpoint = { path: connection.webhookUrl.split('/').at(-1) ?? '', secret: connection.webhookSecret };
  }
  if (prefixes.includes('key')) {
    const create = `mutation($input: CreateApiKeyInput!) { createApiKey(input: $input) { ... on CreatedApiKey { apiKey { id } } } }`;
    const { data } = await client.send({
      query: create,
      variables: { input: { name: 'A second', scopes: ['billing:read'] } },
    });
    ids.set('key', (data?.['createApiKey'] as { apiKey: { id: string } }).apiKey.id);
  }
  return {
    client: await calls(name, client),
    endpoint,
    id: (prefix) => {
      const id = ids.get(prefix) ?? (prefix === 'case' ? openCases.pop() : undefined);
      if (id === undefined) throw new Error(`Make an object with an id ${prefix}_… for the mutation ${name} to act on`);
      ids.set(prefix, id);
      return id;
    },
  };
}

/** One that can be taken away: another one stays. */
async function secondSecret(client: Client, connectionId: string): Promise<string> {
  const add = `mutation($input: AddWebhookSecretInput!) { addWebhookSecret(input: $input) { ... on Connection { webhookSecrets { id } } } }`;
  const { data } = await client.send({ query: add, variables: { input: { connectionId, secret: 'whsec_aSecond' } } });
  const { webhookSecrets } = data?.['addWebhookSecret'] as { webhookSecrets: readonly { id: string }[] };
  return webhookSecrets[0]?.id ?? '';
}

const FOR_OPERATORS = ['createWorkspace', 'routeDeliveries'];

/** The operator, for what is for operators only. */
async function calls(name: string, client: Client): Promise<Client> {
  return FOR_OPERATORS.includes(name) ? Promise.resolve(clientOf(stack.url, stack.config.operatorToken)) : client;
}

const inputFor = (field: Field, place: Place, example: Input, id = place.id): Input =>
  filled(field.args[0]!.type, example, {
    id,
    instant: new Date(Date.now() + 60 * 60_000).toISOString(),
    endpoint: place.endpoint,
  });

const send = (client: Client, field: Field, input: unknown, key?: string): Promise<Answer> =>
  client.send(
    // Objects of other subgraphs are read anew in every answer: their ids are what the mutation itself says.
    operationOf('mutation', field, { input }, selectionOf(schema, field.type, { hops: 2, entitiesById: true })),
    key === undefined ? {} : { 'idempotency-key': key },
  );

interface AuditRow {
  readonly outcome: string;
  readonly refusal_code: string | null;
  readonly input: unknown;
  readonly actor_type: string;
  readonly request_id: string;
}

/** What `act` added to the audit trail, of every workspace. */
async function audited(act: () => Promise<unknown>): Promise<AuditRow[]> {
  const { rows: known } = await stack.admin.query<{ id: string }>('SELECT id FROM kernel.audit_event');
  await act();
  const { rows } = await stack.admin.query<AuditRow>('SELECT * FROM kernel.audit_event WHERE NOT (id = ANY($1))', [
    known.map(({ id }) => id),
  ]);
  return rows;
}

type Result = { readonly __typename: string; readonly refusalCode?: string } | null;
const resultOf = (answer: Answer, field: Field): Result => (answer.data?.[field.name] ?? null) as Result;
const isAccepted = (answer: Answer, field: Field): boolean => {
  const result = resultOf(answer, field);
  return result !== null && result.refusalCode === undefined;
};

describe.each(mutations)('%s', (name, field) => {
  it('writes one audit row without secrets, and a repeat with its Idempotency-Key has the same answer and no effect', async () => {
    const place = await placeFor(name);
    const input = inputFor(field, place, exampleOf(name));
    const key = randomUUID();
    let answer: Answer | undefined;
    const rows = await audited(async () => (answer = await send(place.client, field, input, key)));
    expect([answer?.text, answer && isAccepted(answer, field)]).toEqual([answer?.text, true]);

    expect(rows).toHaveLength(1);
    expect(rows[0]).toMatchObject({ action: name, refusal_code: null, request_id: expect.stringMatching(/^req_/) });
    expect(['DONE', 'UNCHANGED']).toContain(rows[0]?.outcome);
    const kept = JSON.stringify(rows[0]?.input);
    expect(secretsIn(input).filter((secret) => kept.includes(secret))).toEqual([]);
    expect(Object.keys(rows[0]?.input as object).sort()).toEqual(Object.keys(input).sort());

    await whenQuiet(stack.admin);
    const before = await snapshotOfAll(stack.admin, ['kernel.idempotency_key']);
    const repeat = await send(place.client, field, input, key);
    expect([repeat.data, repeat.errors]).toEqual([answer?.data, answer?.errors]);
    await whenQuiet(stack.admin);
    expect(await snapshotOfAll(stack.admin, ['kernel.idempotency_key'])).toEqual(before);

    const other = varied(exampleOf(name));
    const changed = other
      ? inputFor(field, place, other)
      : inputFor(field, place, exampleOf(name), (prefix) => systemIds.next(prefix as IdPrefix));
    if (JSON.stringify(changed) === JSON.stringify(input)) throw new Error(`No other request of ${name} could be made`);
    const reused = await send(place.client, field, changed, key);
    expect(reused.errors[0]?.extensions).toMatchObject({ code: 'IDEMPOTENCY_KEY_REUSED', type: 'conflict_error' });
    expect(reused.data?.[name] ?? null).toBeNull();
    // An answer is given once per key, and again for another key.
    expect((await send(place.client, field, input, randomUUID())).errors).toEqual([]);
  }, 60_000);

  it('has one effect when it is called twice at once with one Idempotency-Key', async () => {
    const place = await placeFor(name);
    const input = inputFor(field, place, exampleOf(name));
    const key = randomUUID();
    let answers: Answer[] = [];
    const rows = await audited(async () => {
      answers = await Promise.all([send(place.client, field, input, key), send(place.client, field, input, key)]);
    });
    expect(answers.map((answer) => (isAccepted(answer, field) ? 'accepted' : answer.text))).toEqual([
      'accepted',
      'accepted',
    ]);
    expect(answers[1]?.data).toEqual(answers[0]?.data);
    expect(rows.map(({ outcome }) => outcome)).toHaveLength(1);
  }, 60_000);

  it('writes one audit row with the code when it is refused', async () => {
    const { live } = await stack.createWorkspace();
    // The same company's LIVE side, where there is nothing.
    const client = await calls(name, clientOf(stack.url, live.apiKey));
    await whenQuiet(stack.admin);
    let refusal: Result = null;
    let rows: AuditRow[] = [];
    for (const input of [exampleOf(name), emptied(exampleOf(name))]) {
      rows = await audited(async () => (refusal = resultOf(await send(client, field, input), field)));
      if ((refusal as Result)?.refusalCode !== undefined) break;
    }
    const code = (refusal as Result)?.refusalCode;
    expect(code).toMatch(/^[A-Z][A-Z_]+$/);
    expect(rows.map(({ outcome, refusal_code }) => [outcome, refusal_code])).toEqual([['REFUSED', code]]);
  }, 60_000);

  it('is refused, unexecuted, when a document holds it twice and carries an Idempotency-Key', async () => {
    const client = await calls(name, clientOf(stack.url, shopKey));
    const { query } = operationOf('mutation', field, { input: {} }, '{ __typename }');
    const twice = query.replace(/\{ (\w+\(input: \$input\) \{ __typename \}) \}$/, '{ a: $1 b: $1 }');
    expect(twice).toContain(' b: ');
    const rows = await audited(async () => {
      const answer = await client.send(
        { query: twice, variables: { input: exampleOf(name) } },
        { 'idempotency-key': randomUUID() },
      );
      expect(answer.status).toBe(400);
      expect(answer.errors[0]?.extensions).toMatchObject({ code: 'IDEMPOTENCY_KEY_NEEDS_ONE_MUTATION' });
      expect(answer.data).toBeNull();
    });
    expect(rows).toEqual([]);
  });
});
