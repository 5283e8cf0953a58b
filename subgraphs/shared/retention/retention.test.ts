import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { cursorOf } from '../events/cursor.ts';
import { createIdSource, firstId, type IdPrefix } from '../ids/ids.ts';
import { silentLogger } from '../logging/logger.ts';
import { testDelivery } from '../testing/deliveries.ts';
import { createHarness, type Harness } from '../testing/harness.ts';
import { manualClock } from '../time/clock.ts';
import { createInboxWriter, type Delivery } from '../inbox/store.ts';
import { keepUnrouted } from '../inbox/unrouted.ts';
import { partitionCollector } from './partition-collector.ts';
import { makePartitions, readPartitions, retirePartition } from './partitions.ts';
import { keepWithin, retentionLane, type RetentionDeps } from './retention-lane.ts';

// What is old is old for the database, too, whose clock nobody moves: so the months here are those before the real one.

const now = new Date();
const daysAgo = (days: number): Date => new Date(now.getTime() - days * 86_400_000);
const monthOf = (at: Date): Date => new Date(Date.UTC(at.getUTCFullYear(), at.getUTCMonth()));
const nextMonth = (at: Date): Date => new Date(Date.UTC(at.getUTCFullYear(), at.getUTCMonth() + 1));
const nameOf = (log: string, at: Date): string => `${log}_${monthOf(at).toISOString().slice(0, 7).replace('-', '_')}`;
const idFrom = (prefix: IdPrefix, at: Date): string => createIdSource(manualClock(at)).next(prefix);

let harness: Harness;
let workspaceId: string;
beforeEach(async () => {
  harness = await createHarness({ now });
  workspaceId = await harness.newWorkspace();
  await haveMonthsSince(daysAgo(500));
});
afterEach(async () => {
  await harness.close();
});

/** As in an installation that has run since then: a migrated database has one partition for all that is past. */
async function haveMonthsSince(since: Date): Promise<void> {
  for (const { log, name, from, to } of await readPartitions(harness.system)) {
    if (from !== null || to === null) continue;
    await harness.admin.query(`ALTER TABLE kernel.${log} DETACH PARTITION kernel.${name}; DROP TABLE kernel.${name}`);
    const prefix = log === 'event' ? 'evt' : 'inb';
    for (let month = monthOf(since); month < to; month = nextMonth(month)) {
      const partition = nameOf(log, month);
      const [lower, upper] = [firstId(prefix, month), firstId(prefix, nextMonth(month))];
      await harness.admin.query(
        `SELECT kernel.new_partition('${log}', '${partition}'); ALTER TABLE kernel.${partition} FORCE ROW LEVEL SECURITY;
         ALTER TABLE kernel.${log} ATTACH PARTITION kernel.${partition} FOR VALUES FROM ('${lower}') TO ('${upper}')`,
      );
    }
  }
}

const deps = (over: Partial<RetentionDeps> = {}): RetentionDeps => ({
  system: harness.system,
  wall: harness.wall,
  log: silentLogger,
  retention: { inboxDays: 90, inboxKeyDays: 400, eventLogDays: 90, timerDays: 90 },
  copiedUpTo: () => Promise.resolve(1_000n),
  ...over,
});

const delivery = (providerEventId: string): Delivery =>
  testDelivery(providerEventId, { eventCreatedAt: null, signedAt: now, body: Buffer.from('{}') });

/** A delivery as it came in then, and what has become of it. */
async function delivered(at: Date, state: string): Promise<string> {
  const name = `${state} ${at.toISOString()}`;
  const ids = createIdSource(manualClock(at));
  const inbox = createInboxWriter({ ...harness.contextDeps, ids, wall: manualClock(at) });
  await inbox.store(workspaceId, delivery(name));
  await harness.admin.query('UPDATE kernel.inbox_event SET state = $2 WHERE provider_event_id = $1', [name, state]);
  return name;
}

/** An event as it was recorded then, numbered, and what its consumer has made of it. */
async function happened(at: Date, position: number, state: string): Promise<string> {
  const id = idFrom('evt', at);
  await harness.admin.query(
    `INSERT INTO kernel.event (workspace_id, id, type, version, subject_type, subject_id, payload, actor_type, actor_id, occurred_at, recorded_at)
     VALUES ('${workspaceId}', '${id}', 'test.thing', 1, 'Thing', 't', '{}', 'SYSTEM', 's', '${at.toISOString()}', '${at.toISOString()}');
     INSERT INTO kernel.stream VALUES ('${workspaceId}', ${String(position)}, ${String(position)}, '${id}', '${at.toISOString()}');
     INSERT INTO kernel.consumption (workspace_id, consumer, seq, event_id, subject_id, state) VALUES ('${workspaceId}', 'reader', ${String(position)}, '${id}', 't', '${state}');
     INSERT INTO kernel.stream_head VALUES ('${workspaceId}', ${String(position)}) ON CONFLICT (workspace_id) DO UPDATE SET seq = EXCLUDED.seq`,
  );
  return id;
}

