import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { enterNewCard } from '#cli/demo/customer.ts';
import { eventually, startStack, type Stack } from '#cli/testing/stack.ts';
import { after, caseIn, casesOf, mailsOf, newestLink, onlyCase, paidCharges, untilLinkIsMailed } from './support.ts';

const GOOD_CARD = { number: '4242424242424242', name: 'Ada Okafor' };
/** Can be saved; every charge is declined. */
const BAD_CARD = { number: '4000000000000341', name: 'Ada Okafor' };

/** Each test has a shop of its own, and waits more than it works: those of a group are told side by side. */
let stack: Stack;
beforeAll(async () => {
  stack = await startStack();
}, 120_000);
afterAll(async () => {
  await stack.close();
});

describe('two renewals that fail at once', () => {
  it.concurrent(
    'have a case each, and paying one leaves the other open',
    async () => {
      const shop = await stack.connectedShop();
      await untilLinkIsMailed(shop, 2);
      const cases = await casesOf(shop);
      expect(cases.map(({ state }) => state)).toEqual(['OPEN', 'OPEN']);
      expect(new Set(cases.map(({ customer }) => customer?.name))).toEqual(
        new Set(['Northwind Robotics', 'Blue Fern Studio']),
      );
      await enterNewCard(await newestLink(stack, shop), GOOD_CARD);
      await caseIn(shop, 'RECOVERED');
      expect((await casesOf(shop)).map(({ state }) => state).sort()).toEqual(['OPEN', 'RECOVERED']);
    },
    120_000,
  );
});

describe('an invoice that is settled without us', () => {
  it.concurrent(
    'closes its case as recovered when the customer pays elsewhere, before our retry',
    async () => {
      const shop = await stack.connectedShop();
      const [subscriber] = shop.merchant.subscribers;
      if (subscriber) await shop.merchant.letCardFail(subscriber);
      await shop.travelTo(after(shop.merchant.renewsAt, 0.5));
      const open = await onlyCase(shop);
      expect(open.state).toBe('OPEN');
      await shop.merchant.stripe.invoices.pay(open.invoice?.stripeId ?? '', { paid_out_of_band: true });
      expect(await caseIn(shop, 'RECOVERED')).toMatchObject({ attribution: 'ORGANIC' });
      const before = (await mailsOf(stack, shop)).length;
      await shop.travelTo(after(shop.merchant.renewsAt, 6));
      const closed = await onlyCase(shop);
      expect(closed.attempts.filter(({ state }) => state !== 'SKIPPED')).toEqual([]);
      expect(await mailsOf(stack, shop)).toHaveLength(before);
    },
    120_000,
  );

  it.concurrent(
    'closes its case when the merchant voids it, and its link says that nothing is owed',
    async () => {
      const shop = await stack.connectedShop();
      await untilLinkIsMailed(shop);
      const link = await newestLink(stack, shop);
      const open = await onlyCase(shop);
      await shop.merchant.stripe.invoices.voidInvoice(open.invoice?.stripeId ?? '');
      expect(await caseIn(shop, 'CLOSED')).toMatchObject({ closeReason: 'VOIDED' });
      const mails = await mailsOf(stack, shop);
      await shop.travelTo(after(shop.merchant.renewsAt, 12));
      expect(await mailsOf(stack, shop)).toHaveLength(mails.length);
      const page = await fetch(link);
      expect(await page.text()).not.toMatch(/<form/i);
      expect(await paidCharges(shop, open.invoice?.stripeId ?? '')).toBe(0);
    },
    120_000,
  );
});

describe('a magic link', () => {
  it.concurrent(
    'leaves the case open when the new card is refused too, and the next link recovers it',
    async () => {
      const shop = await stack.connectedShop();
      await untilLinkIsMailed(shop);
      await enterNewCard(await newestLink(stack, shop), BAD_CARD);
      const declined = await eventually(
        'the declined card',
        async () => {
          const found = await onlyCase(shop);
          return found.attempts.some(({ origin, state }) => origin === 'LINK' && state === 'DECLINED') && found;
        },
        60_000,
      );
      expect(declined.state).toBe('OPEN');
      await shop.travelTo(after(shop.merchant.renewsAt, 5.5));
      expect((await mailsOf(stack, shop)).length).toBe(3);
      await enterNewCard(await newestLink(stack, shop), GOOD_CARD);
      const recovered = await caseIn(shop, 'RECOVERED');
      expect(await paidCharges(shop, recovered.invoice?.stripeId ?? '')).toBe(1);
    },
    120_000,
  );

  it.concurrent(
    'still works for the customer after a mail scanner has opened, posted and prefetched it',
    async () => {
      const shop = await stack.connectedShop();
      await untilLinkIsMailed(shop);
      const link = await newestLink(stack, shop);
      expect((await fetch(link, { method: 'HEAD' })).status).toBe(200);
      expect((await fetch(link)).status).toBe(200);
      await fetch(link, { method: 'POST', redirect: 'manual' });
      expect((await onlyCase(shop)).state).toBe('OPEN');
      await enterNewCard(link, GOOD_CARD);
      expect(await caseIn(shop, 'RECOVERED')).toMatchObject({ attribution: 'LINK' });
      // A second visit is greeted, and changes nothing.
      const again = await fetch(link);
      expect(again.status).toBeLessThan(500);
      expect(await again.text()).not.toMatch(/<form/i);
    },
    120_000,
  );

  it.concurrent(
    'is dead once it has expired, and the case ends as exhausted',
    async () => {
      const shop = await stack.connectedShop();
      await untilLinkIsMailed(shop);
      const link = await newestLink(stack, shop);
      await shop.travelTo(after(shop.merchant.renewsAt, 14));
      expect(await onlyCase(shop)).toMatchObject({ state: 'CLOSED', closeReason: 'EXHAUSTED' });
      const page = await fetch(link);
      expect(page.status).toBe(410);
      expect(await page.text()).not.toMatch(/<form/i);
      expect((await fetch(link, { method: 'POST', redirect: 'manual' })).status).toBe(410);
    },
    120_000,
  );
});
