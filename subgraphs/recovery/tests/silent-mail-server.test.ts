import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { createScene, createWorld, type World } from './world.ts';

let world: World;
beforeAll(async () => {
  world = await createWorld();
});
afterAll(() => world.close());

it('a mail of which nobody can say whether it left is shown as UNKNOWN and not sent again, and the workflow goes on', async () => {
  const scene = await createScene(world);
  world.silenceMail();
  world.payments.answerWith(scene.invoiceId, { result: 'PAID' });
  await scene.fail();
  for (let looks = 0; looks < 4; looks += 1) {
    world.harness.wall.advance({ minutes: 6 });
    await scene.pump();
  }
  expect(await scene.rows('recovery.message')).toMatchObject([{ kind: 'REMINDER', state: 'UNKNOWN' }]);
  expect(await scene.mails()).toHaveLength(1);
  const { rows } = await world.harness.admin.query(
    `SELECT state, last_error FROM kernel.effect WHERE workspace_id = $1 AND kind LIKE '%message%'`,
    [scene.workspaceId],
  );
  expect(rows).toEqual([{ state: 'FAILED', last_error: expect.stringMatching(/cannot be asked/) }]);

  // What comes after the reminder comes all the same.
  expect(await scene.theCase()).toMatchObject({ state: 'OPEN', current_step_id: 'wait-before-retry' });
  await scene.advanceTo('2026-03-05T11:00:00Z');
  expect(await scene.rows('recovery.retry_attempt')).toMatchObject([{ state: 'SUCCEEDED' }]);
});
