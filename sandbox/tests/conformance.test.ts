/** The sandbox against a description of Stripe's API that its authors did not write. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import Stripe from 'stripe';
import { ALL_OPERATIONS } from '../stripe/operations/all.ts';
import {
  advance,
  breakCard,
  HOUR,
  newestInvoice,
  refusal,
  RENEWAL,
  startReceiver,
  startTestSandbox,
  steer,
  subscribe,
  until,
  type TestSandbox,
} from './harness.ts';

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
const DESCRIPTION = resolve(ROOT, '../shared/provider-specs/stripe/openapi.2026-10-28.endive.sdk-derived.json.gz');
const reason = existsSync(DESCRIPTION)
  ? null
  : 'skipped: the API description is not beside this repository (../shared/provider-specs)';
if (reason) console.warn(reason);

interface Schema {
  $ref?: string;
  properties?: Record<string, Schema>;
}
interface SpecOperation {
  parameters?: { name: string; in: string }[];
  requestBody?: { content: Record<string, { schema: Schema }> };
  responses: Record<string, { content?: Record<string, { schema: Schema }> }>;
}
interface Spec {
  paths: Record<string, Record<string, SpecOperation>>;
  components: { schemas: Record<string, Schema> };
}

const read = (): Spec => JSON.parse(gunzipSync(readFileSync(DESCRIPTION)).toString('utf8')) as Spec;

function find(spec: Spec, method: string, path: string): { template: string; operation: SpecOperation } | null {
  const parts = path.split('/');
  const fits = (template: string): boolean => {
    const wanted = template.split('/');
    return (
      wanted.length === parts.length && wanted.every((part, index) => part === parts[index] || part.startsWith('{'))
    );
  };
  const templates = Object.keys(spec.paths)
    .filter(fits)
    .sort((a, b) => a.split('{').length - b.split('{').length);
  for (const template of templates) {
    const operation = spec.paths[template]?.[method.toLowerCase()];
    if (operation) return { template, operation };
  }
  return null;
}

function accepted(spec: Spec, operation: SpecOperation): string[] {
  const query = (operation.parameters ?? [])
    .filter((parameter) => parameter.in === 'query')
    .map((parameter) => parameter.name);
  const schema = Object.values(operation.requestBody?.content ?? {})[0]?.schema;
  const named = schema?.$ref ? spec.components.schemas[schema.$ref.split('/').at(-1) ?? ''] : schema;
  return [...query, ...Object.keys(named?.properties ?? {})];
}

/** What an object was before is a part of one by nature; the description only knows whole ones. */
function withoutPrevious(body: unknown): unknown {
  return JSON.parse(JSON.stringify(body, (key, value: unknown) => (key === 'previous_attributes' ? undefined : value)));
}

interface Exchange {
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly body: unknown;
}

