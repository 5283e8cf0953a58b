import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { z } from 'zod';
import { ProviderUnavailableError } from '../errors/errors.ts';
import { effectHandler } from '../effects/define.ts';
import type { EventConsumer, EventHandler } from '../events/consume.ts';
import { defineEvent } from '../events/define.ts';
import type { Subgraph } from '../graphql/subgraph.ts';
import { createHarness, type Harness } from '../testing/harness.ts';
import type { Tx } from './context.ts';
import { WorkspacePool } from './workspace-pool.ts';

const happened = defineEvent({
  type: 'test.thing.happened',
  version: 1,
  subject: 'Thing',
  payload: z.object({ n: z.number() }),
});

let harness: Harness;
beforeAll(async () => {
  harness = await createHarness();
});
afterAll(async () => {
  await harness.close();
});

const part = (offers: Partial<Subgraph>): Subgraph => ({ name: 'test', schema: undefined as never, ...offers });

describe('a connection that is lent out when the server ends it', () => {
  it('does not end the process: the next statement gets another one', async () => {
    const pool = new WorkspacePool({ ...harness.admin.options, max: 1 });
    try {
      const lent = await pool.connect();
      const gone = new Promise<void>((resolve) => lent.once('end', resolve));
      const { rows } = await lent.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
      await harness.admin.query('SELECT pg_terminate_backend($1)', [rows[0]?.pid]);
      await gone;
      lent.release();
      expect((await pool.query<{ n: number }>('SELECT 1 AS n')).rows).toEqual([{ n: 1 }]);
    } finally {
      await pool.end();
    }
  });
});

describe('row-level security', () => {
  it('shows each workspace its own rows, also when many ask at once', async () => {
    const [a, b] = [await harness.newWorkspace(), await harness.newWorkspace()];
    for (const workspaceId of [a, b]) {
      await harness.context(workspaceId).transaction(async (tx) => {
        await tx.publish(happened({ subjectId: workspaceId, payload: { n: 1 } }));
      });
    }
    const answers = await Promise.all(
      Array.from({ length: 60 }, async (_, i) => {
        const workspaceId = i % 2 === 0 ? a : b;
        const rows = await harness.context(workspaceId).db.event.findMany({ where: { type: 'test.thing.happened' } });
        return rows.length === 1 && rows.every((row) => row.workspaceId === workspaceId);
      }),
    );
    expect(answers).toEqual(Array.from({ length: 60 }, () => true));
  });

  it('shows nothing to a statement without a workspace, also after transactions that failed', async () => {
    const a = await harness.newWorkspace();
    await Promise.allSettled(
      Array.from({ length: 20 }, () =>
        harness.context(a).transaction(async (tx) => {
          await tx.publish(happened({ subjectId: 'x', payload: { n: 1 } }));
          throw new Error('no');
        }),
      ),
    );
    const seen = await Promise.all(Array.from({ length: 20 }, () => harness.database.prisma.event.findMany()));
    expect(seen.flat()).toEqual([]);
  });

  it('refuses to write a row of another workspace', async () => {
    const [a, b] = [await harness.newWorkspace(), await harness.newWorkspace()];
    await expect(
      harness.context(a).transaction(async (tx) => {
        await tx.db
          .$executeRaw`INSERT INTO kernel.timer (workspace_id, id, kind, key, subject_id, payload, due_at, state) VALUES (${b}, 'tmr_x', 'k', 'k', 's', '{}', now(), 'PENDING')`;
      }),
    ).rejects.toThrow(/row-level security/);
  });
});

