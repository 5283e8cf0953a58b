import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { createHarness, type Harness } from '../testing/harness.ts';

let harness: Harness;
beforeAll(async () => {
  harness = await createHarness();
});
afterAll(async () => {
  await harness.close();
});

it('two workspaces that look for one row each in the same tick both find it', async () => {
  const ids = await Promise.all([1, 2, 3, 4].map(() => harness.newWorkspace()));
  const instants = ids.map((_id, at) => new Date(Date.UTC(2030, at)));
  for (const [at, id] of ids.entries()) await harness.setBusinessNow(id, instants[at] ?? new Date());
  const contexts = ids.map((id) => harness.context(id));
  expect(await Promise.all(contexts.map((ctx) => ctx.businessNow()))).toEqual(instants);
  const found = await Promise.all(
    contexts.map((ctx) => ctx.db.workspaceClock.findUnique({ where: { workspaceId: ctx.workspaceId } })),
  );
  expect(found.map((clock) => clock?.workspaceId)).toEqual(ids);
});

it('a look-up by a compound key, and one that must find, work as before', async () => {
  const [one, other] = [await harness.newWorkspace(), await harness.newWorkspace()];
  await harness.admin.query(`INSERT INTO kernel.stream_head (workspace_id, seq) VALUES ($1, 7)`, [one]);
  const [mine, theirs] = [harness.context(one), harness.context(other)];
  await mine.transaction((tx) => tx.setTimer({ kind: 'test', key: 'a', subjectId: 's', dueAt: tx.now }));
  const { id } = await mine.db.timer.findFirstOrThrow();
  const timer = (ctx: typeof mine): Promise<unknown> =>
    ctx.db.timer.findUnique({ where: { workspaceId_id: { workspaceId: one, id } }, select: { kind: true } });
  expect(await Promise.all([timer(theirs), timer(mine)])).toEqual([null, { kind: 'test' }]);
  await expect(theirs.db.streamHead.findUniqueOrThrow({ where: { workspaceId: one } })).rejects.toMatchObject({
    code: 'P2025',
  });
  await expect(mine.db.streamHead.findUniqueOrThrow({ where: { workspaceId: one } })).resolves.toMatchObject({
    seq: 7n,
  });
});
