import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createScene, createWorld, payPathIn, type World } from './world.ts';

describe('recovering a failed renewal', () => {
  let world: World;
  beforeAll(async () => {
    world = await createWorld();
  });
  afterAll(() => world.close());

  it('opens one case, reminds, and collects by a retry one day later', async () => {
    const scene = await createScene(world);
    world.payments.answerWith(scene.invoiceId, { result: 'PAID' });
    await scene.fail();

    expect(await scene.theCase()).toMatchObject({
      state: 'OPEN',
      decline_class: 'SOFT_FUNDS',
      decline_code: 'insufficient_funds',
      current_step_id: 'wait-before-retry',
    });
    expect((await scene.mails()).map(({ subject, to }) => [subject, to])).toEqual([
      ['Your payment of €49.00 to Acme Cloud did not go through', 'ada@customer.example'],
    ]);

    await scene.advanceTo('2026-03-05T11:00:00Z');
    expect(await scene.rows('recovery.retry_attempt')).toMatchObject([{ state: 'SUCCEEDED', origin: 'WORKFLOW' }]);
    expect(await scene.theCase()).toMatchObject({ state: 'OPEN' }); // only the provider's news ends it

    await scene.pay();
    expect(await scene.theCase()).toMatchObject({ state: 'RECOVERED', attribution: 'OUR_RETRY', close_reason: null });
    expect(await scene.events()).toEqual([
      'case.opened',
      'message.queued',
      'case.classified',
      'message.sent',
      'retry.scheduled',
      'retry.succeeded',
      'case.recovered',
    ]);
    await scene.advanceTo('2026-04-04T11:00:00Z');
    expect(await scene.mails()).toHaveLength(1);
  });

  it('sends a link when the retry is declined, takes the new card and recovers the invoice through it', async () => {
    const scene = await createScene(world);
    world.payments.answerWith(
      scene.invoiceId,
      { result: 'DECLINED', declineCode: 'insufficient_funds' },
      { result: 'PAID' },
    );
    await scene.fail();
    await scene.advanceTo('2026-03-05T11:00:00Z');
    const mails = await scene.mails();
    expect(mails.map(({ subject }) => subject)).toEqual([
      'Your payment of €49.00 to Acme Cloud did not go through',
      'Please enter another card for Acme Cloud',
    ]);
    const path = payPathIn(mails);

    expect((await scene.request('GET', path)).status).toBe(200);
    const leaving = await scene.request('POST', path);
    expect(leaving).toMatchObject({ status: 303 });
    const sessionId = leaving.headers?.['location']?.split('/').at(-1) ?? '';
    world.payments.completeSession(sessionId, 'pm_new');

    const back = await scene.request('GET', `${path}/return`);
    expect(back.status).toBe(200);
    expect(back.body).toContain('Your card was updated');
    await scene.pump();
    expect(world.payments.replaced.filter(({ invoiceId }) => invoiceId === scene.invoiceId)).toEqual([
      { invoiceId: scene.invoiceId, paymentMethodStripeId: 'pm_new' },
    ]);
    expect(await scene.rows('recovery.retry_attempt')).toMatchObject([
      { state: 'DECLINED', origin: 'WORKFLOW' },
      { state: 'SUCCEEDED', origin: 'LINK' },
    ]);

    await scene.pay();
    expect(await scene.theCase()).toMatchObject({ state: 'RECOVERED', attribution: 'LINK' });
    expect(await scene.events()).toEqual([
      'case.opened',
      'message.queued',
      'case.classified',
      'message.sent',
      'retry.scheduled',
      'retry.declined',
      'message.queued',
      'link.created',
      'message.sent',
      'link.opened',
      'card.updated',
      'retry.scheduled',
      'retry.succeeded',
      'case.recovered',
    ]);
    expect((await scene.request('GET', path)).body).toContain('This is paid');
  });

  it('gives up after the final notice, with each mail sent once', async () => {
    const scene = await createScene(world);
    await scene.fail();
    await scene.advanceTo('2026-03-20T11:00:00Z');
    expect(await scene.theCase()).toMatchObject({
      state: 'CLOSED',
      close_reason: 'EXHAUSTED',
      closed_at: new Date('2026-03-11T11:00:00Z'),
    });
    expect(
      (await scene.rows<{ kind: string; state: string }>('recovery.message')).map(
        ({ kind, state }) => `${kind} ${state}`,
      ),
    ).toEqual(['REMINDER SENT', 'MAGIC_LINK SENT', 'FINAL_NOTICE SENT']);
    expect(await scene.rows('recovery.magic_link')).toMatchObject([{ state: 'REVOKED' }, { state: 'REVOKED' }]);
    expect(await scene.mails()).toHaveLength(3);
    expect((await scene.request('GET', payPathIn(await scene.mails()))).status).toBe(410);
  });
});