describe('the description of the API', () => {
  if (reason) {
    it.skip(reason, () => undefined);
    return;
  }
  let sandbox: TestSandbox;
  const exchanges: Exchange[] = [];
  const events: Stripe.Event[] = [];
  beforeAll(async () => {
    sandbox = await startTestSandbox();
    await walk(sandbox, exchanges, events);
  }, 120_000);
  afterAll(async () => {
    await sandbox.close();
  });

  it('has every operation of the sandbox, with every parameter that the sandbox accepts', () => {
    const spec = read();
    const strangers = ALL_OPERATIONS.flatMap((operation) => {
      const found = find(spec, operation.method, operation.path.replace(':id', 'x_1'));
      if (!found) return [`${operation.method} ${operation.path}`];
      const known = accepted(spec, found.operation);
      return operation.parameters
        .filter((name) => !known.includes(name))
        .map((name) => `${operation.method} ${operation.path} ${name}`);
    });
    expect(strangers).toEqual([]);
  });

  it('takes `created` for no list that the sandbox does not take it for', () => {
    const spec = read();
    const missing = ALL_OPERATIONS.filter(({ method, path, parameters }) => {
      const found = find(spec, method, path.replace(':id', 'x_1'));
      if (method !== 'GET' || found === null || !parameters.includes('limit')) return false;
      return accepted(spec, found.operation).includes('created') && !parameters.includes('created');
    });
    expect(missing.map(({ path }) => path)).toEqual([]);
  });

  it('allows every answer and every object in an event', async () => {
    const { default: Ajv } = await import('ajv/dist/2020.js');
    const spec = read();
    const ajv = new Ajv.default({ strict: false, inlineRefs: false, logger: false, unicodeRegExp: false });
    ajv.addSchema({ $id: 'stripe', components: spec.components, paths: spec.paths });
    const wrong = new Set<string>();
    const seen = new Set<string>();
    const check = (name: string, ref: string, value: unknown): void => {
      seen.add(name);
      const validate = ajv.getSchema(ref) ?? ajv.compile({ $ref: ref });
      if (validate(value)) return;
      // unions report each of their branches; the deepest complaint is the one that matters
      const [worst] = (validate.errors ?? []).toSorted((a, b) => b.instancePath.length - a.instancePath.length);
      wrong.add(`${name}: ${worst?.instancePath ?? ''} ${worst?.message ?? ''} ${JSON.stringify(worst?.params)}`);
    };
    const pointer = (part: string): string => encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1'));
    for (const exchange of exchanges.filter((one) => one.status === 200)) {
      const found = find(spec, exchange.method, exchange.path);
      if (!found) throw new Error(`${exchange.method} ${exchange.path} is not described`);
      check(
        `${exchange.method} ${found.template}`,
        `stripe#/paths/${pointer(found.template)}/${exchange.method.toLowerCase()}/responses/200/content/application~1json/schema`,
        exchange.body,
      );
    }
    const schemaOf: Record<string, string> = {
      balance: 'Balance',
      charge: 'Charge',
      customer: 'Customer',
      invoice: 'Invoice',
      invoice_payment: 'InvoicePayment',
      payment_intent: 'PaymentIntent',
      payment_method: 'PaymentMethod',
      payout: 'Payout',
      price: 'Price',
      product: 'Product',
      refund: 'Refund',
      setup_intent: 'SetupIntent',
      subscription: 'Subscription',
    };
    for (const event of events) {
      const { object } = event.data.object as { object: string };
      const schema = schemaOf[object];
      if (schema) check(`event ${object}`, `stripe#/components/schemas/${schema}`, event.data.object);
    }
    expect([...wrong]).toEqual([]);
    expect(seen.size).toBeGreaterThan(50);
  }, 120_000);
});

/** Every operation at least once, seen as it travels. */
async function walk(sandbox: TestSandbox, exchanges: Exchange[], events: Stripe.Event[]): Promise<void> {
  const { hostname, port } = new URL(sandbox.url);
  const watching: typeof fetch = async (input, init) => {
    const response = await fetch(input, init);
    const url = new URL(input instanceof Request ? input.url : input);
    exchanges.push({
      method: init?.method ?? 'GET',
      path: url.pathname,
      status: response.status,
      body: withoutPrevious(await response.clone().json()),
    });
    return response;
  };
  const stripe = new Stripe('sk_test_conformance', {
    host: hostname,
    port: Number(port),
    protocol: 'http',
    httpClient: Stripe.createFetchHttpClient(watching),
    telemetry: false,
  });
  const receiver = await startReceiver();
  const endpoint = await stripe.webhookEndpoints.create({ url: receiver.url, enabled_events: ['*'] });
  const { customer, clock, subscription, price } = await subscribe(stripe);
  await breakCard(stripe, customer.id);
  await advance(stripe, clock.id, RENEWAL + 2 * HOUR);
  const invoice = await newestInvoice(stripe, customer.id);
  await refusal(stripe.invoices.pay(invoice.id));
  const method = await stripe.paymentMethods.create({
    type: 'card',
    card: { number: '4242424242424242', exp_month: 1, exp_year: 2034, cvc: '123' },
  });
  await stripe.paymentMethods.attach(method.id, { customer: customer.id });
  await stripe.invoices.retrieve(invoice.id, { expand: ['payments.data.payment.payment_intent.latest_charge'] });
  await stripe.invoices.update(invoice.id, { default_payment_method: method.id });
  await stripe.invoices.pay(invoice.id);
  const session = await stripe.checkout.sessions.create({
    mode: 'setup',
    currency: 'eur',
    customer: customer.id,
    success_url: 'http://shop.test',
  });
  await refusal(
    stripe.setupIntents.confirm((await stripe.setupIntents.create({ customer: customer.id })).id, {
      payment_method: 'pm_card_visa_chargeDeclined',
    }),
  );
  await stripe.setupIntents.retrieve(session.setup_intent as string);
  await moveMoney(stripe, sandbox.url, invoice.id);
  await readAll(stripe, {
    customer: customer.id,
    invoice: invoice.id,
    subscription: subscription.id,
    price: price.id,
    session: session.id,
    method: method.id,
    endpoint: endpoint.id,
    clock: clock.id,
  });
  await removeAll(stripe, {
    customer: customer.id,
    subscription: subscription.id,
    session: session.id,
    method: method.id,
    endpoint: endpoint.id,
    clock: clock.id,
    price: price.id,
  });
  const all = await stripe.events.list({ limit: 100 });
  events.push(...all.data);
  await until('the webhooks came', () => receiver.received.length > 20);
  await receiver.close();
}

