import type { SystemDb } from '../db/system.ts';
import type { Collector } from '../metrics/metrics.ts';
import type { Clock } from '../time/clock.ts';
import { type Log, PARTITIONED, readPartitions } from './partitions.ts';

/** Counting stops here: that there is one is the news. */
const COUNTED = 10_000;
const LOGS = Object.keys(PARTITIONED) as Log[];

/** How far ahead months are made, and what came in for which there was none. */
export function partitionCollector({ system, wall }: { system: SystemDb; wall: Clock }): Collector {
  return {
    name: 'partitions',
    gauges: ['partitions_ahead_seconds', 'rows_outside_partitions'],
    read: async (set) => {
      const partitions = await readPartitions(system);
      for (const log of LOGS) {
        const [newest] = partitions
          .flatMap(({ log: of, to, upperId }) =>
            of === log && to !== null && upperId !== null ? [{ to, upperId }] : [],
          )
          .sort((a, b) => b.to.getTime() - a.to.getTime());
        if (newest === undefined) continue;
        set('partitions_ahead_seconds', { log }, (newest.to.getTime() - wall.now().getTime()) / 1_000);
        const [outside] = await system.query<{ rows: string }>(
          `SELECT count(*) AS rows FROM (SELECT FROM kernel.${log} WHERE id >= $1 LIMIT ${String(COUNTED)}) o`,
          [newest.upperId],
        );
        set('rows_outside_partitions', { log }, Number(outside?.rows ?? 0));
      }
    },
  };
}
