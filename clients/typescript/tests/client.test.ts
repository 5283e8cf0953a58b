import { createServer, type Server } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { TypedDocumentNode } from '@graphql-typed-document-node/core';
import { buildSchema, GraphQLError, parse } from 'graphql';
import { useServer } from 'graphql-ws/use/ws';
import { WebSocketServer, type WebSocket } from 'ws';
import { createClient, OppulenceError, type Client } from '../index.ts';

const EVENTS = parse('subscription Events($after: String) { events(after: $after) { n } }') as TypedDocumentNode<
  { events: { n: number } },
  { after?: string }
>;
const NUMBER = parse('query Number { number }') as TypedDocumentNode<{ number: number }, Record<string, never>>;
const ADD = parse('mutation Add { add }') as TypedDocumentNode<{ add: number }, Record<string, never>>;

/** A server with a log of events 1, 2, 3, …: its cursor is the number. It cuts the socket after as many events as `cuts` says. */
interface Scripted {
  readonly url: string;
  /** `after` of every subscription that arrived. */
  readonly asked: (string | undefined)[];
  readonly requests: { headers: Record<string, string | string[] | undefined>; body: unknown }[];
  answer: { status: number; body: string };
  close(): Promise<void>;
}

interface Script {
  readonly last: number;
  readonly cuts?: number[];
  /** Answers an attempt to subscribe with errors; 'KEY' refuses the connection itself. */
  readonly refuse?: 'KEY' | ((attempt: number) => readonly GraphQLError[] | undefined);
}

describe('the typed client', () => {
  const opened: Scripted[] = [];
  afterEach(async () => {
    for (const server of opened.splice(0)) await server.close();
  });
  const serve = async (script: Script): Promise<Scripted> => {
    const server = await startScripted(script);
    opened.push(server);
    return server;
  };
  const clientOf = ({ url }: Scripted): Client => createClient({ url: `${url}/graphql`, apiKey: 'op_test_1' });

  describe('subscribing', () => {
    it('goes on after the last event when the connection breaks: each once, in order', async () => {
      const server = await serve({ last: 6, cuts: [2, 1, 0] });
      const breaks: (string | undefined)[] = [];

      const seen = [];
      for await (const { data, cursor } of clientOf(server).subscribe(
        EVENTS,
        {},
        { after: '0', onReconnect: ({ after }) => breaks.push(after) },
      ))
        seen.push([data.events.n, cursor]);

      expect(seen).toEqual([1, 2, 3, 4, 5, 6].map((n) => [n, String(n)]));
      expect(server.asked).toEqual(['0', '2', '3', '3']);
      expect(breaks).toEqual(['2', '3', '3']);
    });

    it('takes up a stream that the server lost after the cursor in its answer', async () => {
      const lost = new GraphQLError('lost', { extensions: { code: 'STREAM_LOST', cursor: '4' } });
      const server = await serve({ last: 6, refuse: (attempt) => (attempt === 1 ? [lost] : undefined) });

      const seen = [];
      for await (const { data } of clientOf(server).subscribe(EVENTS, {})) seen.push(data.events.n);

      expect(seen).toEqual([5, 6]);
    });

    it.each<{ what: string; refuse: Exclude<Script['refuse'], undefined>; code: string }>([
      {
        what: 'an expired cursor',
        refuse: () => [new GraphQLError('too old', { extensions: { code: 'CURSOR_EXPIRED' } })],
        code: 'CURSOR_EXPIRED',
      },
      { what: 'a refused key', refuse: 'KEY', code: 'SOCKET_4403' },
    ])('ends for good with $what', async ({ refuse, code }) => {
      const server = await serve({ last: 3, refuse });
      const breaks: unknown[] = [];

      const failure = await clientOf(server)
        .subscribe(EVENTS, {}, { onReconnect: (break_) => breaks.push(break_) })
        .next()
        .catch((error: unknown) => error);

      expect(failure).toBeInstanceOf(OppulenceError);
      expect(failure).toMatchObject({ code });
      expect(breaks).toEqual([]);
    });

    it('ends when its signal says so, while it waits for an event', async () => {
      const server = await serve({ last: Infinity });
      const stop = new AbortController();

      const seen = [];
      for await (const { data } of clientOf(server).subscribe(EVENTS, { after: '0' }, { signal: stop.signal })) {
        seen.push(data.events.n);
        if (seen.length === 3) setTimeout(() => stop.abort(), 20);
      }

      expect(seen.slice(0, 3)).toEqual([1, 2, 3]);
    });
  });

  describe('asking', () => {
    let server: Scripted;
    beforeEach(async () => {
      server = await serve({ last: 0 });
    });

    it('sends key and document, and returns the data', async () => {
      server.answer = { status: 200, body: '{"data":{"number":7}}' };

      expect(await clientOf(server).query(NUMBER)).toEqual({ number: 7 });
      expect(server.requests[0]).toMatchObject({
        headers: { authorization: 'Bearer op_test_1' },
        body: { query: expect.stringContaining('query Number'), variables: {} },
      });
    });

    it('sends the idempotency key of a mutation', async () => {
      server.answer = { status: 200, body: '{"data":{"add":1}}' };

      await clientOf(server).mutate(ADD, {}, { idempotencyKey: 'k-1' });

      expect(server.requests[0]?.headers['idempotency-key']).toBe('k-1');
    });

    it('throws an error with code, request id and what came beside it', async () => {
      const error = {
        message: 'Try again.',
        extensions: { code: 'ANALYTICS_UNAVAILABLE', requestId: 'req_1', retryAfter: 5 },
      };
      server.answer = { status: 200, body: JSON.stringify({ data: { number: null }, errors: [error] }) };

      const failure = await clientOf(server)
        .query(NUMBER)
        .catch((thrown: unknown) => thrown);

      expect(failure).toMatchObject({
        name: 'OppulenceError',
        message: 'Try again.',
        code: 'ANALYTICS_UNAVAILABLE',
        requestId: 'req_1',
        retryAfter: 5,
        data: { number: null },
      });
    });

    it('says what is wrong when something else answers', async () => {
      server.answer = { status: 502, body: '<html>' };

      await expect(clientOf(server).query(NUMBER)).rejects.toMatchObject({ code: 'NOT_GRAPHQL' });
      await expect(
        createClient({ url: 'http://127.0.0.1:9/graphql', apiKey: 'k' }).query(NUMBER),
      ).rejects.toMatchObject({ code: 'UNREACHABLE' });
    });
  });
});

