import type { SystemDb } from '#subgraphs/shared/db/system.ts';
import type { Collector } from '#subgraphs/shared/metrics/metrics.ts';
import type { Clock } from '#subgraphs/shared/time/clock.ts';
import { readRecoveryRates, type RecoveryRate } from './repositories/recovery-rate.ts';

/** A month's cohort does not change within minutes, and reading it is the dearest of all figures. */
const REREAD_MS = 5 * 60_000;

/** The share of failed payments that came back. LIVE workspaces only: a test clock makes a month in a second. */
export function recoveryRateCollector({ system, wall }: { system: SystemDb; wall: Clock }): Collector {
  let known: { readonly rates: readonly RecoveryRate[]; readonly at: number } | undefined;
  return {
    name: 'recovery',
    gauges: ['recovery_rate', 'recovery_rate_cases'],
    read: async (set) => {
      const now = wall.now();
      if (known === undefined || now.getTime() - known.at >= REREAD_MS)
        known = { rates: await readRecoveryRates(system, now), at: now.getTime() };
      for (const { currency, cases, recovered } of known.rates) {
        set('recovery_rate', { currency }, recovered / cases);
        set('recovery_rate_cases', { currency }, cases);
      }
    },
  };
}
