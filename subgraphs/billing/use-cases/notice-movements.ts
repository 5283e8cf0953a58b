import { groupBy } from '#subgraphs/shared/batching/group-by.ts';
import type { Tx, UseCaseContext } from '#subgraphs/shared/db/context.ts';
import type { Columns } from '../domain/columns.ts';
import { hastenLedger } from '../repositories/ledger-schedule.ts';
import { movementsIn } from '../stripe/normalise/movements.ts';
import type { Step } from './fold-sightings.ts';

/** One reading for all that comes in within this time: a call for each charge would cost as many as there are charges. */
const TOGETHER_MS = 30_000;

/**
 * No event tells of a balance transaction. What names a new one, and a payout whose transactions can be listed now, says that the ledger is to
 * be read.
 */
export async function noticeMovements(ctx: UseCaseContext, tx: Tx, steps: readonly Step[]): Promise<void> {
  const news = steps.flatMap((step) => {
    const from = movedSince(step);
    return step.after !== null && (from !== null || isListable(step))
      ? [{ connectionId: step.after.connectionId, from }]
      : [];
  });
  const at = new Date(ctx.wall.now().getTime() + TOGETHER_MS);
  for (const [connectionId, of] of groupBy(news, (each) => each.connectionId)) {
    const times = of.flatMap(({ from }) => from?.getTime() ?? []);
    const from = times.length === 0 ? null : new Date(times.reduce((least, time) => Math.min(least, time)));
    await hastenLedger(tx.db, ctx.workspaceId, connectionId, { at, from });
  }
}

/** Since when the balance has moved; null when it did not. A reading of the account reads all transactions itself, after what names them. */
function movedSince({ verdict, origin, before, after, at }: Step): Date | null {
  if (verdict !== 'APPLY' || after === null || origin === 'BACKFILL') return null;
  const known = before === null ? [] : movementsIn(before.content);
  return movementsIn(after.content).some((id) => !known.includes(id)) ? at : null;
}

function isListable({ kind, verdict, after }: Step): boolean {
  if (kind !== 'payout' || verdict !== 'APPLY' || after === null) return false;
  const { listableAs, listedAs } = after.columns as Columns<'payout'>;
  return typeof listableAs === 'string' && listableAs !== listedAs;
}
