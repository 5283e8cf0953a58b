import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { ask, startGateway, until } from './support/gateway.ts';
import { collect, connect, refusals } from './support/socket-client.ts';
import { createTestGraph } from './support/subgraphs.ts';

import type { Client } from 'graphql-ws';

import type { TestGateway } from './support/gateway.ts';

const { supergraphSdl: WHOLE } = createTestGraph();
/** The same graph before some of its fields were thought of. */
const without = (...fields: string[]): string =>
  fields.reduce((sdl, field) => sdl.replace(new RegExp(`^ +${field}(\\([^)]*\\))?: .*\\n`, 'm'), ''), WHOLE);
const BEFORE = without('attempts', 'echo');

const EVENTS = 'subscription($after: String) { recoveryEvents(after: $after) { invoice { amountMinor } } }';

const WITHOUT_WHAT_IS_ASKED = `
  interface Asking @join__type(graph: BILLING) { a: Int! }
  type Without implements Asking @join__type(graph: BILLING) { b: Int }`;

let at: TestGateway;
let clients: Client[];
const client = (): Client => {
  const made = connect(at.url);
  clients.push(made);
  return made;
};

beforeEach(async () => {
  at = await startGateway({ supergraphSdl: BEFORE });
  clients = [];
});
afterEach(async () => {
  for (const one of clients) await one.dispose();
  await until(() => at.graph.events.openReaders === 0, 'no readers left');
  await at.gateway.close();
});

async function ready(): Promise<{ status: number; warnings?: string[] }> {
  const response = await fetch(`${at.url}/health/ready`);
  const { warnings } = (await response.json()) as { warnings?: string[] };
  return { status: response.status, ...(warnings === undefined ? {} : { warnings }) };
}

/** Queries, some of them slow, one after the other on several connections, until it is stopped. */
function traffic(): { stop(): Promise<{ answered: number; failed: unknown[] }> } {
  let running = true;
  let answered = 0;
  const failed: unknown[] = [];
  const drive = async (query: string): Promise<void> => {
    while (running) {
      const { status, errors } = await ask(at.url, query);
      if (status === 200 && errors.length === 0) answered += 1;
      else failed.push({ status, errors });
    }
  };
  const drivers = [
    '{ invoices { id customer { name } } }',
    '{ slow }',
    '{ me invoice(id: "inv_1") { amountMinor } }',
    'mutation { payInvoice(id: "inv_1") { id } }',
  ].map(drive);
  return {
    stop: async () => {
      running = false;
      await Promise.all(drivers);
      return { answered, failed };
    },
  };
}

