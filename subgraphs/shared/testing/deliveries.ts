import type { Delivery } from '../inbox/store.ts';

/** A signed delivery of a provider that is not there, whose body is its event's id. */
export const testDelivery = (providerEventId: string, over: Partial<Delivery> = {}): Delivery => ({
  provider: 'TEST',
  endpointId: 'whe_1',
  connectionId: 'conn_1',
  providerEventId,
  eventType: 'thing.changed',
  eventCreatedAt: new Date('2026-11-20T11:00:00Z'),
  account: 'acct_1',
  livemode: false,
  apiVersion: '2026-10-28',
  objectId: null,
  secretId: 'whs_1',
  signedAt: new Date('2026-11-20T11:00:00Z'),
  body: Buffer.from(providerEventId),
  state: 'RECEIVED',
  ...over,
});
