import { createAmbient } from '../ambient/ambient.ts';
import { recordAudit } from '../audit/audit.ts';
import type { Vault } from '../crypto/vault.ts';
import { claimIdempotencyKey, keepAnswer } from '../idempotency/claim.ts';
import type { IdSource } from '../ids/ids.ts';
import type { Logger } from '../logging/logger.ts';
import type { Metrics } from '../metrics/metrics.ts';
import type { Clock } from '../time/clock.ts';
import type { Actor, Mutation, Tx, UseCaseContext, WorkspaceMode } from './context.ts';
import type { Database, Db, PrismaTransactionClient, Query } from './prisma.ts';
import { scopedReads } from './scoped-reads.ts';
import { type Ledger, newLedger, transactionOver } from './transaction.ts';
import { inWorkspace } from './workspace-scope.ts';

/** Tells the workers that a lane of a workspace has work. May fail: the rows are the truth and the sweeper finds them. */
export type Wake = (lane: string, workspaceId: string, detail?: string) => Promise<void>;

export interface ContextDeps {
  readonly database: Database;
  readonly wall: Clock;
  readonly ids: IdSource;
  readonly log: Logger;
  readonly vault: Vault;
  readonly wake: Wake;
  readonly metrics: Metrics;
}

export interface ContextOptions {
  readonly workspaceId: string;
  readonly mode: WorkspaceMode;
  readonly actor: Actor;
  readonly requestId: string;
  /** The event, timer or effect that caused this work, for the log. */
  readonly causationId?: string;
}

interface Running {
  readonly tx: Tx;
  readonly workspaceId: string;
  readonly causationId: string | undefined;
}

const running = createAmbient<Running>('transaction');

const TEST_NOW = 'SELECT test_now FROM kernel.workspace_clock WHERE workspace_id = $1';

async function readBusinessNow(query: Query, workspaceId: string, mode: WorkspaceMode, wall: Clock): Promise<Date> {
  if (mode === 'LIVE') return wall.now();
  const [clock] = await query<{ test_now: Date | null }>(TEST_NOW, [workspaceId]);
  return clock?.test_now ?? wall.now();
}

export function createUseCaseContext(deps: ContextDeps, options: ContextOptions): UseCaseContext {
  return contextFor(deps, options, undefined);
}

type MutationContext = UseCaseContext & { refused(error: { code: string }): Promise<void> };

function contextFor(deps: ContextDeps, options: ContextOptions, mutation: Mutation | undefined): MutationContext {
  const { database, wall, ids, log, vault, metrics } = deps;
  const { workspaceId, mode, actor, requestId } = options;
  // Transactions of one mutation are numbered: each has its own answer under the Idempotency-Key, so a repeat resumes where it broke off.
  let ordinal = 0;
  let reads: Db | undefined;
  const ownReads = (): Db => (reads ??= scopedReads(database, workspaceId));

  async function wakeAll(ledger: Ledger): Promise<void> {
    for (const [lane, where, detail] of ledger.wakes.values()) {
      try {
        await deps.wake(lane, where, detail);
      } catch (error) {
        log.warn({ err: error, lane }, 'could not wake a lane; the sweeper will');
      }
    }
  }

  /** What a context announces inside of another's transaction has its own cause. */
  function joined({ tx, causationId }: Running): Tx {
    const { causationId: own } = options;
    return own === undefined || own === causationId ? tx : tx.causedBy(own);
  }

  async function transaction<T>(fn: (tx: Tx) => Promise<T>): Promise<T> {
    const outer = running.get();
    if (outer?.workspaceId === workspaceId) return fn(joined(outer));
    const ledger = newLedger();
    ordinal += 1;
    const claim = mutation?.idempotency && {
      ...mutation.idempotency,
      key: `${mutation.idempotency.key}#${String(ordinal)}`,
    };
    const result = await inWorkspace(workspaceId, () =>
      database.transaction(async (db, query) => {
        if (claim) {
          const replay = await claimIdempotencyKey(db, { workspaceId, ...claim, now: wall.now(), vault });
          if (replay) return replay.answer as T;
        }
        const now = await readBusinessNow(query, workspaceId, mode, wall);
        const tx = transactionOver({
          db,
          query,
          workspaceId,
          now,
          wall,
          ids,
          actor,
          causationId: options.causationId,
          ledger,
        });
        const answer = await running.run({ tx, workspaceId, causationId: options.causationId }, () => fn(tx));
        if (mutation) await audit(db, mutation, ledger.changes > 0 ? 'DONE' : 'UNCHANGED', ledger.subjectId);
        if (claim) await keepAnswer(db, { workspaceId, key: claim.key, answer, vault });
        return answer;
      }),
    );
    for (const move of ledger.counts) move(metrics);
    await wakeAll(ledger);
    return result;
  }

  async function audit(
    db: PrismaTransactionClient,
    of: Mutation,
    outcome: 'DONE' | 'UNCHANGED' | 'REFUSED',
    targetId?: string,
    refusalCode?: string,
  ): Promise<void> {
    if (outcome !== 'REFUSED' && ordinal > 1) return;
    await recordAudit(db, {
      id: ids.next('aud'),
      workspaceId,
      action: of.name,
      outcome,
      actor,
      targetId,
      refusalCode,
      input: of.input,
      requestId,
      occurredAt: wall.now(),
    });
  }

  return {
    workspaceId,
    mode,
    actor,
    requestId,
    wall,
    ids,
    log,
    metrics,
    get db(): Db {
      const outer = running.get();
      if (outer?.workspaceId === workspaceId) return outer.tx.db;
      return ownReads();
    },
    query: (sql, values) => {
      const outer = running.get();
      if (outer?.workspaceId === workspaceId) return outer.tx.query(sql, values);
      return inWorkspace(workspaceId, () => database.query(sql, values));
    },
    businessNow: () => inWorkspace(workspaceId, () => readBusinessNow(database.query, workspaceId, mode, wall)),
    transaction,
    forWorkspace: (other, otherMode) => contextFor(deps, { ...options, workspaceId: other, mode: otherMode }, mutation),
    forMutation: (of) => contextFor(deps, options, of),
    refused: async (error) => {
      if (!mutation || workspaceId === '') return;
      await inWorkspace(workspaceId, async () => {
        await audit(database.prisma, mutation, 'REFUSED', undefined, error.code);
      });
    },
  };
}
