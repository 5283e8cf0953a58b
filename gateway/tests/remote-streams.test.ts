import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { WebSocket } from 'ws';

import { cuttable } from '#cli/testing/cuttable.ts';

import { KEY, startGateway, until } from './support/gateway.ts';
import { collect, connect } from './support/socket-client.ts';

import type { Client } from 'graphql-ws';

import type { Cuttable } from '#cli/testing/cuttable.ts';
import type { SubgraphServer } from '#subgraphs/shared/server/serve-subgraph.ts';

import type { TestGateway } from './support/gateway.ts';
import type { Collected } from './support/socket-client.ts';

const JOINED =
  'subscription($after: String) { recoveryEvents(after: $after) { invoice { id amountMinor customer { name } } } }';
const BILLED = 'subscription($after: String) { recoveryEvents(after: $after) { invoice { id amountMinor } } }';
const SOON = { recheckMs: 50 };

let at: TestGateway;
let clients: Client[];
const client = (url = at.url): Client => {
  const made = connect(url);
  clients.push(made);
  return made;
};
const recovery = (): SubgraphServer => {
  if (at.remote === null) throw new Error('Its subgraphs are in process.');
  return at.remote.servers.recovery;
};
const reading = async (readers: number): Promise<void> =>
  until(() => at.graph.events.openReaders === readers, `${String(readers)} readers`);

beforeEach(() => {
  clients = [];
});
afterEach(async () => {
  for (const one of clients) await one.dispose();
  await until(() => at.graph.events.openReaders === 0, 'nobody reads any more');
  await at.gateway.close();
});

describe('the streams of many clients', () => {
  it('share one socket, and none is left when they have gone', async () => {
    at = await startGateway({}, { reach: 'over the network' });
    // Equal ones would share a stream as well.
    const named = (name: string): string => JOINED.replace('recoveryEvents(', `${name}: recoveryEvents(`);
    const streams = Array.from({ length: 4 }, () => client()).flatMap((each, nth) =>
      Array.from({ length: 5 }, (_, index) => collect(each, named(`e${String(nth * 5 + index)}`))),
    );
    await reading(20);
    expect(recovery().openSockets()).toEqual({ connections: 1, streams: 20 });
    at.graph.events.publish('inv_1');
    await until(() => streams.every(({ events }) => events.length === 1), 'each has the event');
    streams[0]?.stop();
    await until(() => recovery().openSockets().streams === 19, 'one stream fewer');
    for (const one of clients) one.terminate();
    await until(() => recovery().openSockets().streams === 0, 'no streams');
    await until(() => recovery().openSockets().connections === 0, 'no socket');
  });

  it('go on when one of them reads nothing: the subgraph stops at its pace and nobody else’s', async () => {
    at = await startGateway({ limits: { socket: { bufferedEvents: 5 } } }, { reach: 'over the network' });
    const deaf = await deafClient(at.url);
    await reading(1);
    const { events } = collect(client(), BILLED);
    await reading(2);
    for (let number = 1; number <= 300; number += 1) {
      at.graph.events.publish(`inv_${String(number)}`);
      if (number % 5 === 0) await until(() => events.length >= number - 5, 'the events so far', 15_000);
    }
    await until(() => events.length === 300, 'all events', 30_000);
    expect(events.map(({ extensions }) => extensions?.cursor)).toEqual(
      Array.from({ length: 300 }, (_, index) => String(index + 1)),
    );
    deaf.terminate();
  }, 60_000);
});

/** Subscribes to events that are large, and then does not read its socket. */
async function deafClient(url: string): Promise<WebSocket> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
  await new Promise((open) => socket.once('open', open));
  const acknowledged = new Promise((ack) => socket.once('message', ack));
  socket.send(JSON.stringify({ type: 'connection_init', payload: { authorization: `Bearer ${KEY}` } }));
  await acknowledged;
  const query = 'subscription { recoveryEvents { padding } }';
  socket.send(JSON.stringify({ id: '1', type: 'subscribe', payload: { query } }));
  socket.pause();
  return socket;
}

