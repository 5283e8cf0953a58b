/** `live` is what somebody waits for or what money hangs on; `backfill` is everything that may take longer. Live goes first. */
export type CallLane = 'live' | 'backfill';

/** On whose behalf a provider is called. It decides whose breaker, budget and rate the call is under. */
export interface ProviderCaller {
  readonly workspaceId: string;
  /** The provider's own name of the account; null while it is not known yet (a key that is being tried). */
  readonly account: string | null;
  readonly livemode: boolean;
  readonly lane: CallLane;
}

/** Whose breaker and retry budget: one per provider, workspace and account. */
export type PolicyKey = Pick<ProviderCaller, 'workspaceId' | 'account'> & { readonly provider: string };

/**
 * What went wrong with one attempt, by who has to act:
 * - CONNECTION, TIMEOUT, SERVER_ERROR: the provider, or the way to it, is in trouble. These open the breaker.
 * - RATE_LIMITED: we are too fast. Slows the account down and opens nothing.
 * - BUSY: the provider works on this very object or key at the moment (a lock, 409). Concerns nobody else.
 * What the provider refuses (a declined card, an unknown id) is an answer like any other and no failure here.
 */
export type FailureKind = 'CONNECTION' | 'TIMEOUT' | 'SERVER_ERROR' | 'RATE_LIMITED' | 'BUSY';

const OPENS_BREAKER: ReadonlySet<FailureKind> = new Set(['CONNECTION', 'TIMEOUT', 'SERVER_ERROR']);

export function opensBreaker(kind: FailureKind | null): boolean {
  return kind !== null && OPENS_BREAKER.has(kind);
}

/** How an attempt went, as the adapter of the provider reads it. */
export interface Verdict {
  /** Null for a usable answer, a refusal included. */
  readonly kind: FailureKind | null;
  /** Whether the provider may answer differently when the same is asked again in a moment. */
  readonly worthRetry: boolean;
  /** What the provider asked for; null when it said nothing. */
  readonly retryAfterMs: number | null;
  /** Which of its limits was hit, in the provider's own word. */
  readonly limit?: string | undefined;
}

export const ANSWERED: Verdict = { kind: null, worthRetry: false, retryAfterMs: null };

/** One call to a provider, in terms that know no provider. */
export interface ProviderRequest<T> {
  /** Whether asking twice does no more than asking once: a read, or a write under an idempotency key of the caller's. */
  readonly repeatable: boolean;
  send(signal: AbortSignal): Promise<T>;
  judge(answer: T): Verdict;
  /** Null for an error that says nothing about the provider: a bug of ours, which is passed on. */
  judgeError(error: unknown): Verdict | null;
}

/** What must be known of a provider to call it well. */
export interface ProviderProfile {
  /** As in rows and enums: STRIPE. */
  readonly provider: string;
  /** As in sentences: Stripe. */
  readonly name: string;
  /** Calls per second that we allow ourselves for one account: a share of the provider's limit, since others use the account too. */
  perSecond(livemode: boolean): number;
}