const column = async (sql: string): Promise<string[]> =>
  (await harness.admin.query<{ one: string }>(sql)).rows.map(({ one }) => one);
const bodies = (): Promise<string[]> => column('SELECT provider_event_id AS one FROM kernel.inbox_event ORDER BY id');
const known = (): Promise<string[]> =>
  column('SELECT provider_event_id AS one FROM kernel.inbox_key ORDER BY inbox_event_id');
const events = (): Promise<string[]> => column('SELECT id AS one FROM kernel.event ORDER BY id');
const partitionsOf = async (log: string): Promise<string[]> =>
  column(`SELECT name AS one FROM kernel.partitions() WHERE log = '${log}' ORDER BY upper_id COLLATE "C" NULLS LAST`);

describe('deliveries', () => {
  it('that are done go with their month; those that are not stay until they are, wherever they stand', async () => {
    const [old, young] = [daysAgo(200), daysAgo(20)];
    const names = [];
    for (const state of ['APPLIED', 'IGNORED', 'RECEIVED', 'FAILED', 'DEAD']) names.push(await delivered(old, state));
    const alsoOld = await delivered(daysAgo(180), 'DEAD');
    const recent = await delivered(young, 'APPLIED');

    await keepWithin(deps());
    await keepWithin(deps());

    const [, , received, failed, dead] = names;
    expect((await bodies()).sort()).toEqual([received, failed, dead, alsoOld, recent].sort());
    expect(await known()).toHaveLength(7);
    expect(await partitionsOf('inbox_event')).not.toContain(nameOf('inbox_event', old));
    expect((await partitionsOf('inbox_event'))[0]).toBe('inbox_event_kept');

    // One is replayed at last, as the lane does it: with the rights of the app, and in its own workspace.
    await harness.context(workspaceId).transaction(async (tx) => {
      const done = await tx.db.inboxEvent.updateMany({
        where: { workspaceId, providerEventId: dead ?? '' },
        data: { state: 'APPLIED' },
      });
      expect(done.count).toBe(1);
    });
    await keepWithin(deps({ retention: { inboxDays: 35, inboxKeyDays: 400, eventLogDays: 400, timerDays: 90 } }));
    expect((await bodies()).sort()).toEqual([received, failed, alsoOld, recent].sort());
  });

  it('that were dropped are known all the same when they come again, for as long as is configured', async () => {
    const name = await delivered(daysAgo(200), 'APPLIED');
    const waiting = await delivered(daysAgo(450), 'DEAD');
    const forgotten = await delivered(daysAgo(450), 'APPLIED');
    await keepWithin(deps());
    const inbox = createInboxWriter(harness.contextDeps);

    expect(await inbox.store(workspaceId, delivery(name))).toMatchObject({ first: false });
    expect(await inbox.store(workspaceId, delivery(waiting))).toMatchObject({ first: false });
    expect(await inbox.store(workspaceId, delivery(forgotten))).toMatchObject({ first: true });
    expect((await bodies()).sort()).toEqual([waiting, forgotten].sort());
  });
});

it('deliveries of no workspace go when they are old, whatever became of them', async () => {
  const unrouted = (event: string, receivedAt: Date): Promise<unknown> =>
    keepUnrouted(
      { system: harness.system, ids: createIdSource(manualClock(receivedAt)) },
      {
        provider: 'TEST',
        providerEventId: event,
        eventType: null,
        account: null,
        livemode: null,
        objectId: null,
        secretId: 'platform_1',
        signedAt: receivedAt,
        body: Buffer.from('?'),
        state: 'DEAD',
        reason: 'unreadable',
      },
      receivedAt,
    );
  await unrouted('old', daysAgo(91));
  await unrouted('young', daysAgo(89));
  await keepWithin(deps());
  expect(await column('SELECT provider_event_id AS one FROM kernel.unrouted_delivery')).toEqual(['young']);
});

