import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { DefaultConnectionArguments } from '@pothos/plugin-relay';
import fc from 'fast-check';
import { cursorOf } from '../events/cursor.ts';
import { createHarness, type Harness } from '../testing/harness.ts';
import { type Connection, keysetConnection, type KeysetPage, keysetQuery } from './keyset.ts';

interface Row {
  id: string;
  occurredAt: Date;
}

let harness: Harness;
beforeAll(async () => {
  harness = await createHarness();
});
afterAll(async () => {
  await harness.close();
});

const START = Date.UTC(2026, 10, 20, 12);

async function addRows(workspaceId: string, rows: readonly { ms: number; id: string }[]): Promise<void> {
  await harness.admin.query(
    `INSERT INTO kernel.audit_event (workspace_id, id, action, outcome, actor_type, actor_id, input, request_id, occurred_at)
     SELECT $1, id, 'test', 'DONE', 'SYSTEM', 's', '{}', 'r', to_timestamp(ms / 1000.0) FROM unnest($2::text[], $3::float8[]) AS r(id, ms)`,
    [workspaceId, rows.map(({ id }) => id), rows.map(({ ms }) => START + ms)],
  );
}

/** Asks for one page of the workspace's audit events, as a list's resolver does. */
function ask(workspaceId: string, args: DefaultConnectionArguments): Promise<Connection<Row>> {
  const { db } = harness.context(workspaceId);
  return keysetConnection<Row>(args, {
    key: (row) => ({ at: row.occurredAt, id: row.id }),
    page: (page: KeysetPage) => {
      const { where, ...slice } = keysetQuery('occurredAt', page);
      return db.auditEvent.findMany({
        ...slice,
        where: { ...where, workspaceId },
        select: { id: true, occurredAt: true },
      });
    },
    count: () => db.auditEvent.count({ where: { workspaceId } }),
  });
}

const idsOf = (connection: Connection<Row>): string[] => connection.edges.map(({ node }) => node.id);

/** Newest first, and between equals the greater id. */
const listed = (rows: readonly { ms: number; id: string }[]): string[] =>
  [...rows].sort((a, b) => b.ms - a.ms || (a.id < b.id ? 1 : -1)).map(({ id }) => id);

// Few instants, a millisecond apart, so that many rows share one; letters in both cases, so that the order between equals is put to the test.
const rowsOf = (prefix: string, maxLength: number): fc.Arbitrary<{ ms: number; id: string }[]> =>
  fc
    .uniqueArray(
      fc.record({
        ms: fc.nat(3),
        id: fc.string({ unit: fc.constantFrom('A', 'b', 'Z', 'a', '1'), minLength: 1, maxLength: 3 }),
      }),
      {
        selector: ({ id }) => id,
        maxLength,
      },
    )
    .map((rows) => rows.map(({ ms, id }) => ({ ms, id: `${prefix}${id}` })));

