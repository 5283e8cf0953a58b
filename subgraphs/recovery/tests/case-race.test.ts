import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createScene, createWorld, type World } from './world.ts';

describe('a case that ends while a worker has just taken up its work', () => {
  let world: World;
  beforeAll(async () => {
    world = await createWorld();
  });
  afterAll(() => world.close());

  it.each([
    ['a mail', 'kernel.effect', new Date('2026-03-04T21:30:00Z')], // night: the reminder waits
    ['a wait', 'kernel.timer', new Date('2026-03-04T11:00:00Z')],
  ])('ends at once: neither waits for the other over %s', async (_what, table, at) => {
    const scene = await createScene(world, {}, at);
    await scene.fail();
    const { recoverCase } = await import('../use-cases/recover-case.ts');
    const { id } = await scene.theCase();
    const worker = await world.harness.admin.connect();
    try {
      // As a worker does it: first the row of the work, then the row of the case.
      await worker.query('BEGIN');
      await worker.query(`SELECT 1 FROM ${table} WHERE workspace_id = $1 FOR UPDATE`, [scene.workspaceId]);
      const paid = recoverCase(scene.ctx, {
        invoiceId: scene.invoiceId,
        amountPaid: { amountMinor: 4900n, currency: 'EUR' },
      });
      const claimed = paid.then(() =>
        worker.query('SELECT 1 FROM recovery.recovery_case WHERE id = $1 FOR UPDATE', [id]),
      );
      await expect(Promise.all([paid, claimed])).resolves.toBeDefined();
    } finally {
      await worker.query('ROLLBACK');
      worker.release();
    }
    await scene.pump();
    expect(await scene.theCase()).toMatchObject({ state: 'RECOVERED' });
    await scene.advanceTo('2026-04-04T11:00:00Z');
    expect(await scene.mails()).toHaveLength(table === 'kernel.effect' ? 0 : 1);
  });
});
