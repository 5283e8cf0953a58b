import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { ProviderUnavailableError } from '../errors/errors.ts';
import { defineEvent } from '../events/define.ts';
import type { Subgraph } from '../graphql/subgraph.ts';
import { createHarness, type Harness } from '../testing/harness.ts';
import { type EffectHandler, effectHandler } from './define.ts';

let harness: Harness;
let workspaceId: string;
beforeAll(async () => {
  harness = await createHarness();
});
afterAll(async () => {
  await harness.close();
});
beforeEach(async () => {
  workspaceId = await harness.newWorkspace();
});
afterEach(async () => {
  await harness.admin.query('DELETE FROM kernel.effect'); // pumping carries out what an earlier test left
});

const away = (notSent: boolean): Error =>
  new ProviderUnavailableError('test', 'The provider does not answer.', { notSent, retryAfterS: 10 });

const part = (more: Partial<Subgraph>): Subgraph => ({ name: 'test', ...more }) as Subgraph;

async function effect(): Promise<{ state: string; attempts: number }> {
  const { rows } = await harness.admin.query<{ state: string; attempts: number }>(
    'SELECT state, attempts FROM kernel.effect WHERE workspace_id = $1',
    [workspaceId],
  );
  return rows[0] ?? { state: 'NONE', attempts: 0 };
}

const request = (): Promise<unknown> =>
  harness
    .context(workspaceId)
    .transaction((tx) => tx.requestEffect({ kind: 'test.send', key: 'k', subjectId: 's', payload: {} }));

const sending = (more: Partial<EffectHandler<object, string>>): EffectHandler =>
  effectHandler<object, string>({
    kind: 'test.send',
    payload: z.object({}),
    send: () => Promise.resolve('sent'),
    lookup: () => Promise.resolve({ sent: false as const }),
    settle: () => Promise.resolve(),
    ...more,
  });

async function turns(count: number, handler: EffectHandler): Promise<void> {
  for (let turn = 0; turn < count; turn += 1) {
    await harness.pump([part({ effects: [handler] })]);
    harness.wall.advance({ minutes: 6 });
  }
}

describe('an effect that meets an outage', () => {
  it('is still there after hours in which nobody could say whether it was sent, and is then looked up', async () => {
    let asked = 0;
    const handler = sending({
      send: () => Promise.reject(away(false)),
      lookup: () => {
        asked += 1;
        return asked <= 25 ? Promise.reject(away(true)) : Promise.resolve({ sent: true as const, outcome: 'found' });
      },
    });
    await request();
    await turns(26, handler);
    expect(await effect()).toMatchObject({ state: 'UNKNOWN' });
    await turns(1, handler);
    expect(await effect()).toMatchObject({ state: 'DONE' });
  });

  it('and was held back decides anew whether it is wanted, and need not be looked up', async () => {
    let [wanted, claims, lookups] = [true, 0, 0];
    const handler = sending({
      claim: () => {
        claims += 1;
        return Promise.resolve(wanted ? 'SEND' : 'DROP');
      },
      send: () => Promise.reject(away(true)),
      lookup: () => {
        lookups += 1;
        return Promise.resolve({ sent: false as const });
      },
    });
    await request();
    await turns(15, handler);
    expect(await effect()).toMatchObject({ state: 'PENDING', attempts: 15 });
    wanted = false;
    await turns(1, handler);
    expect(await effect()).toMatchObject({ state: 'DROPPED' });
    expect({ claims, lookups }).toEqual({ claims: 16, lookups: 0 });
  });

  it('is not looked at before the provider may be back', async () => {
    let sends = 0;
    const handler = sending({
      send: () => {
        sends += 1;
        return Promise.reject(away(true));
      },
    });
    await request();
    await harness.pump([part({ effects: [handler] })]);
    harness.wall.advance({ seconds: 9 });
    await harness.pump([part({ effects: [handler] })]);
    expect(sends).toBe(1);
    harness.wall.advance({ seconds: 4 });
    await harness.pump([part({ effects: [handler] })]);
    expect(sends).toBe(2);
  });

  it('still ends FAILED by what is no outage', async () => {
    let looks = 0;
    const handler = sending({
      send: () => Promise.reject(away(false)),
      lookup: () => {
        looks += 1;
        return Promise.reject(looks <= 20 ? away(true) : new Error('an answer that says nothing'));
      },
    });
    await request();
    await turns(32, handler);
    expect(await effect()).toMatchObject({ state: 'UNKNOWN' });
    await turns(1, handler);
    expect(await effect()).toMatchObject({ state: 'FAILED', attempts: 33 });
  });
});

describe('an effect that fails again and again', () => {
  it.each(['claim', 'send'] as const)('in its %s is given up, and its handler hears of that once', async (where) => {
    const givenUp: string[] = [];
    const fails = (): Promise<never> => Promise.reject(new Error('an answer that says nothing'));
    const handler = sending({
      [where]: fails,
      giveUp: async (ctx, { subjectId }) => {
        await ctx.transaction(() => Promise.resolve(givenUp.push(subjectId)));
      },
    });
    await request();
    await turns(11, handler);
    expect(givenUp).toEqual([]);
    await turns(3, handler);
    expect(await effect()).toMatchObject({ state: 'FAILED', attempts: 12 });
    expect(givenUp).toEqual(['s']);
  });
});

describe('an event whose consumer asks a provider', () => {
  it('outlasts the outage too', async () => {
    const happened = defineEvent({ type: 'test.happened', version: 1, subject: 'Thing', payload: z.object({}) });
    let asked = 0;
    const consumer = {
      name: 'test.asks',
      handlers: {
        [happened.type]: {
          prepare: () => {
            asked += 1;
            return asked <= 20 ? Promise.reject(away(true)) : Promise.resolve();
          },
          handle: () => Promise.resolve(),
        },
      },
    };
    await harness.context(workspaceId).transaction((tx) => tx.publish(happened({ subjectId: 's', payload: {} })));
    for (let turn = 0; turn < 21; turn += 1) {
      await harness.pump([part({ consumers: [consumer] })]);
      harness.wall.advance({ minutes: 6 });
    }
    const { rows } = await harness.admin.query(
      'SELECT state, attempts FROM kernel.consumption WHERE workspace_id = $1',
      [workspaceId],
    );
    expect(rows).toEqual([{ state: 'DONE', attempts: 21 }]);
  });
});