describe('events', () => {
  it('reach a consumer once, in order, however often the pump turns', async () => {
    const workspaceId = await harness.newWorkspace();
    const seen: number[] = [];
    const consumer: EventConsumer = {
      name: 'once',
      handlers: {
        'test.thing.happened': {
          handle: (ctx, event) => {
            if (ctx.workspaceId === workspaceId) seen.push((event.payload as { n: number }).n);
            return Promise.resolve();
          },
        },
      },
    };
    for (const n of [1, 2, 3]) {
      await harness.context(workspaceId).transaction(async (tx) => {
        await tx.publish(happened({ subjectId: 'thing', payload: { n } }));
      });
    }
    await harness.pump([part({ consumers: [consumer] })]);
    await harness.pump([part({ consumers: [consumer] })]);
    expect(seen).toEqual([1, 2, 3]);
  });

  it('that fail hold later events of their subject and of no other', async () => {
    const workspaceId = await harness.newWorkspace();
    const seen: string[] = [];
    let broken = true;
    const consumer: EventConsumer = {
      name: 'poison',
      handlers: {
        'test.thing.happened': {
          handle: (_ctx, event) => {
            if (broken && event.subjectId === 'bad') return Promise.reject(new Error('poison'));
            seen.push(`${event.subjectId}${String((event.payload as { n: number }).n)}`);
            return Promise.resolve();
          },
        },
      },
    };
    for (const [subjectId, n] of [
      ['bad', 1],
      ['good', 1],
      ['bad', 2],
      ['good', 2],
    ] as const) {
      await harness.context(workspaceId).transaction(async (tx) => {
        await tx.publish(happened({ subjectId, payload: { n } }));
      });
    }
    await harness.pump([part({ consumers: [consumer] })]);
    expect(seen).toEqual(['good1', 'good2']);
    broken = false;
    harness.wall.advance({ minutes: 1 });
    await harness.pump([part({ consumers: [consumer] })]);
    expect(seen).toEqual(['good1', 'good2', 'bad1', 'bad2']);
  });

  it('have each its effect once, in their subject’s order and with themselves as its cause, whichever fail and however often', async () => {
    const followed = defineEvent({
      type: 'test.thing.followed',
      version: 1,
      subject: 'Thing',
      payload: z.object({ n: z.number() }),
    });
    const told = fc.record({ subject: fc.constantFrom('a', 'b', 'c'), failures: fc.nat(2), prepared: fc.boolean() });
    await fc.assert(
      fc.asyncProperty(fc.array(told, { minLength: 1, maxLength: 12 }), async (events) => {
        const workspaceId = await harness.newWorkspace();
        const failuresLeft = events.map(({ failures }) => failures);
        const handle: EventHandler['handle'] = async (ctx, event) => {
          const { n } = event.payload as { n: number };
          await ctx.transaction((tx) => tx.publish(followed({ subjectId: event.subjectId, payload: { n } })));
          failuresLeft[n] = (failuresLeft[n] ?? 0) - 1;
          if (failuresLeft[n] >= 0) throw new Error('not yet');
        };
        const consumer: EventConsumer = {
          name: 'follower',
          handlers: {
            'test.thing.happened': { handle },
            'test.thing.prepared': { prepare: () => Promise.resolve(), handle },
          },
        };
        await harness.context(workspaceId).transaction(async (tx) => {
          for (const [n, { subject, prepared }] of events.entries())
            await tx.publish({
              ...happened({ subjectId: subject, payload: { n } }),
              ...(prepared ? { type: 'test.thing.prepared' } : {}),
            });
        });
        for (let turn = 0; turn < 40 && failuresLeft.some((left) => left >= 0); turn += 1) {
          await harness.pump([part({ consumers: [consumer] })]);
          harness.wall.advance({ minutes: 10 });
        }
        // Ids of one millisecond have no order; their numbers in the stream do.
        const { rows } = await harness.admin.query<{ subject: string; n: number; of: number }>(
          `SELECT f.subject_id AS subject, (f.payload->>'n')::int AS n, (c.payload->>'n')::int AS of
           FROM kernel.event f JOIN kernel.event c ON c.workspace_id = f.workspace_id AND c.id = f.causation_id
           JOIN kernel.stream s ON s.workspace_id = f.workspace_id AND s.event_id = f.id
           WHERE f.workspace_id = $1 AND f.type = 'test.thing.followed' ORDER BY s.seq`,
          [workspaceId],
        );
        expect(rows.map(({ of }) => of)).toEqual(rows.map(({ n }) => n));
        for (const subject of ['a', 'b', 'c']) {
          const published = events.flatMap((event, n) => (event.subject === subject ? [n] : []));
          expect(rows.filter((row) => row.subject === subject).map(({ n }) => n)).toEqual(published);
        }
      }),
      { numRuns: 8 },
    );
  });
});

