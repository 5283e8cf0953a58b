import { randomBytes } from 'node:crypto';
import type Stripe from 'stripe';
import { clientOf, startTestSandbox } from '#sandbox/tests/harness.ts';
import type { JsonObject } from '#subgraphs/shared/json/json.ts';
import { createInboxWriter } from '#subgraphs/shared/inbox/store.ts';
import type { Harness } from '#subgraphs/shared/testing/harness.ts';
import { type BillingSubgraph, createBillingSubgraph } from '../index.ts';
import { credentialsOf, deliver, syncRuns } from './factories.ts';

export interface Shop {
  readonly stripe: Stripe;
  readonly account: string;
  readonly apiKey: string;
  readonly billing: BillingSubgraph;
  readonly workspaceId: string;
  /** What has happened since the last call, oldest first; nothing is delivered by itself. */
  newEvents(): Promise<JsonObject[]>;
  /** Hands in these events, or all new ones, and lets the workers do what follows. */
  hear(events?: readonly JsonObject[]): Promise<void>;
}

export const newTestKey = (): string => `sk_test_${randomBytes(8).toString('hex')}`;

export interface ShopOptions {
  /** Opens its account; a new one unless given. */
  readonly apiKey?: string;
}

/** An account of its own in the sandbox, connected to a workspace of its own. */
export async function openShop(harness: Harness, sandboxUrl: string, options: ShopOptions = {}): Promise<Shop> {
  const { apiKey = newTestKey() } = options;
  const stripe = clientOf(sandboxUrl, apiKey);
  const { id: account } = await stripe.accounts.retrieveCurrent();
  const billing = createBillingSubgraph({
    stripeApiBase: sandboxUrl,
    credentials: credentialsOf(apiKey, account),
    runs: syncRuns,
    inbox: createInboxWriter(harness.contextDeps),
    wall: harness.wall,
  });
  const workspaceId = await harness.newWorkspace();
  const known = new Set<string>();

  async function newEvents(): Promise<JsonObject[]> {
    const events = await stripe.events.list({ limit: 100 }).autoPagingToArray({ limit: 1_000 });
    const fresh = events.filter(({ id }) => !known.has(id)).toReversed();
    for (const { id } of fresh) known.add(id);
    return fresh.map((event) => JSON.parse(JSON.stringify(event)) as JsonObject);
  }
  return {
    stripe,
    account,
    apiKey,
    billing,
    workspaceId,
    newEvents,
    hear: async (events) => {
      await deliver(harness, workspaceId, events ?? (await newEvents()), account);
      await harness.pump([billing]);
    },
  };
}

export { startTestSandbox };

export interface Renewal {
  readonly customer: string;
  readonly subscription: string;
  readonly clock: string;
  readonly price: string;
}

const MONTH_S = 32 * 86_400;

/** A customer with a paid month on a test clock of its own, whose card then becomes one that is always declined. */
export async function subscribe(
  { stripe }: Pick<Shop, 'stripe'>,
  options: { frozenTime?: number; card?: 'customer' | 'subscription' } = {},
): Promise<Renewal> {
  const clock = await stripe.testHelpers.testClocks.create({
    frozen_time: options.frozenTime ?? Math.floor(Date.now() / 1000),
  });
  const product = await stripe.products.create({ name: 'Team' });
  const price = await stripe.prices.create({
    product: product.id,
    currency: 'eur',
    unit_amount: 2_900,
    recurring: { interval: 'month' },
  });
  const customer = await stripe.customers.create({
    test_clock: clock.id,
    name: 'Ada Lovelace',
    email: 'ada@example.com',
    payment_method: 'pm_card_visa',
    invoice_settings: { default_payment_method: 'pm_card_visa' },
  });
  const subscription = await stripe.subscriptions.create({
    customer: customer.id,
    items: [{ price: price.id, quantity: 2 }],
  });
  const bad = await stripe.paymentMethods.attach('pm_card_chargeCustomerFail', { customer: customer.id });
  if (options.card === 'subscription')
    await stripe.subscriptions.update(subscription.id, { default_payment_method: bad.id });
  else await stripe.customers.update(customer.id, { invoice_settings: { default_payment_method: bad.id } });
  return { customer: customer.id, subscription: subscription.id, clock: clock.id, price: price.id };
}

/** Moves the clock over the renewal, which fails. */
export async function failRenewal({ stripe }: Shop, { clock, customer }: Renewal): Promise<Stripe.Invoice> {
  const { frozen_time } = await stripe.testHelpers.testClocks.retrieve(clock);
  await stripe.testHelpers.testClocks.advance(clock, { frozen_time: frozen_time + MONTH_S });
  for (let tries = 0; tries < 400; tries++) {
    const { status } = await stripe.testHelpers.testClocks.retrieve(clock);
    if (status === 'ready') break;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  const open = await stripe.invoices.list({ customer, status: 'open' });
  const [invoice] = open.data;
  if (invoice === undefined) throw new Error('The renewal did not fail');
  return invoice;
}
