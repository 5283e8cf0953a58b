import type { Span } from '@opentelemetry/api';
import type { Tx, UseCaseContext } from '../db/context.ts';
import type { WorkerContexts } from '../db/contexts.ts';
import type { SystemDb } from '../db/system.ts';
import { ProviderUnavailableError } from '../errors/errors.ts';
import { retryAt } from '../jobs/backoff.ts';
import { BrokenOffTooOften, refuseIfBrokenOffTooOften } from '../jobs/broken-off.ts';
import { type DeathWatch, heldUntil } from '../jobs/death-watch.ts';
import type { Lane } from '../jobs/lane.ts';
import { LostClaim } from '../jobs/lost-claim.ts';
import { isOutage, takenUpAt } from '../jobs/outage.ts';
import type { Json } from '../json/json.ts';
import type { Logger } from '../logging/logger.ts';
import { crashpoint } from '../testing/crashpoint.ts';
import type { Clock } from '../time/clock.ts';
import { failed, inSpan } from '../tracing/span.ts';
import type { ClaimedEffect, EffectHandler } from './define.ts';

/** Lookups that answer nothing useful are given up after this many; the effect stays UNKNOWN, is shown, and is never resent. */
const MAX_ATTEMPTS = 12;

export interface EffectDeps {
  readonly handlers: readonly EffectHandler[];
  readonly contexts: WorkerContexts;
  readonly system: SystemDb;
  readonly wall: Clock;
  readonly log: Logger;
  /** A claim that is older than its lease is taken for a crash and looked up. */
  readonly watch: DeathWatch;
}

interface EffectRow {
  id: string;
  kind: string;
  key: string;
  subject_id: string;
  payload: Json;
  idempotency_key: string;
  state: 'PENDING' | 'CLAIMED' | 'UNKNOWN';
  claimed_at: Date | null;
  attempts: number;
  trace_parent: string | null;
  /** Those of the attempts that count for nothing: the provider was away, or their worker died. */
  postponed: number;
  interruptions: number;
}

/** Work on an effect: the row as claimed, its handler, and what the handler sees. */
interface Claim {
  readonly row: EffectRow;
  readonly handler: EffectHandler;
  readonly effect: ClaimedEffect<unknown>;
}

export function effectLane(deps: EffectDeps): Lane {
  return {
    name: 'effects',
    drain: async (workspaceId) => {
      const ctx = await deps.contexts.of(workspaceId, 'effects');
      for (let claim = await claimNext(deps, ctx); claim !== undefined; claim = await claimNext(deps, ctx)) {
        if (claim !== 'AGAIN') await carryOut(deps, await deps.contexts.of(workspaceId, claim.row.id), claim);
      }
    },
    due: async () =>
      (
        await deps.system.query<{ workspace_id: string }>(
          `SELECT DISTINCT e.workspace_id FROM kernel.effect e JOIN kernel.workspace_clock c USING (workspace_id)
           WHERE (e.state IN ('PENDING', 'UNKNOWN') OR (e.state = 'CLAIMED' AND e.lease_until <= $1))
             AND (e.next_attempt_at IS NULL OR e.next_attempt_at <= $1) AND (e.not_before IS NULL OR e.not_before <= coalesce(c.test_now, $1))`,
          [deps.wall.now()],
        )
      ).map((row) => ({ workspaceId: row.workspace_id })),
  };
}

/** Takes the next effect that is due under a lease. 'AGAIN' when this one is not to be sent now and there may be more. */
async function claimNext(deps: EffectDeps, ctx: UseCaseContext): Promise<Claim | 'AGAIN' | undefined> {
  let considered: EffectRow | undefined;
  try {
    const claim = await ctx.transaction(async (tx) => {
      const row = await nextDue(deps, tx);
      considered = row;
      if (row && (await noteIfSuspect(deps, tx, row))) return { noted: row };
      return row && decide(deps, ctx, tx, row);
    });
    const decided = typeof claim === 'object' && 'noted' in claim ? await claimNoted(deps, ctx, claim.noted) : claim;
    if (typeof decided === 'object') crashpoint('effects.after-claim');
    return decided;
  } catch (error) {
    // An effect that can't even be considered steps back, so that those behind it get their turn.
    if (!considered) throw error;
    await stepBack(deps, ctx, considered, error);
    return 'AGAIN';
  }
}

