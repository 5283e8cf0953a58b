import { afterEach, describe, expect, it } from '@jest/globals';
import { Pool } from 'undici';

import { CONTEXT_HEADER, signContext } from '#subgraphs/shared/signed-context/signed-context.ts';

import { KEY, startGateway, until, WORKSPACE } from './support/gateway.ts';
import { collect, connect } from './support/socket-client.ts';

import type { CallContext } from '#subgraphs/shared/signed-context/signed-context.ts';

import type { RemoteGraph } from './support/remote.ts';
import type { TestGateway } from './support/gateway.ts';

const CALLS = 2_000;
const AT_ONCE = 16;

const THERE = '200 {"data":{"recoveryRate":"0.62","echo":"there"}}\n';

interface Load {
  /** Calls that were answered, by status and the answer's text. */
  readonly answers: Map<string, number>;
  /** Calls that found nobody listening, which is what a client is told to expect and tries again. */
  refused: number;
  /** Calls whose connection broke under them: what a restart must not do. */
  readonly broken: string[];
  done: number;
  finished: Promise<unknown>;
}

/** Makes `CALLS` calls over kept connections; one that finds nobody is made again until it is answered. */
function load(pool: Pool, call: () => Parameters<Pool['request']>[0], until = CALLS): Load {
  const made: Load = { answers: new Map(), refused: 0, broken: [], done: 0, finished: Promise.resolve() };
  let started = 0;
  const one = async (): Promise<void> => {
    while (started < until) {
      started += 1;
      await answered(pool, call, made);
      made.done += 1;
    }
  };
  made.finished = Promise.all(Array.from({ length: AT_ONCE }, one));
  return made;
}

async function answered(pool: Pool, call: () => Parameters<Pool['request']>[0], made: Load): Promise<void> {
  for (;;) {
    try {
      const { statusCode, body } = await pool.request(call());
      const answer = `${String(statusCode)} ${await body.text()}`;
      made.answers.set(answer, (made.answers.get(answer) ?? 0) + 1);
      return;
    } catch (error) {
      const { code } = error as { code?: string };
      if (code !== 'ECONNREFUSED') {
        made.broken.push(String(code ?? error));
        return;
      }
      made.refused += 1;
      await new Promise((next) => setTimeout(next, 10));
    }
  }
}

let at: TestGateway;
afterEach(async () => at.gateway.close());

const remote = (): RemoteGraph => {
  if (at.remote === null) throw new Error('Its subgraphs are in process.');
  return at.remote;
};
const poolTo = (url: string): Pool => new Pool(url, { connections: AT_ONCE, pipelining: 1, keepAliveTimeout: 30_000 });