describe('effects', () => {
  const request = async (workspaceId: string): Promise<void> => {
    await harness.context(workspaceId).transaction(async (tx) => {
      await tx.requestEffect({ kind: 'test.send', key: 'k', subjectId: 's', payload: {} });
    });
  };

  it('that are requested twice are sent once', async () => {
    const workspaceId = await harness.newWorkspace();
    const sent: string[] = [];
    const handler = effectHandler({
      kind: 'test.send',
      payload: z.object({}),
      send: (_ctx, effect) => Promise.resolve(sent.push(effect.idempotencyKey)),
      lookup: () => Promise.resolve({ sent: false as const }),
      settle: () => Promise.resolve(),
    });
    await request(workspaceId);
    await request(workspaceId);
    await harness.pump([part({ effects: [handler] })]);
    expect(sent).toHaveLength(1);
  });

  it.each([
    { name: 'are settled by the lookup when they had arrived', arrived: true, sends: 1 },
    { name: 'are sent again under the same key when the lookup says they had not', arrived: false, sends: 2 },
  ])('of unknown fate $name', async ({ arrived, sends }) => {
    const workspaceId = await harness.newWorkspace();
    const keys: string[] = [];
    const outcomes: unknown[] = [];
    const handler = effectHandler<object, string>({
      kind: 'test.send',
      payload: z.object({}),
      send: (_ctx, effect) => {
        keys.push(effect.idempotencyKey);
        return keys.length === 1
          ? Promise.reject(new ProviderUnavailableError('test', 'cut off'))
          : Promise.resolve('sent');
      },
      lookup: () => Promise.resolve(arrived ? { sent: true as const, outcome: 'found' } : { sent: false as const }),
      settle: (_ctx, _effect, outcome) => Promise.resolve(void outcomes.push(outcome)),
    });
    await request(workspaceId);
    await harness.pump([part({ effects: [handler] })]);
    harness.wall.advance({ minutes: 1 });
    await harness.pump([part({ effects: [handler] })]);
    expect({ sends: keys.length, distinct: new Set(keys).size, outcomes }).toEqual({
      sends,
      distinct: 1,
      outcomes: [arrived ? 'found' : 'sent'],
    });
  });
});

describe('an effect whose claim throws', () => {
  it('steps back and lets the one behind it through', async () => {
    const workspaceId = await harness.newWorkspace();
    const sent: string[] = [];
    const handler = effectHandler<object, string>({
      kind: 'test.poison',
      payload: z.object({}),
      claim: (_ctx, effect) => (effect.key === 'bad' ? Promise.reject(new Error('poison')) : Promise.resolve('SEND')),
      send: (_ctx, effect) => Promise.resolve(void sent.push(effect.key)).then(() => 'sent'),
      lookup: () => Promise.resolve({ sent: false as const }),
      settle: () => Promise.resolve(),
    });
    await harness.context(workspaceId).transaction(async (tx) => {
      for (const key of ['bad', 'good'])
        await tx.requestEffect({ kind: 'test.poison', key, subjectId: 's', payload: {} });
    });
    await harness.pump([part({ effects: [handler] })]);
    expect(sent).toEqual(['good']);
  });
});

