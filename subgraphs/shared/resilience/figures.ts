import type { Metrics } from '../metrics/metrics.ts';
import type { BreakerState, ProviderListener } from './listener.ts';

const STATES = { OPEN: 'open', HALF_OPEN: 'half_open' } as const;

/** How calls to providers fare, as figures: breakers are one per account, and are told by how many are not closed. */
export function providerFigures(metrics: Pick<Metrics, 'count' | 'set'>): ProviderListener {
  const notClosed = new Map<string, BreakerState>();
  const tell = (): void => {
    for (const [state, name] of Object.entries(STATES))
      metrics.set(
        'circuit_breaker_state',
        { provider: 'stripe', state: name },
        [...notClosed.values()].filter((each) => each === state).length,
      );
  };
  tell();
  return {
    onBreaker: ({ provider, workspaceId, account }, { state }) => {
      const key = JSON.stringify([provider, workspaceId, account]);
      if (state === 'CLOSED') notClosed.delete(key);
      else notClosed.set(key, state);
      tell();
    },
    onRetry: () => {
      metrics.count('provider_retries_total', { provider: 'stripe' });
    },
    onHeldBack: (_key, { reason }) => {
      const why = reason === 'BREAKER_OPEN' ? 'breaker_open' : 'too_many_calls';
      metrics.count('provider_calls_held_back_total', { provider: 'stripe', reason: why });
    },
  };
}
