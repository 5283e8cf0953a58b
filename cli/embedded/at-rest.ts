import { performance } from 'node:perf_hooks';

/** A process that worked less than this part of the time is at rest: what it polls for is a fraction of it, on a loaded machine too. */
const RESTING = 0.1;
const LOOK_EVERY_MS = 10_000;
/** What is not worth a pause. */
const GROWN_BYTES = 16 * 1_024 * 1_024;

/** What is known of a process at one look. */
export interface Look {
  /** How much of the time since the last look it worked, 0 to 1. */
  readonly worked: number;
  readonly heapBytes: number;
}

/**
 * Says when to collect: at rest, once the heap has grown since it was last collected. `leftBytes` is what that collection left,
 * nothing before the first.
 */
export const isWorthCollecting = ({ worked, heapBytes }: Look, leftBytes: number): boolean =>
  worked < RESTING && heapBytes > leftBytes + GROWN_BYTES;

/**
 * Gives memory back while nothing is asked of this process. V8 collects when it needs room, so one that has worked and then rests keeps the
 * garbage of its last minutes, and the room for more, for as long as it rests: tens of megabytes of a machine that does other work beside it.
 */
export function collectAtRest(everyMs = LOOK_EVERY_MS): void {
  const { gc } = globalThis; // the supervisor starts its children with --expose-gc
  if (gc === undefined) return;
  let utilization = performance.eventLoopUtilization();
  let leftBytes = 0;
  setInterval(() => {
    const before = utilization;
    utilization = performance.eventLoopUtilization();
    const worked = performance.eventLoopUtilization(utilization, before).utilization;
    if (!isWorthCollecting({ worked, heapBytes: process.memoryUsage().heapTotal }, leftBytes)) return;
    gc();
    leftBytes = process.memoryUsage().heapTotal;
    utilization = performance.eventLoopUtilization(); // the collection is no work
  }, everyMs).unref();
}
