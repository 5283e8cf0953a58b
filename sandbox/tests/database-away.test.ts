/** PostgreSQL goes away and comes back; here its connections are cut and new ones refused for a while. */
import pg from 'pg';
import { expect, it } from '@jest/globals';
import { startSandbox } from '../start.ts';
import { clientOf, createTestDatabase, refusal, startReceiver, until } from './harness.ts';

it('requests are answered with 500 while the database is away, and everything goes on when it is back', async () => {
  const database = await createTestDatabase();
  const receiver = await startReceiver();
  const sandbox = await startSandbox({ databaseUrl: database.url });
  const stripe = clientOf(sandbox.url);
  const name = new URL(database.url).pathname.slice(1);
  const admin = new pg.Client({ connectionString: process.env['OPPULENCE_TEST_PG_URL'] });
  await admin.connect();
  try {
    await stripe.webhookEndpoints.create({ url: receiver.url, enabled_events: ['*'] });
    const options = { idempotencyKey: 'over-the-gap' };
    await admin.query(`ALTER DATABASE ${name} ALLOW_CONNECTIONS false`);
    await admin.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1', [name]);
    const away = await refusal(stripe.customers.create({ name: 'Ada' }, options));
    expect(away).toMatchObject({ statusCode: 500, type: 'StripeAPIError' });
    await admin.query(`ALTER DATABASE ${name} ALLOW_CONNECTIONS true`);
    const customer = await stripe.customers.create({ name: 'Ada' }, options);
    await until('the event arrived', () => receiver.received.some((one) => one.event.type === 'customer.created'));
    expect((await stripe.customers.list()).data.map((one) => one.id)).toEqual([customer.id]);
  } finally {
    await admin.end();
    await sandbox.close();
    await receiver.close();
    await database.drop();
  }
});
