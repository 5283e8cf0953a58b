import type { Pace } from './pace.ts';
import type { CallLane } from './provider-call.ts';
import type { SharedAnswer, SharedWindow } from './shared-window.ts';

const WINDOW_MS = 1_000;
/** How long it takes from half the rate, after the provider complained, back to the whole. */
const RECOVERY_MS = 10_000;
/** Longer than this no complaint holds an account: then it is tried again, and the provider may repeat itself. */
const LONGEST_HOLD_MS = 60_000;
/** Our own complaint comes back from the others a little later than we noted it; one that ends this much later is another one. */
const SAME_HOLD_MS = 1_000;

interface Waiter {
  readonly deadline: number;
  settle(admission: Admission): void;
}

export type Admission = { readonly admitted: true } | { readonly admitted: false; readonly waitMs: number };

/**
 * Lets at most `perSecond` calls of one account through in any second, live ones before those of a backfill. The last admissions are
 * remembered one by one, so the bound holds for every second and not only for those that begin with the clock's; a burst may use it up
 * at once. With a shared window the bound holds for all processes together, and the gate's own takes its place while nobody can be asked: see
 * docs/decisions/0006.
 */
export class LaneGate {
  readonly #pace: Pace;
  readonly #perSecond: number;
  /** Instants of the last `perSecond` admissions, oldest first. */
  readonly #admitted: number[] = [];
  readonly #waiting: Readonly<Record<CallLane, Waiter[]>> = { live: [], backfill: [] };
  #heldUntil = Number.NEGATIVE_INFINITY;
  /** The rate right after the last complaint, and when that was. */
  #slowed: { readonly rate: number; readonly at: number } | null = null;
  readonly #shared: SharedWindow | null;
  /** What the shared window said of when to ask again. */
  readonly #notBefore: Record<CallLane, number> = {
    live: Number.NEGATIVE_INFINITY,
    backfill: Number.NEGATIVE_INFINITY,
  };
  #asking = false;
  #wakesAt = Number.POSITIVE_INFINITY;

  constructor(perSecond: number, pace: Pace, shared: SharedWindow | null = null) {
    if (!Number.isInteger(perSecond) || perSecond < 1)
      throw new RangeError('a rate is a whole number of calls per second');
    this.#perSecond = perSecond;
    this.#pace = pace;
    this.#shared = shared;
  }

  /** Resolves when it is the call's turn, or once it is clear that this is not within `withinMs`. */
  async admit(lane: CallLane, withinMs: number): Promise<Admission> {
    const now = this.#pace.now();
    const deadline = now + withinMs;
    if (this.#heldUntil > deadline) return { admitted: false, waitMs: this.#heldUntil - now };
    const turn = new Promise<Admission>((settle) => {
      this.#waiting[lane].push({ deadline, settle });
    });
    this.#serve();
    return turn;
  }

  /** The provider said that we are too fast: nothing for `ms`, then half the rate, growing back within ten seconds. */
  slowDown(ms: number): void {
    const forMs = Math.min(ms, LONGEST_HOLD_MS);
    this.#hold(this.#pace.now() + forMs);
    this.#shared?.slowDown(forMs);
  }

  #hold(until: number): void {
    const now = this.#pace.now();
    const rate = this.#rate(now);
    const isNews = now >= this.#heldUntil; // several calls that were under way complain of the same moment
    this.#heldUntil = Math.max(this.#heldUntil, until);
    if (isNews || this.#slowed === null)
      this.#slowed = { rate: Math.max(1, Math.floor(rate / 2)), at: this.#heldUntil };
  }

  get idle(): boolean {
    return !this.#asking && this.#waiting.live.length + this.#waiting.backfill.length === 0;
  }

  #rate(now: number): number {
    if (this.#slowed === null) return this.#perSecond;
    const { rate, at } = this.#slowed;
    const regained = ((this.#perSecond - rate) * Math.max(0, now - at)) / RECOVERY_MS;
    if (rate + regained < this.#perSecond) return Math.floor(rate + regained);
    this.#slowed = null;
    return this.#perSecond;
  }

  /** When the next call may pass: the one that is `rate` places back must be a whole window ago. */
  #nextAt(now: number): number {
    const nth = this.#admitted[this.#admitted.length - this.#rate(now)];
    return Math.max(this.#heldUntil, nth === undefined ? now : nth + WINDOW_MS);
  }

  #serve(): void {
    while (!this.#asking) {
      const now = this.#pace.now();
      const { live, backfill } = this.#waiting;
      const lane = live.length > 0 ? 'live' : 'backfill';
      // Where others count too, they are asked: a live call that would have to wait is to be known to them.
      const at = Math.max(this.#shared === null ? this.#nextAt(now) : this.#heldUntil, this.#notBefore[lane]);
      this.#turnAway(now, at);
      const [next] = this.#waiting[lane];
      if (next === undefined) {
        if (this.idle) return;
        continue; // everybody of that lane was turned away
      }
      if (at > now) {
        this.#wakeAt(Math.min(at, live[0]?.deadline ?? at, backfill[0]?.deadline ?? at));
        return;
      }
      this.#waiting[lane].shift();
      if (this.#shared === null) this.#pass(next);
      else void this.#askOthers(this.#shared, lane, next);
    }
  }

  #pass(next: Waiter): void {
    this.#admitted.push(this.#pace.now());
    if (this.#admitted.length > this.#perSecond) this.#admitted.shift();
    next.settle({ admitted: true });
  }

  /** One at a time, so that nobody overtakes within a lane. */
  async #askOthers(shared: SharedWindow, lane: CallLane, next: Waiter): Promise<void> {
    this.#asking = true;
    const answer = await shared.take(lane, this.#rate(this.#pace.now()));
    this.#asking = false;
    this.#hear(answer);
    const waitMs = answer === null ? this.#waitAlone() : answer.taken ? 0 : answer.waitMs;
    if (waitMs <= 0) {
      this.#pass(next);
    } else {
      this.#notBefore[lane] = this.#pace.now() + waitMs;
      this.#waiting[lane].unshift(next);
    }
    this.#serve();
  }

  #waitAlone(): number {
    const now = this.#pace.now();
    return this.#nextAt(now) - now;
  }

  /** A complaint that another process met is ours too, also when its time is over and the rate is on its way back. */
  #hear(answer: SharedAnswer | null): void {
    const quietForMs = answer?.quietForMs ?? null;
    if (quietForMs === null) return;
    const until = this.#pace.now() + quietForMs;
    if (until > this.#heldUntil + SAME_HOLD_MS) this.#hold(until);
  }

  /** Whoever's time is over is told so; those who came first are at the front. */
  #turnAway(now: number, at: number): void {
    for (const lane of [this.#waiting.live, this.#waiting.backfill]) {
      for (let first = lane[0]; first !== undefined && first.deadline <= now; first = lane[0]) {
        lane.shift();
        first.settle({ admitted: false, waitMs: Math.max(WINDOW_MS, at - now) });
      }
    }
  }

  #wakeAt(instant: number): void {
    if (instant >= this.#wakesAt) return;
    this.#wakesAt = instant;
    void this.#pace.sleep(Math.max(1, Math.ceil(instant - this.#pace.now()))).then(() => {
      if (this.#wakesAt === instant) this.#wakesAt = Number.POSITIVE_INFINITY;
      this.#serve();
    });
  }
}
