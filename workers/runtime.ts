import { randomUUID } from 'node:crypto';
import type { Bus } from '#subgraphs/shared/bus/bus.ts';
import type { QueueConnection } from '#subgraphs/shared/bus/relay-bus.ts';
import type { WorkerContexts } from '#subgraphs/shared/db/contexts.ts';
import type { SystemDb } from '#subgraphs/shared/db/system.ts';
import { effectLane } from '#subgraphs/shared/effects/run.ts';
import { consumeLane, type EventConsumer } from '#subgraphs/shared/events/consume.ts';
import { startDispatcher } from '#subgraphs/shared/events/dispatcher.ts';
import type { Subgraph } from '#subgraphs/shared/graphql/subgraph.ts';
import { inboxLane } from '#subgraphs/shared/inbox/apply.ts';
import { type DeathWatch, watchDeaths } from '#subgraphs/shared/jobs/death-watch.ts';
import type { Lane } from '#subgraphs/shared/jobs/lane.ts';
import { jobLanes } from '#subgraphs/shared/jobs/run.ts';
import type { Logger } from '#subgraphs/shared/logging/logger.ts';
import type { Metrics } from '#subgraphs/shared/metrics/metrics.ts';
import { createWakeQueue, startLaneWorker } from '#subgraphs/shared/queue/wake-queue.ts';
import type { Clock } from '#subgraphs/shared/time/clock.ts';
import { timerLane } from '#subgraphs/shared/timers/fire.ts';
import { startSweeper } from './sweeper.ts';

export interface WorkerDeps {
  readonly subgraphs: readonly Subgraph[];
  /** Lanes that belong to no domain's consumers, such as shipping to ClickHouse. */
  readonly lanes: readonly Lane[];
  readonly contexts: WorkerContexts;
  readonly system: SystemDb;
  readonly queue: QueueConnection;
  readonly bus: Bus;
  readonly wall: Clock;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly leaseMs: number;
  /** How often the sweeper looks, in ms. */
  readonly sweepMs?: number;
  /** Names of the lanes that this process serves; all of them unless given. */
  readonly only?: readonly string[] | undefined;
}

export interface WorkerRuntime {
  close(): Promise<void>;
}

/** Serves lanes, and sweeps those that it serves. Several such processes share the work. */
export function startLanes(deps: WorkerDeps): WorkerRuntime {
  const { queue, log, only } = deps;
  const watch = watchDeaths(deps);
  const lanes = lanesOf(deps, watch)
    .filter(({ name }) => only?.includes(name) ?? true)
    .map((lane) => ({
      ...lane,
      drain: async (...what: Parameters<Lane['drain']>) => {
        await watch.begun;
        await lane.drain(...what);
      },
    }));
  // Of this process alone: wake-ups that a killed worker held are not waited for.
  const sweeps = createWakeQueue(queue, log, `sweep-${randomUUID()}`);
  const worker = startLaneWorker(queue, lanes, log);
  const sweeper = startSweeper({
    lanes,
    wake: sweeps.wake,
    log,
    ...(deps.sweepMs === undefined ? {} : { everyMs: deps.sweepMs }),
  });
  return {
    close: async () => {
      await sweeper.close();
      await worker.close();
      await sweeps.close();
      await watch.close();
    },
  };
}

/** Numbers events and hands them on. Of several such processes one does, and the others wait for it to go. */
export function startDispatching(deps: WorkerDeps): WorkerRuntime {
  const { system, bus, wall, log, metrics } = deps;
  const work = createWakeQueue(deps.queue, log);
  const dispatcher = startDispatcher({
    system,
    consumers: consumersOf(deps),
    bus,
    wake: work.wake,
    wall,
    log,
    onLeading: (leading) => {
      metrics.set('dispatcher_leading', {}, leading ? 1 : 0);
    },
    onNumbered: (events) => {
      metrics.count('events_numbered_total', {}, events);
    },
  });
  return {
    close: async () => {
      await dispatcher.close();
      await work.close();
    },
  };
}

/** Every lane and the dispatcher in one process. */
export function startWorkers(deps: WorkerDeps): WorkerRuntime {
  const dispatching = startDispatching(deps);
  const lanes = startLanes(deps);
  return {
    close: async () => {
      await lanes.close();
      await dispatching.close();
    },
  };
}

/** What can stand in `only`. */
export const laneNames = (deps: WorkerDeps): string[] =>
  lanesOf(deps, { diedLately: () => false, leaseMs: deps.leaseMs }).map(({ name }) => name);

const consumersOf = ({ subgraphs }: WorkerDeps): EventConsumer[] =>
  subgraphs.flatMap((subgraph) => subgraph.consumers ?? []);

function lanesOf(deps: WorkerDeps, watch: DeathWatch): Lane[] {
  const { subgraphs, contexts, system, wall, log, leaseMs } = deps;
  const common = { contexts, system, wall, log, watch };
  return [
    inboxLane({ ...common, handlers: subgraphs.flatMap((subgraph) => subgraph.inbox ?? []) }),
    consumeLane({ ...common, consumers: consumersOf(deps) }),
    timerLane({ ...common, handlers: subgraphs.flatMap((subgraph) => subgraph.timers ?? []) }),
    effectLane({ ...common, handlers: subgraphs.flatMap((subgraph) => subgraph.effects ?? []) }),
    ...jobLanes({ ...common, leaseMs, handlers: subgraphs.flatMap((subgraph) => subgraph.jobs ?? []) }),
    ...deps.lanes,
  ];
}
