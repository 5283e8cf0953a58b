import { setTimeout as sleep } from 'node:timers/promises';
import type { Child } from '#cli/embedded/children.ts';

export type Victim = 'web' | 'worker';

/** The processes that do the work, under the product's own supervision: whoever is killed is started again. */
export type Children = Readonly<Record<Victim, Child>>;

export interface Plan {
  readonly victims: readonly Victim[];
  /** Of how many deliveries. */
  readonly deliveries: number;
  /** Of [0, 1). */
  readonly random: () => number;
}

/** What is killed within a moment after its turn has come: anywhere in a request or in a batch. */
const WITHIN_MS = 150;
const BACK_WITHIN_MS = 90_000;

/** Kills with SIGKILL, spread over the deliveries. A victim lives and works again before it is killed a second time; both may be dead at once. */
export class Kills {
  readonly #children: Children;
  readonly #random: () => number;
  readonly #turns: readonly { readonly victim: Victim; readonly after: number }[];
  #next = 0;
  readonly #carryingOut: Record<Victim, Promise<void>> = { web: Promise.resolve(), worker: Promise.resolve() };

  constructor(children: Children, { victims, deliveries, random }: Plan) {
    this.#children = children;
    this.#random = random;
    this.#turns = victims.map((victim, index) => ({
      victim,
      after: Math.ceil(((index + 0.2 + 0.6 * random()) / victims.length) * deliveries),
    }));
  }

  /** To be told after each accepted delivery. */
  accepted(count: number): void {
    while (count >= (this.#turns[this.#next]?.after ?? Infinity)) this.#turn();
  }

  #turn(): void {
    const turn = this.#turns[this.#next];
    this.#next += 1;
    if (turn === undefined) return;
    const { victim } = turn;
    this.#carryingOut[victim] = this.#carryingOut[victim].then(() => this.#kill(this.#children[victim]));
    this.#carryingOut[victim].catch(() => undefined); // Told to whoever waits for the end.
  }

  async #kill(child: Child): Promise<void> {
    await sleep(this.#random() * WITHIN_MS);
    const { pid, ready } = child;
    process.kill(pid, 'SIGKILL');
    const deadline = Date.now() + BACK_WITHIN_MS;
    while (child.ready === ready) {
      if (Date.now() > deadline) throw new Error(`${child.name} did not come back`);
      await sleep(20);
    }
  }

  /** After the last delivery: what is left of the plan, and until everyone lives again. */
  async end(): Promise<void> {
    while (this.#next < this.#turns.length) this.#turn();
    await Promise.all(Object.values(this.#carryingOut));
  }
}
