/** In words for whoever runs the workspace; the breaker's own words stay inside. */
export type HealthState = 'HEALTHY' | 'DEGRADED' | 'UNAVAILABLE' | 'UNKNOWN';

export type CallFailure = 'CONNECTION' | 'TIMEOUT' | 'SERVER_ERROR' | 'RATE_LIMITED' | 'BUSY';

/** How calls for one account fare as one process saw it. Instants are wall time. */
export interface ProcessHealth {
  readonly breaker: 'CLOSED' | 'OPEN' | 'HALF_OPEN';
  /** When the breaker left CLOSED or came back to it; null when it never moved. */
  readonly since: Date | null;
  readonly probeAt: Date | null;
  readonly budgetExhausted: boolean;
  readonly lastSuccessAt: Date | null;
  readonly lastFailureAt: Date | null;
  readonly lastFailureKind: CallFailure | null;
  readonly calls: number;
  readonly failures: number;
  readonly retries: number;
  readonly rateLimited: number;
  readonly heldBack: number;
  readonly updatedAt: Date;
}

export interface AccountHealth {
  readonly state: HealthState;
  readonly since: Date | null;
  readonly nextTryAt: Date | null;
  readonly lastSuccessAt: Date | null;
  readonly lastFailureAt: Date | null;
  readonly lastFailureKind: CallFailure | null;
  readonly calls: number;
  readonly failures: number;
  readonly retries: number;
  readonly rateLimited: number;
  readonly heldBack: number;
  readonly retryBudgetExhausted: boolean;
}

/** A process tells at least every 15 seconds that its breaker is not closed; silent for so long, it is gone. */
const ALIVE_MS = 60_000;
/** Counts are of the five minutes before they were written, so older ones are of no time that matters. */
const WINDOW_MS = 300_000;
/** From this share of failures on, with at least so many calls, something is wrong, although most still works. */
const DEGRADED_SHARE = 0.1;
const DEGRADED_CALLS = 5;

/**
 * What all processes together say about one account. The worst of them counts: where calls are held back, work waits, whatever others can
 * do. What happened last is asked of all, also of those that are gone.
 */
export function accountHealth(rows: readonly ProcessHealth[], now: Date): AccountHealth {
  const age = ({ updatedAt }: ProcessHealth): number => now.getTime() - updatedAt.getTime();
  const alive = rows.filter((row) => age(row) < ALIVE_MS);
  const recent = rows.filter((row) => age(row) < WINDOW_MS);
  const sum = (what: 'calls' | 'failures' | 'retries' | 'rateLimited' | 'heldBack'): number =>
    recent.reduce((total, row) => total + row[what], 0);
  const counts = {
    calls: sum('calls'),
    failures: sum('failures'),
    retries: sum('retries'),
    rateLimited: sum('rateLimited'),
    heldBack: sum('heldBack'),
  };
  const retryBudgetExhausted = recent.some(({ budgetExhausted }) => budgetExhausted);
  const lastSuccessAt = latest(rows.map((row) => row.lastSuccessAt));
  const failed = rows.filter(({ lastFailureAt }) => lastFailureAt !== null);
  const lastFailure = failed.toSorted((a, b) => time(b.lastFailureAt) - time(a.lastFailureAt))[0];
  const down = alive.filter(({ breaker }) => breaker !== 'CLOSED');
  // Once the probe is due, whoever calls next finds out: until then it is open what the provider can do, but nothing is held back.
  const open = down.filter(({ breaker, probeAt }) => breaker === 'OPEN' && probeAt !== null && probeAt > now);
  const isShaky =
    down.length > 0 ||
    retryBudgetExhausted ||
    (counts.calls >= DEGRADED_CALLS && (counts.failures + counts.rateLimited) / counts.calls >= DEGRADED_SHARE);
  const state =
    open.length > 0
      ? 'UNAVAILABLE'
      : isShaky
        ? 'DEGRADED'
        : lastSuccessAt === null && lastFailure === undefined
          ? 'UNKNOWN'
          : 'HEALTHY';
  return {
    state,
    since: sinceOf(state, rows, down),
    nextTryAt: earliest(open.map(({ probeAt }) => probeAt)),
    lastSuccessAt,
    lastFailureAt: lastFailure?.lastFailureAt ?? null,
    lastFailureKind: lastFailure?.lastFailureKind ?? null,
    ...counts,
    retryBudgetExhausted,
  };
}

function sinceOf(state: HealthState, rows: readonly ProcessHealth[], down: readonly ProcessHealth[]): Date | null {
  if (down.length > 0) return earliest(down.map(({ since }) => since));
  if (state !== 'HEALTHY') return null;
  return latest(rows.filter(({ breaker }) => breaker === 'CLOSED').map(({ since }) => since));
}

const time = (instant: Date | null): number => instant?.getTime() ?? 0;

function latest(instants: readonly (Date | null)[]): Date | null {
  return instants.reduce((best, each) => (time(each) > time(best) ? each : best), null);
}

function earliest(instants: readonly (Date | null)[]): Date | null {
  const known = instants.filter((each) => each !== null);
  return known.length === 0 ? null : new Date(Math.min(...known.map((each) => each.getTime())));
}