async function nextDue(deps: EffectDeps, tx: Tx): Promise<EffectRow | undefined> {
  const wall = deps.wall.now();
  const [row] = await tx.db.$queryRaw<EffectRow[]>`
    SELECT id, kind, key, subject_id, payload, idempotency_key, state, claimed_at, attempts, postponed, interruptions, trace_parent FROM kernel.effect
    WHERE workspace_id = ${tx.workspaceId} AND (state IN ('PENDING', 'UNKNOWN') OR (state = 'CLAIMED' AND lease_until <= ${wall}))
      AND (next_attempt_at IS NULL OR next_attempt_at <= ${wall}) AND (not_before IS NULL OR not_before <= ${tx.now})
    ORDER BY requested_at, id LIMIT 1 FOR UPDATE SKIP LOCKED`;
  return row;
}

/**
 * What is only to be considered yet leaves no claim when it ends its worker: so it is noted as taken (see DeathWatch), in a transaction of its
 * own, and is nobody else's until the lease is over.
 */
async function noteIfSuspect({ watch, wall }: EffectDeps, tx: Tx, row: EffectRow): Promise<boolean> {
  if (row.state !== 'PENDING' || (row.interruptions === 0 && !watch.diedLately())) return false;
  await tx.db.$executeRaw`
    UPDATE kernel.effect SET interruptions = interruptions + 1, next_attempt_at = ${heldUntil(watch, wall.now(), row.interruptions)} WHERE workspace_id = ${tx.workspaceId} AND id = ${row.id}`;
  return true;
}

async function claimNoted(deps: EffectDeps, ctx: UseCaseContext, row: EffectRow): Promise<Claim | 'AGAIN'> {
  return ctx.transaction(async (tx) => {
    const still = await tx.db.$queryRaw<unknown[]>`
      SELECT FROM kernel.effect WHERE workspace_id = ${tx.workspaceId} AND id = ${row.id} AND state = 'PENDING' AND attempts = ${row.attempts} FOR UPDATE`;
    return still.length === 0 ? 'AGAIN' : decide(deps, ctx, tx, row);
  });
}

/** One that is found CLAIMED lost its worker: that costs it none of its attempts, and is counted apart. */
function takenOver(row: EffectRow): EffectRow {
  if (row.state !== 'CLAIMED') return row;
  return { ...row, interruptions: row.interruptions + 1, postponed: row.postponed + 1 };
}

/** Claims the effect, unless its handler says that it is not wanted, or not now. */
async function decide(deps: EffectDeps, ctx: UseCaseContext, tx: Tx, found: EffectRow): Promise<Claim | 'AGAIN'> {
  const wall = deps.wall.now();
  const row = takenOver(found);
  refuseIfBrokenOffTooOften(row.interruptions, row.claimed_at === null ? '' : '. It may have happened');
  const handler = deps.handlers.find((candidate) => candidate.kind === row.kind);
  if (!handler) throw new Error(`No handler for effects of kind ${row.kind}`);
  const effect: ClaimedEffect<unknown> = {
    id: row.id,
    key: row.key,
    subjectId: row.subject_id,
    payload: handler.payload.parse(row.payload),
    idempotencyKey: row.idempotency_key,
    claimedAt: row.claimed_at ?? wall,
  };
  const wanted = row.state === 'PENDING' ? await (handler.claim?.(ctx, effect) ?? 'SEND') : 'SEND';
  if (wanted === 'DROP') {
    await tx.db.$executeRaw`
      UPDATE kernel.effect SET state = 'DROPPED', finished_at = ${wall} WHERE workspace_id = ${tx.workspaceId} AND id = ${row.id}`;
    tx.count('effects_total', { kind: row.kind, outcome: 'dropped' });
    return 'AGAIN';
  }
  if (wanted !== 'SEND') {
    await tx.db.$executeRaw`
      UPDATE kernel.effect SET not_before = ${wanted.deferUntil}, interruptions = ${row.interruptions}, next_attempt_at = NULL WHERE workspace_id = ${tx.workspaceId} AND id = ${row.id}`;
    tx.count('effects_total', { kind: row.kind, outcome: 'deferred' });
    return 'AGAIN';
  }
  await tx.db.$executeRaw`
    UPDATE kernel.effect SET state = 'CLAIMED', claimed_at = coalesce(claimed_at, ${wall}), lease_until = ${heldUntil(deps.watch, wall, row.interruptions)}, attempts = attempts + 1,
           postponed = ${row.postponed}, interruptions = ${row.interruptions}
    WHERE workspace_id = ${tx.workspaceId} AND id = ${row.id}`;
  return { row, handler, effect };
}

