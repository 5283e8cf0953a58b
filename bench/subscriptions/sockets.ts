import { WebSocket } from 'ws';
import { answerParent } from './child.ts';

export interface Batch {
  readonly keys: readonly string[];
  readonly socketsPerKey: number;
  readonly operationsPerSocket: number;
  readonly query: string;
}

export type SocketsRequest =
  | ({ readonly kind: 'open'; readonly url: string } & Batch)
  | { readonly kind: 'arrivals' }
  | { readonly kind: 'close' };

/** What an event is called by, and when it came, in milliseconds since 1970 with fractions. */
export type Arrival = readonly [customerId: string, at: number];

const open: WebSocket[] = [];
let arrivals: Arrival[] = [];

answerParent(async (request: SocketsRequest) => {
  if (request.kind === 'open') {
    for (const key of request.keys)
      await Promise.all(Array.from({ length: request.socketsPerKey }, async () => connect(request, key)));
    return open.length;
  }
  if (request.kind === 'arrivals') {
    const taken = arrivals;
    arrivals = [];
    return Promise.resolve(taken);
  }
  for (const socket of open.splice(0)) socket.terminate();
  return Promise.resolve(null);
});

async function connect({ url, query, operationsPerSocket }: { url: string } & Batch, key: string): Promise<void> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
  open.push(socket);
  await new Promise<void>((ready, failed) => {
    socket.on('error', failed);
    socket.on('close', (code) => {
      failed(new Error(`closed with ${String(code)}`));
    });
    socket.on('open', () => {
      socket.send(JSON.stringify({ type: 'connection_init', payload: { authorization: `Bearer ${key}` } }));
    });
    socket.on('message', (data: Buffer) => {
      const at = performance.timeOrigin + performance.now();
      const message = JSON.parse(data.toString()) as {
        type: string;
        payload?: { data?: { recoveryEvents: { customer: { id: string } } } };
      };
      if (message.type === 'connection_ack') {
        for (let id = 1; id <= operationsPerSocket; id += 1)
          socket.send(JSON.stringify({ id: String(id), type: 'subscribe', payload: { query } }));
        ready();
      }
      const customer = message.payload?.data?.recoveryEvents.customer.id;
      if (customer !== undefined) arrivals.push([customer, at]);
    });
  });
}
