import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { WebSocket } from 'ws';

import { KEY, REACHES, startGateway, until, WORKSPACE } from './support/gateway.ts';
import { collect, connect } from './support/socket-client.ts';

import type { Client } from 'graphql-ws';

import type { TestGateway } from './support/gateway.ts';

describe.each(REACHES)('with subgraphs %s,', (reach) => {
  const EVENTS = 'subscription($after: String) { recoveryEvents(after: $after) { invoice { id } } }';
  const SHORT = { recheckMs: 40, initTimeoutMs: 100, connectionsPerCaller: 2 };

  let at: TestGateway;
  let clients: Client[];
  let keyChanged: (keyId: string) => void;
  const client = (options?: Parameters<typeof connect>[1]): Client => {
    const made = connect(at.url, options);
    clients.push(made);
    return made;
  };

  beforeEach(async () => {
    clients = [];
    at = await startGateway(
      {
        limits: { socket: SHORT },
        revocations: {
          onChange: async (listener) => {
            keyChanged = listener;
            return Promise.resolve(async () => Promise.resolve());
          },
        },
      },
      { reach },
    );
  });
  afterEach(async () => {
    for (const one of clients) await one.dispose();
    await at.gateway.close();
  });

  async function rawSocket(
    messages: readonly unknown[],
    protocol: string[] = ['graphql-transport-ws'],
  ): Promise<{ code: number; reason: string }> {
    const socket = new WebSocket(`${at.url.replace('http', 'ws')}/graphql`, protocol);
    socket.on('error', () => undefined);
    socket.on('open', () =>
      messages.forEach((message) => socket.send(typeof message === 'string' ? message : JSON.stringify(message))),
    );
    return new Promise((resolve) => socket.on('close', (code, reason) => resolve({ code, reason: String(reason) })));
  }

  const init = (payload: object): object => ({ type: 'connection_init', payload });
  const SUBSCRIBE = { id: '1', type: 'subscribe', payload: { query: '{ me }' } };

  describe('a connection is closed', () => {
    it.each([
      { when: 'its key is wrong', messages: [init({ authorization: 'Bearer op_test_wrong' })], code: 4403 },
      { when: 'its authorization is not a bearer token', messages: [init({ authorization: 'Basic abc' })], code: 4403 },
      { when: 'it has no key', messages: [init({})], code: 4401 },
      {
        when: 'it names another workspace',
        messages: [init({ authorization: `Bearer ${KEY}`, 'X-Workspace-Id': 'ws_other' })],
        code: 4403,
      },
      { when: 'it subscribes before it says who it is', messages: [SUBSCRIBE], code: 4401 },
      {
        when: 'it says who it is twice',
        messages: [init({ authorization: `Bearer ${KEY}` }), init({ authorization: `Bearer ${KEY}` })],
        code: 4429,
      },
      { when: 'its message is not of the protocol', messages: ['hello'], code: 4400 },
      { when: 'a message is too large', messages: [`"${'x'.repeat(70_000)}"`], code: 1009 },
      { when: 'it says nothing in time', messages: [], code: 4408 },
    ])('with $code when $when', async ({ messages, code }) => {
      expect((await rawSocket(messages)).code).toBe(code);
      expect(at.gateway.openSockets().connections).toBe(0);
    });

    it('with 4406 when it does not say which protocol it speaks', async () => {
      expect((await rawSocket([], [])).code).toBe(4406);
    });

    it('with 1013, asking to come back, when its key could not be checked', async () => {
      at.trouble.keysUnreadable = true;
      const { code, reason } = await rawSocket([init({ authorization: `Bearer ${KEY}` })]);
      expect(code).toBe(1013);
      expect(reason).not.toContain('db.internal');
    });

    it('with 4429 when its key has too many connections', async () => {
      collect(client(), EVENTS);
      collect(client(), EVENTS);
      await until(() => at.gateway.openSockets().connections === 2, 'two connections');
      expect((await rawSocket([init({ authorization: `Bearer ${KEY}` })])).code).toBe(4429);
    });
  });

  describe('a key', () => {
    it('may come under either spelling, with its workspace', async () => {
      const one = client({ connectionParams: { Authorization: `bearer ${KEY}`, 'x-workspace-id': WORKSPACE } });
      const { events, ended } = collect(one, '{ me }');
      await ended;
      expect(events).toEqual([{ data: { me: 'API_KEY' } }]);
    });

    it('that is revoked closes its connections with 4403 at the next check', async () => {
      const { ended } = collect(client(), EVENTS);
      await until(() => at.graph.events.openReaders === 1, 'one reader');
      at.revoked.add(KEY);
      expect(await ended).toMatchObject({ code: 4403 });
      await until(() => at.gateway.openSockets().streams === 0, 'no streams');
    });

    it('that can not be checked for a while keeps its connections', async () => {
      const { events } = collect(client(), EVENTS);
      await until(() => at.graph.events.openReaders === 1, 'one reader');
      at.trouble.keysUnreadable = true;
      await until(
        () => at.log.filter(({ message }) => message === 'an API key could not be checked').length >= 2,
        'two checks that failed',
      );
      at.graph.events.publish('inv_1');
      await until(() => events.length === 1, 'an event');
    });
  });

  describe('a key whose change is announced', () => {
    it('is checked at once', async () => {
      await at.gateway.close();
      at = await startGateway(
        {
          limits: { socket: { recheckMs: 3_600_000 } },
          revocations: {
            onChange: async (listener) => {
              keyChanged = listener;
              return Promise.resolve(async () => Promise.resolve());
            },
          },
        },
        { reach },
      );
      const { ended } = collect(client(), EVENTS);
      await until(() => at.graph.events.openReaders === 1, 'one reader');
      at.revoked.add(KEY);
      keyChanged('key_other');
      keyChanged('key_good');
      expect(await ended).toMatchObject({ code: 4403 });
    });
  });

  describe('when the gateway closes', () => {
    it('clients are told 1012, and nothing is left open', async () => {
      const { ended } = collect(client(), EVENTS);
      await until(() => at.graph.events.openReaders === 1, 'one reader');
      const closed = at.gateway.close();
      expect(await ended).toMatchObject({ code: 1012 });
      await closed;
      await until(() => at.graph.events.openReaders === 0, 'no reader');
      expect(at.gateway.openSockets()).toEqual({ connections: 0, streams: 0, sources: 0 });
    });

    it('requests in flight are answered and new ones are not taken', async () => {
      const inFlight = fetch(`${at.url}/graphql`, {
        method: 'POST',
        headers: { authorization: `Bearer ${KEY}`, 'content-type': 'application/json', 'x-request-id': 'mine' },
        body: '{"query":"{ slow }"}',
      });
      await until(() => at.graph.calls.accounts > 0, 'the request has arrived');
      await at.gateway.close();
      expect(await (await inFlight).json()).toEqual({ data: { slow: 'mine' } });
      await expect(fetch(`${at.url}/health`)).rejects.toThrow('fetch failed');
    });
  });

  describe('an upgrade', () => {
    it('at another address is refused with 404', async () => {
      const socket = new WebSocket(`${at.url.replace('http', 'ws')}/elsewhere`, 'graphql-transport-ws');
      const status = await new Promise((resolve) =>
        socket.on('unexpected-response', (_request, response) => resolve(response.statusCode)),
      );
      socket.on('error', () => undefined).terminate();
      expect(status).toBe(404);
    });
  });
});
