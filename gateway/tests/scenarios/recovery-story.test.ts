import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { enterNewCard } from '#cli/demo/customer.ts';
import { watchRecoveries } from '#cli/demo/live.ts';
import { eventually, startStack, type Shop, type Stack } from '#cli/testing/stack.ts';
import { caseIn, deliver, mailsOf, newestLink, onlyCase, paidCharges, untilLinkIsMailed } from './support.ts';

const CARD = { number: '4242424242424242', name: 'Ada Okafor' };
const SUMMARY = `{ recoverySummary { currencies { currency casesOpened casesRecovered recoveredAmount { amount } } } }`;

let stack: Stack;
beforeAll(async () => {
  stack = await startStack();
}, 120_000);
afterAll(async () => {
  await stack.close();
});

const subscriptionsUrl = (): string => `${stack.url.replace(/^http/, 'ws')}/graphql`;

/** What must hold at the end, however the webhooks came. */
async function expectRecovered(shop: Shop): Promise<void> {
  const recovered = await caseIn(shop, 'RECOVERED');
  expect(recovered).toMatchObject({ attribution: 'LINK', invoice: { status: 'PAID' }, link: { state: 'COMPLETED' } });
  expect(recovered.attempts.map(({ origin, state }) => [origin, state])).toEqual([
    ['WORKFLOW', 'DECLINED'],
    ['LINK', 'SUCCEEDED'],
  ]);
  expect(recovered.messages).toEqual([
    { kind: 'REMINDER', state: 'SENT' },
    { kind: 'MAGIC_LINK', state: 'SENT' },
  ]);
  expect(await mailsOf(stack, shop)).toHaveLength(2);
  expect(await paidCharges(shop, recovered.invoice?.stripeId ?? '')).toBe(1);
}

describe('a failed renewal', () => {
  it('is recovered through the magic link, seen live step by step with fields of other subgraphs, and counted', async () => {
    const shop = await stack.connectedShop();
    const live = watchRecoveries(subscriptionsUrl(), shop.workspace.apiKey, () => undefined);
    await untilLinkIsMailed(shop);
    await live.until('LINK_CREATED', 60_000);
    const page = await enterNewCard(await newestLink(stack, shop), CARD);
    // Ours and the webhook's: either may be first.
    for (const type of ['CASE_RECOVERED', 'RETRY_SUCCEEDED']) await live.until(type, 60_000);
    await expectRecovered(shop);

    expect(page).toMatch(/card/i);
    const types = live.seen.map((event) => event.type);
    for (const type of [
      'CASE_OPENED',
      'MESSAGE_SENT',
      'RETRY_DECLINED',
      'LINK_CREATED',
      'LINK_OPENED',
      'CARD_UPDATED',
      'RETRY_SUCCEEDED',
      'CASE_RECOVERED',
    ])
      expect(types).toContain(type);
    for (const event of live.seen)
      expect(event).toMatchObject({
        customer: { name: 'Northwind Robotics' },
        invoice: { amountRemaining: { currency: 'USD' } },
        case: { id: expect.any(String) },
      });

    // A client that comes back with its last cursor gets exactly what it missed.
    const [first] = live.seen;
    const again = watchRecoveries(subscriptionsUrl(), shop.workspace.apiKey, () => undefined, first?.cursor);
    const last = live.seen.at(-1)?.cursor;
    await eventually('what was missed', () => Promise.resolve(again.seen.at(-1)?.cursor === last));
    expect(again.seen.map((event) => event.cursor)).toEqual(live.seen.slice(1).map((event) => event.cursor));
    await Promise.all([live.close(), again.close()]);

    const summary = await eventually(
      'the recovered amount in analytics',
      async () => {
        const { recoverySummary } = await shop.graph.run<{
          recoverySummary: { currencies: { casesRecovered: number }[] };
        }>(SUMMARY);
        return recoverySummary.currencies.some((row) => row.casesRecovered === 1) && recoverySummary;
      },
      60_000,
    );
    expect(summary.currencies).toEqual([
      { currency: 'USD', casesOpened: 1, casesRecovered: 1, recoveredAmount: { amount: '147.00' } },
    ]);
  }, 120_000);

  it('ends the same when every webhook comes three times and out of order', async () => {
    const shop = await stack.connectedShop();
    await deliver(stack, shop, { duplicates: 2, reorder: true });
    await untilLinkIsMailed(shop);
    await onlyCase(shop);
    await enterNewCard(await newestLink(stack, shop), CARD);
    await expectRecovered(shop);
  }, 120_000);
});
