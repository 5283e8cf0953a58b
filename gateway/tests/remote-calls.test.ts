import { createServer } from 'node:http';

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';

import { ask, OTHER_KEY, OTHER_WORKSPACE, REACHES, startGateway, until, WORKSPACE } from './support/gateway.ts';
import { serveGraph } from './support/remote.ts';
import { createTestGraph } from './support/subgraphs.ts';

import type { AddressInfo } from 'node:net';
import type { Server } from 'node:http';

import type { TestGateway } from './support/gateway.ts';

/** What each is asked, in process and over the network, with the same request id: nobody can tell which it was. */
const SAME = [
  '{ invoices(first: 3) { id amountMinor attempts customer { name friends { name } } } }',
  '{ invoices(first: 2) { customer { broken } } }',
  '{ invoice(id: "absent") { id } me }',
  '{ invoice(id: "inv_1") { amountMinor payer { name } } me }',
  '{ away me }',
  '{ customer(id: "1") { name secret broken } }',
  '{ dueBy(at: "soon") me }',
  String.raw`{ echo(value: "a\u0000") me }`,
  '{ __proto__: echo(value: "a") constructor: me }',
  'mutation { crash }',
  'mutation { payInvoice(id: "inv_7") { id customer { name } } }',
  '{ shared(first: 30) { customer { name broken } } }',
];

describe('in process and over the network', () => {
  let gateways: TestGateway[];
  beforeAll(async () => {
    gateways = await Promise.all(REACHES.map(async (reach) => startGateway({}, { reach })));
  });
  afterAll(async () => {
    await Promise.all(gateways.map(async ({ gateway }) => gateway.close()));
  });

  it.each(SAME)('%s is answered the same', async (query) => {
    const [here, there] = await Promise.all(
      gateways.map(async ({ url }) => {
        const { status, data, errors } = await ask(url, query, {
          headers: { 'x-request-id': 'same', 'idempotency-key': 'once' },
        });
        return { status, data, errors };
      }),
    );
    expect(there).toEqual(here);
    expect(here?.data ?? here?.errors).toBeTruthy();
  });

  it('a subgraph is told of the Idempotency-Key', async () => {
    for (const { url, graph } of gateways) {
      await ask(url, 'mutation { payInvoice(id: "1") { id } }', { headers: { 'idempotency-key': 'a-key' } });
      expect(graph.told.idempotencyKey).toBe('a-key');
    }
  });

  it('a hundred invoices of ten customers are one fetch of ten', async () => {
    for (const { url, graph } of gateways) {
      const before = { ...graph.told, calls: graph.calls.accounts };
      const { data, errors } = await ask(url, '{ shared(first: 100) { id customer { id name friends { id } } } }');
      expect(errors).toEqual([]);
      expect(data?.['shared']).toEqual(
        Array.from({ length: 100 }, (_, index) => {
          const id = `cus_${String(index % 10)}`;
          return {
            id: `inv_${String(index)}`,
            customer: { id, name: `Customer ${id}`, friends: [{ id: `${id}x` }] },
          };
        }),
      );
      expect(graph.told.customers - before.customers).toBe(10);
      expect(graph.calls.accounts - before.calls).toBe(1);
    }
  });

  it('an entity that many share has its error at each place', async () => {
    for (const { url } of gateways) {
      const { errors } = await ask(url, '{ shared(first: 12) { customer { broken } } }');
      expect(errors.map(({ path }) => path?.[1]).sort((a, b) => Number(a) - Number(b))).toEqual(
        Array.from({ length: 12 }, (_, index) => index),
      );
    }
  });

  it('equal questions of two workspaces at the same instant are answered to each its own', async () => {
    for (const { url } of gateways) {
      const answers = await Promise.all(
        Array.from({ length: 40 }, async (_, index) =>
          ask(url, '{ workspace }', index % 2 === 0 ? {} : { authorization: `Bearer ${OTHER_KEY}` }),
        ),
      );
      expect(answers.map(({ data }) => data?.['workspace'])).toEqual(
        answers.map((_, index) => (index % 2 === 0 ? WORKSPACE : OTHER_WORKSPACE)),
      );
    }
  });
});

