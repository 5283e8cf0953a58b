import type { GraphQLSchema } from 'graphql';
import { eventually, type Shop, type Stack } from '#cli/testing/stack.ts';
import { untilLinkIsMailed } from '../../scenarios/support.ts';
import {
  argumentsWith,
  canBeAskedBare,
  fieldsOf,
  type IdPlace,
  isConnection,
  operationOf,
  selectionOf,
} from './api-schema.ts';
import { type Client, clientOf, each } from './caller.ts';
import { fillMirror } from './mirror-rows.ts';
import { telltales, textOf } from './rows.ts';

/** A workspace that has lived: a shop whose renewal failed and whose customer was mailed a link. */
export interface Tenant {
  readonly shop: Shop;
  readonly workspaceId: string;
  readonly client: Client;
  /** Real ids of its objects, by type, as its own key sees them. */
  readonly ids: ReadonlyMap<string, readonly string[]>;
}

/** What the isolation tests act in. */
export interface TwoTenants {
  readonly stack: Stack;
  readonly a: Tenant;
  readonly b: Tenant;
  /** Words that only A's rows hold: any of them in an answer to B is a leak. */
  readonly secrets: ReadonlySet<string>;
}

/** Two workspaces with the same life and different people. */
export async function twoTenants(stack: Stack, schema: GraphQLSchema): Promise<TwoTenants> {
  const lived = async (mark: string): Promise<Tenant> => {
    const shop = await stack.connectedShop();
    // Names and addresses are what a leak would hurt by; each must be tellable from the other workspace's.
    for (const [at, { customerId }] of shop.merchant.subscribers.entries())
      await shop.merchant.stripe.customers.update(customerId, {
        name: `Customer-${mark}-${String(at)}`,
        email: `payer-${mark}-${String(at)}@example.com`,
      });
    await untilLinkIsMailed(shop);
    const client = clientOf(stack.url, shop.workspace.apiKey);
    await eventually('the case in analytics', async () => {
      const { text } = await client.send({ query: '{ recoverySummary { currencies { casesOpened } } }' });
      return /"casesOpened":[1-9]/.test(text);
    });
    await fillMirror(stack, shop.workspace.workspaceId, mark);
    await client.send({
      query: 'mutation { startReconciliation(input: {}) { ... on StartedReconciliation { job { id } } } }',
    });
    await eventually(
      'the comparison of analytics',
      async () => {
        const { text } = await client.send({ query: '{ reconciliations { totalCount } }' });
        return /"totalCount":[1-9]/.test(text);
      },
      60_000,
    );
    return { shop, workspaceId: shop.workspace.workspaceId, client, ids: await idsOf(schema, client) };
  };
  const [a, b] = await Promise.all([lived('A1'), lived('B2')]);
  const secrets = await onlyOf(stack, a, [b.workspaceId, b.shop.workspace.live.workspaceId]);
  return { stack, a, b, secrets };
}

/** Walks everything that can be asked without an id, three objects deep. */
async function idsOf(schema: GraphQLSchema, client: Client): Promise<Map<string, string[]>> {
  const found = new Map<string, Set<string>>();
  await each(fieldsOf(schema.getQueryType()).filter(canBeAskedBare), async (field) => {
    const answer = await client.send(operationOf('query', field, {}, selectionOf(schema, field.type, { hops: 2 })));
    if (answer.errors.length > 0) throw new Error(`${field.name}: ${answer.text.slice(0, 500)}`);
    collect(answer.data, found);
  });
  return new Map([...found].map(([type, ids]) => [type, [...ids]]));
}

function collect(value: unknown, into: Map<string, Set<string>>): void {
  if (typeof value !== 'object' || value === null) return;
  const { __typename: type, id } = value as { __typename?: unknown; id?: unknown };
  if (typeof type === 'string' && typeof id === 'string') into.set(type, (into.get(type) ?? new Set()).add(id));
  for (const held of Object.values(value)) collect(held, into);
}

export const allIds = (tenant: Tenant): string[] => [...tenant.ids.values()].flat();

/** Whether a root field's answer shows an object at all: null and an empty list do not. */
export function showsSomething(shown: unknown): boolean {
  if (shown === null || shown === undefined) return false;
  const { edges } = shown as { edges?: unknown[] };
  const items = Array.isArray(shown) ? shown : edges;
  return items === undefined || items.length > 0;
}

// The gateway takes 20 root fields in one operation.
const AT_ONCE = 20;

/** Which of these ids show this client something at this place. */
export async function found(client: Client, place: IdPlace, ids: readonly string[]): Promise<string[]> {
  const { field } = place;
  const groups = Array.from({ length: Math.ceil(ids.length / AT_ONCE) }, (_none, at) =>
    ids.slice(at * AT_ONCE, (at + 1) * AT_ONCE),
  );
  const shown = await each(groups, async (group) => {
    const selection = isConnection(field.type) ? '{ edges { __typename } }' : '{ __typename }';
    const [arg] = field.args.filter(({ name }) => name === place.path[0]);
    const asked = group.map(
      (_id, at) => `f${String(at)}: ${field.name}(${arg?.name ?? ''}: $v${String(at)}) ${selection}`,
    );
    const declared = group.map((_id, at) => `$v${String(at)}: ${String(arg?.type)}`);
    const variables = group.map((id, at) => [`v${String(at)}`, argumentsWith(place, id)[arg?.name ?? '']] as const);
    const answer = await client.send({
      query: `query Found(${declared.join(', ')}) { ${asked.join(' ')} }`,
      variables: Object.fromEntries(variables),
    });
    if (answer.data === null) throw new Error(answer.text.slice(0, 500));
    return group.filter((_id, at) => showsSomething(answer.data?.[`f${String(at)}`]));
  });
  return shown.flat();
}

/** How many ids of a type are tried. */
const OF_EACH = 8;

/** A few ids of every type. */
export const someIds = (tenant: Tenant): string[] => [...tenant.ids.values()].flatMap((ids) => ids.slice(0, OF_EACH));

/** Ids of its own that show a tenant something at this place. One of each type is tried, then another, until a type is known to belong there. */
export async function foundOfItsOwn({ client, ids }: Tenant, place: IdPlace): Promise<string[]> {
  const types = [...ids.values()].map((all) => all.slice(0, OF_EACH));
  for (let at = 0; at < OF_EACH; at += 1) {
    const shown = new Set(
      await found(
        client,
        place,
        types.flatMap((all) => all.slice(at, at + 1)),
      ),
    );
    const fitting = types.filter((all) => all.some((id) => shown.has(id)));
    if (fitting.length > 0) return found(client, place, fitting.flat());
  }
  return [];
}

/** Words that only this tenant's rows hold. */
export async function onlyOf(stack: Stack, tenant: Tenant, others: readonly string[]): Promise<ReadonlySet<string>> {
  const own = telltales(await textOf(stack.admin, tenant.workspaceId));
  for (const other of others) for (const word of telltales(await textOf(stack.admin, other))) own.delete(word);
  return own;
}

/** What of `secrets` stands in `text`, but for the words that the asker gave. */
export function leaked(text: string, secrets: ReadonlySet<string>, given: readonly string[] = []): string[] {
  const asked = telltales(given.join(' '));
  return [...telltales(text)].filter((word) => secrets.has(word) && !asked.has(word));
}