describe('a keyset list', () => {
  it.each(['forward', 'backward'] as const)(
    'read %s shows every row once and in order, for any page sizes, also while rows are added',
    async (direction) => {
      await fc.assert(
        fc.asyncProperty(
          rowsOf('aud_', 16),
          fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 4 }),
          fc.array(rowsOf('late_', 3), { maxLength: 4 }),
          async (rows, sizes, late) => {
            const workspaceId = await harness.newWorkspace();
            await addRows(workspaceId, rows);
            const all = [...rows];
            const seen: string[] = [];
            let cursor: string | null = null;
            for (let turn = 0, more = true; more; turn += 1) {
              const size = sizes[turn % sizes.length] ?? 1;
              const page: Connection<Row> = await ask(
                workspaceId,
                direction === 'forward' ? { first: size, after: cursor } : { last: size, before: cursor },
              );
              const ids = idsOf(page);
              expect(ids.length).toBeLessThanOrEqual(size);
              if (direction === 'forward') seen.push(...ids);
              else seen.unshift(...ids);
              more = direction === 'forward' ? page.pageInfo.hasNextPage : page.pageInfo.hasPreviousPage;
              expect(more && ids.length < size).toBe(false);
              cursor = (direction === 'forward' ? page.pageInfo.endCursor : page.pageInfo.startCursor) ?? cursor;
              const added = (late[turn] ?? []).map(({ ms, id }) => ({ ms, id: `${id}${String(turn)}` }));
              await addRows(workspaceId, added);
              all.push(...added);
            }
            // Of what was added only that is seen which lies ahead of the reader; what was there is seen, and nothing twice.
            expect(seen).toEqual(listed(all).filter((id) => seen.includes(id)));
            expect(rows.map(({ id }) => id).filter((id) => !seen.includes(id))).toEqual([]);
          },
        ),
        { numRuns: 25 },
      );
    },
    30_000,
  );

  it('shows what lies between two cursors, from either end', async () => {
    const workspaceId = await harness.newWorkspace();
    await addRows(
      workspaceId,
      ['a', 'b', 'c', 'd', 'e', 'f'].map((id) => ({ ms: 0, id })),
    );
    const { edges } = await ask(workspaceId, {});
    expect(edges.map(({ node }) => node.id)).toEqual(['f', 'e', 'd', 'c', 'b', 'a']);
    const between = { after: edges[0]?.cursor ?? null, before: edges[5]?.cursor ?? null };
    expect(idsOf(await ask(workspaceId, { ...between, first: 3 }))).toEqual(['e', 'd', 'c']);
    expect(idsOf(await ask(workspaceId, { ...between, last: 3 }))).toEqual(['d', 'c', 'b']);
    expect(idsOf(await ask(workspaceId, { ...between, first: 10 }))).toEqual(['e', 'd', 'c', 'b']);
    expect(idsOf(await ask(workspaceId, { ...between, last: 10 }))).toEqual(['e', 'd', 'c', 'b']);
  });

  it('says where a page stands: whether more follows, whether something is before, and how many there are', async () => {
    const workspaceId = await harness.newWorkspace();
    await addRows(
      workspaceId,
      ['a', 'b', 'c'].map((id) => ({ ms: 0, id })),
    );
    const first = await ask(workspaceId, { first: 2 });
    expect(first.pageInfo).toMatchObject({ hasNextPage: true, hasPreviousPage: false });
    const rest = await ask(workspaceId, { first: 2, after: first.pageInfo.endCursor });
    expect(rest.pageInfo).toMatchObject({ hasNextPage: false, hasPreviousPage: true });
    expect(await rest.totalCount()).toBe(3);
    const empty = await ask(await harness.newWorkspace(), { first: 2 });
    expect({ ...empty.pageInfo }).toEqual({
      hasNextPage: false,
      hasPreviousPage: false,
      startCursor: null,
      endCursor: null,
    });
  });

  it('shows 50 rows when it is not told how many, and 500 when that is asked', async () => {
    const workspaceId = await harness.newWorkspace();
    await addRows(
      workspaceId,
      Array.from({ length: 501 }, (_, i) => ({ ms: i, id: `aud_${String(i)}` })),
    );
    const page = await ask(workspaceId, {});
    expect([page.edges.length, page.edges[0]?.node.id, page.pageInfo.hasNextPage]).toEqual([50, 'aud_500', true]);
    expect((await ask(workspaceId, { first: 500 })).edges).toHaveLength(500);
    expect((await ask(workspaceId, { last: 500 })).edges.at(-1)?.node.id).toBe('aud_0');
  });

  it.each([{ first: 0 }, { first: -1 }, { first: 501 }, { last: 0 }, { last: -1 }, { last: 501 }])(
    'refuses %j',
    async (args) => {
      await expect(ask(await harness.newWorkspace(), args)).rejects.toMatchObject({
        code: 'INVALID_PARAMETER',
        param: Object.keys(args)[0],
      });
    },
  );

  const base64 = (text: string): string => Buffer.from(text).toString('base64url');
  it.each([
    { from: 'nowhere', cursor: 'nonsense' },
    { from: 'an empty text', cursor: '' },
    { from: 'a stream of events', cursor: cursorOf('ws_00000000000000000000', 5n) },
    { from: 'an offset list', cursor: Buffer.from('OffsetConnection:5').toString('base64') },
    { from: 'a time that does not exist', cursor: base64('9999999999999999:aud_1') },
    { from: 'a row whose id no column can hold', cursor: base64('1795176000000:aud_\u0000') },
    { from: 'a row without an id', cursor: base64('1795176000000:') },
  ])('refuses a cursor from $from, naming the argument', async ({ cursor }) => {
    const workspaceId = await harness.newWorkspace();
    for (const param of ['after', 'before'])
      await expect(ask(workspaceId, { [param]: cursor })).rejects.toMatchObject({ code: 'INVALID_PARAMETER', param });
  });
});