describe('a subgraph that is killed and started again', () => {
  let way: Cuttable;
  afterEach(async () => way.close());

  it('under a thousand events costs nobody one of them: each once, in order, with what other subgraphs add', async () => {
    at = await startGateway({}, { reach: 'over the network' });
    const remote = at.remote;
    if (remote === null) throw new Error('Its subgraphs are in process.');
    way = await cuttable(remote.servers.recovery.url);
    const through = await startGateway({
      subgraphs: { ...remote.sources, recovery: { ...remote.sources.recovery, url: way.url } },
    });
    const { events } = collect(client(through.url), BILLED, { after: '0' });
    await reading(1);
    const publish = async (from: number, to: number): Promise<void> => {
      for (let number = from; number <= to; number += 1) {
        at.graph.events.publish(`inv_${String(number)}`);
        if (number % 20 === 0) await new Promise((next) => setTimeout(next, 5));
      }
    };
    await publish(1, 300);
    await until(() => events.length > 0, 'the first events');
    way.cut();
    await Promise.all([remote.stop('recovery'), publish(301, 600)]);
    await remote.start('recovery');
    way.mend();
    await publish(601, 800);
    await until(() => events.length > 600, 'events after the restart', 60_000);
    // Once more, this time as a deployment does it, told to close.
    await Promise.all([remote.stop('recovery'), publish(801, 900)]);
    await remote.start('recovery');
    await publish(901, 1_000);
    await until(() => events.length >= 1_000, 'all events', 60_000);
    expect(events).toEqual(
      Array.from({ length: 1_000 }, (_, index) => ({
        data: { recoveryEvents: { invoice: { id: `inv_${String(index + 1)}`, amountMinor: '4900' } } },
        extensions: { cursor: String(index + 1) },
      })),
    );
    for (const one of clients) await one.dispose();
    await through.gateway.close();
  }, 120_000);
});

describe('a subgraph that can not be reached', () => {
  it('refuses a subscription at once, as something to try again', async () => {
    at = await startGateway({}, { reach: 'over the network' });
    await at.remote?.stop('recovery');
    const { ended } = collect(client(), JOINED);
    expect(await ended).toMatchObject([
      { extensions: { type: 'api_error', code: 'DOWNSTREAM_SERVICE_ERROR', requestId: expect.any(String) } },
    ]);
    expect(JSON.stringify(await ended)).not.toContain('ECONNREFUSED');
  });
});

describe('the caller of a stream', () => {
  it('whose key is revoked is cut off in the subgraph as well', async () => {
    at = await startGateway({ limits: { socket: SOON } }, { reach: 'over the network' });
    const { ended } = collect(client(), JOINED);
    await reading(1);
    at.revoked.add('op_test_goodkey');
    expect(await ended).toMatchObject({ code: 4403 });
    await until(() => recovery().openSockets().streams === 0, 'no stream in the subgraph');
  });

  it('is heard of again while it lasts, and what it may see is what it may see now', async () => {
    at = await startGateway(
      { limits: { socket: SOON } },
      { reach: 'over the network', servers: { limits: { leaseMs: 2_500 } } },
    );
    const { events } = collect(client(), JOINED);
    await reading(1);
    at.graph.events.publish('inv_1');
    await until(() => events.length === 1, 'an event');
    expect(at.graph.seen.scopes).toContain('accounts:read');
    at.scopes.set(KEY, ['recovery:read']);
    await new Promise((next) => setTimeout(next, 4_000));
    expect(at.graph.events.timesOpened).toBe(1);
    at.graph.events.publish('inv_2');
    await until(() => events.length === 2, 'another event');
    expect(at.graph.seen.scopes).toEqual(['recovery:read']);
  });

  it('that is not heard of again loses its stream, which is taken up anew where it was', async () => {
    at = await startGateway(
      { limits: { socket: { recheckMs: 3_600_000 } } },
      { reach: 'over the network', servers: { limits: { leaseMs: 200 } } },
    );
    const stream: Collected = collect(client(), JOINED);
    await reading(1);
    at.graph.events.publish('inv_1');
    await until(() => at.graph.events.timesOpened >= 3, 'opened again, twice');
    at.graph.events.publish('inv_2', 'inv_3');
    await until(() => stream.events.length === 3, 'all events');
    expect(stream.events.map(({ extensions }) => extensions?.cursor)).toEqual(['1', '2', '3']);
  });
});