describe('a subgraph that is away', () => {
  let at: TestGateway;
  beforeEach(async () => {
    at = await startGateway({}, { reach: 'over the network' });
    await at.remote?.stop('accounts');
  });
  afterEach(async () => at.gateway.close());

  it('leaves a hole at each place where it was to answer, and the rest is there', async () => {
    const { status, data, errors } = await ask(
      at.url,
      '{ invoices(first: 2) { amountMinor attempts customer { name } } workspace recoveryRate }',
    );
    expect(status).toBe(200);
    const invoice = { amountMinor: '4900', attempts: 2, customer: null };
    expect(data).toEqual({ invoices: [invoice, invoice], workspace: null, recoveryRate: '0.62' });
    expect(JSON.stringify(errors)).not.toMatch(/ECONNREFUSED|127\.0\.0\.1|accounts/);
    expect(errors.map(({ path }) => path?.join('.')).sort()).toEqual([
      'invoices.0.customer',
      'invoices.1.customer',
      'workspace',
    ]);
    expect(errors.map(({ extensions }) => extensions)).toEqual(
      errors.map(() => expect.objectContaining({ type: 'api_error', code: 'DOWNSTREAM_SERVICE_ERROR' })),
    );
  });

  it('answers again as soon as it is back', async () => {
    expect((await ask(at.url, '{ customer(id: "1") { name } }')).errors).toHaveLength(1);
    await at.remote?.start('accounts');
    expect(await ask(at.url, '{ customer(id: "1") { name } }')).toMatchObject({
      data: { customer: { name: 'Customer 1' } },
      errors: [],
    });
  });

  it('is named where the gateway says how it is, and the gateway still gets traffic', async () => {
    const ready = async (): Promise<unknown> => {
      const response = await fetch(`${at.url}/health/ready`);
      return { code: response.status, ...((await response.json()) as object) };
    };
    expect(await ready()).toMatchObject({
      code: 200,
      status: 'degraded',
      checks: { 'subgraph accounts': 'failed', 'subgraph billing': 'ok', 'subgraph recovery': 'ok' },
    });
    await at.remote?.start('accounts');
    expect(await ready()).toMatchObject({ status: 'ready', checks: { 'subgraph accounts': 'ok' } });
  });
});

describe('a subgraph that is slow', () => {
  let at: TestGateway;
  const TIMEOUT_MS = 300;
  beforeEach(async () => {
    const graph = createTestGraph();
    const remote = await serveGraph(graph, quiet);
    const sources = Object.entries(remote.sources).map(([name, source]) => [
      name,
      { ...source, timeoutMs: TIMEOUT_MS },
    ]);
    const started = await startGateway({ subgraphs: Object.fromEntries(sources) as typeof remote.sources });
    at = { ...started, graph, remote };
  });
  afterEach(async () => {
    await at.gateway.close();
    await at.remote?.close();
  });

  it.each([
    ['a query', '{ stuck recoveryRate }', { stuck: null, recoveryRate: '0.62' }, ['stuck']],
    ['a mutation', 'mutation { stick }', { stick: null }, ['stick']],
  ])('%s is answered without it in time, and it is told to stop', async (_what, query, data, path) => {
    await ask(at.url, '{ me echo }');
    const calls = { ...at.graph.calls };
    const startedAt = performance.now();
    const answer = await ask(at.url, query);
    const tookMs = performance.now() - startedAt;
    expect(answer.data).toEqual(data);
    expect(answer.errors).toMatchObject([{ path, extensions: { type: 'api_error', code: 'DOWNSTREAM_TIMEOUT' } }]);
    expect(tookMs).toBeGreaterThanOrEqual(TIMEOUT_MS - 5);
    expect(tookMs).toBeLessThan(TIMEOUT_MS + 50 + ON_A_BUSY_MACHINE_MS);
    await until(() => at.graph.told.aborted === 1, 'its resolver has heard of it');
    const [name] = Object.keys(calls).filter(
      (each) => at.graph.calls[each as keyof typeof calls] > calls[each as keyof typeof calls],
    );
    expect(at.graph.calls[name as keyof typeof calls] - calls[name as keyof typeof calls]).toBe(1);
  });

  it('is told when the client has gone', async () => {
    const gone = new AbortController();
    const asked = fetch(`${at.url}/graphql`, {
      method: 'POST',
      headers: { authorization: 'Bearer op_test_goodkey', 'content-type': 'application/json' },
      body: '{"query":"{ stuck }"}',
      signal: gone.signal,
    }).catch((error: unknown) => error);
    await until(() => at.graph.calls.accounts === 1, 'the call has arrived');
    gone.abort();
    await asked;
    await until(() => at.graph.told.aborted === 1, 'its resolver has heard of it', TIMEOUT_MS);
    expect(at.log.filter(({ message }) => message === 'a subgraph could not be called')).toEqual([]);
  });
});

