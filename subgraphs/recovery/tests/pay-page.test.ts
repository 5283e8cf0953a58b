import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ProviderUnavailableError } from '#subgraphs/shared/errors/errors.ts';
import type { HttpResponse } from '#subgraphs/shared/http/route.ts';
import type { InvoiceFacts } from '../ports.ts';
import { payRoutes } from '../pay-page/routes.ts';
import { createScene, createWorld, payPathIn, PUBLIC_URL, type Scene, type World } from './world.ts';

const bodyOf = ({ body }: HttpResponse): string => String(body).replace(/\s+/g, ' ');
const sessionOf = ({ headers }: HttpResponse): string => headers?.['location']?.split('/').at(-1) ?? '';

describe('the pay page', () => {
  let world: World;
  beforeAll(async () => {
    world = await createWorld();
  });
  afterAll(() => world.close());

  /** A customer who has just been sent a link. */
  async function withLink(facts: Partial<InvoiceFacts> = {}): Promise<{ scene: Scene; path: string }> {
    const scene = await createScene(world, facts);
    await scene.fail();
    await scene.advanceTo('2026-03-05T11:00:00Z');
    return { scene, path: payPathIn(await scene.mails()) };
  }
  const linkStates = async (scene: Scene): Promise<string[]> =>
    (await scene.rows<{ state: string }>('recovery.magic_link')).map(({ state }) => state);
  const replacedOf = ({ invoiceId }: Scene): string[] =>
    world.payments.replaced.filter((each) => each.invoiceId === invoiceId).map((each) => each.paymentMethodStripeId);

  it('shows merchant, invoice, amount and the card that failed, and nothing about who the customer is', async () => {
    const { scene, path } = await withLink({ preferredLocale: 'de-DE' });
    const page = await scene.request('GET', path);
    const body = bodyOf(page);
    expect(page.status).toBe(200);
    for (const shown of ['Acme Cloud', 'ACME-0042', '49,00 €', 'VISA ···· 9995']) expect(body).toContain(shown);
    expect(body).not.toMatch(/Ada|Lovelace|customer\.example/);
    expect(body).not.toContain(scene.customerId);
    expect(body).not.toContain(scene.invoiceId);
    expect(body).not.toMatch(/insufficient/i);
  });

  it('does without the merchant’s name, the invoice’s number and the card', async () => {
    const { scene, path } = await withLink({ merchantName: '', number: null, failedCard: null });
    const body = bodyOf(await scene.request('GET', path));
    expect(body).toContain('for your next payments.');
    expect(body).not.toMatch(/Invoice|Card that did not work|class="merchant"/);
  });

  it('is a labelled document that runs no script, loads nothing, is kept by no cache, frame or index and tells no one where it is', async () => {
    const { scene, path } = await withLink();
    const { headers = {}, body } = await scene.request('GET', path);
    expect(headers['content-security-policy']).toMatch(
      /^default-src 'none'; .*script-src 'none'; form-action 'self' https:\/\/checkout\.example; frame-ancestors 'none'/,
    );
    expect(headers).toMatchObject({
      'referrer-policy': 'no-referrer',
      'cache-control': 'no-store',
      'x-robots-tag': 'noindex, nofollow',
    });
    expect(body).toMatch(/<html lang="en">/);
    expect(body).toMatch(/<meta name="viewport" content="width=device-width, initial-scale=1">/);
    expect(body).toMatch(/<main>.*<h1>.*<form method="post">\s*<button type="submit">[^<]+<\/button>/s);
    expect(body).not.toMatch(/<script|https?:\/\//);
  });

  it('survives a mail scanner that looks, follows and presses the button, and then serves its human', async () => {
    const { scene, path } = await withLink();
    for (let i = 0; i < 3; i += 1) {
      await scene.request('GET', path);
      await scene.request('POST', path);
      await scene.request('GET', `${path}/return`);
    }
    expect(await linkStates(scene)).toEqual(['OPENED']);
    expect((await scene.request('GET', path)).status).toBe(200);
    const leaving = await scene.request('POST', path);
    world.payments.completeSession(sessionOf(leaving), 'pm_human');
    expect(bodyOf(await scene.request('GET', `${path}/return`))).toContain('Your card was updated');
    expect(await linkStates(scene)).toEqual(['COMPLETED']);
    await scene.pump();
    expect((await scene.events()).filter((type) => type === 'link.opened')).toHaveLength(1);
  });

  it('hands everybody who presses the button to one and the same card page', async () => {
    const { scene, path } = await withLink();
    const all = await Promise.all([1, 2, 3].map(() => scene.request('POST', path)));
    expect(new Set(all.map(({ headers }) => headers?.['location'])).size).toBe(1);
    expect(all.map(({ status }) => status)).toEqual([303, 303, 303]);
    expect(world.payments.sessions.get(sessionOf(await scene.request('POST', path)))?.successUrl).toBe(
      `${PUBLIC_URL}${path}/return`,
    );
  });

  it('offers a new card page when the first one ran out', async () => {
    const { scene, path } = await withLink();
    const first = sessionOf(await scene.request('POST', path));
    const session = world.payments.sessions.get(first);
    if (session) world.payments.sessions.set(first, { ...session, status: 'EXPIRED' });
    expect(bodyOf(await scene.request('GET', `${path}/return`))).toContain('please start again');
    const second = sessionOf(await scene.request('POST', path));
    expect(second).not.toBe(first);
    world.payments.completeSession(second, 'pm_2');
    await scene.request('GET', `${path}/return`);
    await scene.pump();
    expect(replacedOf(scene)).toEqual(['pm_2']);
  });

  it('completes once when two people come back at the same moment, and is friendly to both', async () => {
    const { scene, path } = await withLink();
    world.payments.completeSession(sessionOf(await scene.request('POST', path)), 'pm_race');
    const both = await Promise.all([scene.request('GET', `${path}/return`), scene.request('GET', `${path}/return`)]);
    for (const page of both) expect([page.status, bodyOf(page).includes('Your card was updated')]).toEqual([200, true]);
    await scene.pump();
    expect(replacedOf(scene)).toEqual(['pm_race']);
    expect(
      (await scene.rows<{ origin: string }>('recovery.retry_attempt')).filter(({ origin }) => origin === 'LINK'),
    ).toHaveLength(1);
  });

  it('completes by the provider’s news alone when the customer closed the browser, and once when both arrive', async () => {
    const { scene, path } = await withLink();
    const sessionId = sessionOf(await scene.request('POST', path));
    world.payments.completeSession(sessionId, 'pm_closed');
    const news = {
      connectionId: 'conn_1',
      checkoutSessionId: sessionId,
      setupIntentId: 'seti_1',
      paymentMethodStripeId: 'pm_closed',
      customerId: scene.customerId,
    };
    await scene.announce('billing.setup.completed', news);
    await scene.announce('billing.setup.completed', news);
    await scene.pump();
    expect(await linkStates(scene)).toEqual(['COMPLETED']);
    expect((await scene.request('GET', `${path}/return`)).status).toBe(200);
    await scene.pump();
    expect(replacedOf(scene)).toEqual(['pm_closed']);
  });

  it('takes no notice of a card that was saved elsewhere', async () => {
    const { scene } = await withLink();
    await scene.announce('billing.setup.completed', {
      connectionId: 'conn_1',
      checkoutSessionId: 'cs_of_somebody',
      setupIntentId: 'seti_1',
      paymentMethodStripeId: 'pm_x',
      customerId: scene.customerId,
    });
    await scene.pump();
    expect(await linkStates(scene)).toEqual(['ISSUED']);
    expect(replacedOf(scene)).toEqual([]);
  });

  it('says so when the customer comes back without a card, and offers the button again', async () => {
    const { scene, path } = await withLink();
    await scene.request('POST', path);
    const page = await scene.request('GET', `${path}/return`);
    expect(page.status).toBe(200);
    expect(bodyOf(page)).toContain('No card was saved yet');
    expect(bodyOf(page)).toContain(`<form method="post" action="../${path.split('/').at(-1) ?? ''}">`);
  });

  it('says kindly that the new card was refused too, and the next mail brings a link that works', async () => {
    const { scene, path } = await withLink();
    world.payments.answerWith(
      scene.invoiceId,
      { result: 'DECLINED', declineCode: 'generic_decline' },
      { result: 'PAID' },
    );
    world.payments.completeSession(sessionOf(await scene.request('POST', path)), 'pm_bad');
    await scene.request('GET', `${path}/return`);
    await scene.pump();
    expect(await scene.rows('recovery.retry_attempt')).toContainEqual(
      expect.objectContaining({ origin: 'LINK', state: 'DECLINED' }),
    );
    expect(await scene.theCase()).toMatchObject({ state: 'OPEN', decline_code: 'generic_decline' });
    const refused = await scene.request('GET', `${path}/return`);
    expect([refused.status, bodyOf(refused).includes('did not work either')]).toEqual([200, true]);
    expect((await scene.request('GET', path)).status).toBe(410);

    await scene.advanceTo('2026-03-08T11:00:00Z');
    const next = payPathIn(await scene.mails());
    expect(next).not.toBe(path);
    world.payments.completeSession(sessionOf(await scene.request('POST', next)), 'pm_good');
    await scene.request('GET', `${next}/return`);
    await scene.pump();
    await scene.pay();
    expect(await scene.theCase()).toMatchObject({ state: 'RECOVERED', attribution: 'LINK' });
    expect(replacedOf(scene)).toEqual(['pm_bad', 'pm_good']);
  });

  it('refuses a link that a newer one replaced, and one whose time is over, without asking the provider for a page', async () => {
    const { scene, path } = await withLink();
    const before = world.payments.sessions.size;
    await scene.advanceTo('2026-03-08T11:00:00Z'); // the final notice carries a new link
    const newer = payPathIn(await scene.mails());
    expect(await linkStates(scene)).toEqual(['REVOKED', 'ISSUED']);
    expect(bodyOf(await scene.request('GET', path))).toContain('no longer works');

    await world.harness.admin.query(
      `UPDATE recovery.magic_link SET expires_at = $2 WHERE workspace_id = $1 AND state = 'ISSUED'`,
      [scene.workspaceId, new Date('2026-03-08T11:00:01Z')],
    );
    await world.harness.setBusinessNow(scene.workspaceId, new Date('2026-03-08T11:00:01Z'));
    const expired = await scene.request('GET', newer);
    expect([expired.status, bodyOf(expired).includes('has expired')]).toEqual([410, true]);
    expect((await scene.request('POST', newer)).status).toBe(410);
    expect(world.payments.sessions.size).toBe(before);
  });

  it('accepts a card whose page was opened before the link’s time was over', async () => {
    const { scene, path } = await withLink();
    const sessionId = sessionOf(await scene.request('POST', path));
    await world.harness.admin.query(`UPDATE recovery.magic_link SET expires_at = $2 WHERE workspace_id = $1`, [
      scene.workspaceId,
      new Date('2026-03-05T12:00:00Z'),
    ]);
    await world.harness.setBusinessNow(scene.workspaceId, new Date('2026-03-05T12:30:00Z'));
    await scene.announce('billing.setup.completed', {
      connectionId: 'conn_1',
      checkoutSessionId: sessionId,
      setupIntentId: 'seti_1',
      paymentMethodStripeId: 'pm_late',
      customerId: scene.customerId,
    });
    await scene.pump();
    expect(await linkStates(scene)).toEqual(['COMPLETED']);
  });

  it('is at peace with an invoice that was paid or taken back meanwhile', async () => {
    const { scene, path } = await withLink();
    world.payments.settle(scene.invoiceId, 'paid');
    const paid = await scene.request('GET', path);
    expect([paid.status, bodyOf(paid).includes('This is paid')]).toEqual([200, true]);
    expect((await scene.request('POST', path)).status).toBe(200);
    await scene.pay();
    expect(await linkStates(scene)).toEqual(['REVOKED']);
    expect((await scene.request('GET', path)).status).toBe(200);

    const voided = await withLink();
    world.payments.settle(voided.scene.invoiceId, 'void');
    expect(bodyOf(await voided.scene.request('GET', voided.path))).toContain('Nothing to pay');
  });

  it.each(['/pay/short', `/pay/${'A'.repeat(43)}`, `/pay/${'%00'.repeat(14)}A`, `/pay/${'A'.repeat(43)}/return`])(
    'does not know %s',
    async (path) => {
      const scene = await createScene(world);
      const page = await scene.request('GET', path);
      expect([page.status, bodyOf(page).includes('do not know this link')]).toEqual([404, true]);
      expect(page.headers).toMatchObject({ 'cache-control': 'no-store', 'referrer-policy': 'no-referrer' });
    },
  );

  it('asks to come back when the provider does not answer, and has changed nothing', async () => {
    const { scene, path } = await withLink();
    const { openCardSetup } = world.payments;
    world.payments.openCardSetup = () =>
      Promise.reject(new ProviderUnavailableError('stripe', 'The connection broke.'));
    const page = await scene.request('POST', path);
    world.payments.openCardSetup = openCardSetup;
    expect([page.status, page.headers?.['retry-after']]).toEqual([503, '60']);
    expect((await scene.request('POST', path)).status).toBe(303);
  });

  it('limits how often one link is pressed and one address asks', async () => {
    const { path } = await withLink();
    const other = await withLink();
    const routes = payRoutes({
      payments: world.payments,
      system: world.harness.system,
      contextFor: ({ workspaceId, actor }) => Promise.resolve(world.harness.context(workspaceId, { actor })),
      publicUrl: PUBLIC_URL,
      checkoutOrigins: [],
      limits: { viewsPerLink: 5, submitsPerLink: 2, requestsPerAddress: 6 },
    });
    const press = routes.find(({ method }) => method === 'POST');
    const ask = async (ip: string, of: string): Promise<number | undefined> =>
      (
        await press?.handle({
          params: { token: of.split('/').at(-1) ?? '' },
          query: new URLSearchParams(),
          headers: {},
          body: Buffer.alloc(0),
          ip,
          url: of,
          requestId: 'req_test',
        })
      )?.status;
    expect([await ask('a', path), await ask('b', path), await ask('c', path)]).toEqual([303, 303, 429]);
    expect(await ask('c', other.path)).toBe(303); // another link
    for (let i = 0; i < 5; i += 1) await ask('d', `/pay/${String(i).repeat(43)}`);
    expect([await ask('d', other.path), await ask('d', other.path)]).toEqual([303, 429]); // the address has asked seven times
  });
});
