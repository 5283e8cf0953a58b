import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { execute, type GraphQLSchema, isObjectType, parse } from 'graphql';
import { SHAPE } from '#cli/testing/stack.ts';
import { caseFigures } from '#subgraphs/analytics/clickhouse/queries/case-figures.ts';
import { caseIds } from '#subgraphs/analytics/clickhouse/queries/case-ids.ts';
import type { WorkspaceQuery } from '#subgraphs/shared/clickhouse/workspace-query.ts';
import { createUseCaseContext } from '#subgraphs/shared/db/use-case-context.ts';
import { inWorkspace } from '#subgraphs/shared/db/workspace-scope.ts';
import { createLoaders, type GraphContext } from '#subgraphs/shared/graphql/context.ts';
import { systemIds } from '#subgraphs/shared/ids/ids.ts';
import { newestLink } from '../../scenarios/support.ts';
import { printedSubgraphs, ROOT, selectionOf } from './api-schema.ts';
import { stripeSignature } from './examples.ts';
import { snapshotOf, whenQuiet } from './rows.ts';
import { allIds, leaked, type Tenant, type TwoTenants } from './tenants.ts';

/* The ways to data that do not lead through the composed graph. */

/** Runs an operation on one subgraph as the gateway would for this tenant, past the gateway. */
async function inSubgraph(
  { stack }: TwoTenants,
  tenant: Tenant,
  part: GraphQLSchema,
  query: string,
  variableValues: Record<string, unknown>,
): Promise<string> {
  const { workspaceId } = tenant;
  const caller = {
    kind: 'API_KEY',
    keyId: tenant.ids.get('ApiKey')?.[0] ?? '',
    workspaceId,
    mode: 'TEST',
    scopes: ['admin:*'],
  } as const;
  const contextValue: GraphContext = {
    caller,
    requestId: 'req_isolation',
    useCases: createUseCaseContext(stack.kernel.contextDeps, {
      workspaceId,
      mode: 'TEST',
      actor: { type: 'API_KEY', id: caller.keyId, scopes: caller.scopes },
      requestId: 'req_isolation',
    }),
    events: stack.kernel.events,
    idempotencyKey: undefined,
    loader: createLoaders(),
  };
  const document = parse(query);
  return JSON.stringify(
    await inWorkspace(workspaceId, async () => execute({ schema: part, document, contextValue, variableValues })),
  );
}

