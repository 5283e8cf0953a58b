import type { Json } from '#subgraphs/shared/json/json.ts';

export type JobState = 'QUEUED' | 'RUNNING' | 'SUCCEEDED' | 'FAILED';

export interface Job {
  readonly workspaceId: string;
  readonly id: string;
  readonly kind: string;
  readonly state: JobState;
  readonly done: bigint;
  readonly total: bigint | null;
  readonly message: string | null;
  /** What the work ended with; its shape depends on the kind. */
  readonly result: Json | null;
  /** Why it failed, fit for a customer. */
  readonly error: string | null;
  readonly createdAt: Date;
  readonly startedAt: Date | null;
  readonly finishedAt: Date | null;
}

export const isFinished = (state: JobState): boolean => state === 'SUCCEEDED' || state === 'FAILED';
