import { describe, expect, it } from '@jest/globals';
import { readStripeEvent } from './stripe-delivery.ts';

const snapshot = {
  id: 'evt_1',
  object: 'event',
  type: 'invoice.paid',
  created: 1_770_000_000,
  livemode: false,
  api_version: '2026-10-28.endive',
  data: { object: { id: 'in_1', object: 'invoice' } },
};
const thin = {
  id: 'evt_2',
  object: 'v2.core.event',
  type: 'v1.invoice.paid',
  created: '2026-02-02T02:40:00.123Z',
  livemode: false,
  related_object: { id: 'in_1' },
};
const read = (value: unknown): ReturnType<typeof readStripeEvent> =>
  readStripeEvent(Buffer.from(JSON.stringify(value)));

describe('a Stripe event', () => {
  it('says what it is about in its snapshot form', () => {
    expect(read(snapshot)).toEqual({
      id: 'evt_1',
      type: 'invoice.paid',
      createdAt: new Date('2026-02-02T02:40:00Z'),
      livemode: false,
      account: null,
      apiVersion: '2026-10-28.endive',
      objectId: 'in_1',
    });
  });

  it('says what it is about in its thin form, with milliseconds', () => {
    expect(read(thin)).toMatchObject({
      id: 'evt_2',
      type: 'v1.invoice.paid',
      createdAt: new Date('2026-02-02T02:40:00.123Z'),
      objectId: 'in_1',
    });
  });

  it('of a type nobody knows is an event all the same', () => {
    expect(read({ ...snapshot, type: 'kitchen.sink_blocked' })).toMatchObject({ type: 'kitchen.sink_blocked' });
  });

  it('about an object without an id is an event all the same', () => {
    expect(read({ ...snapshot, data: { object: { object: 'balance' } } })).toMatchObject({ objectId: null });
    expect(read({ ...snapshot, data: null })).toMatchObject({ objectId: null });
  });

  it.each([
    ['text', 'hello'],
    ['null', null],
    ['an empty object', {}],
    ['an event without an id', { ...snapshot, id: undefined }],
    ['an event whose type PostgreSQL could not store', { ...snapshot, type: 'a\u0000b' }],
    ['an event of the year 33658', { ...snapshot, created: 1_000_000_000_000 }],
  ])('is not read from %s', (_name, value) => {
    expect(read(value)).toEqual({ unreadable: expect.any(String) });
  });

  it('is not read from bytes that are not JSON', () => {
    expect(readStripeEvent(Buffer.from('{"id":'))).toEqual({ unreadable: 'The body is not JSON.' });
    expect(readStripeEvent(Buffer.alloc(0))).toEqual({ unreadable: 'The body is not JSON.' });
  });

  it('nested a million deep is answered and not overflowing', () => {
    expect(readStripeEvent(Buffer.from('['.repeat(1_000_000)))).toEqual({ unreadable: 'The body is not JSON.' });
  });
});
