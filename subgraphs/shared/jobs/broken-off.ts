/** Work that was broken off this often without getting on may be what ends its workers, and is given up. Restarts and kills are not that many. */
export const MAX_INTERRUPTIONS = 20;

export class BrokenOffTooOften extends Error {
  /** @param besides what else somebody should know who reads why it was given up */
  constructor(times: number, besides = '') {
    super(`It was broken off ${String(times)} times without getting on: it may be what ends its workers${besides}`);
  }
}

/** @throws {BrokenOffTooOften} */
export function refuseIfBrokenOffTooOften(interruptions: number, besides?: string): void {
  if (interruptions > MAX_INTERRUPTIONS) throw new BrokenOffTooOften(interruptions, besides);
}
