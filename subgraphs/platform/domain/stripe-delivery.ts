import { z } from 'zod';

// What is written to text columns is limited to what an id or a type can be: PostgreSQL refuses some characters, and a signed event that
// cannot be stored would be sent for days.
const word = z.string().regex(/^[\w.:-]{1,255}$/);
const optionalWord = word.nullish().catch(null);

const snapshotEvent = z.object({
  object: z.literal('event'),
  id: word,
  type: word,
  created: z.number().int().min(0).max(4_102_444_800), // 2100: further than any clock that is right
  livemode: z.boolean(),
  account: optionalWord,
  api_version: optionalWord,
  data: z.object({ object: z.object({ id: optionalWord }).catch({ id: null }) }).catch({ object: { id: null } }),
});

/** A thin event names its object and leaves reading it to us. Its `created` is ISO text with milliseconds. */
const thinEvent = z.object({
  object: z.literal('v2.core.event'),
  id: word,
  type: word,
  created: z.iso.datetime(),
  livemode: z.boolean().nullish(),
  context: optionalWord,
  related_object: z.object({ id: optionalWord }).nullish().catch(null),
});

/** What the inbox wants to know about an event before anybody interprets it. */
export interface ReadEvent {
  readonly id: string;
  readonly type: string;
  readonly createdAt: Date;
  readonly livemode: boolean | null;
  /** The connected account it is about, when it says so. */
  readonly account: string | null;
  readonly apiVersion: string | null;
  readonly objectId: string | null;
}

/** Reads the envelope of a Stripe event of any type. Null, with the reason, for bytes that are none. */
export function readStripeEvent(body: Buffer): ReadEvent | { readonly unreadable: string } {
  let parsed: unknown;
  try {
    parsed = JSON.parse(body.toString('utf8'));
  } catch {
    return { unreadable: 'The body is not JSON.' };
  }
  const snapshot = snapshotEvent.safeParse(parsed);
  if (snapshot.success) {
    const { id, type, created, livemode, account, api_version, data } = snapshot.data;
    return {
      id,
      type,
      createdAt: new Date(created * 1000),
      livemode,
      account: account ?? null,
      apiVersion: api_version ?? null,
      objectId: data.object.id ?? null,
    };
  }
  const thin = thinEvent.safeParse(parsed);
  if (thin.success) {
    const { id, type, created, livemode, context, related_object } = thin.data;
    return {
      id,
      type,
      createdAt: new Date(created),
      livemode: livemode ?? null,
      account: context ?? null,
      apiVersion: null,
      objectId: related_object?.id ?? null,
    };
  }
  return {
    unreadable:
      'The body is JSON, but not an event: id, type, created or livemode are missing or not what they should be.',
  };
}
