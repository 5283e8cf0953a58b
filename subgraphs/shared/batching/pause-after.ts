/** How long to wait before the next time, in ms: so many times what the last one took, within bounds. */
export interface Pause {
  readonly times: number;
  readonly least: number;
  readonly most: number;
}

/** The busier the machine, the longer the pause, and the more is done together after it. `tookMs` and the answer in ms. */
export function pauseAfter(tookMs: number, { times, least, most }: Pause): number {
  return Math.min(Math.max(times * tookMs, least), most);
}
