import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type Stripe from 'stripe';
import { DAY, refusal, START, startTestSandbox, steer, subscribe, type TestSandbox } from './harness.ts';

let sandbox: TestSandbox;
beforeAll(async () => {
  sandbox = await startTestSandbox();
});
afterAll(async () => {
  await sandbox.close();
});

interface Shop {
  readonly stripe: Stripe;
  readonly account: string;
  readonly charge: Stripe.Charge;
}

/** 147.00 EUR were paid by card. */
async function shopWithCharge(): Promise<Shop> {
  const stripe = sandbox.newAccount();
  const { id: account } = await stripe.accounts.retrieveCurrent();
  await subscribe(stripe);
  const [charge] = (await stripe.charges.list()).data;
  return { stripe, account, charge: charge! };
}

const FEE = 456; // 2.9 % of 14,700 and 30
const payOut = async ({ account }: Shop, body: object = {}): Promise<Stripe.Payout[]> =>
  (await steer<{ payouts: Stripe.Payout[] }>(sandbox.url, account, 'payouts', body)).payouts;
const advance = ({ account }: Shop, payout: Stripe.Payout, to: string): Promise<Stripe.Payout> =>
  steer(sandbox.url, account, `payouts/${payout.id}`, { to });
const movementsOf = async ({ stripe }: Shop, payout: Stripe.Payout): Promise<Stripe.BalanceTransaction[]> =>
  (await stripe.balanceTransactions.list({ payout: payout.id })).data;
const sum = (movements: readonly { net: number }[]): number => movements.reduce((total, { net }) => total + net, 0);
const eventTypes = async ({ stripe }: Shop): Promise<string[]> =>
  (await stripe.events.list({ types: ['payout.*', 'balance.available', 'charge.refunded', 'refund.*'] })).data
    .map(({ type }) => type)
    .toReversed();

describe('the balance', () => {
  it('is moved by a charge, less the fee, and is available two days later', async () => {
    const { stripe, charge } = await shopWithCharge();
    const moved = await stripe.balanceTransactions.retrieve(charge.balance_transaction as string);
    expect(moved).toMatchObject({
      type: 'charge',
      amount: 14_700,
      fee: FEE,
      net: 14_700 - FEE,
      source: charge.id,
      created: START,
      available_on: START + 2 * DAY,
      status: 'available', // that was in January
    });
    expect(await stripe.balance.retrieve()).toMatchObject({ available: [{ amount: 14_700 - FEE, currency: 'eur' }] });
    expect((await stripe.balanceTransactions.list({ created: { gt: START } })).data).toEqual([]);
    expect((await stripe.balanceTransactions.list({ created: { gte: START }, type: 'charge' })).data).toHaveLength(1);
    expect(
      (await stripe.charges.retrieve(charge.id, { expand: ['balance_transaction'] })).balance_transaction,
    ).toMatchObject({ net: 14_700 - FEE });
  });

  it('costs what the account’s setting says', async () => {
    const stripe = sandbox.newAccount();
    const { id } = await stripe.accounts.retrieveCurrent();
    await steer(sandbox.url, id, 'settings', { fee: { bps: 100, fixed: 0 }, available_after_days: 7 });
    await subscribe(stripe);
    expect((await stripe.balanceTransactions.list()).data).toMatchObject([{ fee: 147, available_on: START + 7 * DAY }]);
  });

  it('gives back what is refunded, and never more than was taken; the fee stays with Stripe', async () => {
    const shop = await shopWithCharge();
    const { stripe, charge } = shop;
    const refund = await stripe.refunds.create({ charge: charge.id, amount: 700 });
    expect(refund).toMatchObject({ status: 'succeeded', amount: 700, payment_intent: charge.payment_intent });
    expect(await stripe.balanceTransactions.retrieve(refund.balance_transaction as string)).toMatchObject({
      type: 'refund',
      net: -700,
      fee: 0,
      source: refund.id,
    });
    expect(await stripe.charges.retrieve(charge.id)).toMatchObject({ amount_refunded: 700, refunded: false });
    expect(await refusal(stripe.refunds.create({ charge: charge.id, amount: 14_001 }))).toMatchObject({
      param: 'amount',
    });
    await stripe.refunds.create({ payment_intent: charge.payment_intent as string });
    expect(await stripe.charges.retrieve(charge.id)).toMatchObject({ amount_refunded: 14_700, refunded: true });
    expect(await refusal(stripe.refunds.create({ charge: charge.id }))).toMatchObject({
      code: 'charge_already_refunded',
    });
    expect((await stripe.refunds.list({ charge: charge.id })).data.map(({ amount }) => amount)).toEqual([14_000, 700]);
    expect(await eventTypes(shop)).toEqual(['refund.created', 'charge.refunded', 'refund.created', 'charge.refunded']);
  });
});

