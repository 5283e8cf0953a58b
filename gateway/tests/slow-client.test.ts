import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { WebSocket } from 'ws';

import { KEY, REACHES, startGateway, until } from './support/gateway.ts';

import type { TestGateway } from './support/gateway.ts';

describe.each(REACHES)('with subgraphs %s,', (reach) => {
  const QUERY = 'subscription($after: String) { recoveryEvents(after: $after) { invoice { id customer { name } } } }';
  const LARGE = 'subscription($after: String) { recoveryEvents(after: $after) { padding } }';

  let at: TestGateway;
  beforeAll(async () => {
    at = await startGateway({ limits: { socket: { bufferedEvents: 5 } } }, { reach });
  });
  afterAll(async () => at.gateway.close());

  const RUNS = 8;

  interface SlowClient {
    readonly cursors: string[];
    pause(): void;
    resume(): void;
    close(): Promise<void>;
  }

  /** Speaks the protocol by hand, so that it can stop reading its socket. */
  async function slowClient(after: string, query = QUERY): Promise<SlowClient> {
    const socket = new WebSocket(`${at.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
    const cursors: string[] = [];
    await new Promise((open) => socket.once('open', open));
    socket.on('message', (data: Buffer) => {
      const message = JSON.parse(data.toString()) as { type: string; payload?: { extensions?: { cursor?: string } } };
      if (message.type === 'connection_ack')
        socket.send(JSON.stringify({ id: '1', type: 'subscribe', payload: { query, variables: { after } } }));
      if (message.type === 'next') cursors.push(message.payload?.extensions?.cursor ?? 'none');
    });
    socket.send(JSON.stringify({ type: 'connection_init', payload: { authorization: `Bearer ${KEY}` } }));
    const client: SlowClient = {
      cursors,
      pause: () => socket.pause(),
      resume: () => socket.resume(),
      close: async () => {
        socket.close();
        await new Promise((closed) => socket.once('close', closed));
      },
    };
    return client;
  }

  it('a client that stops reading between bursts gets every event, each once and in order', async () => {
    let published = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ burst: fc.integer({ min: 1, max: 40 }), paused: fc.boolean() }), {
          minLength: 1,
          maxLength: 6,
        }),
        async (bursts) => {
          const from = published;
          const client = await slowClient(String(from));
          for (const { burst, paused } of bursts) {
            if (paused) client.pause();
            else client.resume();
            at.graph.events.publish(...Array.from({ length: burst }, (_, index) => `inv_${String(index)}`));
            published += burst;
            await new Promise((next) => setImmediate(next));
          }
          client.resume();
          await until(() => client.cursors.length >= published - from, 'all events of this run', 20_000);
          await client.close();
          expect(client.cursors).toEqual(
            Array.from({ length: published - from }, (_, index) => String(from + index + 1)),
          );
        },
      ),
      { numRuns: RUNS },
    );
    await until(() => at.graph.events.openReaders === 0, 'no readers left');
    // Over the network a burst arrives piece by piece, and such a small one need not be too much at once.
    expect(at.graph.events.timesOpened).toBeGreaterThan(reach === 'in process' ? RUNS : RUNS - 1);
  }, 60_000);

  it('a client that reads nothing holds a bounded number of events in the gateway, and gets all of them later', async () => {
    const from = 10_000;
    at = await restarted(at);
    at.graph.events.publish(...Array.from({ length: from }, () => 'inv_old'));
    const client = await slowClient(String(from), LARGE);
    await until(() => at.graph.events.openReaders === 1, 'one reader');
    client.pause();
    const events = 400; // of 64 KiB each: far more than the sockets' own buffers take
    at.graph.events.publish(...Array.from({ length: events }, () => 'inv_new'));
    await until(() => at.graph.events.openReaders === 0, 'the source is closed');
    const opened = await settled(() => at.graph.events.timesOpened);
    expect(client.cursors.length).toBeLessThan(events);
    client.resume();
    await until(() => client.cursors.length === events, 'all events', 15_000);
    expect(client.cursors).toEqual(Array.from({ length: events }, (_, index) => String(from + index + 1)));
    // The source was taken up again for the rest only once the client was reading again.
    expect(at.graph.events.timesOpened).toBeGreaterThan(opened);
    await client.close();
  }, 30_000);

  async function restarted(running: TestGateway): Promise<TestGateway> {
    await running.gateway.close();
    return startGateway({ limits: { socket: { bufferedEvents: 5 } } }, { reach });
  }

  /** The value once it has stood still for a while. */
  async function settled(value: () => number): Promise<number> {
    let last = -1;
    while (last !== value()) {
      last = value();
      await new Promise((next) => setTimeout(next, 300));
    }
    return last;
  }
});