async function startScripted(script: Script): Promise<Scripted> {
  const asked: Scripted['asked'] = [];
  const requests: Scripted['requests'] = [];
  const http = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      requests.push({ headers: request.headers, body: JSON.parse(Buffer.concat(chunks).toString()) });
      response.writeHead(scripted.answer.status).end(scripted.answer.body);
    });
  });
  const sockets = new WebSocketServer({ server: http, path: '/graphql' });
  serveGraph(script, asked, sockets);
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  const scripted: Scripted = {
    url: `http://127.0.0.1:${portOf(http)}`,
    asked,
    requests,
    answer: { status: 200, body: '{}' },
    close: async () => stop(http, sockets),
  };
  return scripted;
}

function serveGraph({ last, cuts = [], refuse }: Script, asked: Scripted['asked'], sockets: WebSocketServer): void {
  const schema = buildSchema(
    'type Query { number: Int } type Event { n: Int } type Subscription { events(after: String): Event }',
  );
  useServer(
    {
      onConnect: () => refuse !== 'KEY',
      onSubscribe: ({ extra: { socket } }, _id, { query, variables }) => {
        const after = variables?.['after'] as string | undefined;
        asked.push(after);
        const refused = typeof refuse === 'function' ? refuse(asked.length) : undefined;
        if (refused !== undefined) return refused;
        const cut = cuts.shift();
        return {
          schema,
          document: parse(query),
          rootValue: { events: () => log(Number(after ?? 0), last, cut, socket) },
        };
      },
      onNext: (_ctx, _id, _payload, _args, { data }) => {
        const { events } = data as { events: { n: number } };
        return { data: { events }, extensions: { cursor: String(events.n) } };
      },
    },
    sockets,
  );
}

/** Events after `from`; after `cut` of them the socket breaks without a word, as when a cable is pulled. */
async function* log(
  from: number,
  last: number,
  cut: number | undefined,
  socket: WebSocket,
): AsyncGenerator<{ events: { n: number } }> {
  for (let n = from + 1; n <= last; n += 1) {
    if (cut !== undefined && n > from + cut) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      socket.terminate();
      return;
    }
    yield { events: { n } };
    if (last === Infinity && n >= 3) await new Promise((resolve) => socket.once('close', resolve));
  }
}

async function stop(http: Server, sockets: WebSocketServer): Promise<void> {
  for (const socket of sockets.clients) socket.terminate();
  sockets.close();
  http.closeAllConnections();
  await new Promise((resolve) => http.close(resolve));
}

function portOf(server: Server): number {
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}