describe('a payout of the schedule', () => {
  it('pays out all that is available: with its own movement that adds up to nothing', async () => {
    const shop = await shopWithCharge();
    await shop.stripe.refunds.create({ charge: shop.charge.id, amount: 700 });
    const [payout] = await payOut(shop);
    expect(payout).toMatchObject({
      amount: 14_000 - FEE,
      automatic: true,
      status: 'paid',
      reconciliation_status: 'completed',
      trace_id: { status: 'supported' },
    });
    const movements = await movementsOf(shop, payout!);
    expect(movements.map(({ type }) => type)).toEqual(['payout', 'refund', 'charge']);
    expect(sum(movements)).toBe(0);
    expect(await payOut(shop)).toEqual([]);
    expect((await eventTypes(shop)).slice(2)).toEqual([
      'balance.available',
      'payout.created',
      'payout.updated',
      'payout.paid',
      'payout.updated',
      'payout.reconciliation_completed',
    ]);
    expect((await shop.stripe.payouts.list({ status: 'paid' })).data.map(({ id }) => id)).toEqual([payout!.id]);
    expect((await shop.stripe.payouts.list({ created: { lt: payout!.created } })).data).toEqual([]);
  });

  it('waits for money that is not there yet', async () => {
    const shop = await shopWithCharge();
    expect(await payOut(shop, { at: START + DAY })).toEqual([]);
    expect(await payOut(shop, { at: START + 2 * DAY, until: 'in_transit' })).toMatchObject([
      { status: 'in_transit', created: START + 2 * DAY },
    ]);
  });

  it('is sent back by the bank, after it was paid too; the next one pays the money out again', async () => {
    const shop = await shopWithCharge();
    const [payout] = await payOut(shop, { until: 'paid' });
    const failed = await advance(shop, payout!, 'failed');
    expect(failed).toMatchObject({ status: 'failed', failure_code: 'account_closed' });
    expect(await shop.stripe.balanceTransactions.retrieve(failed.failure_balance_transaction as string)).toMatchObject({
      type: 'payout_failure',
      net: payout!.amount,
      source: payout!.id,
    });
    expect(sum(await movementsOf(shop, payout!))).toBe(0);
    const [again] = await payOut(shop);
    expect(again!.amount).toBe(payout!.amount);
    expect((await movementsOf(shop, again!)).map(({ type }) => type)).toEqual(['payout', 'payout_failure']);
    await expect(advance(shop, payout!, 'paid')).rejects.toThrow('has failed already');
  });
});

it('a payout by hand does not know what it pays out', async () => {
  const shop = await shopWithCharge();
  const { stripe } = shop;
  expect(await refusal(stripe.payouts.create({ amount: 14_700, currency: 'eur' }))).toMatchObject({
    code: 'balance_insufficient',
  });
  const payout = await stripe.payouts.create({ amount: 10_000, currency: 'eur' });
  expect(await stripe.payouts.retrieve(payout.id)).toMatchObject({
    automatic: false,
    reconciliation_status: 'not_applicable',
  });
  expect(await refusal(stripe.balanceTransactions.list({ payout: payout.id }))).toMatchObject({
    statusCode: 400,
    message: expect.stringContaining('automatic'),
  });
  expect(await refusal(stripe.balanceTransactions.list({ payout: 'po_none' }))).toMatchObject({
    code: 'resource_missing',
    param: 'payout',
  });
  const [rest] = await payOut(shop);
  expect(rest!.amount).toBe(4_700 - FEE);
  expect(sum(await movementsOf(shop, rest!))).toBe(0);
});
