import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { EQUAL_KEY, FOREIGN_KEY, KEY, LESSER_KEY, REACHES, startGateway, until } from './support/gateway.ts';
import { collect, connect } from './support/socket-client.ts';

import type { Client } from 'graphql-ws';

import type { TestGateway } from './support/gateway.ts';
import type { Collected, Received } from './support/socket-client.ts';

const JOINED =
  'subscription($after: String) { recoveryEvents(after: $after) { kind invoice { id attempts customer { name } } } }';

describe.each(REACHES)('with subgraphs %s,', (reach) => {
  let at: TestGateway;
  let keyChanged: (keyId: string) => void;
  let clients: Client[];
  const client = (key = KEY): Client => {
    const made = connect(at.url, { key });
    clients.push(made);
    return made;
  };

  beforeEach(async () => {
    at = await startGateway(
      {
        limits: { socket: { operationsPerConnection: 100 } },
        revocations: {
          onChange: async (listener) => {
            keyChanged = listener;
            return Promise.resolve(async () => Promise.resolve());
          },
        },
      },
      { reach },
    );
    clients = [];
  });
  afterEach(async () => {
    for (const one of clients) await one.dispose();
    await until(() => at.graph.events.openReaders === 0, 'no readers left');
    await at.gateway.close();
  });

  const streams = async (count: number): Promise<void> => {
    await until(() => at.graph.events.openReaders > 0, 'a reader');
    await until(() => at.gateway.openSockets().streams === count, `${String(count)} streams`, 15_000);
  };
  const cursors = ({ events }: Collected): (string | undefined)[] => events.map((event) => event.extensions?.cursor);
  const calls = (): number => Object.values(at.graph.calls).reduce((sum, count) => sum + count, 0);

  /** What one event costs: calls of subgraphs between now and when everybody has it. */
  async function costOf(id: string, everybody: readonly Collected[]): Promise<Record<string, number>> {
    const before = { ...at.graph.calls };
    const counts = everybody.map(({ events }) => events.length);
    at.graph.events.publish(id);
    await until(() => everybody.every(({ events }, index) => events.length === (counts[index] ?? 0) + 1), 'the event');
    return {
      accounts: at.graph.calls.accounts - before.accounts,
      billing: at.graph.calls.billing - before.billing,
    };
  }

  describe('subscribers who ask the same', () => {
    it('share one source and each event, a thousand of them', async () => {
      const everybody = Array.from({ length: 10 }, () => client()).flatMap((one) =>
        Array.from({ length: 100 }, () => collect(one, JOINED)),
      );
      await streams(1_000);
      expect(at.graph.events.timesOpened).toBe(1);
      for (const id of ['inv_1', 'inv_2', 'inv_3'])
        expect(await costOf(id, everybody)).toEqual({ accounts: 1, billing: 1 });
      expect(at.graph.events.timesOpened).toBe(1);
      for (const one of everybody) expect(cursors(one)).toEqual(['1', '2', '3']);
    }, 60_000);

    it('may do so in other words, from other places, and with another key of the same rights', async () => {
      at.graph.events.publish('inv_1', 'inv_2', 'inv_3');
      const everybody = [
        collect(client(), JOINED),
        collect(client(), JOINED, { after: '1' }),
        collect(client(EQUAL_KEY), JOINED.replaceAll('{', '{\n '), { after: '2' }),
      ];
      await until(() => everybody.every(({ events }, index) => events.length === [0, 2, 1][index]), 'what was missed');
      // Each of them may carry out the event at which they meet.
      await costOf('inv_4', everybody);
      await until(() => at.graph.events.openReaders === 1, 'one source');
      expect(await costOf('inv_5', everybody)).toEqual({ accounts: 1, billing: 1 });
      expect(everybody.map(cursors)).toEqual([
        ['4', '5'],
        ['2', '3', '4', '5'],
        ['3', '4', '5'],
      ]);
    });

    it('who come back to the same place at once share it', async () => {
      at.graph.events.publish('inv_1', 'inv_2');
      const one = client();
      const everybody = Array.from({ length: 50 }, () => collect(one, JOINED, { after: '1' }));
      await until(() => everybody.every(({ events }) => events.length === 1), 'what was missed');
      expect(at.graph.events.timesOpened).toBe(1);
      expect(await costOf('inv_3', everybody)).toEqual({ accounts: 1, billing: 1 });
    });

    it('take up their shared source when it breaks: each event once, in order', async () => {
      const one = client();
      const everybody = Array.from({ length: 20 }, () => collect(one, JOINED));
      await streams(20);
      for (let event = 1; event <= 30; event += 1) {
        at.graph.events.publish(`inv_${String(event)}`);
        if (event % 10 !== 0) continue;
        await until(() => everybody.every(({ events }) => events.length === event), 'the events so far');
        at.graph.events.cutAll();
      }
      await until(() => at.graph.events.openReaders === 1, 'one source again');
      await costOf('inv_31', everybody);
      for (const each of everybody) expect(cursors(each)).toEqual(Array.from({ length: 31 }, (_, i) => String(i + 1)));
    });

    it('each begin with how things stand, where a field begins so', async () => {
      const query = 'subscription($after: String) { progress(after: $after) { state } }';
      at.graph.events.publish('inv_1');
      const first = collect(client(), query);
      await until(() => first.events.length === 1, 'the first state');
      at.graph.events.publish('inv_2');
      await until(() => first.events.length === 2, 'the next state');
      const second = collect(client(), query);
      await until(() => second.events.length === 1, 'the state of the second');
      at.graph.events.publish('inv_3');
      await until(() => first.events.length === 3 && second.events.length === 2, 'the next state of both');
      const states = ({ events }: Collected): unknown[] => events.map(({ data }) => data?.['progress']);
      expect(states(first)).toEqual([{ state: 'stands at 1' }, { state: 'went to 2' }, { state: 'went to 3' }]);
      expect(states(second)).toEqual([{ state: 'stands at 2' }, { state: 'went to 3' }]);
      // They met at the number 2.
      expect(at.graph.events.openReaders).toBe(1);
    });
  });

  describe('subscribers share nothing', () => {
    it('with other scopes, another workspace or other variables', async () => {
      const secret = 'subscription { recoveryEvents { invoice { customer { secret } } } }';
      const padded =
        'subscription($yes: Boolean!) { recoveryEvents { kind invoice @include(if: $yes) { customer { name } } } }';
      const everybody = [
        collect(client(), secret),
        collect(client(LESSER_KEY), secret),
        collect(client(FOREIGN_KEY), secret),
        collect(client(), padded, { yes: true }),
        collect(client(), padded, { yes: false }),
      ];
      await until(() => at.graph.events.openReaders === 5, 'five sources');
      await costOf('inv_1', everybody);
      const shown = everybody.map(({ events }) => events[0]!);
      const secretOf = ({ data }: Received): unknown => JSON.stringify(data).includes('"secret":"secret"');
      expect(shown.map(secretOf)).toEqual([true, false, true, false, false]);
      expect(shown[1]?.errors?.[0]?.extensions).toMatchObject({ code: 'INSUFFICIENT_PERMISSIONS' });
      expect(shown[3]?.data).toMatchObject({
        recoveryEvents: { invoice: { customer: { name: 'Customer cus_of_inv_1' } } },
      });
      expect(shown[4]?.data).toEqual({ recoveryEvents: { kind: 'RETRY_SCHEDULED' } });
      expect(calls()).toBeGreaterThan(0);
    });
  });

  describe('a key that is revoked', () => {
    it('takes its own subscribers away and nobody else, also when the source was opened with it', async () => {
      const revoked = collect(client(), JOINED);
      await streams(1);
      const staying = collect(client(EQUAL_KEY), JOINED);
      await streams(2);
      expect(at.graph.events.timesOpened).toBe(1);
      await costOf('inv_1', [revoked, staying]);

      at.revoked.add(KEY);
      keyChanged('key_good');
      expect(await revoked.ended).toMatchObject({ code: 4403 });
      await costOf('inv_2', [staying]);
      expect(cursors(staying)).toEqual(['1', '2']);
      expect(revoked.events).toHaveLength(1);
      expect(at.graph.events.timesOpened).toBe(1);
    });

    it('that only lost a scope sees from the next event on what it may still see, and the others all', async () => {
      const query = 'subscription { recoveryEvents { invoice { customer { secret } } } }';
      const lesser = collect(client(), query);
      await streams(1);
      const staying = collect(client(EQUAL_KEY), query);
      await streams(2);
      await costOf('inv_1', [lesser, staying]);
      at.scopes.set(KEY, ['recovery:read']);
      keyChanged('key_good');
      await new Promise((next) => setTimeout(next, 20));
      await costOf('inv_2', [lesser, staying]);
      const secrets = ({ events }: Collected): boolean[] =>
        events.map(({ data }) => JSON.stringify(data).includes('"secret":"secret"'));
      expect(secrets(staying)).toEqual([true, true]);
      expect(secrets(lesser)).toEqual([true, false]);
      expect(cursors(lesser)).toEqual(['1', '2']);
    });
  });
});
