import {
  circuitBreaker,
  type CircuitBreakerPolicy,
  CircuitState,
  ConsecutiveBreaker,
  CountBreaker,
  DelegateBackoff,
  handleWhenResult,
  type IBreaker,
} from 'cockatiel';
import type { BreakerState } from './listener.ts';
import type { Pace } from './pace.ts';
import type { ResilienceSettings } from './settings.ts';

/**
 * Cockatiel's breaker, which also knows when it will let a call through again. Open, it refuses at once; after that time one call is
 * the probe, others wait for how it ends, and it closes or opens for twice as long.
 */
export class Breaker {
  readonly #policy: CircuitBreakerPolicy;
  readonly #pace: Pace;
  #probeAt = 0;

  /** `isFailure` tells by an attempt's value; what is thrown inside is a bug of ours and counts for nothing. */
  constructor(
    settings: ResilienceSettings['breaker'],
    {
      pace,
      isFailure,
      onState,
    }: { pace: Pace; isFailure: (value: unknown) => boolean; onState: (state: BreakerState) => void },
  ) {
    this.#pace = pace;
    const openFor = (attempt: number): number => {
      const ms = Math.min(settings.openMs * 2 ** (attempt - 1), settings.longestOpenMs);
      return ms * (1 + Math.random() / 5); // what failed together should not come back together
    };
    this.#policy = circuitBreaker(handleWhenResult(isFailure), {
      breaker: either(
        new ConsecutiveBreaker(settings.consecutive),
        new CountBreaker({ threshold: 0.5, size: settings.sample, minimumNumberOfCalls: settings.sampleAtLeast }),
      ),
      halfOpenAfter: new DelegateBackoff(({ attempt }) => {
        const ms = openFor(attempt);
        this.#probeAt = pace.now() + ms;
        return ms;
      }),
    });
    this.#policy.onStateChange((state) => {
      onState(WORD[state]);
    });
  }

  get state(): BreakerState {
    return WORD[this.#policy.state];
  }

  /** Milliseconds until a call may be tried; 0 when one may now. */
  get refusesForMs(): number {
    return this.state === 'OPEN' ? Math.max(0, this.#probeAt - this.#pace.now()) : 0;
  }

  /** @throws {BrokenCircuitError} when it is open. */
  execute<T>(fn: () => Promise<T>): Promise<T> {
    return this.#policy.execute(fn);
  }
}

const WORD: Record<CircuitState, BreakerState> = {
  [CircuitState.Closed]: 'CLOSED',
  [CircuitState.Open]: 'OPEN',
  [CircuitState.HalfOpen]: 'HALF_OPEN',
  [CircuitState.Isolated]: 'OPEN',
};

/** Opens when one of them would; each hears everything. The first catches an outage, the second a provider that fails half of the time. */
function either(...breakers: readonly IBreaker[]): IBreaker {
  return {
    get state() {
      return breakers.map((breaker) => breaker.state);
    },
    set state(states: unknown) {
      for (const [index, breaker] of breakers.entries()) breaker.state = (states as readonly unknown[])[index];
    },
    success: (state) => {
      for (const breaker of breakers) breaker.success(state);
    },
    failure: (state) => breakers.map((breaker) => breaker.failure(state)).includes(true),
  };
}
