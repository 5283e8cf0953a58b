/** A sandbox with a database of its own, the official SDK pointed at it, and a place for webhooks to arrive. */
import { randomBytes } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import pg from 'pg';
import Stripe from 'stripe';
import { type SandboxOptions, startSandbox } from '../start.ts';

export interface TestDatabase {
  readonly url: string;
  drop(): Promise<void>;
}

export async function createTestDatabase(): Promise<TestDatabase> {
  const server = process.env['OPPULENCE_TEST_PG_URL'];
  if (!server)
    throw new Error('OPPULENCE_TEST_PG_URL is not set: run these tests with `npm test`, which starts PostgreSQL.');
  const name = `sandbox_${randomBytes(6).toString('hex')}`;
  await onServer(server, `CREATE DATABASE ${name}`);
  const url = new URL(server);
  url.pathname = `/${name}`;
  return { url: url.href, drop: () => onServer(server, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`) };
}

async function onServer(url: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}

export interface TestSandbox {
  readonly url: string;
  readonly databaseUrl: string;
  /** A client of an account nobody else uses. */
  newAccount(): Stripe;
  close(): Promise<void>;
}

export async function startTestSandbox(options: Pick<SandboxOptions, 'watch'> = {}): Promise<TestSandbox> {
  const database = await createTestDatabase();
  const sandbox = await startSandbox({ ...options, databaseUrl: database.url });
  return {
    url: sandbox.url,
    databaseUrl: database.url,
    newAccount: () => clientOf(sandbox.url),
    async close(): Promise<void> {
      await sandbox.close();
      await database.drop();
    },
  };
}

export function clientOf(url: string, key = `sk_test_${randomBytes(8).toString('hex')}`): Stripe {
  const { hostname, port } = new URL(url);
  return new Stripe(key, {
    host: hostname,
    port: Number(port),
    protocol: 'http',
    maxNetworkRetries: 0,
    telemetry: false,
  });
}

export interface Received {
  readonly event: Stripe.Event;
  readonly body: string;
  readonly signature: string;
}
export interface Receiver {
  readonly url: string;
  readonly received: Received[];
  /** What the next deliveries are answered with; 200 when empty, and no answer at all for 0. */
  readonly answers: number[];
  types(): string[];
  close(): Promise<void>;
}

export async function startReceiver(): Promise<Receiver> {
  const received: Received[] = [];
  const answers: number[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (part: string) => (body += part));
    request.on('end', () => {
      const signature = request.headers['stripe-signature'];
      received.push({
        event: JSON.parse(body) as Stripe.Event,
        body,
        signature: typeof signature === 'string' ? signature : '',
      });
      const status = answers.shift() ?? 200;
      if (status === 0) return;
      response.writeHead(status, status === 301 ? { location: '/elsewhere' } : {}).end();
    });
  });
  const port = await listen(server);
  return {
    url: `http://127.0.0.1:${String(port)}/`,
    received,
    answers,
    types: () => received.map((one) => one.event.type),
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => {
          resolve();
        });
      }),
  };
}

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('no port');
  return address.port;
}

/** Polls until `probe` answers something other than null or false. */
export async function until<T>(
  what: string,
  probe: () => Promise<T | null | false> | T | null | false,
  timeoutMs = 10_000,
): Promise<T> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const found = await probe();
    if (found !== null && found !== false) return found;
    if (Date.now() > deadline) throw new Error(`Waited in vain until ${what}.`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

export const START = Date.UTC(2026, 0, 31, 12) / 1000;
export const HOUR = 3600;
export const DAY = 86_400;

export interface Subscriber {
  readonly clock: Stripe.TestHelpers.TestClock;
  readonly customer: Stripe.Customer;
  readonly price: Stripe.Price;
  readonly subscription: Stripe.Subscription;
}

/** A customer on a test clock who has paid for the first month: 3 seats at 49.00 EUR. */
export async function subscribe(stripe: Stripe, card = 'pm_card_visa'): Promise<Subscriber> {
  const product = await stripe.products.create({ name: 'Team' });
  const price = await stripe.prices.create({
    product: product.id,
    currency: 'eur',
    unit_amount: 4900,
    recurring: { interval: 'month' },
  });
  const clock = await stripe.testHelpers.testClocks.create({ frozen_time: START });
  const customer = await stripe.customers.create({
    name: 'Ada Iyer',
    email: 'ada@example.com',
    test_clock: clock.id,
    payment_method: card,
    invoice_settings: { default_payment_method: card },
  });
  const subscription = await stripe.subscriptions.create({
    customer: customer.id,
    items: [{ price: price.id, quantity: 3 }],
  });
  return { clock, customer, price, subscription };
}

/** From now on every charge of this customer is refused. */
export async function breakCard(stripe: Stripe, customerId: string): Promise<Stripe.PaymentMethod> {
  const broken = await stripe.paymentMethods.attach('pm_card_chargeCustomerFail', { customer: customerId });
  await stripe.customers.update(customerId, { invoice_settings: { default_payment_method: broken.id } });
  return broken;
}

export async function advance(stripe: Stripe, clockId: string, to: number): Promise<void> {
  await stripe.testHelpers.testClocks.advance(clockId, { frozen_time: to });
  await until(
    'the clock is ready',
    async () => (await stripe.testHelpers.testClocks.retrieve(clockId)).status === 'ready',
  );
}

/** Steers the sandbox in ways that Stripe has no API for. */
export async function steer<T>(url: string, account: string, what: string, body: object = {}): Promise<T> {
  const response = await fetch(`${url}/__sandbox/accounts/${account}/${what}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`${String(response.status)} ${await response.text()}`);
  return (await response.json()) as T;
}

/** The renewal of `subscribe` is due at the end of February. */
export const RENEWAL = Date.UTC(2026, 1, 28, 12) / 1000;

export async function newestInvoice(stripe: Stripe, customerId: string): Promise<Stripe.Invoice & { id: string }> {
  const [invoice] = (await stripe.invoices.list({ customer: customerId, limit: 1 })).data;
  if (!invoice) throw new Error('no invoice');
  return invoice;
}

/** What the SDK throws, with the fields that tests look at. */
export async function refusal(promise: Promise<unknown>): Promise<Stripe.errors.StripeError> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof Stripe.errors.StripeError) return error;
    throw error;
  }
  throw new Error('The call was expected to be refused.');
}
