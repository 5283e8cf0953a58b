import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';

import { createTestDatabase, type TestDatabase } from '../testing/databases.ts';
import { createMailSink } from './mail-sink.ts';
import type { Mail } from './mail.ts';

let database: TestDatabase;
let pool: pg.Pool;

beforeAll(async () => {
  database = await createTestDatabase();
  pool = new pg.Pool({ connectionString: database.systemUrl, max: 4 });
  pool.on('error', () => undefined);
});
afterAll(async () => {
  await pool.end();
  await database.drop();
});

const mail = (over: Partial<Mail> = {}): Mail => ({
  key: 'recovery.send-message/msg_1',
  workspaceId: 'ws_a',
  from: 'Acme <billing@acme.example>',
  to: 'zoe@example.com',
  subject: 'Your payment failed',
  html: '<p>Zoë</p>',
  text: 'Zoë',
  headers: { 'List-Unsubscribe': '<https://x>' },
  ...over,
});

describe('the captured outbox', () => {
  it('keeps a mail whole and finds it by its key', async () => {
    const sink = createMailSink({ pool });
    const sent = await sink.send(mail({ workspaceId: 'ws_whole' }));
    expect(await sink.lookup(mail().key, 'ws_whole')).toEqual(sent);
    expect(await sink.list('ws_whole')).toEqual([
      { ...mail({ workspaceId: 'ws_whole' }), ...sent, capturedAt: expect.any(Date) },
    ]);
  });

  it('keeps one mail per key, the first, also when the same is sent many times at once', async () => {
    const sink = createMailSink({ pool });
    const first = await sink.send(mail({ workspaceId: 'ws_once' }));
    const again = await Promise.all(
      [1, 2, 3, 4, 5].map((n) => sink.send(mail({ workspaceId: 'ws_once', subject: `again ${String(n)}` }))),
    );
    expect(again).toEqual([first, first, first, first, first]);
    expect((await sink.list('ws_once')).map(({ subject }) => subject)).toEqual(['Your payment failed']);
  });

  it('does not mix workspaces: the same key is another mail there', async () => {
    const sink = createMailSink({ pool });
    const here = await sink.send(mail({ workspaceId: 'ws_here' }));
    expect(await sink.lookup(mail().key, 'ws_there')).toBeNull();
    const there = await sink.send(mail({ workspaceId: 'ws_there', subject: 'Other' }));
    expect(there.providerMessageId).not.toBe(here.providerMessageId);
    expect((await sink.list('ws_there')).map(({ subject }) => subject)).toEqual(['Other']);
  });

  it('lists the newest first, as many as asked for', async () => {
    const sink = createMailSink({ pool });
    for (const key of ['a', 'b', 'c']) await sink.send(mail({ workspaceId: 'ws_list', key }));
    expect((await sink.list('ws_list', { limit: 2 })).map(({ key }) => key)).toEqual(['c', 'b']);
    expect(await sink.list('ws_nobody')).toEqual([]);
  });
});
