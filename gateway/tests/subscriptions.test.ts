import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { POOR_KEY, REACHES, startGateway, until } from './support/gateway.ts';
import { collect, connect, refusals } from './support/socket-client.ts';

import type { Client } from 'graphql-ws';

import type { TestGateway } from './support/gateway.ts';

describe.each(REACHES)('with subgraphs %s,', (reach) => {
  const JOINED =
    'subscription($after: String) { recoveryEvents(after: $after) { kind invoice { id attempts amountMinor customer { name } } } }';

  let at: TestGateway;
  let clients: Client[];
  const client = (options?: Parameters<typeof connect>[1]): Client => {
    const made = connect(at.url, options);
    clients.push(made);
    return made;
  };

  beforeEach(async () => {
    at = await startGateway({}, { reach });
    clients = [];
  });
  afterEach(async () => {
    for (const one of clients) await one.dispose();
    await at.gateway.close();
    expect(at.graph.events.openReaders).toBe(0);
  });

  const reading = async (readers = 1): Promise<void> =>
    until(() => at.graph.events.openReaders === readers, `${String(readers)} readers`);

  /** Equal ones share a reader. */
  const streams = async (count: number): Promise<void> => {
    await reading();
    await until(() => at.gateway.openSockets().streams === count, `${String(count)} streams`);
  };

  describe('an event', () => {
    it('carries fields of three subgraphs and its cursor', async () => {
      const { events } = collect(client(), JOINED);
      await reading();
      at.graph.events.publish('inv_1');
      await until(() => events.length === 1, 'one event');
      expect(events[0]).toEqual({
        data: {
          recoveryEvents: {
            kind: 'RETRY_SCHEDULED',
            invoice: { id: 'inv_1', attempts: 2, amountMinor: '4900', customer: { name: 'Customer cus_of_inv_1' } },
          },
        },
        extensions: { cursor: '1' },
      });
    });

    it('reaches every client that is subscribed', async () => {
      const [one, two] = [collect(client(), JOINED), collect(client(), JOINED)];
      await streams(2);
      at.graph.events.publish('inv_1', 'inv_2');
      await until(() => one.events.length === 2 && two.events.length === 2, 'two events each');
      expect(one.events).toEqual(two.events);
    });

    it('comes without the field that failed, its error masked', async () => {
      const { events } = collect(client(), 'subscription { recoveryEvents { kind fails } }');
      await reading();
      at.graph.events.publish('inv_1');
      await until(() => events.length === 1, 'one event');
      expect(events[0]?.data).toEqual({ recoveryEvents: { kind: 'RETRY_SCHEDULED', fails: null } });
      expect(events[0]?.errors).toMatchObject([
        { path: ['recoveryEvents', 'fails'], extensions: { code: 'INTERNAL_ERROR', type: 'api_error' } },
      ]);
      expect(JSON.stringify(events)).not.toContain('secret detail');
    });

    it('whose reference leads nowhere says so, and is not taken for null', async () => {
      const { events } = collect(client(), 'subscription { recoveryEvents { kind invoice { payer { name } } } }');
      await reading();
      at.graph.events.publish('inv_1');
      await until(() => events.length === 1, 'one event');
      expect(events[0]?.data).toEqual({ recoveryEvents: { kind: 'RETRY_SCHEDULED', invoice: null } });
      expect(events[0]?.errors).toMatchObject([
        { path: ['recoveryEvents', 'invoice', 'payer', 'name'], extensions: { code: 'INTERNAL_ERROR' } },
      ]);
    });

    it('keeps a field that the client itself calls __cursor', async () => {
      const { events } = collect(client(), 'subscription { recoveryEvents { __cursor: kind cursor } }');
      await reading();
      at.graph.events.publish('inv_1');
      await until(() => events.length === 1, 'one event');
      expect(events[0]).toEqual({
        data: { recoveryEvents: { __cursor: 'RETRY_SCHEDULED', cursor: '1' } },
        extensions: { cursor: '1' },
      });
    });

    it('may be asked for through fragments and under another name', async () => {
      const query =
        'subscription { ...Root } fragment Root on Subscription { mine: recoveryEvents { ...Event } } fragment Event on RecoveryEvent { invoice { amountMinor } }';
      const { events } = collect(client(), query);
      await reading();
      at.graph.events.publish('inv_1');
      await until(() => events.length === 1, 'one event');
      expect(events[0]).toEqual({ data: { mine: { invoice: { amountMinor: '4900' } } }, extensions: { cursor: '1' } });
    });
  });

  describe('resuming', () => {
    it('gives what was missed after the cursor, then what comes', async () => {
      at.graph.events.publish('inv_1', 'inv_2', 'inv_3');
      const { events } = collect(client(), JOINED, { after: '1' });
      await until(() => events.length === 2, 'the two missed events');
      at.graph.events.publish('inv_4');
      await until(() => events.length === 3, 'the new event');
      expect(events.map((event) => event.extensions?.cursor)).toEqual(['2', '3', '4']);
    });

    it('takes a cursor that is written into the document', async () => {
      at.graph.events.publish('inv_1', 'inv_2');
      const { events } = collect(client(), 'subscription { recoveryEvents(after: "1") { kind } }');
      await until(() => events.length === 1, 'the missed event');
      expect(events[0]?.extensions?.cursor).toBe('2');
    });

    it('is done by the gateway when the source breaks: each event once, in order', async () => {
      const { events } = collect(client(), JOINED);
      await reading();
      const sent = Array.from({ length: 60 }, (_, index) => `inv_${String(index + 1)}`);
      for (const [index, id] of sent.entries()) {
        at.graph.events.publish(id);
        if (index % 15 !== 14) continue;
        await until(() => events.length === index + 1, 'the events so far');
        at.graph.events.cutAll();
      }
      await until(() => events.length === sent.length, 'all events');
      expect(events.map((event) => event.extensions?.cursor)).toEqual(sent.map((_, index) => String(index + 1)));
      expect(at.graph.events.timesOpened).toBeGreaterThan(3);
    });

    it('is left to the client when the source broke before the first event', async () => {
      const { ended } = collect(client(), JOINED);
      await reading();
      at.graph.events.cutAll();
      expect(await ended).toMatchObject([{ extensions: { code: 'STREAM_LOST' } }]);
    });
  });

  describe('a subscription is refused', () => {
    it('at once when a scope is missing, and not at its first event', async () => {
      const errors = await refusals(client({ key: POOR_KEY }), JOINED);
      expect(errors).toMatchObject([
        {
          extensions: {
            type: 'authorization_error',
            code: 'INSUFFICIENT_PERMISSIONS',
            requiredScope: 'recovery:read',
            requestId: expect.any(String),
          },
        },
      ]);
    });

    it('with what the source says when it looks at the cursor, without trying again', async () => {
      const errors = await refusals(client(), JOINED, { after: 'expired' });
      expect(errors).toMatchObject([
        {
          message: expect.stringContaining('too old'),
          extensions: { type: 'validation_error', code: 'INVALID_PARAMETER', param: 'after' },
        },
      ]);
    });

    it('when a variable is of the wrong type, also one that another subgraph would get', async () => {
      expect(await refusals(client(), JOINED, { after: { not: 'text' } })).toMatchObject([
        { extensions: { code: 'BAD_USER_INPUT' } },
      ]);
    });

    it('with a masked message when the subgraph fails to open it', async () => {
      const errors = await refusals(client(), 'subscription { refused { kind } }');
      expect(errors).toMatchObject([{ extensions: { code: 'INTERNAL_ERROR' } }]);
      expect(JSON.stringify(errors)).not.toContain('hunter2');
      const [logged] = at.log.filter(({ fields }) => fields['requestId'] === errors[0]?.extensions['requestId']);
      expect(String(logged?.fields['error'])).toContain('hunter2');
    });

    it.each([
      ['it is not GraphQL', 'subscription {', 'GRAPHQL_PARSE_FAILED'],
      [
        'it asks for a field that does not exist',
        'subscription { recoveryEvents { nothing } }',
        'GRAPHQL_VALIDATION_FAILED',
      ],
      ['its field is conditional', 'subscription { recoveryEvents @include(if: true) { kind } }', 'BAD_USER_INPUT'],
      [
        'its field depends on a variable',
        'subscription($yes: Boolean!) { recoveryEvents @include(if: $yes) { kind } }',
        'GRAPHQL_VALIDATION_FAILED',
      ],
      [
        'it has too many aliases',
        `subscription { recoveryEvents { ${Array.from({ length: 31 }, (_, i) => `a${String(i)}: kind`).join(' ')} } }`,
        'TOO_MANY_ALIASES',
      ],
    ])('when %s', async (_when, query, code) => {
      expect(await refusals(client(), query)).toMatchObject([{ extensions: { type: 'validation_error', code } }]);
    });

    it('when it is the eleventh of a connection', async () => {
      const one = client();
      for (let index = 0; index < 10; index += 1) collect(one, JOINED);
      await streams(10);
      expect(await refusals(one, JOINED)).toMatchObject([{ extensions: { code: 'TOO_MANY_OPERATIONS', limit: 10 } }]);
    });
  });

  describe('over a socket', () => {
    it('queries and mutations run as well', async () => {
      const one = client();
      const query = collect(one, '{ invoice(id: "inv_1") { amountMinor customer { name } } }');
      const mutation = collect(one, 'mutation { payInvoice(id: "inv_2") { id } }');
      await Promise.all([query.ended, mutation.ended]);
      expect(query.events).toEqual([
        { data: { invoice: { amountMinor: '4900', customer: { name: 'Customer cus_of_inv_1' } } } },
      ]);
      expect(mutation.events).toEqual([{ data: { payInvoice: { id: 'inv_2' } } }]);
    });

    it('errors of a query carry what they carry over HTTP', async () => {
      const { events, ended } = collect(client(), '{ customer(id: "1") { name broken } }');
      await ended;
      expect(events[0]?.data).toEqual({ customer: { name: 'Customer 1', broken: null } });
      expect(events[0]?.errors).toMatchObject([
        { extensions: { code: 'INTERNAL_ERROR', requestId: expect.any(String) } },
      ]);
    });

    it('a stream that ends by itself is completed, and without cursors loses nothing to a small buffer', async () => {
      const { events, ended } = collect(client(), 'subscription { ticks { number } }');
      await ended;
      expect(events.map((event) => (event.data?.['ticks'] as { number: number }).number)).toEqual(
        Array.from({ length: 500 }, (_, index) => index + 1),
      );
    });
  });

  describe('when a client leaves', () => {
    it('its stream ends although the source is asleep', async () => {
      const subscription = collect(client(), JOINED);
      await reading();
      subscription.stop();
      await until(() => at.graph.events.openReaders === 0 && at.gateway.openSockets().streams === 0, 'nothing open');
    });

    it('without saying so, its streams end too', async () => {
      const one = client();
      collect(one, JOINED);
      collect(one, JOINED);
      await streams(2);
      one.terminate();
      await until(() => at.graph.events.openReaders === 0, 'no readers');
      await until(() => at.gateway.openSockets().connections === 0, 'no connections');
    });
  });
});
