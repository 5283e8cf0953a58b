import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { clientOf, refusal, startTestSandbox, steer, type TestSandbox } from './harness.ts';

let sandbox: TestSandbox;
beforeAll(async () => {
  sandbox = await startTestSandbox();
});
afterAll(async () => {
  await sandbox.close();
});

let letters = 0;
async function account(): Promise<{ id: string; key: (mode: 'test' | 'live') => string }> {
  const name = `trouble${String((letters += 1))}`;
  const key = (mode: 'test' | 'live'): string => `sk_${mode}_${name}`;
  return { id: (await clientOf(sandbox.url, key('test')).accounts.retrieveCurrent()).id, key };
}

describe('on demand', () => {
  it('an account may ask so often a second, in this mode; what is more is answered with 429', async () => {
    const { id, key } = await account();
    const [test, live] = [clientOf(sandbox.url, key('test')), clientOf(sandbox.url, key('live'))];
    await steer(sandbox.url, id, 'trouble', { rate: 3 });
    const all = await Promise.allSettled(Array.from({ length: 5 }, () => test.customers.list()));
    const refused = all.flatMap((one) => (one.status === 'rejected' ? [one.reason as unknown] : []));
    expect(refused).toHaveLength(2);
    expect(refused[0]).toMatchObject({
      statusCode: 429,
      type: 'StripeRateLimitError',
      headers: { 'retry-after': '1', 'stripe-rate-limited-reason': 'global-rate' },
    });
    await live.customers.list();
    await clientOf(sandbox.url).customers.list();
    await steer(sandbox.url, id, 'trouble');
    await Promise.all(Array.from({ length: 5 }, () => test.customers.list()));
  });

  it('nothing at all is answered', async () => {
    const { id, key } = await account();
    await steer(sandbox.url, id, 'trouble', { livemode: true, rate: 0 });
    expect(await refusal(clientOf(sandbox.url, key('live')).customers.list())).toMatchObject({ statusCode: 429 });
    const state = (await (await fetch(`${sandbox.url}/__sandbox/state/${id}`)).json()) as object;
    expect(state).toMatchObject({ trouble: { test: null, live: { requests: 1, limited: 1, busiestSecond: 1 } } });
  });

  it('some requests break, by the seed the same ones each time, and leave nothing behind', async () => {
    const broken = async (seed: number): Promise<number[]> => {
      const { id, key } = await account();
      const stripe = clientOf(sandbox.url, key('test'));
      await steer(sandbox.url, id, 'trouble', { error_rate: 0.2, seed });
      const numbers: number[] = [];
      for (let n = 1; n <= 40; n++)
        await stripe.customers.create({ name: String(n) }).catch((error: unknown) => {
          expect(error).toMatchObject({ statusCode: 500, type: 'StripeAPIError' });
          numbers.push(n);
        });
      await steer(sandbox.url, id, 'trouble');
      expect((await stripe.customers.list({ limit: 100 })).data).toHaveLength(40 - numbers.length);
      return numbers;
    };
    const first = await broken(1);
    expect(first.length).toBeGreaterThan(2);
    expect(first.length).toBeLessThan(20);
    expect(await broken(1)).toEqual(first);
    expect(await broken(2)).not.toEqual(first);
  });
});
