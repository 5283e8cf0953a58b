export interface ResilienceSettings {
  /** For one attempt, from the first byte sent to the last byte read. */
  readonly attemptMs: number;
  /** For a call with all that belongs to it: waiting for its turn, attempts, pauses. */
  readonly deadlineMs: number;
  /** Attempts after the first. */
  readonly retries: number;
  /** Median of the first pause; the next ones grow, with jitter. */
  readonly firstPauseMs: number;
  readonly longestPauseMs: number;
  readonly budget: { readonly reserve: number; readonly perSuccess: number };
  readonly breaker: {
    /** Failures in a row that open it. */
    readonly consecutive: number;
    /** Or: more than half of the last `sample`, once there are `sampleAtLeast`. */
    readonly sample: number;
    readonly sampleAtLeast: number;
    /** How long it stays open the first time; doubled each time the probe fails. */
    readonly openMs: number;
    readonly longestOpenMs: number;
  };
}

export const DEFAULT_SETTINGS: ResilienceSettings = {
  attemptMs: 10_000,
  // Two attempts that hang, or three that fail: longer than that nobody waits, and rows in PostgreSQL wait better than requests do.
  deadlineMs: 25_000,
  retries: 2,
  firstPauseMs: 300,
  longestPauseMs: 5_000,
  // gRPC's retry throttling. Ten retries at once help over a hiccup; after that there is one for ten calls that worked, so that we never
  // send a provider in trouble more than a tenth on top of what it can answer. In an outage nothing works, so nothing is earned.
  budget: { reserve: 10, perSuccess: 0.1 },
  breaker: { consecutive: 5, sample: 20, sampleAtLeast: 10, openMs: 10_000, longestOpenMs: 60_000 },
};