async function stepBack(deps: EffectDeps, ctx: UseCaseContext, row: EffectRow, error: unknown): Promise<void> {
  const attempts = row.attempts + 1;
  const final = error instanceof BrokenOffTooOften || attempts - row.postponed >= MAX_ATTEMPTS;
  deps.log[final ? 'error' : 'warn'](
    { err: error, effectId: row.id, kind: row.kind, attempts },
    'effect could not be claimed',
  );
  await ctx.transaction(async (tx) => {
    const stepped = await tx.db.$executeRaw`
      UPDATE kernel.effect SET state = ${final ? 'FAILED' : row.state}, attempts = ${attempts}, interruptions = ${row.interruptions}, last_error = ${String(error).slice(0, 2_000)}, next_attempt_at = ${retryAt(deps.wall.now(), attempts)}
      WHERE workspace_id = ${ctx.workspaceId} AND id = ${row.id} AND state = ${row.state} AND attempts = ${row.attempts}`;
    if (stepped !== 1 || !final) return;
    tx.count('effects_total', { kind: row.kind, outcome: 'failed' });
    await tellGivenUp(deps, ctx, row);
  });
}

async function tellGivenUp(deps: EffectDeps, ctx: UseCaseContext, row: EffectRow): Promise<void> {
  const handler = deps.handlers.find(({ kind }) => kind === row.kind);
  await handler?.giveUp?.(ctx, { id: row.id, key: row.key, subjectId: row.subject_id });
}

/** A context whose transactions hold only while the claim does: a holder that was taken for dead writes nothing any more. */
function fenced(ctx: UseCaseContext, row: EffectRow): UseCaseContext {
  const transaction: UseCaseContext['transaction'] = (fn) =>
    ctx.transaction(async (tx) => {
      const held = await tx.db.$queryRaw<unknown[]>`
        SELECT FROM kernel.effect WHERE workspace_id = ${ctx.workspaceId} AND id = ${row.id} AND state = 'CLAIMED' AND attempts = ${row.attempts + 1} FOR UPDATE`;
      if (held.length === 0) throw new LostClaim();
      return fn(tx);
    });
  return Object.create(ctx, { transaction: { value: transaction } }) as UseCaseContext;
}

/** In the trace of whoever asked for the effect. */
async function carryOut(deps: EffectDeps, plain: UseCaseContext, claim: Claim): Promise<void> {
  const { kind, id, attempts, trace_parent: parent } = claim.row;
  const attributes = { 'oppulence.effect.id': id, 'oppulence.effect.attempt': attempts + 1 };
  await inSpan({ name: `effect ${kind}`, attributes, parent }, (span) => sendOrLookUp(deps, plain, claim, span));
}

async function sendOrLookUp(deps: EffectDeps, plain: UseCaseContext, claim: Claim, span: Span): Promise<void> {
  const { row, handler, effect } = claim;
  const ctx = fenced(plain, row);
  const renew = setInterval(() => void renewLease(deps, plain, row).catch(() => undefined), deps.watch.leaseMs / 3);
  try {
    // Claimed before by somebody who didn't live to tell: ask the provider, don't send.
    if (row.state !== 'PENDING') {
      const found = await handler.lookup(ctx, effect);
      if (found.sent === 'UNKNOWABLE') {
        await leaveUnknown(deps, ctx, claim);
        return;
      }
      if (found.sent) {
        await settle(deps, ctx, claim, found.outcome);
        return;
      }
    }
    const outcome = await handler.send(ctx, effect);
    crashpoint('effects.after-send');
    await settle(deps, ctx, claim, outcome);
  } catch (error) {
    failed(span, error);
    if (error instanceof LostClaim)
      deps.log.warn({ effectId: row.id, kind: row.kind }, 'another worker took this effect over');
    else await markUnknown(deps, plain, claim, error);
  } finally {
    clearInterval(renew);
  }
}

