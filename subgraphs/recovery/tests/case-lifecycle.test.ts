import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createScene, createWorld, type World } from './world.ts';

interface AttemptRow {
  state: string;
  skip_reason: string | null;
}
interface MessageRow {
  kind: string;
  state: string;
  drop_reason: string | null;
  due_at: Date;
  sent_at: Date | null;
}

describe('a recovery case', () => {
  let world: World;
  beforeAll(async () => {
    world = await createWorld();
  });
  afterAll(() => world.close());

  const chargesOf = (invoiceId: string): number =>
    world.payments.charged.filter((charge) => charge.invoiceId === invoiceId).length;

  it('is opened once, however often the failure is told and whoever tried', async () => {
    const scene = await createScene(world);
    await scene.fail();
    await scene.fail(); // the same again
    await scene.fail({ attemptCount: 2, declineCode: 'do_not_honor' });
    expect(await scene.theCase()).toMatchObject({
      state: 'OPEN',
      attempt_count: 2,
      decline_code: 'do_not_honor',
      decline_class: 'SOFT_UNKNOWN',
    });
    expect(await scene.mails()).toHaveLength(1);
  });

  it('is opened once when two workers learn of the failure at the same moment', async () => {
    const scene = await createScene(world);
    const { openCase } = await import('../use-cases/open-case.ts');
    const failed = {
      invoiceId: scene.invoiceId,
      customerId: scene.customerId,
      attemptCount: 1,
      amountRemaining: { amountMinor: '4900', currency: 'EUR' },
    };
    const circumstances = { facts: null, workspaceTimeZone: 'UTC' };
    await Promise.all([1, 2, 3].map(() => openCase(scene.ctx, failed, circumstances)));
    await scene.pump();
    expect(await scene.theCase()).toMatchObject({ state: 'OPEN' });
    expect(await scene.rows('recovery.workflow')).toHaveLength(1);
    expect(await scene.mails()).toHaveLength(1);
  });

  it('is not opened again by the failure of our own retry, nor after it has ended', async () => {
    const scene = await createScene(world);
    await scene.fail();
    await scene.advanceTo('2026-03-05T11:00:00Z');
    await scene.fail({ attemptCount: 2 });
    await scene.advanceTo('2026-03-30T11:00:00Z');
    await scene.fail({ attemptCount: 3 });
    expect(await scene.theCase()).toMatchObject({ state: 'CLOSED', close_reason: 'EXHAUSTED' });
  });

  it('is not opened for an invoice that was paid before anybody looked', async () => {
    const scene = await createScene(world, { status: 'paid' });
    await scene.fail();
    expect(await scene.rows('recovery.recovery_case')).toEqual([]);
    expect(await scene.mails()).toEqual([]);
  });

  it('knows the bank’s reason also when it comes before the failure', async () => {
    const scene = await createScene(world);
    await scene.announce('billing.payment.declined', {
      invoiceId: scene.invoiceId,
      attemptCount: 1,
      declineCode: 'expired_card',
      adviceCode: null,
      networkDeclineCode: null,
      paymentMethodId: null,
      chargeId: null,
    });
    await scene.pump();
    await scene.announce('billing.invoice.payment_failed', {
      invoiceId: scene.invoiceId,
      stripeId: 'in_1',
      customerId: scene.customerId,
      subscriptionId: null,
      attemptCount: 1,
      amountRemaining: { amountMinor: '4900', currency: 'EUR' },
      failedAt: '2026-03-04T11:00:00Z',
    });
    await scene.pump();
    expect(await scene.theCase()).toMatchObject({ decline_code: 'expired_card', decline_class: 'NEEDS_CUSTOMER' });
    expect((await scene.events()).slice(0, 2)).toEqual(['case.opened', 'case.classified']);
  });

  it('waits for the customer when the failure is told before anybody knows whose invoice it is', async () => {
    const scene = await createScene(world);
    const facts = world.payments.invoices.get(scene.invoiceId);
    world.payments.invoices.delete(scene.invoiceId);
    await scene.announce('billing.invoice.payment_failed', {
      invoiceId: scene.invoiceId,
      stripeId: 'in_1',
      customerId: null,
      subscriptionId: null,
      attemptCount: 1,
      amountRemaining: { amountMinor: '4900', currency: 'EUR' },
      failedAt: '2026-03-04T11:00:00Z',
    });
    await scene.pump();
    expect(await scene.rows('recovery.recovery_case')).toEqual([]);
    if (facts) world.payments.invoices.set(scene.invoiceId, facts);
    world.harness.wall.advance({ minutes: 10 });
    await scene.pump();
    expect(await scene.theCase()).toMatchObject({ state: 'OPEN', customer_id: scene.customerId });
  });

  it('keeps the newest attempt’s reason when the reasons come in the wrong order', async () => {
    const scene = await createScene(world);
    await scene.fail({ attemptCount: 2, declineCode: 'expired_card' });
    await scene.announce('billing.payment.declined', {
      invoiceId: scene.invoiceId,
      attemptCount: 1,
      declineCode: 'insufficient_funds',
    });
    await scene.pump();
    expect(await scene.theCase()).toMatchObject({ decline_code: 'expired_card' });
  });

  it.each(['lost_card', 'authentication_required'])(
    'never retries after %s, and asks for another card at once instead',
    async (declineCode) => {
      const scene = await createScene(world);
      await scene.fail({ declineCode });
      await scene.advanceTo('2026-03-05T11:00:00Z');
      expect(chargesOf(scene.invoiceId)).toBe(0);
      expect(await scene.rows('recovery.step_execution')).toContainEqual(
        expect.objectContaining({ step_id: 'retry', state: 'SKIPPED', outcome: 'CLASS_FORBIDS' }),
      );
      expect((await scene.mails()).map(({ subject }) => subject)).toContain('Please enter another card for Acme Cloud');
    },
  );

  it('does not retry a card that turned out to be hopeless while the retry was waiting for the network’s floor', async () => {
    const scene = await createScene(world);
    await scene.fail();
    await scene.announce('billing.payment.declined', {
      invoiceId: scene.invoiceId,
      attemptCount: 1,
      declineCode: 'insufficient_funds',
      networkAdviceCode: '26',
    });
    await scene.advanceTo('2026-03-06T10:00:00Z');
    expect(await scene.rows('recovery.retry_attempt')).toMatchObject([
      { state: 'SCHEDULED', due_at: new Date('2026-03-06T11:00:00Z') },
    ]); // two days, not one
    await scene.announce('billing.payment.declined', {
      invoiceId: scene.invoiceId,
      attemptCount: 1,
      declineCode: 'stolen_card',
    });
    await scene.advanceTo('2026-03-06T11:00:00Z');
    expect(chargesOf(scene.invoiceId)).toBe(0);
    expect(await scene.rows<AttemptRow>('recovery.retry_attempt')).toMatchObject([
      { state: 'SKIPPED', skip_reason: 'CLASS_FORBIDS' },
    ]);
    expect(await scene.theCase()).toMatchObject({ current_step_id: 'wait-for-card' });
  });

  it('ends when the refusal is the merchant’s own affair', async () => {
    const scene = await createScene(world);
    await scene.fail({ declineCode: 'duplicate_transaction' });
    expect(await scene.theCase()).toMatchObject({ state: 'CLOSED', close_reason: 'REFUSED' });
    await scene.advanceTo('2026-03-30T11:00:00Z');
    expect(chargesOf(scene.invoiceId)).toBe(0);
  });

  it.each([
    ['billing.invoice.voided', 'VOIDED'],
    ['billing.invoice.marked_uncollectible', 'UNCOLLECTIBLE'],
  ])('is closed by %s, and nothing leaves afterwards', async (type, reason) => {
    const scene = await createScene(world);
    await scene.fail();
    await scene.announce(type, { invoiceId: scene.invoiceId });
    await scene.pump();
    expect(await scene.theCase()).toMatchObject({ state: 'CLOSED', close_reason: reason });
    await scene.advanceTo('2026-03-30T11:00:00Z');
    expect(chargesOf(scene.invoiceId)).toBe(0);
    expect(await scene.mails()).toHaveLength(1);
    expect(await scene.rows<{ state: string }>('kernel.timer')).toMatchObject([{ state: 'CANCELED' }]);
  });

  it('is recovered without us when the customer pays elsewhere first', async () => {
    const scene = await createScene(world);
    await scene.fail();
    await scene.pay();
    await scene.pay(); // told twice
    expect(await scene.theCase()).toMatchObject({ state: 'RECOVERED', attribution: 'ORGANIC' });
    expect((await scene.events()).filter((type) => type === 'case.recovered')).toHaveLength(1);
    await scene.advanceTo('2026-03-30T11:00:00Z');
    expect(chargesOf(scene.invoiceId)).toBe(0);
  });

  it('does not charge when the invoice was paid elsewhere and the news is still on its way', async () => {
    const scene = await createScene(world);
    await scene.fail();
    world.payments.settle(scene.invoiceId, 'paid');
    await scene.advanceTo('2026-03-05T11:00:00Z');
    expect(chargesOf(scene.invoiceId)).toBe(0);
    expect(await scene.rows<AttemptRow>('recovery.retry_attempt')).toMatchObject([
      { state: 'SKIPPED', skip_reason: 'INVOICE_PAID' },
    ]);
    expect(await scene.mails()).toHaveLength(1);
    await scene.pay();
    expect(await scene.theCase()).toMatchObject({ state: 'RECOVERED', attribution: 'ORGANIC' });
  });

  it('charges once when the answer to the retry is lost', async () => {
    const scene = await createScene(world);
    await scene.fail();
    world.payments.answerWith(scene.invoiceId, { result: 'PAID' });
    world.payments.loseNextAnswer();
    await scene.advanceTo('2026-03-05T11:00:00Z');
    expect(chargesOf(scene.invoiceId)).toBe(1);
    expect(await scene.rows<AttemptRow>('recovery.retry_attempt')).toMatchObject([{ state: 'SUCCEEDED' }]);
  });

  it('is put down to the retry when the provider’s news of the payment is faster than its answer', async () => {
    const scene = await createScene(world);
    await scene.fail();
    world.payments.answerWith(scene.invoiceId, { result: 'PAID' });
    world.payments.during(async () => {
      const { recoverCase } = await import('../use-cases/recover-case.ts');
      await recoverCase(scene.ctx, { invoiceId: scene.invoiceId, amountPaid: { amountMinor: 4900n, currency: 'EUR' } });
    });
    await scene.advanceTo('2026-03-05T11:00:00Z');
    expect(await scene.theCase()).toMatchObject({ state: 'RECOVERED', attribution: 'OUR_RETRY' });
    expect(await scene.rows<AttemptRow>('recovery.retry_attempt')).toMatchObject([{ state: 'SUCCEEDED' }]);
    expect(await scene.rows<{ state: string }>('recovery.step_execution')).not.toContainEqual(
      expect.objectContaining({ state: 'RUNNING' }),
    );
  });

  it('writes to nobody at night, and not at all when the payment comes before the morning', async () => {
    const night = new Date('2026-03-04T21:30:00Z'); // 22:30 in Berlin
    const [patient, quick] = [await createScene(world, {}, night), await createScene(world, {}, night)];
    await patient.fail();
    await quick.fail();
    expect(await patient.mails()).toEqual([]);
    await quick.pay();

    await patient.advanceTo('2026-03-05T08:00:00Z');
    await quick.advanceTo('2026-03-05T08:00:00Z');
    const morning = new Date('2026-03-05T07:00:00Z');
    expect(await patient.rows<MessageRow>('recovery.message')).toMatchObject([
      { state: 'SENT', due_at: morning, sent_at: morning },
    ]);
    expect(await quick.rows<MessageRow>('recovery.message')).toMatchObject([
      { state: 'DROPPED', drop_reason: 'CASE_ENDED', sent_at: null },
    ]);
    expect(await quick.mails()).toEqual([]);
  });

  it('puts a mail off that fell due in the day and is only carried out in the night', async () => {
    const scene = await createScene(world);
    await scene.announce('billing.invoice.payment_failed', {
      invoiceId: scene.invoiceId,
      stripeId: 'in_1',
      customerId: scene.customerId,
      subscriptionId: null,
      attemptCount: 1,
      amountRemaining: { amountMinor: '4900', currency: 'EUR' },
      failedAt: '2026-03-04T11:00:00Z',
    });
    const { openCase } = await import('../use-cases/open-case.ts');
    await openCase(
      scene.ctx,
      {
        invoiceId: scene.invoiceId,
        customerId: scene.customerId,
        attemptCount: 1,
        amountRemaining: { amountMinor: '4900', currency: 'EUR' },
      },
      { facts: null, workspaceTimeZone: 'Europe/Berlin' },
    );
    await world.harness.setBusinessNow(scene.workspaceId, new Date('2026-03-04T22:00:00Z'));
    await scene.pump();
    expect(await scene.mails()).toEqual([]);
    expect(await scene.rows<MessageRow>('recovery.message')).toMatchObject([
      { state: 'QUEUED', due_at: new Date('2026-03-05T07:00:00Z') },
    ]);
    await scene.advanceTo('2026-03-05T07:00:00Z');
    expect(await scene.mails()).toHaveLength(1);
  });

  it('goes on without a mail when nobody knows the customer’s address', async () => {
    const scene = await createScene(world, { customerEmail: null });
    await scene.fail();
    expect(await scene.rows<MessageRow>('recovery.message')).toMatchObject([
      { state: 'DROPPED', drop_reason: 'NO_RECIPIENT' },
    ]);
    expect(await scene.theCase()).toMatchObject({ current_step_id: 'wait-before-retry' });
  });

  it('sends a mail once when the mail provider was away, and the link of the mail that left is the one that works', async () => {
    const scene = await createScene(world);
    await scene.fail();
    world.breakMail(2);
    await scene.advanceTo('2026-03-05T12:00:00Z');
    const mails = await scene.mails();
    expect(mails).toHaveLength(2);
    expect(await scene.rows('recovery.magic_link')).toHaveLength(1);
    expect((await scene.events()).filter((type) => type === 'link.created')).toHaveLength(1);
    const token = /pay\/([\w-]{43})/.exec(mails[1]?.text ?? '')?.[1] ?? '';
    expect((await scene.request('GET', `/pay/${token}`)).status).toBe(200);
  });

  it('keeps no token: whoever reads every table of ours opens no link', async () => {
    const scene = await createScene(world);
    await scene.fail();
    await scene.advanceTo('2026-03-05T12:00:00Z');
    const token = /pay\/([\w-]{43})/.exec((await scene.mails())[1]?.text ?? '')?.[1] ?? '';
    expect(token).toHaveLength(43);
    const tables = await world.harness.admin.query<{ name: string }>(
      `SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables WHERE schemaname IN ('recovery', 'kernel') AND tablename <> 'captured_mail'`,
    );
    expect(tables.rows.length).toBeGreaterThan(10);
    for (const { name } of tables.rows) {
      const found = await world.harness.admin.query(`SELECT 1 FROM ${name} t WHERE t::text LIKE '%' || $1 || '%'`, [
        token,
      ]);
      expect([name, found.rowCount]).toEqual([name, 0]);
    }
  });
});
