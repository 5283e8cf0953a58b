import type { ZodType } from 'zod';
import type { Json } from '../json/json.ts';
import type { UseCaseContext } from '../db/context.ts';

/**
 * Lanes that carry jobs. Journeys of test clocks have one to themselves: they wait for the other work of their workspace, jobs too, and in one
 * lane a few of them would hold every place that this work needs.
 */
export const JOB_QUEUES = ['jobs', 'clocks'] as const;
export type JobQueue = (typeof JOB_QUEUES)[number];

export interface JobContract<P> {
  readonly kind: string;
  readonly queue: JobQueue;
  readonly payload: ZodType<P>;
  /**
   * How often it may fail without getting on. A refusal is the job's result and no failure, a provider's absence and the death of a worker
   * cost none.
   */
  readonly attempts: number;
}

export interface JobProgress {
  readonly done: number;
  readonly total?: number;
  readonly message?: string;
  /** Where to go on after a crash. */
  readonly checkpoint?: Json;
}

export interface RunningJob<P> {
  readonly id: string;
  readonly payload: P;
  readonly checkpoint: Json | null;
  report(progress: JobProgress): Promise<void>;
}

export interface JobHandler<P = unknown> {
  readonly contract: JobContract<P>;
  /** Carries the work out, from the checkpoint if there is one. What it returns is shown as the job's result. */
  run(ctx: UseCaseContext, job: RunningJob<P>): Promise<Json | undefined>;
}

export function defineJob<P>(contract: JobContract<P>): JobContract<P> {
  return contract;
}

/** Forgets the payload's type so that handlers of different jobs fit one list; the payload is parsed by the contract before `run`. */
export function jobHandler<P>(handler: JobHandler<P>): JobHandler {
  return handler;
}
