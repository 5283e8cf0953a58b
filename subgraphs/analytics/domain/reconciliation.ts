import type { MirrorDifference } from './mirror-difference.ts';

/** One comparison of ClickHouse with PostgreSQL, when it is over. */
export interface Reconciliation {
  readonly workspaceId: string;
  readonly id: string;
  readonly jobId: string;
  readonly askedByType: string;
  readonly askedById: string;
  /** The kind of object that was compared; null: all kinds. */
  readonly kind: string | null;
  readonly objects: number;
  readonly groups: number;
  readonly differing: number;
  readonly repaired: number;
  /** The first hundred. */
  readonly differences: readonly MirrorDifference[];
  /** Wall time, as the other. */
  readonly startedAt: Date;
  readonly finishedAt: Date;
}
