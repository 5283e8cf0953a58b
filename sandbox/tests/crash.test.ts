/** The process is killed -9 in the middle of things, and a new one goes on. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import {
  breakCard,
  clientOf,
  createTestDatabase,
  DAY,
  HOUR,
  newestInvoice,
  START,
  startReceiver,
  subscribe,
  until,
  type Receiver,
  type TestDatabase,
} from './harness.ts';

const MAIN = resolve(dirname(fileURLToPath(import.meta.url)), '../main.ts');
const KEY = 'sk_test_crash';

interface Child {
  readonly process: ChildProcess;
  readonly url: string;
}

async function startChild(databaseUrl: string): Promise<Child> {
  const process_ = spawn(process.execPath, ['--import', 'tsx', MAIN], {
    env: { PATH: process.env['PATH'], SANDBOX_DATABASE_URL: databaseUrl, SANDBOX_PORT: '0' },
    stdio: ['pipe', 'inherit', 'inherit', 'ipc'],
  });
  const [message] = (await once(process_, 'message')) as [{ type: string; info: { url: string } }];
  expect(message.type).toBe('ready');
  return { process: process_, url: message.info.url };
}

async function kill(child: Child): Promise<void> {
  const gone = once(child.process, 'exit');
  child.process.kill('SIGKILL');
  await gone;
}

let database: TestDatabase;
let receiver: Receiver;
const children: Child[] = [];
beforeEach(async () => {
  database = await createTestDatabase();
  receiver = await startReceiver();
});
afterEach(async () => {
  for (const child of children.splice(0))
    if (child.process.exitCode === null && child.process.signalCode === null) await kill(child);
  await receiver.close();
  await database.drop();
});
const start = async (): Promise<Child> => {
  const child = await startChild(database.url);
  children.push(child);
  return child;
};

it('an advance goes on where it was killed, and every event is delivered', async () => {
  let child = await start();
  const before = clientOf(child.url, KEY);
  await before.webhookEndpoints.create({ url: receiver.url, enabled_events: ['*'] });
  const { clock, customer, subscription } = await subscribe(before);
  const yearLater = START + 370 * DAY;
  await before.testHelpers.testClocks.advance(clock.id, { frozen_time: yearLater });
  expect((await before.testHelpers.testClocks.retrieve(clock.id)).status).toBe('advancing');
  for (let round = 0; round < 3; round++) {
    await new Promise((resume) => setTimeout(resume, 30)); // anywhere in the middle will do
    await kill(child);
    child = await start();
  }
  const stripe = clientOf(child.url, KEY);
  await until(
    'the clock has arrived',
    async () => (await stripe.testHelpers.testClocks.retrieve(clock.id)).status === 'ready',
  );
  const invoices = await stripe.invoices.list({ customer: customer.id, limit: 100 });
  expect(invoices.data.map((invoice) => invoice.status)).toEqual(Array.from({ length: 13 }, () => 'paid'));
  expect(new Set(invoices.data.map((invoice) => invoice.period_start + invoice.created)).size).toBe(13);
  expect((await stripe.charges.list({ customer: customer.id, limit: 100 })).data).toHaveLength(13);
  expect((await stripe.subscriptions.retrieve(subscription.id)).status).toBe('active');
  await until(
    'everything is delivered',
    async () => (await stripe.events.list({ delivery_success: false, limit: 1 })).data.length === 0,
    20_000,
  );
  const happened = new Set<string>();
  for await (const event of stripe.events.list({ limit: 100 })) happened.add(event.id);
  expect(new Set(receiver.received.map((one) => one.event.id))).toEqual(happened);
}, 60_000);

it('a payment that was answered is still paid, once, whoever asks again with the same key', async () => {
  let child = await start();
  const before = clientOf(child.url, KEY);
  const { clock, customer } = await subscribe(before);
  await breakCard(before, customer.id);
  await before.testHelpers.testClocks.advance(clock.id, { frozen_time: START + 30 * DAY });
  await until(
    'the clock is ready',
    async () => (await before.testHelpers.testClocks.retrieve(clock.id)).status === 'ready',
  );
  const { id } = await newestInvoice(before, customer.id);
  const good = await before.paymentMethods.attach('pm_card_visa', { customer: customer.id });
  const pay = before.invoices.pay(id, { payment_method: good.id }, { idempotencyKey: 'pay-once' }).catch(() => null);
  await new Promise((resume) => setTimeout(resume, 5)); // before, during or after: the outcome is the same
  await kill(child);
  await pay;
  child = await start();
  const stripe = clientOf(child.url, KEY);
  const paid = await stripe.invoices.pay(id, { payment_method: good.id }, { idempotencyKey: 'pay-once' });
  expect(paid).toMatchObject({ status: 'paid', attempt_count: 2 });
  const charges = await stripe.charges.list({ customer: customer.id, created: { gt: START + HOUR } });
  expect(charges.data.filter((charge) => charge.status === 'succeeded')).toHaveLength(1);
}, 60_000);

it.each([
  {
    how: 'its channel closes',
    end: (child: Child) => {
      child.process.disconnect();
    },
  },
  {
    how: 'its standard input closes',
    end: (child: Child) => {
      child.process.stdin?.end();
    },
  },
])(
  'the process ends when $how',
  async ({ end }) => {
    const child = await start();
    const gone = once(child.process, 'exit');
    end(child);
    expect(await gone).toEqual([0, null]);
  },
  30_000,
);
