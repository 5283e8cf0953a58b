import type { JsonObject } from '#subgraphs/shared/json/json.ts';
import type { ObjectKind } from './kinds.ts';
import { sameContent, stateBefore } from './previous-attributes.ts';
import { compareProgress, progressOf } from './progress.ts';

/** An event about an object. `second` is Stripe's `created`, which has no finer resolution; many events share one. */
export interface EventEvidence {
  readonly source: 'EVENT';
  readonly eventId: string;
  readonly second: number;
  readonly rank: EventRank;
  readonly content: JsonObject;
  /** `previous_attributes`, which only `*.updated` events have. */
  readonly previous: JsonObject | null;
}

/**
 * A read of the API. The state is of some moment between `from` and `to`, both in Stripe's seconds: `to` is the answer's Date, `from` lies
 * before the question left. `causal` says that the question was asked after everything the row knows had been received.
 */
export interface ReadEvidence {
  readonly source: 'READ';
  readonly from: number;
  readonly to: number;
  /** Null when Stripe no longer has the object. */
  readonly content: JsonObject | null;
  readonly causal: boolean;
}

export type Evidence = EventEvidence | ReadEvidence;

/** What a row of the mirror rests on. `from` is set when it is a read. */
export interface RowVersion {
  readonly created: number;
  readonly from: number | null;
  readonly rank: EventRank;
  readonly eventId: string | null;
  readonly previous: JsonObject | null;
}

export interface MirrorState {
  readonly version: RowVersion;
  readonly content: JsonObject;
  readonly deleted: boolean;
}

/** 0: the object's first event. 2: its deletion. Neither can be overtaken within its second. */
export type EventRank = 0 | 1 | 2;

/** APPLY: the evidence is newer. STALE: older, or known already. AMBIGUOUS: only Stripe can say; the object has to be read. */
export type Verdict = 'APPLY' | 'STALE' | 'AMBIGUOUS';

// The subscription stays, canceled, and can still be edited. All other events of this name say that their object is gone, also the
// discount of customer.discount.deleted (not the customer, nor the coupon, which are not its object).
const NO_DELETIONS: ReadonlySet<string> = new Set(['customer.subscription.deleted']);
const FIRSTS: ReadonlySet<string> = new Set([
  'charge.pending',
  'payment_method.attached',
  'review.opened',
  // A session that is begun is told of to nobody; its payment may succeed or fail later.
  'checkout.session.completed',
]);

export function rankOf(eventType: string): EventRank {
  if (eventType.endsWith('.deleted') && !NO_DELETIONS.has(eventType)) return 2;
  return eventType.endsWith('.created') || FIRSTS.has(eventType) ? 0 : 1;
}

/**
 * The one rule that decides whether what came in is newer than what the mirror holds. A pure fold: whatever the order of arrival, and however
 * often an event comes, the row ends in the state of Stripe, provided that each AMBIGUOUS is answered by a read.
 */
export function decide(kind: ObjectKind, row: MirrorState | null, incoming: Evidence): Verdict {
  if (row === null) return incoming.content === null ? 'STALE' : 'APPLY';
  if (incoming.source === 'READ') return decideRead(kind, row, incoming);
  if (incoming.eventId === row.version.eventId) return 'STALE';
  return (
    decideLife(row, incoming) ??
    (row.version.from === null
      ? decideBetweenEvents(kind, row, incoming)
      : decideAfterRead(kind, row, row.version.from, incoming))
  );
}

/** The version a row has once the evidence is applied. */
export function versionAfter(row: MirrorState | null, applied: Evidence): RowVersion {
  if (applied.source === 'EVENT') {
    return {
      created: applied.second,
      from: null,
      rank: applied.rank,
      eventId: applied.eventId,
      previous: applied.previous,
    };
  }
  // A causal read is never older than the row, whatever the clocks say.
  const created = Math.max(applied.to, row?.version.created ?? 0);
  const from = row !== null && row.version.created > applied.to ? row.version.created : applied.from;
  return { created, from, rank: applied.content === null ? 2 : 1, eventId: null, previous: null };
}