export function describeEntities(world: () => TwoTenants): void {
  describe('a subgraph asked for entities directly', () => {
    const entities = [...printedSubgraphs()].flatMap(([subgraph, sdl]) =>
      [...sdl.matchAll(/^type (\w+)[^{]*?@key\(fields: "id"[^{]*/gms)].map(([head, type = '']) => ({
        subgraph,
        type,
        // A type of another subgraph that this one adds fields to: it answers whatever id it is given, with its own fields.
        extended: head.includes('@extends'),
      })),
    );

    it.each(entities.map((entity) => [`${entity.subgraph}.${entity.type}`, entity] as const))(
      '%s answers an id of another workspace as it answers one that does not exist',
      async (_name, { subgraph, type, extended }) => {
        const { stack, a, b, secrets } = world();
        const part = stack.product.subgraphs.find(({ name }) => name === subgraph)!.schema;
        const shape = part.getType(type);
        if (!isObjectType(shape)) throw new Error(`${type} is not an object of ${subgraph}`);
        const query = `query E($of: [_Any!]!) { _entities(representations: $of) { ... on ${type} ${selectionOf(part, shape, { hops: 2 })} } }`;
        const representations = (ids: readonly string[]): { of: object[] } => ({
          of: ids.map((id) => ({ __typename: type, id })),
        });
        const [own, foreign] = [b.ids.get(type) ?? [], a.ids.get(type) ?? []];
        expect([own.length, foreign.length].every((count) => count > 0)).toBe(true);

        const resolved = await inSubgraph(world(), b, part, query, representations(own));
        expect(resolved).not.toContain('"errors"');
        expect(own.filter((id) => !resolved.includes(id))).toEqual([]);

        const absent = foreign.map((id) => `${id.slice(0, -4)}zzzz`);
        const answer = await inSubgraph(world(), b, part, query, representations(foreign));
        const asAbsent = await inSubgraph(world(), b, part, query, representations(absent));
        expect(leaked(answer, secrets, foreign)).toEqual([]);
        expect(foreign.reduce((text, id, at) => text.replaceAll(id, absent[at] ?? ''), answer)).toBe(asAbsent);
        if (!extended) expect(JSON.parse(answer)).toEqual({ data: { _entities: foreign.map(() => null) } });
      },
    );

    it('are all the entities that the subgraphs resolve', () => {
      const known = world().stack.product.subgraphs.flatMap(({ name, schema: part }) => {
        const union = part.getType('_Entity');
        return union && 'getTypes' in union ? union.getTypes().map((type) => `${name}.${type.name}`) : [];
      });
      expect(entities.map(({ subgraph, type }) => `${subgraph}.${type}`).sort()).toEqual(known.sort());
      expect(known.length).toBeGreaterThan(10);
    });
  });
}

export function describeClickHouse(world: () => TwoTenants): void {
  describe('ClickHouse', () => {
    const folder = path.join(ROOT, 'subgraphs', 'analytics', 'clickhouse', 'queries');
    const files = readdirSync(folder).filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'));

    type Group = Readonly<Record<string, string>>;
    // A group of the mirror that both workspaces have objects in: `fillMirror` made them.
    const MIRROR_GROUP: Group = { kind: 'dispute', day: '2026-01-01', currency: 'EUR', after: '' };
    /** Of the mirror, or of the workspace's own cases. */
    const groupOf = async (query: WorkspaceQuery<object>, workspaceId: string): Promise<Group> => {
      if (query.name !== caseIds.name) return MIRROR_GROUP;
      const [cases] = await caseFigures.run(world().stack.kernel.clickhouse, workspaceId, {});
      if (cases === undefined) throw new Error('The workspace has no case.');
      return { day: cases.day, state: cases.state, currency: cases.currency, after: '' };
    };
    /** Every parameter by its name, or else by its type: all of these ids, all of time, any number. */
    const parametersOf = (
      sql: string,
      ids: readonly string[],
      group: Group,
    ): Record<string, string | number | readonly string[]> => {
      const parameters: Record<string, string | number | readonly string[]> = {};
      for (const [, name = '', type = ''] of sql.matchAll(/\{(\w+):(\w+)/g)) {
        if (type === 'Array') parameters[name] = ids;
        else if (type.startsWith('DateTime'))
          parameters[name] = `${name === 'from' ? '2000' : '2200'}-01-01 00:00:00.000`;
        else parameters[name] = group[name] ?? 28;
      }
      return parameters;
    };

    it.each(files)('%s reads one workspace', async (file) => {
      const { stack, a, b, secrets } = world();
      const queries = Object.values((await import(path.join(folder, file))) as Record<string, WorkspaceQuery<object>>);
      const ids = [...allIds(a), ...allIds(b)].filter((id) => /^(case|cus|dispute)_/.test(id));
      expect(queries.length).toBeGreaterThan(0);
      for (const query of queries) {
        expect(query.sql).toContain('{workspace_id:String}');
        const rowsFor = async (workspaceId: string, group: Group): Promise<object[]> => {
          const { workspace_id: _own, ...params } = parametersOf(query.sql, ids, group);
          const rows = await query.run(stack.kernel.clickhouse, workspaceId, params);
          // An aggregate over nothing is one row that says so.
          return rows.filter((row) => !('any' in row && row.any === false));
        };
        const textFor = async (workspaceId: string, group: Group): Promise<string> =>
          JSON.stringify(await rowsFor(workspaceId, group), (_name, value: unknown) =>
            typeof value === 'bigint' ? String(value) : value,
          );
        const [groupOfA, groupOfB] = [await groupOf(query, a.workspaceId), await groupOf(query, b.workspaceId)];
        // Whoever has recovered nothing yet has no recovered amounts.
        if (query.name !== 'recovered-amounts')
          expect([await textFor(a.workspaceId, groupOfA), await textFor(b.workspaceId, groupOfB)]).not.toContain('[]');
        for (const group of [groupOfA, groupOfB])
          expect(leaked(await textFor(b.workspaceId, group), secrets)).toEqual([]);
        // Figures have no words to be told by: to a workspace of which nothing is known they must show nothing.
        expect(await textFor(systemIds.next('ws'), groupOfA)).toBe('[]');
      }
    });

    it('has views that show one workspace, and no table without a workspace but its own migrations', async () => {
      const { stack, a, b, secrets } = world();
      const { clickhouse } = stack.kernel;
      const tables = await clickhouse.query<{ name: string; engine: string; sql: string }>(
        `SELECT name, engine, create_table_query AS sql FROM system.tables WHERE database = currentDatabase() AND name NOT LIKE '.inner%'`,
      );
      const views = tables.filter(({ engine }) => engine === 'View');
      expect(views.length).toBeGreaterThan(2);
      for (const { name, sql } of views) {
        expect(sql).toContain('{workspace_id:String}');
        const rows = await clickhouse.query(`SELECT * FROM ${name}(workspace_id = {workspace_id:String})`, {
          workspace_id: b.workspaceId,
        });
        const owned = await clickhouse.query(`SELECT * FROM ${name}(workspace_id = {workspace_id:String})`, {
          workspace_id: a.workspaceId,
        });
        expect(owned.length).toBeGreaterThan(0);
        expect(leaked(JSON.stringify(rows), secrets)).toEqual([]);
      }
      const without = tables.filter(({ engine, sql }) => engine !== 'View' && !sql.includes('workspace_id'));
      expect(without.map(({ name }) => name).filter((name) => !name.includes('migration'))).toEqual([]);
    });

    it('is read through queries with a workspace alone', () => {
      const sources = readdirSync(path.join(ROOT, 'subgraphs'), { recursive: true, encoding: 'utf8' }).filter(
        (file) =>
          file.endsWith('.ts') &&
          !file.endsWith('.test.ts') &&
          !/(^|\/)tests\//.test(file) &&
          !file.startsWith('shared/clickhouse/'),
      );
      expect(sources.length).toBeGreaterThan(100);
      const direct = sources.filter((file) =>
        /\b(ch|clickhouse)\s*\.\s*query\b/i.test(readFileSync(path.join(ROOT, 'subgraphs', file), 'utf8')),
      );
      expect(direct).toEqual([]);
    });
  });
}

const postTo = (url: string, body: string, headers: Record<string, string>): Promise<Response> =>
  fetch(url, { method: 'POST', body, headers });

export function describeDoors(world: () => TwoTenants): void {
  describe('the doors beside the graph', () => {
    const outbox = (query: string, headers: Record<string, string>): Promise<Response> =>
      fetch(`${world().stack.url}/dev/outbox${query}`, { headers: { accept: 'application/json', ...headers } });

    if (SHAPE === 'embedded') {
      it('show the outbox of the key’s workspace, whatever workspace the address names', async () => {
        const { a, b, secrets } = world();
        const own = await (await outbox('', { authorization: `Bearer ${a.client.key ?? ''}` })).text();
        expect(own).toContain('payer-A1-0@example.com');
        const answer = await (
          await outbox(`?workspace=${a.workspaceId}`, { authorization: `Bearer ${b.client.key ?? ''}` })
        ).text();
        expect(answer).toContain('payer-B2-0@example.com');
        expect(leaked(answer, secrets)).toEqual([]);
      });

      it('keep the outbox shut without a key, and to the access of another workspace', async () => {
        const { stack, a, b, secrets } = world();
        const { createOutboxAccess } = await import('#subgraphs/platform/http/outbox-access.ts');
        const accessOf = createOutboxAccess(stack.config.masterKey);
        expect((await outbox(`?workspace=${a.workspaceId}&access=${accessOf(a.workspaceId)}`, {})).status).toBe(200);
        for (const query of [
          `?workspace=${a.workspaceId}&access=${accessOf(b.workspaceId)}`,
          `?workspace=${a.workspaceId}`,
          '',
          '?access=',
        ]) {
          const answer = await outbox(query, {});
          expect([query, answer.status]).toEqual([query, 401]);
          expect(leaked(await answer.text(), secrets, [a.workspaceId])).toEqual([]);
        }
      });
    } else {
      it('have no outbox', async () => {
        const { a } = world();
        expect((await outbox('', { authorization: `Bearer ${a.client.key ?? ''}` })).status).toBe(404);
      });
    }

    it('show a pay page to whoever holds its link, and a key of another workspace adds nothing', async () => {
      const { stack, a, b } = world();
      const link = await newestLink(stack, a.shop);
      const plain = await fetch(link);
      const text = await plain.text();
      await whenQuiet(stack.admin);
      const before = await snapshotOf(stack.admin, [a.workspaceId, b.workspaceId]);
      const withKey = await fetch(link, {
        headers: { authorization: `Bearer ${b.client.key ?? ''}`, 'x-workspace-id': b.workspaceId },
      });
      expect([withKey.status, await withKey.text()]).toEqual([plain.status, text]);
      expect(await snapshotOf(stack.admin, [a.workspaceId, b.workspaceId])).toEqual(before);
    });

    it('refuse a webhook at one workspace’s endpoint that is signed with another’s secret, and store nothing', async () => {
      const { stack, a, b } = world();
      const body = JSON.stringify({
        id: 'evt_forged',
        object: 'event',
        type: 'invoice.paid',
        created: 1,
        livemode: false,
        data: { object: { id: 'in_1', object: 'invoice' } },
      });
      const before = await snapshotOf(stack.admin, [a.workspaceId, b.workspaceId]);
      const { webhookUrl } = a.shop.connection;
      const signed = (secret: string): Record<string, string> => ({
        'content-type': 'application/json',
        'stripe-signature': stripeSignature(body, secret),
      });
      const answer = await postTo(webhookUrl, body, {
        ...signed(b.shop.connection.webhookSecret),
        authorization: `Bearer ${b.client.key ?? ''}`,
      });
      expect(answer.status).toBe(400);
      expect(await snapshotOf(stack.admin, [a.workspaceId, b.workspaceId])).toEqual(before);
    });
  });
}
