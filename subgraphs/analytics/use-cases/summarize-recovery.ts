import type { ClickHouse } from '#subgraphs/shared/clickhouse/client.ts';
import type { UseCaseContext } from '#subgraphs/shared/db/context.ts';
import type { SystemDb } from '#subgraphs/shared/db/system.ts';
import { ValidationError } from '#subgraphs/shared/errors/errors.ts';
import { byCurrency, type CurrencyFigures } from '../domain/recovery-figures.ts';
import { cohortsOf } from '../repositories/recovery-cases.ts';
import { readShipCursor } from '../repositories/ship-cursor.ts';
import { newestShippedEvent } from '../repositories/shipped-events.ts';
import { answer } from './answer.ts';

export interface AnalyticsReads {
  readonly clickhouse: ClickHouse;
  readonly system: SystemDb;
}

export interface SummarizeRecovery {
  /** Business time, included; from the beginning when absent. */
  readonly from?: Date | null | undefined;
  /** Business time, not included; until now when absent. */
  readonly to?: Date | null | undefined;
}

export interface RecoverySummary {
  readonly currencies: readonly CurrencyFigures[];
  /** Business time of the newest event in these numbers; null before the first. */
  readonly asOf: Date | null;
  /** Whole wall seconds since nothing was left to ship: what happened longer ago is in. Null before that first happened. */
  readonly lagSeconds: number | null;
}

/** What a summary needs to know about the caller. */
export type ReadContext = Pick<UseCaseContext, 'workspaceId' | 'businessNow' | 'wall'>;

/** Before the first and after the last instant that anything here can carry. */
const BEGINNING = new Date('2000-01-01T00:00:00Z');
const END = new Date('2200-01-01T00:00:00Z');

/**
 * How the cases opened in a stretch of business time ended, per currency and month of opening.
 * @throws {ValidationError} when the stretch is empty.
 * @throws {AnalyticsUnavailableError} while ClickHouse is away; asking again later helps.
 */
export async function summarizeRecovery(
  ctx: ReadContext,
  reads: AnalyticsReads,
  input: SummarizeRecovery,
): Promise<RecoverySummary> {
  const now = await ctx.businessNow();
  const from = within(input.from ?? BEGINNING);
  // A case opened this very millisecond belongs to "until now".
  const to = within(input.to ?? new Date(now.getTime() + 1));
  if (from >= to)
    throw new ValidationError(
      'The start of the period must be before its end. Pass a later `to` or an earlier `from`.',
      'input.from',
    );
  return answer(async () => {
    // In this order: how far the log was shipped is read first, so that the figures can only be newer than they claim.
    const { levelAt } = await readShipCursor(reads.system);
    const asOf = await newestShippedEvent(reads.clickhouse, ctx.workspaceId);
    const cohorts = await cohortsOf(reads.clickhouse, ctx.workspaceId, { from, to, now });
    return { currencies: byCurrency(cohorts), asOf, lagSeconds: levelAt && secondsBetween(levelAt, ctx.wall.now()) };
  });
}

function within(instant: Date): Date {
  return new Date(Math.min(Math.max(instant.getTime(), BEGINNING.getTime()), END.getTime()));
}

function secondsBetween(earlier: Date, later: Date): number {
  return Math.max(0, Math.floor((later.getTime() - earlier.getTime()) / 1_000));
}
