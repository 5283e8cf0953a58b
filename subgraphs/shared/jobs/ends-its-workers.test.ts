import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import type { UseCaseContext } from '../db/context.ts';
import type { WorkerContexts } from '../db/contexts.ts';
import type { SystemDb } from '../db/system.ts';
import { effectHandler } from '../effects/define.ts';
import { effectLane } from '../effects/run.ts';
import { consumeLane } from '../events/consume.ts';
import { defineEvent } from '../events/define.ts';
import { numberBatch } from '../events/dispatcher.ts';
import { inboxLane } from '../inbox/apply.ts';
import { storeInboxEvent } from '../inbox/store.ts';
import { type Logger, silentLogger } from '../logging/logger.ts';
import { testDelivery } from '../testing/deliveries.ts';
import { createHarness, type Harness } from '../testing/harness.ts';
import type { Clock } from '../time/clock.ts';
import { timerLane } from '../timers/fire.ts';
import { MAX_INTERRUPTIONS } from './broken-off.ts';
import type { DeathWatch } from './death-watch.ts';
import type { Lane } from './lane.ts';

const LEASE_MS = 30_000;
const payload = z.object({ name: z.string() });
const happened = defineEvent({ type: 'test.thing.happened', version: 1, subject: 'Thing', payload });

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

class Death extends Error {}

/** A worker that can be made to die: what it has open is rolled back then, and it writes nothing any more. */
class Life {
  #dead = false;

  die(): never {
    this.#dead = true;
    throw new Death();
  }

