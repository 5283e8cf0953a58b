import { expect, it } from '@jest/globals';
import { setTimeout as pause } from 'node:timers/promises';

import { recorder, until } from './support/gateway.ts';
import { startGatewayProcess } from './support/gateway-process.ts';
import { serveGraph } from './support/remote.ts';
import { collect, connect } from './support/socket-client.ts';
import { createTestGraph } from './support/subgraphs.ts';

import type { Client } from 'graphql-ws';

import type { GatewayProcess } from './support/gateway-process.ts';
import type { RemoteGraph } from './support/remote.ts';

const QUERY = 'subscription($after: String) { recoveryEvents(after: $after) { invoice { id customer { name } } } }';
const EVENTS = 1_000;

/** Keeps the last cursor it was given, and comes back with it whatever ended the stream. */
class ResumingClient {
  readonly cursors: string[] = [];
  readonly failed: unknown[] = [];
  #client: Client | null = null;
  #closed = false;

  async run(url: string): Promise<void> {
    while (!this.#closed) {
      this.#client = connect(url);
      const stream = collect(this.#client, QUERY, { after: this.cursors.at(-1) ?? '0' });
      const taken = setInterval(() => this.#take(stream.events), 1);
      await stream.ended;
      clearInterval(taken);
      this.#take(stream.events);
      stream.stop();
      await pause(20);
    }
  }

  /** Its connection is gone, without a word. */
  cut(): void {
    this.#client?.terminate();
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#client?.dispose();
    this.#client?.terminate();
  }

  #take(events: { extensions?: { cursor?: string }; errors?: unknown }[]): void {
    for (const { extensions, errors } of events.splice(0)) {
      this.cursors.push(extensions?.cursor ?? 'none');
      if (errors !== undefined) this.failed.push(errors);
    }
  }
}

it('client, gateway process and subgraph go in turn during 1,000 events: each event comes once, in order', async () => {
  const graph = createTestGraph();
  const subgraphs = await serveGraph(graph, recorder([]), { drainMs: 50 });
  let gateway = await startGatewayProcess({ port: 0, subgraphs: told(subgraphs) });
  const port = Number(new URL(gateway.url).port);
  const client = new ResumingClient();
  const running = client.run(gateway.url);

  const cuts: (() => Promise<void>)[] = [
    async () => {
      client.cut();
      return Promise.resolve();
    },
    async () => {
      await gateway.kill();
      gateway = await restarted(port, subgraphs);
    },
    async () => {
      await subgraphs.stop('recovery');
      await pause(100);
      await subgraphs.start('recovery');
    },
    async () => {
      graph.events.cutAll();
      return Promise.resolve();
    },
  ];
  let cutting: Promise<void> = Promise.resolve();
  for (let event = 1; event <= EVENTS; event += 1) {
    graph.events.publish(`inv_${String(event)}`);
    if (event % 125 === 0) {
      await cutting;
      await until(() => client.cursors.length > event - 100, 'most events so far', 20_000);
      cutting = cuts[(event / 125 - 1) % cuts.length]?.() ?? cutting;
    }
    await pause(2);
  }
  await cutting;
  await until(() => client.cursors.length >= EVENTS, 'all events', 30_000);
  expect(client.cursors).toEqual(Array.from({ length: EVENTS }, (_, index) => String(index + 1)));

  expect(client.failed).toEqual([]);

  await client.close();
  await gateway.kill();
  await running;
  await subgraphs.close();
}, 180_000);

function told(subgraphs: RemoteGraph): Record<string, { url: string; key: string }> {
  return Object.fromEntries(
    Object.entries(subgraphs.sources).map(([name, { url, key }]) => [
      name,
      { url, key: Buffer.from(key).toString('base64') },
    ]),
  );
}

async function restarted(port: number, subgraphs: RemoteGraph): Promise<GatewayProcess> {
  return startGatewayProcess({ port, subgraphs: told(subgraphs) });
}