describe('what is over', () => {
  /** Set and, if it was, fired then. */
  const timer = async (at: Date, state: string, firedAt: Date | null = null): Promise<string> => {
    const id = idFrom('tmr', at);
    await harness.admin.query(
      `INSERT INTO kernel.timer (workspace_id, id, kind, key, subject_id, payload, due_at, state, fired_at) VALUES ($1, $2, 'test.timer', $2, 's', '{}', $3, $4, $5)`,
      [workspaceId, id, at, state, firedAt],
    );
    return id;
  };

  it('timers go when they were fired or canceled long ago; dead ones, and those to come, stay', async () => {
    await timer(daysAgo(100), 'FIRED', daysAgo(95));
    await timer(daysAgo(100), 'CANCELED');
    const stay = [
      await timer(daysAgo(100), 'FIRED', daysAgo(80)),
      await timer(daysAgo(80), 'CANCELED'),
      await timer(daysAgo(100), 'DEAD'),
      await timer(daysAgo(100), 'PENDING'),
    ];
    await keepWithin(deps());
    expect((await column('SELECT id AS one FROM kernel.timer')).sort()).toEqual(stay.sort());
  });

  it('a timer that is set again under the key of one that was forgotten is set', async () => {
    const id = await timer(daysAgo(100), 'FIRED', daysAgo(95));
    await keepWithin(deps());
    await harness
      .context(workspaceId)
      .transaction((tx) => tx.setTimer({ kind: 'test.timer', key: id, subjectId: 's', dueAt: tx.now }));
    expect(await column('SELECT state AS one FROM kernel.timer')).toEqual(['PENDING']);
  });

  it('idempotency keys go when they have expired', async () => {
    const key = (name: string, expiresAt: Date): Promise<unknown> =>
      harness.admin.query(
        `INSERT INTO kernel.idempotency_key (workspace_id, key, fingerprint, created_at, expires_at) VALUES ($1, $2, 'f', $3, $3)`,
        [workspaceId, name, expiresAt],
      );
    await key('expired', new Date(now.getTime() - 1));
    await key('counts', new Date(now.getTime() + 1_000));
    await keepWithin(deps());
    expect(await column('SELECT key AS one FROM kernel.idempotency_key')).toEqual(['counts']);
  });
});

describe('events', () => {
  it('go with their month, their numbers and their notes with them; what was not consumed stays', async () => {
    const old = daysAgo(200);
    const done = await happened(old, 1, 'DONE');
    const pending = await happened(old, 2, 'PENDING');
    const dead = await happened(daysAgo(170), 3, 'DEAD');
    const recent = await happened(daysAgo(20), 4, 'DONE');

    await keepWithin(deps());
    await keepWithin(deps());

    expect((await events()).sort()).toEqual([pending, dead, recent].sort());
    expect(await events()).not.toContain(done);
    expect(await column('SELECT seq::text AS one FROM kernel.stream ORDER BY seq')).toEqual(['2', '3', '4']);
    expect(await column('SELECT seq::text AS one FROM kernel.consumption ORDER BY seq')).toEqual(['2', '3', '4']);
  });

  it('stay while they are not copied to ClickHouse, or not numbered', async () => {
    const id = await happened(daysAgo(200), 1, 'DONE');
    await keepWithin(deps({ copiedUpTo: () => Promise.resolve(0n) }));
    expect(await events()).toEqual([id]);
    await harness.admin.query(
      `INSERT INTO kernel.event_outbox (workspace_id, event_id) VALUES ('${workspaceId}', '${id}')`,
    );
    await keepWithin(deps());
    expect(await events()).toEqual([id]);
  });

  it('leave the newest number, so that the next event does not begin at one', async () => {
    await happened(daysAgo(200), 1, 'DONE');
    await happened(daysAgo(200), 2, 'DONE');
    await keepWithin(deps());
    expect(await events()).toEqual([]);
    expect(await column('SELECT position::text AS one FROM kernel.stream')).toEqual(['2']);
  });

  it('that a cursor has not seen and that are gone make it expire, also when nothing followed them', async () => {
    await happened(daysAgo(200), 1, 'DONE');
    await happened(daysAgo(200), 2, 'DONE');
    const cursor = cursorOf(workspaceId, 1n);
    const idle = workspaceId;
    workspaceId = await harness.newWorkspace();
    await happened(daysAgo(2), 3, 'DONE');
    await keepWithin(deps());

    expect(await column('SELECT workspace_id AS one FROM kernel.stream')).toEqual([workspaceId]);
    const follower = harness.events.follow(idle, { types: ['test.thing'], after: cursor });
    await expect(follower.next()).rejects.toMatchObject({ code: 'CURSOR_EXPIRED' });
    const level = harness.events.follow(idle, { types: ['test.thing'], after: cursorOf(idle, 2n) });
    const next = level.next();
    await level.return?.();
    expect(await next).toEqual({ done: true, value: undefined });
  });
});