async function renewLease(deps: EffectDeps, ctx: UseCaseContext, row: EffectRow): Promise<void> {
  await ctx.transaction(async (tx) => {
    await tx.db.$executeRaw`
      UPDATE kernel.effect SET lease_until = ${heldUntil(deps.watch, deps.wall.now(), row.interruptions)}
      WHERE workspace_id = ${ctx.workspaceId} AND id = ${row.id} AND state = 'CLAIMED' AND attempts = ${row.attempts + 1}`;
  });
}

async function settle(
  deps: EffectDeps,
  ctx: UseCaseContext,
  { handler, effect }: Claim,
  outcome: unknown,
): Promise<void> {
  await ctx.transaction(async (tx) => {
    // Before the effect is DONE: what the handler writes is fenced by the claim.
    await handler.settle(ctx, effect, outcome);
    await tx.db.$executeRaw`
      UPDATE kernel.effect SET state = 'DONE', outcome = ${JSON.stringify(outcome ?? null)}::jsonb, finished_at = ${deps.wall.now()}, last_error = NULL, lease_until = NULL
      WHERE workspace_id = ${ctx.workspaceId} AND id = ${effect.id}`;
    tx.count('effects_total', { kind: handler.kind, outcome: 'done' });
  });
  crashpoint('effects.after-settle');
}

/** The receiver can't be asked, so asking again would help nobody: FAILED is where an operator finds it. */
async function leaveUnknown(deps: EffectDeps, ctx: UseCaseContext, { row, handler, effect }: Claim): Promise<void> {
  await ctx.transaction(async (tx) => {
    await handler.leaveUnknown?.(ctx, effect);
    await tx.db.$executeRaw`
      UPDATE kernel.effect SET state = 'FAILED', finished_at = ${deps.wall.now()}, last_error = 'It may have happened, and the receiver cannot be asked', lease_until = NULL
      WHERE workspace_id = ${ctx.workspaceId} AND id = ${effect.id}`;
  });
  deps.log.error(
    { effectId: row.id, kind: row.kind },
    'nobody will know whether this effect happened; it is not sent again',
  );
}

const COUNTED_AS = { FAILED: 'failed', PENDING: 'deferred', UNKNOWN: 'unknown' } as const;

/**
 * Nobody knows whether it happened, unless the call was held back: then it certainly did not, and a first attempt is taken back, so that
 * its handler decides anew whether it is still wanted when the provider is there again.
 */
async function markUnknown(
  deps: EffectDeps,
  ctx: UseCaseContext,
  { row, effect }: Claim,
  error: unknown,
): Promise<void> {
  const now = deps.wall.now();
  const attempts = row.attempts + 1;
  const outage = isOutage(error, effect.claimedAt, now);
  const postponed = row.postponed + (outage ? 1 : 0);
  const final = attempts - postponed >= MAX_ATTEMPTS;
  const untouched = row.state === 'PENDING' && error instanceof ProviderUnavailableError && error.notSent;
  const state = final ? 'FAILED' : untouched ? 'PENDING' : 'UNKNOWN';
  deps.log[final ? 'error' : 'warn'](
    { err: error, effectId: row.id, kind: row.kind, attempts },
    untouched
      ? 'this effect was held back; it will be sent later'
      : 'nobody knows whether this effect happened; it will be looked up',
  );
  await ctx.transaction(async (tx) => {
    const held = await tx.db.$executeRaw`
      UPDATE kernel.effect SET state = ${state}, postponed = ${postponed}, last_error = ${String(error).slice(0, 2_000)}, lease_until = NULL, next_attempt_at = ${takenUpAt(now, attempts, error)}
      WHERE workspace_id = ${ctx.workspaceId} AND id = ${row.id} AND state = 'CLAIMED' AND attempts = ${attempts}`;
    if (held !== 1) return;
    tx.count('effects_total', { kind: row.kind, outcome: COUNTED_AS[state] });
    if (final) await tellGivenUp(deps, ctx, row);
  });
}
