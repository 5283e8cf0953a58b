import Stripe from 'stripe';

export interface Subscriber {
  readonly customerId: string;
  readonly subscriptionId: string;
  readonly name: string;
}

/** A SaaS company's Stripe account before Oppulence is connected, made through Stripe's own API as the company would have. */
export interface Merchant {
  readonly stripe: Stripe;
  readonly stripeKey: string;
  readonly testClockId: string;
  readonly subscribers: readonly Subscriber[];
  /** When the subscriptions renew. */
  readonly renewsAt: Date;
  /** The customer's bank stops paying for the card on file. */
  letCardFail(subscriber: Subscriber): Promise<void>;
}

const COMPANIES = ['Northwind Robotics', 'Blue Fern Studio', 'Harbour & Sons', 'Kite Analytics', 'Oak Street Clinic'];

export function stripeAt(sandboxUrl: string, stripeKey: string): Stripe {
  const { hostname, port } = new URL(sandboxUrl);
  return new Stripe(stripeKey, { host: hostname, port, protocol: 'http', telemetry: false, maxNetworkRetries: 2 });
}

/** Five subscribers on one plan, all of them on one of Stripe's test clocks. */
export async function openShop(sandboxUrl: string, stripeKey: string, now: Date): Promise<Merchant> {
  const stripe = stripeAt(sandboxUrl, stripeKey);
  const clock = await stripe.testHelpers.testClocks.create({
    frozen_time: Math.floor(now.getTime() / 1000),
    name: 'Demo',
  });
  const product = await stripe.products.create({ name: 'Team plan' });
  const price = await stripe.prices.create({
    product: product.id,
    currency: 'usd',
    unit_amount: 4_900,
    recurring: { interval: 'month' },
  });

  const subscribers: Subscriber[] = [];
  let renewsAt = 0;
  for (const name of COMPANIES) {
    const customer = await stripe.customers.create({
      name,
      email: `billing@${name.toLowerCase().replaceAll(/[^a-z]+/g, '-')}.example`,
      address: { country: 'US' },
      test_clock: clock.id,
      payment_method: 'pm_card_visa',
      invoice_settings: { default_payment_method: 'pm_card_visa' },
    });
    const subscription = await stripe.subscriptions.create({
      customer: customer.id,
      items: [{ price: price.id, quantity: 3 }],
    });
    subscribers.push({ customerId: customer.id, subscriptionId: subscription.id, name });
    renewsAt = subscription.items.data[0]?.current_period_end ?? renewsAt;
  }

  return {
    stripe,
    stripeKey,
    testClockId: clock.id,
    subscribers,
    renewsAt: new Date(renewsAt * 1000),
    letCardFail: async ({ customerId }) => {
      const card = await stripe.paymentMethods.attach('pm_card_chargeCustomerFail', { customer: customerId });
      await stripe.customers.update(customerId, { invoice_settings: { default_payment_method: card.id } });
    },
  };
}
