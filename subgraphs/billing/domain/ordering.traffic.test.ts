import { expect, it } from '@jest/globals';
import { sha256Hex } from '#subgraphs/shared/crypto/crypto.ts';
import type { JsonObject } from '#subgraphs/shared/json/json.ts';
import { evidenceOf, FoldedRow } from '../tests/fold.ts';
import { type Delivered, generateTraffic, trafficGenerator } from '../tests/stripe-traffic.ts';
import { isMirrorKind, type MirrorKind } from './kinds.ts';
import { rankOf } from './ordering.ts';

const generator = trafficGenerator();

/** A plan and its price have the same id, and a coupon's may be the same in several accounts and in both modes. */
const keyOf = (
  whose: { account?: string | null | undefined; livemode: boolean },
  object: unknown,
  id: unknown,
): string => [whose.account ?? 'own', whose.livemode, object, id].join(' ');
const keyIn = (event: Delivered): string => keyOf(event, event.data.object['object'], event.data.object['id']);

/** Stripe's own view: `rev` counts the changes of an object, which only Stripe may know. Null for an object that was deleted. */
function truthOf(deliveries: readonly Delivered[]): ReadonlyMap<string, JsonObject | null> {
  const last = new Map<string, { rev: number; event: Delivered }>();
  for (const event of deliveries) {
    const id = keyIn(event);
    const rev = Number((event.data.object['metadata'] as JsonObject | undefined)?.['rev']);
    if (rev >= (last.get(id)?.rev ?? 0)) last.set(id, { rev, event });
  }
  return new Map([...last].map(([id, { event }]) => [id, rankOf(event.type) === 2 ? null : event.data.object]));
}

const SEEDS = Array.from({ length: 20 }, (_, index) => index + 1);
const RUNS = SEEDS.flatMap((seed) =>
  (['core', 'full'] as const).flatMap((profile) =>
    (['endive', 'legacy'] as const).map((shape) => ({ seed, profile, shape })),
  ),
);

/** The rows that these deliveries end in, taken in this order. */
function folded(
  deliveries: readonly Delivered[],
  truth: ReadonlyMap<string, JsonObject | null>,
): ReadonlyMap<string, FoldedRow> {
  const rows = new Map<string, FoldedRow>();
  for (const event of deliveries) {
    const { id: eventId, type, created, data } = event;
    const id = keyIn(event);
    const row = rows.get(id) ?? new FoldedRow(data.object['object'] as MirrorKind);
    rows.set(id, row);
    row.take(
      evidenceOf({ id: eventId, type, created, object: data.object, previous: data.previous_attributes ?? null }),
    );
    row.settle(truth.get(id) ?? null, created + 3);
  }
  return rows;
}

const shuffled = <T extends { readonly id: string }>(items: readonly T[]): T[] =>
  items.toSorted((a, b) => sha256Hex(a.id).localeCompare(sha256Hex(b.id)));

(generator === null ? it.skip : it).each(RUNS)(
  'generated traffic (seed $seed, $profile, $shape), late, doubled and in any order, ends with no object wrong',
  ({ seed, shape, profile }) => {
    const traffic = { events: 800, seed, shape, profile, late: 0.2, dup: 0.2 };
    const { deliveries, expected } = generateTraffic(generator ?? '', traffic);
    const ours = deliveries.filter(
      ({ data }) => isMirrorKind(data.object['object']) && typeof data.object['id'] === 'string',
    );
    const truth = truthOf(ours);
    for (const order of [ours, ours.toReversed(), shuffled(ours)]) {
      const rows = folded(order, truth);
      const wrong = expected
        .filter(({ object }) => isMirrorKind(object))
        .filter(({ object, id, rev, deleted, ...whose }) => {
          const state = rows.get(keyOf(whose, object, id))?.state;
          if (state === undefined || state === null) return true;
          return deleted ? !state.deleted : state.deleted || (state.content['metadata'] as JsonObject)['rev'] !== rev;
        });
      expect(wrong).toEqual([]);
      const rereads = [...rows.values()].reduce((sum, row) => sum + row.rereads, 0);
      // Asking Stripe is for what can't be told, not for what is tedious to tell.
      expect(rereads).toBeLessThan(rows.size / 25);
    }
  },
);
