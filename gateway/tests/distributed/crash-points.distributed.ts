import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { enterNewCard } from '#cli/demo/customer.ts';
import { type DistributedStack, startDistributedStack, WORKERS } from '#cli/testing/distributed-stack.ts';
import { eventually } from '#cli/testing/stack.ts';
import { CRASHPOINTS } from '#subgraphs/shared/testing/crashpoint.ts';
import { caseIn, mailsOf, newestLink, paidCharges, untilLinkIsMailed } from '../scenarios/support.ts';

let stack: DistributedStack;
beforeAll(async () => {
  stack = await startDistributedStack();
}, 240_000);
afterAll(async () => {
  await stack.close();
});

/** Starts what works again, armed: whoever passes the point first dies there, perhaps before it serves, and is started without. */
async function arm(point: string): Promise<void> {
  const armed = { OPPULENCE_TEST_CRASHPOINTS: 'true', OPPULENCE_CRASHPOINT: point };
  await Promise.allSettled(WORKERS.map((command) => stack.service(command.join(' ')).restart('SIGTERM', armed)));
}

describe('a worker process that is killed -9', () => {
  it.each(CRASHPOINTS)(
    'at %s leaves the story to end recovered, with one charge and each mail once',
    async (point) => {
      const shop = await stack.connectedShop();
      const before = stack.workerRestarts();
      await arm(point);
      await untilLinkIsMailed(shop);
      await enterNewCard(await newestLink(stack, shop), { number: '4242424242424242', name: 'Ada Okafor' });
      const recovered = await caseIn(shop, 'RECOVERED');
      // What is shipped to ClickHouse passes its points after the case has closed.
      await eventually('the kill', () => Promise.resolve(stack.workerRestarts() > before), 60_000);
      expect(stack.workerRestarts() - before).toBe(1);
      expect(recovered).toMatchObject({ attribution: 'LINK', invoice: { status: 'PAID' } });
      expect(await paidCharges(shop, recovered.invoice?.stripeId ?? '')).toBe(1);
      expect(await mailsOf(stack, shop)).toHaveLength(2);
      expect(recovered.attempts.map(({ origin, state }) => [origin, state])).toEqual([
        ['WORKFLOW', 'DECLINED'],
        ['LINK', 'SUCCEEDED'],
      ]);
    },
    240_000,
  );
});