describe('a connection that is cut', () => {
  let cuts: Cutting;
  let at: TestGateway;
  beforeEach(async () => {
    cuts = await cuttingServer();
    at = await startGateway({
      subgraphs: { ...createTestGraph().subgraphs, billing: { url: cuts.url, key: Buffer.alloc(32) } },
    });
  });
  afterEach(async () => {
    await at.gateway.close();
    cuts.server.close();
  });

  it('under a read is made good once', async () => {
    cuts.left = 1;
    expect(await ask(at.url, '{ echo }')).toMatchObject({ data: { echo: 'there' }, errors: [] });
    expect(cuts.calls).toBe(2);
  });

  it('twice under a read is the end of it', async () => {
    cuts.left = 2;
    const { data, errors } = await ask(at.url, '{ echo }');
    expect(data).toEqual({ echo: null });
    expect(errors).toMatchObject([{ path: ['echo'], extensions: { code: 'DOWNSTREAM_SERVICE_ERROR' } }]);
    expect(cuts.calls).toBe(2);
  });

  it('under a mutation is not: it may have been carried out', async () => {
    cuts.left = 1;
    const { errors } = await ask(at.url, 'mutation { crash }');
    expect(errors).toMatchObject([{ path: ['crash'], extensions: { code: 'DOWNSTREAM_SERVICE_ERROR' } }]);
    expect(cuts.calls).toBe(1);
  });

  it.each([
    ['a status of trouble', 503, '{"errors":[{"message":"secret at db.internal"}]}'],
    ['a redirect', 302, ''],
    ['what is no JSON', 200, '<html>secret</html>'],
    ['what is no result', 200, '["secret"]'],
  ])('answers with %s are no answers', async (_what, status, text) => {
    cuts.answer = { status, text };
    const { data, errors } = await ask(at.url, '{ echo }');
    expect(data).toEqual({ echo: null });
    expect(errors).toMatchObject([{ extensions: { code: 'DOWNSTREAM_SERVICE_ERROR' } }]);
    expect(JSON.stringify(errors)).not.toContain('secret');
  });
});

/** Time that other programs take from this one while it waits. */
const ON_A_BUSY_MACHINE_MS = 150;

const quiet = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

interface Cutting {
  readonly server: Server;
  readonly url: string;
  calls: number;
  /** How many more connections are cut under their call. */
  left: number;
  answer: { status: number; text: string };
}

async function cuttingServer(): Promise<Cutting> {
  const server = createServer((request, response) => {
    cutting.calls += 1;
    if (cutting.left > 0) {
      cutting.left -= 1;
      request.socket.resetAndDestroy();
      return;
    }
    response.writeHead(cutting.answer.status, { 'content-type': 'application/json', location: '/elsewhere' });
    response.end(cutting.answer.text);
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const cutting: Cutting = {
    server,
    url: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`,
    calls: 0,
    left: 0,
    answer: { status: 200, text: '{"data":{"echo":"there"}}' },
  };
  return cutting;
}
