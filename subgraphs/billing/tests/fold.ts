import type { JsonObject } from '#subgraphs/shared/json/json.ts';
import type { ObjectKind } from '../domain/kinds.ts';
import {
  decide,
  type Evidence,
  type EventEvidence,
  type MirrorState,
  rankOf,
  versionAfter,
} from '../domain/ordering.ts';

/** One event as Stripe would send it. */
export interface SentEvent {
  readonly id: string;
  readonly type: string;
  readonly created: number;
  readonly object: JsonObject;
  readonly previous: JsonObject | null;
}

let count = 0;
/** One event; created after all that were made before it, which its id says. */
export const sent = (
  type: string,
  created: number,
  object: JsonObject,
  previous: JsonObject | null = null,
): SentEvent => ({
  id: `evt_${String((count += 1)).padStart(6, '0')}`,
  type,
  created,
  object: { created: 1, ...object },
  previous,
});

export function permutations<T>(items: readonly T[]): T[][] {
  if (items.length <= 1) return [[...items]];
  return items.flatMap((item, index) => permutations(items.toSpliced(index, 1)).map((rest) => [item, ...rest]));
}

/** Folds in this order, each event twice, rereading at the end. */
export function fold(kind: ObjectKind, arrivals: readonly SentEvent[], truth: JsonObject | null): FoldedRow {
  const row = new FoldedRow(kind);
  for (const arrival of arrivals) {
    row.take(evidenceOf(arrival));
    row.take(evidenceOf(arrival));
  }
  row.settle(truth, Math.max(...arrivals.map(({ created }) => created)) + 2);
  return row;
}

export const evidenceOf = (event: SentEvent): EventEvidence => ({
  source: 'EVENT',
  eventId: event.id,
  second: event.created,
  rank: rankOf(event.type),
  content: event.object,
  previous: event.previous,
});

/** A row of the mirror without its database: folds evidence, and asks the oracle (Stripe as it is now; null when deleted) where it has to. */
export class FoldedRow {
  state: MirrorState | null = null;
  rereads = 0;
  private doubtful = false;
  private readonly kind: ObjectKind;

  constructor(kind: ObjectKind) {
    this.kind = kind;
  }

  take(evidence: Evidence): void {
    const verdict = decide(this.kind, this.state, evidence);
    if (verdict === 'AMBIGUOUS') this.doubtful = true;
    if (verdict !== 'APPLY') return;
    const version = versionAfter(this.state, evidence);
    const content = evidence.content ?? this.state?.content;
    if (content !== undefined) this.state = { version, content, deleted: version.rank === 2 };
  }

  /** What the reread job does, at a moment at which it can: `now` is Stripe's second. */
  settle(oracle: JsonObject | null, now: number): void {
    if (!this.doubtful) return;
    this.doubtful = false;
    this.rereads += 1;
    this.take({ source: 'READ', from: now - 1, to: now, content: oracle, causal: true });
  }
}
