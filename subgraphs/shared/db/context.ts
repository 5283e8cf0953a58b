import type { Json, JsonObject } from '../json/json.ts';
import type { IdSource } from '../ids/ids.ts';
import type { Clock } from '../time/clock.ts';
import type { Logger } from '../logging/logger.ts';
import type { NewEvent, StoredEvent } from '../events/define.ts';
import type { JobContract } from '../jobs/define.ts';
import type { Counting, Metrics } from '../metrics/metrics.ts';
import type { Db, PrismaTransactionClient, Query } from './prisma.ts';

export type WorkspaceMode = 'LIVE' | 'TEST';

/** Who acts. SYSTEM is the product itself (a consumer, a timer), CUSTOMER somebody who holds a magic link. */
export interface Actor {
  readonly type: 'API_KEY' | 'OPERATOR' | 'SYSTEM' | 'CUSTOMER';
  readonly id: string;
  readonly scopes: readonly string[];
}

export interface NewTimer {
  readonly kind: string;
  /** Identity of the timer within its kind: setting it again moves it. */
  readonly key: string;
  /** Business time. */
  readonly dueAt: Date;
  readonly subjectId: string;
  readonly payload?: JsonObject;
}

export interface NewEffect {
  readonly kind: string;
  /** Identity of the effect within its kind: requested twice, carried out once. */
  readonly key: string;
  readonly subjectId: string;
  readonly payload: JsonObject;
  /** Business time before which it is not claimed. */
  readonly notBefore?: Date;
}

/**
 * Where an operator acts before there is a workspace: a scope of its own for idempotency and audit, with no workspace behind it.
 */
export const OPERATOR_SCOPE = 'ws_00000000000000000000';

/** One database transaction in one workspace. Everything asked of it happens if it commits, and not otherwise. */
export interface Tx {
  readonly db: PrismaTransactionClient;
  /** Statements of hot paths, on the connection of the transaction. */
  readonly query: Query;
  readonly workspaceId: string;
  /** Business time, fixed for the transaction. */
  readonly now: Date;
  publish(event: NewEvent): Promise<StoredEvent>;
  /** The same for many, in one statement; they are numbered in this order. */
  publishAll(events: readonly NewEvent[]): Promise<readonly StoredEvent[]>;
  setTimer(timer: NewTimer): Promise<void>;
  /** @returns how many pending timers were cancelled. */
  cancelTimers(which: { kind: string; subjectId: string }): Promise<number>;
  requestEffect(effect: NewEffect): Promise<{ effectId: string; created: boolean }>;
  /** Drops effects that nobody has claimed yet. @returns how many. */
  dropEffects(which: { kind: string; subjectId: string }): Promise<number>;
  enqueueJob<P>(
    contract: JobContract<P>,
    payload: P,
    options?: { uniqueKey?: string },
  ): Promise<{ jobId: string; created: boolean }>;
  /** Something changed that nobody announces: the audit calls the mutation DONE. */
  changed(subjectId: string): void;
  /** Tells the workers after the commit that a lane of this workspace has work. */
  wake(lane: string): void;
  /** As `metrics.count`, if this transaction commits: a figure counts facts. */
  readonly count: Counting['count'];
  /** Answers how to take back what is counted from now on: for whoever rolls back to a savepoint. */
  countsFromHere(): () => void;
  /** This same transaction, for what another event is the cause of. */
  causedBy(causationId: string): Tx;
  /** Runs `fn` in another workspace within this same transaction (a LIVE/TEST pair is created at once). */
  inWorkspace<T>(workspaceId: string, fn: (tx: Tx) => Promise<T>): Promise<T>;
}

/** What every use case gets: who acts where, and the one way to write. */
export interface UseCaseContext {
  readonly workspaceId: string;
  readonly mode: WorkspaceMode;
  readonly actor: Actor;
  readonly requestId: string;
  readonly wall: Clock;
  readonly ids: IdSource;
  readonly log: Logger;
  readonly metrics: Metrics;
  /** Reads that need no transaction. Row-level security shows one workspace. */
  readonly db: Db;
  /** The same for statements of hot paths. */
  readonly query: Query;
  businessNow(): Promise<Date>;
  /**
   * One verb, one transaction; inside a running one it joins. Writes the mutation's audit row, settles its Idempotency-Key and wakes the
   * workers after the commit. No network inside.
   */
  transaction<T>(fn: (tx: Tx) => Promise<T>): Promise<T>;
  /** The same caller in another workspace: for verbs that make workspaces. */
  forWorkspace(workspaceId: string, mode: WorkspaceMode): UseCaseContext;
  /** The same caller, carrying out one mutation: its transactions are audited and, with a key, idempotent. */
  forMutation(mutation: Mutation): UseCaseContext & { refused(error: { code: string }): Promise<void> };
}

export interface Mutation {
  readonly name: string;
  readonly input: Json;
  readonly idempotency?: { readonly key: string; readonly fingerprint: string };
}
