import { groupBy } from '#subgraphs/shared/batching/group-by.ts';
import type { NewEvent } from '#subgraphs/shared/events/define.ts';
import { sameContent } from '../domain/previous-attributes.ts';
import { factsOf } from '../domain/object-facts.ts';
import { mirrorChanged } from '../events.ts';
import type { Step } from './fold-sightings.ts';

/** That a read found what was known already is no change. */
function isNews({ verdict, evidence, before, after }: Step): boolean {
  if (verdict !== 'APPLY') return false;
  if (evidence.source === 'EVENT' || before === null || after === null) return true;
  return before.deleted !== after.deleted || !sameContent(before.content, after.content);
}

/** What the steps have changed, as one event for each connection: an event for each object would cost as much as keeping it. */
export function changesOf(steps: readonly Step[]): readonly NewEvent[] {
  const applied = steps.flatMap((step) => (step.after !== null && isNews(step) ? [step.after] : []));
  const kinds = new Map(steps.flatMap(({ kind, after }) => (after === null ? [] : [[after.id, kind] as const])));
  return [...groupBy(applied, ({ connectionId }) => connectionId)].map(([connectionId, rows]) =>
    mirrorChanged({
      subjectId: connectionId,
      payload: {
        changes: rows.map((row) => {
          const { amountMinor, ...facts } = factsOf(row.columns);
          return {
            kind: kinds.get(row.id) ?? '',
            id: row.id,
            stripeId: row.stripeId,
            account: row.account,
            createdAt: row.stripeCreatedAt.toISOString(),
            at: new Date(row.version.created * 1000).toISOString(),
            deleted: row.deleted,
            ...facts,
            amountMinor: amountMinor === null ? null : String(amountMinor),
          };
        }),
      },
    }),
  );
}
