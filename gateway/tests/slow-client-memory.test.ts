import { expect, it } from '@jest/globals';
import { WebSocket } from 'ws';

import { KEY, until } from './support/gateway.ts';
import { startGatewayProcess } from './support/gateway-process.ts';

const QUERY = 'subscription { recoveryEvents(after: "0") { kind invoice { id amountMinor } } }';
const EVENTS = 20_000;
const BOUND = 20 * 1024 * 1024;

it('a client that reads nothing while 20,000 events pass costs the gateway less than 20 MiB, and then gets them all in order', async () => {
  const gateway = await startGatewayProcess({ port: 0 });
  try {
    const socket = new WebSocket(`${gateway.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
    let received = 0;
    let outOfOrder = 0;
    socket.on('message', (data: Buffer) => {
      const message = JSON.parse(data.toString()) as { type: string; payload?: { extensions?: { cursor?: string } } };
      if (message.type === 'connection_ack')
        socket.send(JSON.stringify({ id: '1', type: 'subscribe', payload: { query: QUERY } }));
      if (message.type !== 'next') return;
      received += 1;
      if (message.payload?.extensions?.cursor !== String(received)) outOfOrder += 1;
    });
    await new Promise((open) => socket.once('open', open));
    socket.send(JSON.stringify({ type: 'connection_init', payload: { authorization: `Bearer ${KEY}` } }));
    await gateway.publish(100);
    await until(() => received === 100, 'the first events', 20_000);

    const before = await gateway.heap();
    socket.pause();
    for (let sent = 0; sent < EVENTS; sent += 1_000) await gateway.publish(1_000);
    // Until the gateway has stopped: its buffers are full, and it waits for the socket.
    let most = 0;
    for (let looks = 0; looks < 10; looks += 1) {
      most = Math.max(most, await gateway.heap());
      await new Promise((next) => setTimeout(next, 300));
    }
    expect(received).toBeLessThan(EVENTS);
    expect(most - before).toBeLessThan(BOUND);

    socket.resume();
    await until(() => received >= EVENTS + 100, 'all events', 120_000);
    expect({ received, outOfOrder }).toEqual({ received: EVENTS + 100, outOfOrder: 0 });
    socket.terminate();
  } finally {
    await gateway.kill();
  }
}, 180_000);
