/** What became of the traffic, against what the generator says it should have become. */
export interface Verdict {
  /** Of how many objects. */
  readonly expected: number;
  /** missing, stale, stale_same_second, resurrected, wrongly_deleted: how many, by what is wrong. */
  readonly wrong: Readonly<Record<string, number>>;
  /** The same, by kind of object. */
  readonly wrongByKind: Readonly<Record<string, number>>;
  /** The first of them, in the verifier's words. */
  readonly examples: readonly string[];
}

export interface Target {
  readonly url: string;
  readonly secret: string;
}

/** One endpoint that takes the traffic. */
export interface Contestant {
  readonly name: string;
  /** Makes it forget all earlier traffic. */
  fresh(): Promise<Target>;
  /** Runs when the last delivery was answered; ends when each is applied. Left out by those that apply before they answer. */
  drain?(): Promise<Drained>;
  /** Left out by those that keep no objects. */
  verify?(): Promise<Verdict>;
}

export interface Drained {
  /** When the last delivery was applied, by the clock of `Date.now()`. */
  readonly at: number;
  /** Deliveries by state, as kept in the end. */
  readonly states: Readonly<Record<string, number>>;
  /** Why some were ignored or failed, and how many. */
  readonly reasons: Readonly<Record<string, number>>;
  /** False when the patience ended before the work. */
  readonly complete: boolean;
}