  stillAlive(): void {
    if (this.#dead) throw new Death();
  }

  readonly contexts: WorkerContexts = {
    of: async (...where) => {
      const ctx = await harness.contexts.of(...where);
      const transaction: UseCaseContext['transaction'] = async (fn) => {
        this.stillAlive();
        return ctx.transaction(async (tx) => {
          const result = await fn(tx);
          this.stillAlive();
          return result;
        });
      };
      return Object.create(ctx, { transaction: { value: transaction } }) as UseCaseContext;
    },
  };
}

/** What a handler does with a piece of work of that name. */
type Work = (name: string) => Promise<void> | void;

interface LaneDeps {
  readonly contexts: WorkerContexts;
  readonly system: SystemDb;
  readonly wall: Clock;
  readonly log: Logger;
  readonly watch: DeathWatch;
}

interface Kind {
  readonly kind: string;
  put(names: readonly string[]): Promise<void>;
  lane(deps: LaneDeps, work: Work): Lane;
  /** Selects the name and state of each, and why. */
  readonly rows: string;
  readonly done: string;
  readonly dead: string;
  /** How often it is tried until it is given up: the first time nobody has died yet, and only a claim is left behind. */
  readonly tries: number;
}

const transaction: UseCaseContext['transaction'] = (fn) => harness.context(workspaceId).transaction(fn);

async function putDeliveries(names: readonly string[]): Promise<void> {
  for (const name of names)
    await storeInboxEvent(harness.context(workspaceId), testDelivery(name, { eventCreatedAt: null }));
}

async function putEvents(names: readonly string[], subjectOf = (name: string): string => name): Promise<void> {
  const { system, bus, wall } = harness;
  await transaction((tx) =>
    tx.publishAll(names.map((name) => happened({ subjectId: subjectOf(name), payload: { name } }))),
  );
  const consumers = [{ name: 'reader', handlers: { 'test.thing.happened': { handle: () => Promise.resolve() } } }];
  await numberBatch(system.pool, { system, consumers, bus, wall, log: silentLogger, wake: () => Promise.resolve() });
}

async function putTimers(names: readonly string[]): Promise<void> {
  await transaction(async (tx) => {
    for (const name of names) await tx.setTimer({ kind: 'test.timer', key: name, subjectId: name, dueAt: tx.now });
  });
}

async function putEffects(names: readonly string[]): Promise<void> {
  await transaction(async (tx) => {
    for (const name of names)
      await tx.requestEffect({ kind: 'test.send', key: name, subjectId: name, payload: { name } });
  });
}

const eventLane = (deps: LaneDeps, work: Work, preparing = false): Lane =>
  consumeLane({
    ...deps,
    consumers: [
      {
        name: 'reader',
        handlers: {
          'test.thing.happened': {
            ...(preparing ? { prepare: async (_ctx, event) => work(payload.parse(event.payload).name) } : {}),
            handle: async (_ctx, event) => (preparing ? undefined : work(payload.parse(event.payload).name)),
          },
        },
      },
    ],
  });

const effectsAt = (deps: LaneDeps, work: Work, at: 'claim' | 'send', onLookup: () => void = () => undefined): Lane =>
  effectLane({
    ...deps,
    handlers: [
      effectHandler<{ name: string }, string>({
        kind: 'test.send',
        payload,
        claim: async (_ctx, effect) => {
          if (at === 'claim') await work(effect.key);
          return 'SEND';
        },
        send: async (_ctx, effect) => {
          if (at === 'send') await work(effect.key);
          return 'sent';
        },
        lookup: () => {
          onLookup();
          return Promise.resolve({ sent: false as const });
        },
        settle: () => Promise.resolve(),
      }),
    ],
  });

const events = {
  put: putEvents,
  rows: `SELECT e.payload->>'name' AS name, c.state, c.last_error AS why, c.workspace_id FROM kernel.consumption c JOIN kernel.event e ON e.workspace_id = c.workspace_id AND e.id = c.event_id`,
  done: 'DONE',
  dead: 'DEAD',
  tries: MAX_INTERRUPTIONS + 2,
};
const effects = {
  put: putEffects,
  rows: 'SELECT key AS name, state, last_error AS why, workspace_id FROM kernel.effect',
  done: 'DONE',
  dead: 'FAILED',
};

const KINDS: readonly Kind[] = [
  {
    kind: 'a delivery',
    put: putDeliveries,
    lane: (deps, work) =>
      inboxLane({
        ...deps,
        handlers: [
          {
            provider: 'TEST',
            apply: async (_ctx, _tx, rows) => {
              for (const { body } of rows) await work(body.toString());
              return rows.map(() => 'APPLIED' as const);
            },
          },
        ],
      }),
    rows: 'SELECT provider_event_id AS name, state, reason AS why, workspace_id FROM kernel.inbox_event',
    done: 'APPLIED',
    dead: 'DEAD',
    tries: MAX_INTERRUPTIONS + 2,
  },
  { kind: 'an event', ...events, lane: (deps, work) => eventLane(deps, work) },
  { kind: 'an event that is prepared', ...events, lane: (deps, work) => eventLane(deps, work, true) },
  {
    kind: 'a timer',
    put: putTimers,
    lane: (deps, work) =>
      timerLane({ ...deps, handlers: [{ kind: 'test.timer', handle: async (_ctx, { key }) => work(key) }] }),
    rows: 'SELECT key AS name, state, last_error AS why, workspace_id FROM kernel.timer',
    done: 'FIRED',
    dead: 'DEAD',
    tries: MAX_INTERRUPTIONS + 2,
  },
  {
    kind: 'an effect when it is sent',
    ...effects,
    lane: (deps, work) => effectsAt(deps, work, 'send'),
    tries: MAX_INTERRUPTIONS + 1,
  },
  {
    kind: 'an effect when it is considered',
    ...effects,
    lane: (deps, work) => effectsAt(deps, work, 'claim'),
    tries: MAX_INTERRUPTIONS + 2,
  },
];

interface Row {
  readonly name: string;
  readonly state: string;
  readonly why: string | null;
}

async function stateOf({ rows }: Kind): Promise<Record<string, Row>> {
  const found = await harness.admin.query<Row>(`SELECT * FROM (${rows}) r WHERE workspace_id = $1`, [workspaceId]);
  return Object.fromEntries(found.rows.map((row) => [row.name, row]));
}

/** One worker after the other comes for what is due, until nothing is open; each is told when one before it has died. */
async function liveOn(
  kind: Kind,
  work: (name: string, life: Life) => Promise<void> | void,
  everyMinutes = 20, // longer than every lease and pause
): Promise<number> {
  let deaths = 0;
  for (let lives = 0; lives < 500; lives += 1) {
    const life = new Life();
    const watch = { diedLately: () => deaths > 0, leaseMs: LEASE_MS };
    const { system, wall } = harness;
    const lane = kind.lane({ contexts: life.contexts, system, wall, log: silentLogger, watch }, async (name) => {
      life.stillAlive();
      await work(name, life);
    });
    const states = Object.values(await stateOf(kind)).map(({ state }) => state);
    if (states.every((state) => state === kind.done || state === kind.dead)) return deaths;
    await lane.drain(workspaceId).catch((error: unknown) => {
      if (!(error instanceof Death)) throw error;
      deaths += 1;
    });
    harness.wall.advance({ minutes: everyMinutes });
  }
  throw new Error('It is never given up');
}

const NAMES = ['a', 'b', 'poison', 'c', 'd'];

describe.each(KINDS)('$kind that ends its workers', (kind) => {
  it('is found among its neighbours, which are done, and is given up', async () => {
    await kind.put(NAMES);
    const done: string[] = [];
    let tries = 0;
    const deaths = await liveOn(kind, (name, life) => {
      if (name !== 'poison') return void done.push(name);
      tries += 1;
      return life.die();
    });

    const { poison, ...others } = await stateOf(kind);
    expect(poison).toMatchObject({ state: kind.dead, why: expect.stringContaining('broken off 21 times') });
    expect(Object.values(others).map(({ state }) => state)).toEqual(['a', 'b', 'c', 'd'].map(() => kind.done));
    expect(tries).toBe(kind.tries);
    expect(deaths).toBe(tries);
    expect(new Set(done)).toEqual(new Set(['a', 'b', 'c', 'd']));
  });

  it('is done when it was only killed a few times, its failures counted apart', async () => {
    await kind.put(NAMES);
    let [deaths, failures] = [0, 0];
    await liveOn(kind, (name, life) => {
      if (name !== 'poison') return;
      if (deaths < MAX_INTERRUPTIONS) {
        deaths += 1;
        life.die();
      }
      failures += 1;
      if (failures < 5) throw new Error('trouble');
    });
    expect(Object.values(await stateOf(kind)).map(({ state }) => state)).toEqual(NAMES.map(() => kind.done));
  });

  it('is nobody else’s while it may be in hand', async () => {
    await kind.put(['poison']);
    const seen: string[] = [];
    const watch = { diedLately: () => true, leaseMs: LEASE_MS };
    const { contexts, system, wall } = harness;
    const lane = kind.lane({ contexts, system, wall, log: silentLogger, watch }, async (name) => {
      seen.push(name);
      expect((await lane.due()).some((due) => due.workspaceId === workspaceId)).toBe(false);
    });
    await lane.drain(workspaceId);
    expect(seen).toEqual(['poison']);
    expect(await stateOf(kind)).toMatchObject({ poison: { state: kind.done } });
  });
});

it.each(KINDS)('$kind that ends its workers keeps its neighbours only from the first few of them', async (kind) => {
  await kind.put(['poison', ...NAMES.filter((name) => name !== 'poison')]);
  const deathsBefore: Record<string, number> = {};
  let deaths = 0;
  const work = (name: string, life: Life): void => {
    deathsBefore[name] = deaths;
    if (name !== 'poison') return;
    deaths += 1;
    life.die();
  };
  await liveOn(kind, work, 5); // as a supervisor starts what has ended again and again
  const { poison: all, ...others } = deathsBefore;
  expect(all).toBe(kind.tries - 1);
  expect(Math.max(...Object.values(others))).toBeLessThan(7);
});

it('an effect that ends its workers is asked for before it is sent again, and that it may have happened is kept', async () => {
  const [sending] = KINDS.filter((kind) => kind.kind === 'an effect when it is sent');
  if (!sending) throw new Error('There is such a kind');
  const seen: string[] = [];
  const kind: Kind = { ...sending, lane: (deps, work) => effectsAt(deps, work, 'send', () => seen.push('asked for')) };
  await kind.put(['poison']);
  await liveOn(kind, (_name, life) => {
    seen.push('sent');
    life.die();
  });
  const expected = ['sent', ...Array.from({ length: MAX_INTERRUPTIONS }, () => ['asked for', 'sent'])].flat();
  expect(seen).toEqual(expected);
  expect((await stateOf(kind))['poison']).toMatchObject({
    state: 'FAILED',
    why: expect.stringContaining('It may have happened'),
  });
});

describe('an event that ends its workers', () => {
  it('holds the later ones of its subject until it is given up', async () => {
    const [, kind] = KINDS;
    if (!kind) throw new Error('There are kinds');
    await putEvents(['poison', 'after', 'elsewhere'], (name) => (name === 'elsewhere' ? 'other' : 'same'));
    const order: string[] = [];
    await liveOn(kind, (name, life) => {
      order.push(name);
      if (name === 'poison') life.die();
    });
    expect(order.lastIndexOf('poison')).toBeLessThan(order.indexOf('after'));
    expect(await stateOf(kind)).toMatchObject({ poison: { state: 'DEAD' }, after: { state: 'DONE' } });
  });
});
