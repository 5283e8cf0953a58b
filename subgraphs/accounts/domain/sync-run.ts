export type SyncRunKind = 'BACKFILL' | 'CATCH_UP' | 'COMPARISON';
export type SyncRunState = 'RUNNING' | 'SUCCEEDED' | 'PARTIAL' | 'FAILED';

/** Something that was not as it is at the provider. */
export interface Difference {
  readonly kind: string;
  readonly stripeId: string;
  /** MISSING: not in the copy. DIFFERENT: another state. GONE: the provider no longer has it. */
  readonly what: 'MISSING' | 'DIFFERENT' | 'GONE';
}

/** One pass over a connected account. */
export interface SyncRun {
  readonly workspaceId: string;
  readonly id: string;
  readonly connectionId: string;
  readonly kind: SyncRunKind;
  readonly state: SyncRunState;
  readonly jobId: string;
  readonly done: bigint;
  /** An estimate, in ten-thousandths; null when nothing can be told. */
  readonly progressBps: number | null;
  readonly apiCalls: number;
  readonly counts: Readonly<Record<string, number>>;
  readonly differences: readonly Difference[];
  readonly differing: number;
  readonly refused: Readonly<Record<string, string>>;
  /** Wall time, as the other two. */
  readonly startedAt: Date;
  readonly updatedAt: Date;
  readonly finishedAt: Date | null;
}

/** When a run that goes on as it went so far will be over; null when nothing can be told yet, or it is over. */
export function expectedEnd({ state, progressBps, startedAt, updatedAt }: SyncRun): Date | null {
  if (state !== 'RUNNING' || progressBps === null || progressBps === 0) return null;
  const tookMs = updatedAt.getTime() - startedAt.getTime();
  return new Date(updatedAt.getTime() + Math.round((tookMs * (10_000 - progressBps)) / progressBps));
}
