import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { createScene, createWorld, type World } from './world.ts';

let world: World;
beforeAll(async () => {
  world = await createWorld();
});
afterAll(async () => {
  await world.close();
});

interface Announced {
  readonly type: string;
  readonly payload: { readonly amount: { readonly amountMinor: string; readonly currency: string } };
}

it('what is said of a case to whoever copies it is what was announced of it', async () => {
  const scene = await createScene(world);
  const { cases } = world.subgraph;
  await scene.fail();
  const { id } = await scene.theCase();
  const [open] = await cases.cases(scene.ctx, [id]);
  expect(open).toMatchObject({ caseId: id, state: 'IN_PROGRESS', recoveredAmountMinor: 0n, closedAt: null });

  // Less is unpaid by now: of the case that was opened nothing is said anew.
  await world.harness.admin.query('UPDATE recovery.recovery_case SET amount_minor = amount_minor - 1 WHERE id = $1', [
    id,
  ]);
  expect(await cases.cases(scene.ctx, [id])).toEqual([open]);

  await scene.pay();
  const { rows } = await world.harness.admin.query<Announced>(
    `SELECT type, payload FROM kernel.event WHERE workspace_id = $1 AND type IN ('recovery.case.opened', 'recovery.case.recovered') ORDER BY type`,
    [scene.workspaceId],
  );
  const [opened, recovered] = rows.map(({ payload }) => payload.amount);
  const [ended] = await cases.cases(scene.ctx, [id]);
  const { closed_at: recoveredAt } = await scene.theCase();
  expect(ended).toEqual({
    ...open,
    state: 'RECOVERED',
    attribution: 'ORGANIC',
    amountMinor: BigInt(opened?.amountMinor ?? -1),
    recoveredAmountMinor: BigInt(recovered?.amountMinor ?? -1),
    recoveredAt,
  });
  expect(await cases.figures(scene.ctx)).toMatchObject([
    { state: 'RECOVERED', currency: opened?.currency, cases: 1n, amountMinor: BigInt(opened?.amountMinor ?? -1) },
  ]);
});
