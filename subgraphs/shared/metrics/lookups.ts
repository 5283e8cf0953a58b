import type { LabelsOf } from './catalogue.ts';
import type { Counting } from './metrics.ts';

/** What a cache calls at each look-up. */
export function countLookups(
  metrics: Counting | undefined,
  cache: LabelsOf<'cache_hits_total'>['cache'],
): (hit: boolean) => void {
  return (hit) => {
    metrics?.count(hit ? 'cache_hits_total' : 'cache_misses_total', { cache });
  };
}