/** Deletion and its opposite come before all order by time: what is gone is not brought back by an event that was late. */
function decideLife(row: MirrorState, incoming: EventEvidence): Verdict | null {
  if (row.deleted) {
    // Merchants choose some ids (products, prices) and may use one again.
    return incoming.rank === 0 && incoming.second > row.version.created ? 'APPLY' : 'STALE';
  }
  if (incoming.rank === 2) return createdAt(row.content) > incoming.second ? 'STALE' : 'APPLY';
  return null;
}

function decideBetweenEvents(kind: ObjectKind, row: MirrorState, incoming: EventEvidence): Verdict {
  const { version, content } = row;
  const order =
    incoming.second - version.created || incoming.rank - version.rank || progress(kind, incoming.content, content);
  if (order !== 0) return order > 0 ? 'APPLY' : 'STALE';
  if (sameContent(incoming.content, content)) return decideBetweenEquals(version, incoming);
  // Of x → y → x, the middle fits before the first and before the last alike, so one link is no proof while the other event is silent.
  if (version.previous === null || incoming.previous === null) return 'AMBIGUOUS';
  const follows = comesAfter(incoming.content, incoming.previous, content);
  const precedes = comesAfter(content, version.previous, incoming.content);
  if (follows === precedes) return 'AMBIGUOUS';
  return follows ? 'APPLY' : 'STALE';
}

/** Equal states: it matters only which event the row remembers, so that every order of arrival remembers the same one. */
function decideBetweenEquals(version: RowVersion, incoming: EventEvidence): Verdict {
  if (version.previous !== null && incoming.previous !== null) {
    // Two ways into one state mean that the object was in another one in between.
    if (!sameContent(version.previous, incoming.previous)) return 'AMBIGUOUS';
  } else if (version.previous !== null || incoming.previous !== null) {
    // The silent one is remembered: it may be the way back from a state that is still to come, and then a link would lead astray.
    return incoming.previous === null ? 'APPLY' : 'STALE';
  }
  return incoming.eventId < (version.eventId ?? '') ? 'APPLY' : 'STALE';
}

/**
 * The row is a read. Within its span, the event may be in it already or not. What Stripe never takes back is asked first: it needs no clock,
 * and the seconds of a read and of an event on a test clock can't be compared exactly.
 */
function decideAfterRead(kind: ObjectKind, row: MirrorState, from: number, incoming: EventEvidence): Verdict {
  const further = progress(kind, incoming.content, row.content);
  if (further !== 0) return further > 0 ? 'APPLY' : 'STALE';
  if (incoming.second > row.version.created) return 'APPLY';
  if (incoming.second < from || incoming.rank === 0) return 'STALE';
  // previous_attributes prove nothing here: of x → y → x the read may hold the last, and the late event of the first step would fit it.
  return sameContent(incoming.content, row.content) ? 'STALE' : 'AMBIGUOUS';
}

function decideRead(kind: ObjectKind, row: MirrorState, incoming: ReadEvidence): Verdict {
  if (incoming.causal) return 'APPLY';
  if (incoming.content === null) return incoming.from > row.version.created ? 'APPLY' : 'STALE';
  if (row.deleted) return createdAt(incoming.content) > row.version.created ? 'APPLY' : 'STALE';
  const further = progress(kind, incoming.content, row.content);
  if (further !== 0) return further > 0 ? 'APPLY' : 'STALE';
  const rowFrom = row.version.from ?? row.version.created;
  if (incoming.from > row.version.created) return 'APPLY';
  if (incoming.to < rowFrom) return 'STALE';
  return sameContent(incoming.content, row.content) ? 'STALE' : 'AMBIGUOUS';
}

function comesAfter(content: JsonObject, previous: JsonObject, earlier: JsonObject): boolean {
  return sameContent(stateBefore(content, previous), earlier);
}

function progress(kind: ObjectKind, incoming: JsonObject, row: JsonObject): number {
  return compareProgress(progressOf(kind, incoming), progressOf(kind, row));
}

function createdAt(content: JsonObject): number {
  const created = content['created'];
  return typeof created === 'number' ? created : 0;
}