describe('an effect whose holder was taken for dead', () => {
  it('is settled by whoever took it over, and the slow holder writes nothing', async () => {
    const workspaceId = await harness.newWorkspace();
    const settled: unknown[] = [];
    const keys: string[] = [];
    const handler = effectHandler<object, string>({
      kind: 'test.send',
      payload: z.object({}),
      send: async (ctx, effect) => {
        keys.push(effect.idempotencyKey);
        if (keys.length > 1) return 'successor';
        // The first holder sleeps past its lease; another worker comes along and finishes.
        harness.wall.advance({ minutes: 1 });
        await harness.pump([part({ effects: [handler] })]);
        await ctx.transaction(() => Promise.resolve(settled.push('written by the slow holder')));
        return 'slow holder';
      },
      lookup: () => Promise.resolve({ sent: false as const }),
      settle: (_ctx, _effect, outcome) => Promise.resolve(void settled.push(outcome)),
    });
    await harness.context(workspaceId).transaction(async (tx) => {
      await tx.requestEffect({ kind: 'test.send', key: 'k', subjectId: 's', payload: {} });
    });
    await harness.pump([part({ effects: [handler] })]);
    expect({ settled, keys: new Set(keys).size }).toEqual({ settled: ['successor'], keys: 1 });
  });
});

describe('timers', () => {
  it('fire when business time reaches them, and not before', async () => {
    const workspaceId = await harness.newWorkspace();
    const fired: string[] = [];
    const handler = {
      kind: 'test.timer',
      handle: (_ctx: unknown, timer: { key: string }): Promise<void> => Promise.resolve(void fired.push(timer.key)),
    };
    await harness.setBusinessNow(workspaceId, new Date('2027-01-01T00:00:00Z'));
    await harness.context(workspaceId).transaction(async (tx) => {
      await tx.setTimer({ kind: 'test.timer', key: 'later', subjectId: 's', dueAt: new Date('2027-01-03T00:00:00Z') });
      await tx.setTimer({ kind: 'test.timer', key: 'sooner', subjectId: 's', dueAt: new Date('2027-01-02T00:00:00Z') });
    });
    await harness.pump([part({ timers: [handler] })]);
    expect(fired).toEqual([]);
    await harness.setBusinessNow(workspaceId, new Date('2027-01-04T00:00:00Z'));
    await harness.pump([part({ timers: [handler] })]);
    expect(fired).toEqual(['sooner', 'later']);
  });
});

describe('a statement on the connection of a transaction', () => {
  it('is part of it, sees one workspace, and is refused once the transaction is over', async () => {
    const [mine, other] = [await harness.newWorkspace(), await harness.newWorkspace()];
    let late: Tx['query'] | undefined;
    const insert = `INSERT INTO kernel.idempotency_key (workspace_id, key, fingerprint, created_at, expires_at) VALUES ($1, $2, 'f', now(), now())`;
    const count = 'SELECT count(*) AS n FROM kernel.idempotency_key WHERE workspace_id = ANY($1)';
    const broken = harness.context(mine).transaction(async (tx) => {
      late = tx.query;
      await Promise.all(['a', 'b', 'c'].map((key) => tx.query(insert, [mine, key])));
      expect(await tx.query(count, [[mine, other]])).toEqual([{ n: 3n }]);
      expect(await tx.db.idempotencyKey.count()).toBe(3);
      throw new Error('rolled back');
    });
    await expect(broken).rejects.toThrow('rolled back');
    expect(await harness.context(mine).db.idempotencyKey.count()).toBe(0);
    await expect(late?.(count, [[mine]])).rejects.toThrow('The transaction is over.');
    await expect(harness.context(mine).transaction((tx) => tx.query(insert, [other, 'stolen']))).rejects.toThrow(
      /row-level security/,
    );
  });

  it('is on its own transaction, however many run at once and whatever else they ask', async () => {
    const workspaces = await Promise.all(Array.from({ length: 4 }, () => harness.newWorkspace()));
    const current = `SELECT current_setting('app.workspace_id') AS workspace, pg_backend_pid() AS pid`;
    const seen = await Promise.all(
      workspaces.map((workspaceId) =>
        harness.context(workspaceId).transaction(async (tx) => {
          const [first] = await tx.query<{ workspace: string; pid: number }>(current);
          await harness.context(workspaceId).businessNow();
          const [second] = await tx.query<{ workspace: string; pid: number }>(current);
          expect(second).toEqual(first);
          return first?.workspace;
        }),
      ),
    );
    expect(seen).toEqual(workspaces);
  });
});
