/** Sends what is due, a few at a time, until stopped. Everything it knows is in the database; a wake-up only makes it look sooner. */
import type { Pool } from 'pg';
import { Loop } from '../store/loop.ts';
import { dueDeliveries, nextDueInMs, type DueDelivery } from './claim-deliveries.ts';
import { sendDelivery } from './send-delivery.ts';

const CONCURRENCY = 32;
/** An account whose endpoint hangs does not hold up the others. */
const CONCURRENCY_PER_ACCOUNT = 8;
const IDLE_MS = 1000;

export class Dispatcher {
  readonly #pool: Pool;
  readonly #underway = new Map<string, { account: string; held: boolean; done: Promise<void> }>();
  readonly #stopping = new AbortController();
  readonly #loop: Loop;

  constructor(pool: Pool, onError: (error: unknown) => void) {
    this.#pool = pool;
    this.#loop = new Loop(() => this.#round(), onError);
  }

  wake(): void {
    this.#loop.wake();
  }

  async stop(): Promise<void> {
    await this.#loop.stop();
    this.#stopping.abort(); // what is not answered yet is sent again by the next process
    await Promise.allSettled([...this.#underway.values()].map((one) => one.done));
  }

  /** Returns how long nothing will be due. */
  async #round(): Promise<number> {
    const free = CONCURRENCY - this.#underway.size;
    if (free <= 0) return IDLE_MS; // a finished delivery wakes the loop
    const due = await dueDeliveries(this.#pool, [...this.#underway.keys()], this.#busyAccounts(), free);
    for (const delivery of due) if (this.#mayLeave(delivery)) this.#launch(delivery);
    if (due.length === free) return 50;
    return Math.min(IDLE_MS, (await nextDueInMs(this.#pool)) ?? IDLE_MS);
  }

  /** A reordered delivery leaves alone, or the order it was given would be lost again. */
  #mayLeave(delivery: DueDelivery): boolean {
    const others = this.#of(delivery.account);
    if (others.length >= CONCURRENCY_PER_ACCOUNT) return false;
    return others.length === 0 || !(delivery.held || others.some((one) => one.held));
  }

  #of(account: string): { held: boolean }[] {
    return [...this.#underway.values()].filter((one) => one.account === account);
  }

  #busyAccounts(): string[] {
    const accounts = new Set([...this.#underway.values()].map((one) => one.account));
    return [...accounts].filter(
      (account) => this.#of(account).length >= CONCURRENCY_PER_ACCOUNT || this.#of(account).some((one) => one.held),
    );
  }

  #launch(delivery: DueDelivery): void {
    const done = sendDelivery(this.#pool, delivery, this.#stopping.signal)
      .catch(() => undefined)
      .finally(() => {
        this.#underway.delete(delivery.id);
        this.#loop.wake();
      });
    this.#underway.set(delivery.id, { account: delivery.account, held: delivery.held, done });
  }
}
