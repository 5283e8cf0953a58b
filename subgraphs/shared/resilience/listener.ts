import type { CallLane, FailureKind, PolicyKey } from './provider-call.ts';

export type BreakerState = 'CLOSED' | 'OPEN' | 'HALF_OPEN';

/**
 * What happens to calls to providers, for whoever counts it. Called synchronously, on the way of the call: count and return. Labels that
 * are safe for metrics are `provider`, `lane` and the enums; workspaces and accounts are too many.
 */
export interface ProviderListener {
  /** A call had to wait for its turn. */
  onAdmitted?(key: PolicyKey, call: { readonly lane: CallLane; readonly waitedMs: number }): void;
  /** One attempt is over; `kind` is null when the provider answered. */
  onAttempt?(
    key: PolicyKey,
    attempt: {
      readonly lane: CallLane;
      readonly kind: FailureKind | null;
      readonly durationMs: number;
      readonly isRetry: boolean;
    },
  ): void;
  onRetry?(key: PolicyKey, retry: { readonly kind: FailureKind; readonly pauseMs: number }): void;
  /** A retry that would have been made, had there been a token for it, or time. */
  onGiveUp?(key: PolicyKey, because: { readonly kind: FailureKind; readonly reason: 'BUDGET' | 'DEADLINE' }): void;
  /** `limit` is the provider's word for the limit that was hit, if it said. */
  onRateLimited?(key: PolicyKey, hit: { readonly limit: string | undefined; readonly holdMs: number }): void;
  /** A call that was not made at all. */
  onHeldBack?(
    key: PolicyKey,
    call: {
      readonly lane: CallLane;
      readonly reason: 'BREAKER_OPEN' | 'TOO_MANY_CALLS';
      readonly retryAfterMs: number;
    },
  ): void;
  /** `probeInMs`: when an open breaker lets one call through to see. */
  onBreaker?(key: PolicyKey, now: { readonly state: BreakerState; readonly probeInMs: number | null }): void;
  onBudget?(key: PolicyKey, now: { readonly exhausted: boolean }): void;
}

/** One listener that tells several. */
export function allListeners(listeners: readonly ProviderListener[]): Required<ProviderListener> {
  const tell =
    <Name extends keyof ProviderListener>(name: Name): Required<ProviderListener>[Name] =>
    (key: PolicyKey, what: never) => {
      for (const listener of listeners)
        (listener[name] as ((key: PolicyKey, what: never) => void) | undefined)?.(key, what);
    };
  return {
    onAdmitted: tell('onAdmitted'),
    onAttempt: tell('onAttempt'),
    onRetry: tell('onRetry'),
    onGiveUp: tell('onGiveUp'),
    onRateLimited: tell('onRateLimited'),
    onHeldBack: tell('onHeldBack'),
    onBreaker: tell('onBreaker'),
    onBudget: tell('onBudget'),
  };
}