/** A refund, a payout that is sent back, and one by hand. */
async function moveMoney(stripe: Stripe, url: string, invoice: string): Promise<void> {
  const { id: account } = await stripe.accounts.retrieveCurrent();
  const [payment] = (await stripe.invoicePayments.list({ invoice })).data;
  const refund = await stripe.refunds.create({
    payment_intent: payment!.payment.payment_intent as string,
    amount: 100,
  });
  await stripe.refunds.retrieve(refund.id);
  await stripe.refunds.list();
  await stripe.balanceTransactions.retrieve(refund.balance_transaction as string);
  await stripe.payouts.create({ amount: 500, currency: 'eur' });
  const { payouts } = await steer<{ payouts: { id: string }[] }>(url, account, 'payouts');
  await steer(url, account, `payouts/${payouts[0]!.id}`, { to: 'failed' });
  await stripe.payouts.retrieve(payouts[0]!.id);
  await stripe.payouts.list({ status: 'failed' });
  await stripe.balanceTransactions.list({ payout: payouts[0]!.id });
  await stripe.balance.retrieve();
}

interface Ids {
  customer: string;
  invoice: string;
  subscription: string;
  price: string;
  session: string;
  method: string;
  endpoint: string;
  clock: string;
}

async function readAll(stripe: Stripe, ids: Ids): Promise<void> {
  const [charge] = (await stripe.charges.list({ customer: ids.customer })).data;
  const [intent] = (await stripe.paymentIntents.list({ customer: ids.customer })).data;
  await stripe.charges.retrieve(charge!.id);
  await stripe.paymentIntents.retrieve(intent!.id);
  await stripe.accounts.retrieveCurrent();
  await stripe.customers.retrieve(ids.customer, { expand: ['subscriptions'] });
  await stripe.customers.list({ test_clock: ids.clock });
  await stripe.customers.listPaymentMethods(ids.customer);
  await stripe.invoices.listLineItems(ids.invoice);
  await stripe.invoices.list();
  await stripe.invoicePayments.list({ invoice: ids.invoice });
  await stripe.subscriptions.retrieve(ids.subscription, { expand: ['latest_invoice.payments'] });
  await stripe.subscriptions.list({ test_clock: ids.clock, status: 'all' });
  await stripe.subscriptionItems.list({ subscription: ids.subscription });
  await stripe.prices.retrieve(ids.price, { expand: ['product'] });
  await stripe.prices.list();
  const [product] = (await stripe.products.list()).data;
  await stripe.products.retrieve(product!.id);
  await stripe.products.update(product!.id, { description: 'changed' });
  await stripe.paymentMethods.retrieve(ids.method);
  await stripe.paymentMethods.list({ customer: ids.customer });
  await stripe.setupIntents.list();
  await stripe.checkout.sessions.retrieve(ids.session);
  await stripe.checkout.sessions.list();
  await stripe.events.retrieve((await stripe.events.list({ limit: 1 })).data[0]!.id);
  await stripe.webhookEndpoints.retrieve(ids.endpoint);
  await stripe.webhookEndpoints.list();
  await stripe.testHelpers.testClocks.list();
}

async function removeAll(stripe: Stripe, ids: Omit<Ids, 'invoice'>): Promise<void> {
  await stripe.checkout.sessions.expire(ids.session);
  await stripe.subscriptions.update(ids.subscription, { cancel_at_period_end: true });
  await stripe.subscriptions.cancel(ids.subscription);
  await stripe.paymentMethods.detach(ids.method);
  await stripe.prices.update(ids.price, { active: false });
  await stripe.customers.del(ids.customer);
  await stripe.customers.retrieve(ids.customer);
  await stripe.testHelpers.testClocks.del(ids.clock);
  await stripe.webhookEndpoints.update(ids.endpoint, { description: 'still here' });
}