describe('a swap of the supergraph', () => {
  it('fails no request and no subscription, however often: each event once, in order', async () => {
    const driven = traffic();
    // Some that share a stream, some that ask for something of their own, and some that have not seen an event yet.
    const streams = Array.from({ length: 5 }, () => client()).flatMap((one, connection) =>
      Array.from({ length: 10 }, (_, index) =>
        collect(
          one,
          index < 5 ? EVENTS : EVENTS.replace('amountMinor', `alias${String(connection * 10 + index)}: amountMinor`),
        ),
      ),
    );
    await until(() => at.gateway.openSockets().streams === 50, '50 streams');
    expect((await at.gateway.swapSupergraph(WHOLE)).outcome).toBe('SWAPPED');
    let published = 0;
    for (let swap = 0; swap < 6; swap += 1) {
      for (let event = 0; event < 10; event += 1) {
        at.graph.events.publish(`inv_${String((published += 1))}`);
        await new Promise((next) => setTimeout(next, 10));
      }
      expect((await at.gateway.swapSupergraph(swap % 2 === 0 ? BEFORE : WHOLE)).outcome).toBe('SWAPPED');
    }
    await until(() => streams.every(({ events }) => events.length >= published), 'all events', 15_000);
    const expected = Array.from({ length: published }, (_, index) => String(index + 1));
    for (const { events } of streams) {
      expect(events.map(({ extensions }) => extensions?.cursor)).toEqual(expected);
      expect(events.filter(({ errors }) => errors !== undefined)).toEqual([]);
    }
    const { answered, failed } = await driven.stop();
    expect(failed).toEqual([]);
    expect(answered).toBeGreaterThan(50);
    // All of them have moved on: the shared stream and 25 others.
    await until(() => at.graph.events.openReaders === 26, 'the sources of the newest alone');
    expect(at.gateway.openSockets().sources).toBe(26);
  }, 60_000);

  it('makes a new field usable within a second, for queries and subscriptions', async () => {
    const query = '{ echo(value: "new") }';
    const subscription = 'subscription { recoveryEvents { invoice { attempts } } }';
    expect((await ask(at.url, query)).errors).toMatchObject([{ extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } }]);
    const one = client();
    expect(await refusals(one, subscription)).toMatchObject([{ extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } }]);
    const begun = performance.now();
    await at.gateway.swapSupergraph(WHOLE);
    expect((await ask(at.url, query)).data).toEqual({ echo: 'new' });
    const { events } = collect(one, subscription);
    await until(() => at.graph.events.openReaders === 1, 'one reader');
    at.graph.events.publish('inv_1');
    await until(() => events.length === 1, 'an event');
    expect(performance.now() - begun).toBeLessThan(1_000);
    expect(events[0]?.data).toEqual({ recoveryEvents: { invoice: { attempts: 2 } } });
  });

  it('lets an operation end in the schema in which it began', async () => {
    const slow = ask(at.url, '{ slow }');
    await new Promise((next) => setTimeout(next, 50));
    expect((await at.gateway.swapSupergraph(without('slow'))).outcome).toBe('SWAPPED');
    const { data, errors } = await slow;
    expect({ errors, slow: typeof data?.['slow'] }).toEqual({ errors: [], slow: 'string' });
    expect((await ask(at.url, '{ slow }')).errors).toHaveLength(1);
  });

  it('tells a subscription whose field is gone, and no other', async () => {
    await at.gateway.swapSupergraph(WHOLE);
    const one = client();
    const leaving = collect(one, 'subscription { recoveryEvents { invoice { attempts } } }');
    const staying = collect(one, EVENTS);
    await until(() => at.graph.events.openReaders === 2, 'two readers');
    at.graph.events.publish('inv_1');
    await until(() => leaving.events.length === 1 && staying.events.length === 1, 'an event');
    await at.gateway.swapSupergraph(BEFORE);
    expect(await leaving.ended).toMatchObject([{ extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } }]);
    at.graph.events.publish('inv_2');
    await until(() => staying.events.length === 2, 'the next event');
  });
});

describe('a supergraph that can not be loaded', () => {
  it.each([
    ['is not GraphQL', 'type Query {'],
    ['is no supergraph', 'type Query { a: Int }'],
    [
      'gives a directive an argument that it does not have',
      WHOLE.replace(/@join__type\(graph: BILLING/, '@join__type(nonsense: 1, graph: BILLING'),
    ],
    ['has an object without what its interface asks for', `${WHOLE}\n${WITHOUT_WHAT_IS_ASKED}`],
    ['names a subgraph that nobody serves', WHOLE.replaceAll('BILLING', 'LEDGER').replaceAll('"billing"', '"ledger"')],
    ['is empty', ''],
  ])('because it %s leaves the one before serving, ready, with a warning', async (_because, sdl) => {
    const { events } = collect(client(), EVENTS);
    await until(() => at.graph.events.openReaders === 1, 'one reader');
    expect((await at.gateway.swapSupergraph(sdl)).outcome).toBe('REFUSED');
    expect(await ready()).toMatchObject({ status: 200, warnings: ['supergraph'] });
    expect(at.log).toContainEqual(
      expect.objectContaining({ level: 'warn', message: expect.stringContaining('the one before goes on serving') }),
    );
    expect((await ask(at.url, '{ me }')).data).toEqual({ me: 'API_KEY' });
    at.graph.events.publish('inv_1');
    await until(() => events.length === 1, 'an event');
    expect((await at.gateway.swapSupergraph(WHOLE)).outcome).toBe('SWAPPED');
    expect(await ready()).not.toHaveProperty('warnings');
  });

  it('is forgotten when the one before comes again', async () => {
    expect((await at.gateway.swapSupergraph('nonsense')).outcome).toBe('REFUSED');
    expect((await at.gateway.swapSupergraph(BEFORE)).outcome).toBe('UNCHANGED');
    expect(await ready()).not.toHaveProperty('warnings');
  });
});
