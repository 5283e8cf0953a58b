import type { SystemDb } from '#subgraphs/shared/db/system.ts';
import type { Collector } from '#subgraphs/shared/metrics/metrics.ts';
import type { Clock } from '#subgraphs/shared/time/clock.ts';
import { readShipBacklog } from './repositories/ship-cursor.ts';

/** How far ClickHouse is behind the event stream. */
export function shippingCollector({ system, wall }: { system: SystemDb; wall: Clock }): Collector {
  return {
    name: 'shipping',
    gauges: ['ship_lag_events', 'ship_lag_seconds'],
    read: async (set) => {
      const { events, levelAt } = await readShipBacklog(system);
      set('ship_lag_events', {}, events);
      // Before anything was ever shipped there is no instant to count from: the events alone tell.
      if (levelAt !== null) set('ship_lag_seconds', {}, Math.max(0, wall.now().getTime() - levelAt.getTime()) / 1_000);
    },
  };
}
