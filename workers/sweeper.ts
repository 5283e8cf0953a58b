import type { Wake } from '#subgraphs/shared/db/use-case-context.ts';
import type { Lane } from '#subgraphs/shared/jobs/lane.ts';
import type { Logger } from '#subgraphs/shared/logging/logger.ts';

export interface Sweeper {
  /** Ends after the drains that it does itself. */
  close(): Promise<void>;
}

/** As many at once as a lane worker does; what is left over is found by the next sweep. */
const OWN_DRAINS = 8;

interface SweeperDeps {
  readonly lanes: readonly Lane[];
  readonly wake: Wake;
  readonly log: Logger;
  readonly everyMs?: number;
}

/**
 * Looks every second for rows that are due and wakes their lane: what was lost with Redis, a crash or a wake-up that failed. While a
 * wake-up can't be sent, it drains the lane itself: an outage of the queue slows work down and doesn't stop it.
 */
export function startSweeper(deps: SweeperDeps): Sweeper {
  let closing = false;
  let stop: () => void = () => undefined;
  const ownDrains = new Map<string, Promise<void>>();
  const loop = async (): Promise<void> => {
    while (!closing) {
      await sweep(deps, ownDrains);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, deps.everyMs ?? 1_000);
        stop = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  };
  const done = loop();
  return {
    close: async () => {
      closing = true;
      stop();
      await done;
      await Promise.all(ownDrains.values());
    },
  };
}

async function sweep(deps: SweeperDeps, ownDrains: Map<string, Promise<void>>): Promise<void> {
  const queue = { away: false }; // One wait for it a sweep is enough.
  for (const lane of deps.lanes) {
    try {
      for (const { workspaceId, detail } of await lane.due()) {
        if (!queue.away) queue.away = !(await woken(deps, lane, workspaceId, detail));
        if (queue.away) drainHere(deps, ownDrains, lane, workspaceId, detail);
      }
    } catch (error) {
      deps.log.warn({ err: error, lane: lane.name }, 'could not sweep a lane');
    }
  }
}

async function woken(
  { wake, log }: SweeperDeps,
  lane: Lane,
  workspaceId: string,
  detail: string | undefined,
): Promise<boolean> {
  try {
    await wake(lane.name, workspaceId, detail);
    return true;
  } catch (error) {
    log.warn({ err: error, lane: lane.name }, 'could not wake a lane; what is due is done here');
    return false;
  }
}

/** Not awaited: a long job must not keep the other lanes from being swept. At most one at a time for each piece of work. */
function drainHere(
  { log }: SweeperDeps,
  ownDrains: Map<string, Promise<void>>,
  lane: Lane,
  workspaceId: string,
  detail: string | undefined,
): void {
  const key = [lane.name, workspaceId, detail ?? ''].join('/');
  if (ownDrains.has(key) || ownDrains.size >= OWN_DRAINS) return;
  const drained = lane
    .drain(workspaceId, detail)
    .catch((error: unknown) => {
      log.warn({ err: error, lane: lane.name, workspaceId }, 'lane broke off; the next sweep will come back to it');
    })
    .finally(() => ownDrains.delete(key));
  ownDrains.set(key, drained);
}
