import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { enterNewCard } from '#cli/demo/customer.ts';
import { type Built, builtProcesses } from '#cli/testing/built.ts';
import { eventually, startStack } from '#cli/testing/stack.ts';
import { CRASHPOINTS } from '#subgraphs/shared/testing/crashpoint.ts';
import { caseIn, mailsOf, newestLink, paidCharges, untilLinkIsMailed } from './support.ts';

/** The four that have broken such products most often run with every `make test`; OPPULENCE_ALL_CRASHPOINTS runs each of them. */
const ALWAYS: readonly string[] = [
  'inbox.after-apply',
  'dispatcher.after-number',
  'effects.after-claim',
  'effects.after-send',
];
/** Passed once in the story up to the mailed link. */
const ONCE: readonly string[] = ['recovery.link.after-mint', 'timers.after-fire'];
const points =
  process.env['OPPULENCE_ALL_CRASHPOINTS'] === undefined
    ? CRASHPOINTS.filter((name) => ALWAYS.includes(name))
    : CRASHPOINTS;

const WORKER = 'cli/embedded/worker.ts';
let built: Built;
beforeAll(async () => {
  built = await builtProcesses([WORKER]);
}, 60_000);
afterAll(() => {
  built.remove();
});

describe('a worker that is killed -9', () => {
  it.each(points)(
    'at %s leaves the story to end recovered, with one charge and each mail once',
    async (name) => {
      // The second passing, so that the first has left something behind to be found.
      const stack = await startStack({
        worker: { crashpoint: ONCE.includes(name) ? name : `${name}:2`, module: built.module(WORKER) },
      });
      try {
        const shop = await stack.connectedShop();
        await untilLinkIsMailed(shop);
        await enterNewCard(await newestLink(stack, shop), { number: '4242424242424242', name: 'Ada Okafor' });
        const recovered = await caseIn(shop, 'RECOVERED');
        await eventually('the kill', () => Promise.resolve(stack.workerRestarts() > 0), 60_000);
        expect(stack.workerRestarts()).toBe(1);
        expect(recovered.attribution).toBe('LINK');
        expect(await paidCharges(shop, recovered.invoice?.stripeId ?? '')).toBe(1);
        expect((await mailsOf(stack, shop)).map(({ subject }) => subject)).toHaveLength(2);
        expect(recovered.messages).toEqual([
          { kind: 'REMINDER', state: 'SENT' },
          { kind: 'MAGIC_LINK', state: 'SENT' },
        ]);
        expect(recovered.attempts.map(({ origin, state }) => [origin, state])).toEqual([
          ['WORKFLOW', 'DECLINED'],
          ['LINK', 'SUCCEEDED'],
        ]);
      } finally {
        await stack.close();
      }
    },
    240_000,
  );
});