describe('a subgraph that is restarted twice under load', () => {
  it('answers every call that it took, and resets none', async () => {
    at = await startGateway({}, { reach: 'over the network' });
    const pool = poolTo(remote().servers.recovery.url);
    const { key } = remote().sources.recovery;
    const body = JSON.stringify({ query: '{ recoveryRate }' });
    const headers = (): Record<string, string> => ({
      'content-type': 'application/json',
      [CONTEXT_HEADER]: signContext(CALLER, { key, audience: 'recovery', body, now: new Date() }),
    });
    const made = load(pool, () => ({ method: 'POST', path: '/graphql', headers: headers(), body }));
    for (const after of [600, 1_300]) {
      await until(() => made.done > after, 'the load goes on', 30_000);
      await remote().stop('recovery');
      await remote().start('recovery');
    }
    await made.finished;
    await pool.close();
    expect(made.broken).toEqual([]);
    expect([...made.answers]).toEqual([['200 {"data":{"recoveryRate":"0.62"}}', CALLS]]);
  }, 90_000);

  it('is away for the gateway’s clients in between, and nothing else', async () => {
    at = await startGateway({}, { reach: 'over the network' });
    const pool = poolTo(at.url);
    const made = load(
      pool,
      () => ({
        method: 'POST',
        path: '/graphql',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${KEY}`, 'x-request-id': 'same' },
        body: '{"query":"{ recoveryRate echo(value: \\"there\\") }"}',
      }),
      800,
    );
    await until(() => made.done > 200, 'the load goes on', 30_000);
    await remote().stop('recovery');
    await until(() => made.done > 500, 'the load goes on', 30_000);
    await remote().start('recovery');
    await made.finished;
    await pool.close();
    expect(made.broken).toEqual([]);
    const away = [...made.answers.keys()].filter((answer) => answer !== THERE);
    expect(made.answers.get(THERE)).toBeGreaterThan(300);
    expect(away).toEqual([expect.stringContaining('"code":"DOWNSTREAM_SERVICE_ERROR"')]);
    expect(away[0]).toContain('"data":{"recoveryRate":null,"echo":"there"}');
  }, 90_000);
});

describe('a subgraph that is told to close', () => {
  it('turns its readiness red at once, answers what is in flight, and says to streams that it restarts', async () => {
    at = await startGateway({}, { reach: 'over the network' });
    const { url } = remote().servers.accounts;
    const pool = new Pool(url, { connections: 3, pipelining: 1 });
    const ready = async (): Promise<unknown[]> => {
      const { statusCode, headers, body } = await pool.request({ method: 'GET', path: '/health/ready' });
      return [statusCode, headers['connection'], ((await body.json()) as { status: string }).status];
    };
    expect(await ready()).toEqual([200, 'keep-alive', 'ready']);
    const { key } = remote().sources.accounts;
    const body = JSON.stringify({ query: '{ slow }' });
    const inFlight = pool.request({
      method: 'POST',
      path: '/graphql',
      headers: {
        'content-type': 'application/json',
        [CONTEXT_HEADER]: signContext(CALLER, { key, audience: 'accounts', body, now: new Date() }),
      },
      body,
    });
    await until(() => at.graph.calls.accounts === 1, 'the call has arrived');
    const closed = remote().stop('accounts');
    expect(await ready()).toEqual([503, 'close', 'closing']);
    const answer = await inFlight;
    expect(answer.headers['connection']).toBe('close');
    expect(await answer.body.json()).toEqual({ data: { slow: 'req_1' } });
    await closed;
    await expect(ready()).rejects.toThrow('ECONNREFUSED');
    await pool.close();
  });

  it('loses no event of its streams, which their clients do not notice', async () => {
    at = await startGateway({}, { reach: 'over the network' });
    const client = connect(at.url);
    const { events } = collect(client, 'subscription { recoveryEvents { cursor } }');
    await until(() => at.graph.events.openReaders === 1, 'a reader');
    at.graph.events.publish('inv_1');
    await until(() => events.length === 1, 'an event');
    await remote().stop('recovery');
    expect(at.graph.events.openReaders).toBe(0);
    at.graph.events.publish('inv_2', 'inv_3');
    await remote().start('recovery');
    await until(() => events.length === 3, 'what was missed', 10_000);
    expect(events.map(({ extensions }) => extensions?.cursor)).toEqual(['1', '2', '3']);
    await client.dispose();
  });
});

describe('a gateway that is told to close under load', () => {
  it.each(['in process', 'over the network'] as const)(
    'with subgraphs %s answers every call that it took, and resets none',
    async (reach) => {
      at = await startGateway({}, { reach });
      const pool = poolTo(at.url);
      const made: Load = { answers: new Map(), refused: 0, broken: [], done: 0, finished: Promise.resolve() };
      const one = async (): Promise<void> => {
        // After the port is closed every call is refused, so that the load ends itself.
        while (made.refused === 0) await untilRefused(pool, made);
      };
      made.finished = Promise.all(Array.from({ length: AT_ONCE }, one));
      await until(() => made.done > 100, 'the load goes on', 30_000);
      await at.gateway.close();
      await made.finished;
      await pool.close();
      expect(made.broken).toEqual([]);
      expect([...made.answers.keys()]).toEqual([
        '200 {"data":{"invoices":[{"customer":{"name":"Customer cus_of_inv_1"}}]}}\n',
      ]);
    },
    60_000,
  );
});

async function untilRefused(pool: Pool, made: Load): Promise<void> {
  try {
    const { statusCode, body } = await pool.request({
      method: 'POST',
      path: '/graphql',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${KEY}` },
      body: '{"query":"{ invoices(first: 1) { customer { name } } }"}',
    });
    const answer = `${String(statusCode)} ${await body.text()}`;
    made.answers.set(answer, (made.answers.get(answer) ?? 0) + 1);
    made.done += 1;
  } catch (error) {
    const { code } = error as { code?: string };
    if (code === 'ECONNREFUSED') made.refused += 1;
    else made.broken.push(String(code ?? error));
  }
}

const CALLER: CallContext = {
  caller: { kind: 'API_KEY', keyId: 'key_1', workspaceId: WORKSPACE, mode: 'TEST', scopes: [] },
  requestId: 'req_1',
  idempotencyKey: undefined,
  ip: '192.0.2.7',
  transport: 'HTTP',
  operation: { kind: 'query', name: null },
};
