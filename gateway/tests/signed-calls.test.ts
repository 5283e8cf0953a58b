import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createClient } from 'graphql-ws';
import { WebSocket } from 'ws';

import { serveSubgraph } from '#subgraphs/shared/server/serve-subgraph.ts';
import {
  CONTEXT_HEADER,
  signContext,
  subgraphKey,
  subscribeBody,
} from '#subgraphs/shared/signed-context/signed-context.ts';
import { manualClock } from '#subgraphs/shared/time/clock.ts';

import { ask, OTHER_WORKSPACE, recorder, startGateway, WORKSPACE } from './support/gateway.ts';
import { MASTER_KEY } from './support/remote.ts';
import { createTestGraph } from './support/subgraphs.ts';

import type { SubgraphServer } from '#subgraphs/shared/server/serve-subgraph.ts';
import type { CallContext } from '#subgraphs/shared/signed-context/signed-context.ts';

import type { LogLine } from './support/gateway.ts';
import type { TestGraph } from './support/subgraphs.ts';

const KEY = subgraphKey(MASTER_KEY, 'recovery');
const NEXT_KEY = subgraphKey(Buffer.alloc(32, 9), 'recovery');
const CALLER: CallContext = {
  caller: { kind: 'API_KEY', keyId: 'key_1', workspaceId: WORKSPACE, mode: 'TEST', scopes: ['recovery:read'] },
  requestId: 'req_1',
  idempotencyKey: undefined,
  ip: '192.0.2.7',
  transport: 'HTTP',
  operation: { kind: 'query', name: null },
};

const clock = manualClock('2026-11-20T13:00:00Z');
let graph: TestGraph;
let log: LogLine[];
let server: SubgraphServer;
let keys: readonly Uint8Array[];

const restart = async (): Promise<void> => {
  server = await serveSubgraph({
    name: 'recovery',
    door: graph.subgraphs.recovery,
    keys,
    wall: clock,
    log: recorder(log),
    version: '0.0.0-test',
    drainMs: 500,
  });
  await server.listen({ port: 0 });
};

beforeEach(async () => {
  graph = createTestGraph();
  log = [];
  keys = [KEY];
  await restart();
});
afterEach(async () => server.close());

const bodyOf = (query: string): string => JSON.stringify({ query, variables: {} });
const sign = (body: string, over: Partial<Parameters<typeof signContext>[1]> = {}): string =>
  signContext(CALLER, { key: KEY, audience: 'recovery', body, now: clock.now(), ...over });