describe('months', () => {
  it('are made ahead, once, and take over what had no month', async () => {
    const at = new Date(now.getTime() + 200 * 86_400_000);
    const stray = await delivered(at, 'RECEIVED');
    const figures = partitionCollector({ system: harness.system, wall: harness.wall });
    const read = async (): Promise<Map<string, number>> => {
      const seen = new Map<string, number>();
      await figures.read((name, labels, value) => seen.set(`${name} ${JSON.stringify(labels)}`, value));
      return seen;
    };
    expect((await read()).get('rows_outside_partitions {"log":"inbox_event"}')).toBe(1);
    expect((await read()).get('partitions_ahead_seconds {"log":"event"}')).toBeGreaterThan(60 * 86_400);

    const made = await makePartitions(harness.system, new Date(at.getTime() + 86_400_000));
    expect(made).toContain(nameOf('inbox_event', at));
    expect(made).toContain(nameOf('event', at));
    expect(await makePartitions(harness.system, at)).toEqual([]);
    expect(await column(`SELECT tableoid::regclass::text AS one FROM kernel.inbox_event`)).toEqual([
      `kernel.${nameOf('inbox_event', at)}`,
    ]);
    expect(await bodies()).toEqual([stray]);
    expect((await read()).get('rows_outside_partitions {"log":"inbox_event"}')).toBe(0);
  });

  it('begin at the same id in SQL as here', async () => {
    const instants = fc.sample(fc.date({ min: new Date(0), max: new Date('2200-01-01'), noInvalidDate: true }), 200);
    const { rows } = await harness.admin.query<{ ids: string[] }>(
      `SELECT array_agg(kernel.first_id('inb', at) ORDER BY n) AS ids FROM unnest($1::timestamptz[]) WITH ORDINALITY AS i(at, n)`,
      [instants],
    );
    expect(rows[0]?.ids).toEqual(instants.map((at) => firstId('inb', at)));
  });

  it('are made by several processes at once without harm', async () => {
    const until = new Date(now.getTime() + 300 * 86_400_000);
    const made = await Promise.all(Array.from({ length: 4 }, () => makePartitions(harness.system, until)));
    expect(new Set(made.flat()).size).toBe(made.flat().length);
    expect(made.flat().length).toBeGreaterThan(8);
  });

  it('hold what their table holds alone: neither role reaches one directly', async () => {
    await delivered(daysAgo(200), 'DEAD');
    await keepWithin(deps());
    for (const name of [...(await partitionsOf('inbox_event')), ...(await partitionsOf('event'))]) {
      await expect(harness.system.query(`SELECT FROM kernel.${name}`)).rejects.toThrow(/permission denied/);
      await expect(
        harness.context(workspaceId).transaction((tx) => tx.db.$queryRawUnsafe(`SELECT * FROM kernel.${name}`)),
      ).rejects.toThrow(/permission denied/);
    }
    const open = await column(
      `SELECT c.relname AS one FROM kernel.partitions() p JOIN pg_class c ON c.relname = p.name WHERE NOT (relrowsecurity AND relforcerowsecurity)`,
    );
    expect(open).toEqual([]);
  });

  it('younger than a week are not dropped whoever asks, nor is anything else a log', async () => {
    await expect(retirePartition(harness.system, 'event', daysAgo(6), [])).rejects.toThrow(/seven days/);
    await expect(retirePartition(harness.system, 'audit_event' as 'event', daysAgo(90), [])).rejects.toThrow(/no log/);
    await expect(makePartitions(harness.system, daysAgo(-400))).rejects.toThrow(/a year ahead/);
  });

  it('are not dropped while somebody reads for long: the next hour will do', async () => {
    const name = await delivered(daysAgo(200), 'APPLIED');
    const reader = await harness.admin.connect();
    await reader.query('BEGIN; SELECT FROM kernel.inbox_event');
    await expect(keepWithin(deps())).rejects.toThrow(/lock timeout/);
    await reader.query('COMMIT');
    reader.release();
    expect(await bodies()).toEqual([name]);
    await keepWithin(deps());
    expect(await bodies()).toEqual([]);
  }, 20_000);
});

it('the lane is due when a process starts and then every hour', async () => {
  const lane = retentionLane(deps());
  expect(await lane.due()).toEqual([{ workspaceId: 'all' }]);
  expect(await lane.due()).toEqual([]);
  harness.wall.advance({ minutes: 61 });
  expect(await lane.due()).toEqual([{ workspaceId: 'all' }]);
  await lane.drain('all');
});