async function post(body: string, context?: string): Promise<Response> {
  return fetch(`${server.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(context === undefined ? {} : { [CONTEXT_HEADER]: context }) },
    body,
  });
}

const RATE = bodyOf('{ recoveryRate }');
const REQUESTS = {
  'a query': RATE,
  'its schema': bodyOf('{ _service { sdl } }'),
  'an entity': bodyOf(
    '{ _entities(representations: [{ __typename: "Invoice", id: "1" }]) { ... on Invoice { attempts } } }',
  ),
  'what is no GraphQL': '{"query":"{"}',
  'what is no JSON': '{',
};

const later = (seconds: number): Date => new Date(clock.now().getTime() + seconds * 1_000);
/** How a context can be wrong. Each signs for the body that is sent, but for the one that says otherwise. */
const WRONG: Readonly<Record<string, (body: string) => string | undefined>> = {
  'no context': () => undefined,
  'a context in plain text': () =>
    Buffer.from(JSON.stringify({ aud: 'recovery', claims: CALLER })).toString('base64url'),
  'a forged signature': (body) => sign(body, { key: Buffer.alloc(32, 1) }),
  'the key of another subgraph': (body) => sign(body, { key: subgraphKey(MASTER_KEY, 'billing') }),
  'another audience': (body) => sign(body, { audience: 'billing' }),
  'a context that has expired': (body) => sign(body, { now: later(-30) }),
  'the context of another body': () => sign(bodyOf('{ recoveryRate again: recoveryRate }')),
};

describe.each(Object.entries(REQUESTS))('%s', (_what, body) => {
  it.each(Object.entries(WRONG))(
    'with %s is refused with 401, and nothing of it is carried out',
    async (_how, make) => {
      const response = await post(body, make(body));
      expect(response.status).toBe(401);
      expect(await response.json()).toMatchObject({ errors: [{ extensions: { code: 'UNTRUSTED_CONTEXT' } }] });
      expect(graph.calls.recovery).toBe(0);
      expect(log.map(({ level }) => level)).toEqual(['warn']);
    },
  );
});

describe('a signed call', () => {
  it('is answered, and may be asked for the schema', async () => {
    expect(await (await post(RATE, sign(RATE))).json()).toEqual({ data: { recoveryRate: '0.62' } });
    const schema = bodyOf('{ _service { sdl } }');
    expect(JSON.stringify(await (await post(schema, sign(schema))).json())).toContain('RecoveryEvent');
  });

  it('that is replayed is refused once it has expired', async () => {
    const context = sign(RATE);
    expect((await post(RATE, context)).status).toBe(200);
    clock.advance({ seconds: 31 });
    expect((await post(RATE, context)).status).toBe(401);
  });

  it('is taken under the old key while it is replaced, and no longer', async () => {
    const statuses = async (): Promise<number[]> => [
      (await post(RATE, sign(RATE))).status,
      (await post(RATE, sign(RATE, { key: NEXT_KEY }))).status,
    ];
    expect(await statuses()).toEqual([200, 401]);
    await server.close();
    keys = [NEXT_KEY, KEY];
    await restart();
    expect(await statuses()).toEqual([200, 200]);
    await server.close();
    keys = [NEXT_KEY];
    await restart();
    expect(await statuses()).toEqual([401, 200]);
  });
});

it.each([
  ['GET', '/graphql'],
  ['GET', '/elsewhere'],
  ['POST', '/elsewhere'],
])('%s %s tells a stranger nothing', async (method, path) => {
  expect((await fetch(`${server.url}${path}`, { method })).status).toBe(401);
});

it('health needs no context', async () => {
  expect((await fetch(`${server.url}/health`)).status).toBe(200);
  expect((await fetch(`${server.url}/health/ready`)).status).toBe(200);
});

describe('a socket', () => {
  const upgrade = async (context?: string): Promise<number> => {
    const socket = new WebSocket(`${server.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws', {
      headers: context === undefined ? {} : { [CONTEXT_HEADER]: context },
    });
    return new Promise((resolve) => {
      socket.on('error', () => undefined);
      socket.on('unexpected-response', (_request, response) => {
        resolve(response.statusCode ?? 0);
        socket.terminate();
      });
      socket.on('open', () => {
        resolve(101);
        socket.close();
      });
    });
  };

  it.each(Object.entries(WRONG))('with %s is refused with 401', async (_how, make) => {
    expect(await upgrade(make(''))).toBe(401);
  });

  it('that is signed for opens', async () => {
    expect(await upgrade(sign(''))).toBe(101);
  });

  describe('on it, a stream', () => {
    const QUERY = 'subscription { recoveryEvents(after: "0") { cursor } }';
    const subscribed = async (context: string | undefined, query = QUERY): Promise<unknown> => {
      const headers = { [CONTEXT_HEADER]: sign('') };
      class Signed extends WebSocket {
        constructor(address: string, protocols: string) {
          super(address, protocols, { headers });
        }
      }
      const client = createClient({
        url: `${server.url.replace('http', 'ws')}/graphql`,
        webSocketImpl: Signed,
        retryAttempts: 0,
      });
      const extensions = context === undefined ? {} : { [CONTEXT_HEADER]: context };
      return new Promise((resolve) => {
        client.subscribe(
          { query, variables: {}, extensions },
          { next: resolve, error: resolve, complete: () => undefined },
        );
      }).finally(() => void client.dispose());
    };
    const signedFor = (query: string): string => subscribeBody({ query });

    it.each(Object.entries(WRONG))('with %s is refused', async (_how, make) => {
      expect(await subscribed(make(signedFor(QUERY)))).toMatchObject([{ extensions: { code: 'UNTRUSTED_CONTEXT' } }]);
      expect(graph.events.timesOpened).toBe(0);
    });

    it('that is signed for opens', async () => {
      expect(await subscribed(sign(signedFor(QUERY)))).toEqual({ extensions: { opened: true } });
    });

    it('must be one: a query does not run over it', async () => {
      const query = '{ recoveryRate }';
      expect(await subscribed(sign(signedFor(query)), query)).toMatchObject([
        { extensions: { code: 'INTERNAL_ERROR' } },
      ]);
      expect(graph.calls.recovery).toBe(0);
    });
  });
});

describe('a client of the gateway that sends a context itself', () => {
  it('gains nothing: it is who its key says', async () => {
    const at = await startGateway({}, { reach: 'over the network' });
    const query = '{ workspace me }';
    const stolen = signContext(
      { ...CALLER, caller: { kind: 'OPERATOR', id: 'op_1' } },
      {
        key: subgraphKey(MASTER_KEY, 'accounts'),
        audience: 'accounts',
        body: JSON.stringify({ query }),
        now: new Date(),
      },
    );
    const headers = { [CONTEXT_HEADER]: stolen };
    const answer = await ask(at.url, query, { headers });
    const without = await ask(at.url, query, { headers, authorization: null });
    await at.gateway.close();
    expect(answer.data).toEqual({ workspace: WORKSPACE, me: 'API_KEY' });
    expect(answer.data?.['workspace']).not.toBe(OTHER_WORKSPACE);
    expect(without.status).toBe(401);
  });
});

describe('a gateway whose key a subgraph does not take', () => {
  it('tells its clients that a part is away, and no more', async () => {
    const at = await startGateway({
      subgraphs: { ...graph.subgraphs, recovery: { url: server.url, key: NEXT_KEY } },
      wall: clock,
    });
    const { data, errors } = await ask(at.url, '{ recoveryRate }');
    await at.gateway.close();
    expect(data).toEqual({ recoveryRate: null });
    expect(errors).toMatchObject([{ path: ['recoveryRate'], extensions: { code: 'DOWNSTREAM_SERVICE_ERROR' } }]);
    expect(JSON.stringify(errors)).not.toMatch(/UNTRUSTED|401|context/);
  });
});
