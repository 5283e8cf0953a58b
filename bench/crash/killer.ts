import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Embedded } from '#cli/embedded/supervisor.ts';
import { CRASHPOINTS } from '#subgraphs/shared/testing/crashpoint.ts';
import { built } from '../support/product.ts';
import { random } from './random.mjs';

/** Of the worker's lives, which part is to die at a named point rather than at a random instant. */
const NAMED_SHARE = 0.4;
/** As long a life, in the mean, as the start before it took: on a busy machine starts are slow, and without some life no story is told. */
const SHORTEST_MEAN_MS = 1_500;

export interface Kills {
  /** By the process, and whether it was a named point (it killed itself with SIGKILL) or an instant chosen here. */
  readonly counts: Readonly<Record<'web' | 'worker' | 'worker, at a named point', number>>;
}

export function total({ counts }: Kills): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}

export function writePlan(folder: string, seed: number, stopped: boolean): void {
  const plan = { worker: built('cli/embedded/worker.js'), points: CRASHPOINTS, seed, share: NAMED_SHARE, stopped };
  writeFileSync(path.join(folder, 'plan.json'), JSON.stringify(plan));
}

/** Ends one process after the other with SIGKILL, each at a random instant of its life, until told to stop. */
export class Killer {
  readonly #instance: Embedded;
  readonly #chance: () => number;
  #running = true;
  readonly #done: Promise<unknown>;
  readonly #counts = { web: 0, worker: 0 };

  constructor(instance: Embedded, seed: number) {
    this.#instance = instance;
    this.#chance = random(seed);
    this.#done = Promise.all([this.#hunt('worker', 1), this.#hunt('web', 2)]);
  }

  /** Every end of a process is followed by a restart; those that nobody here caused were caused by a named point. */
  get kills(): Kills {
    const { web, worker } = this.#instance.children;
    const named = Math.max(0, worker.restarts - this.#counts.worker);
    return {
      counts: {
        web: Math.min(web.restarts, this.#counts.web),
        worker: this.#counts.worker,
        'worker, at a named point': named,
      },
    };
  }

  /** A life is counted from where the process does its work, or nothing but starts would be killed. */
  async #hunt(name: 'web' | 'worker', times: number): Promise<void> {
    const child = this.#instance.children[name];
    let startMs = SHORTEST_MEAN_MS;
    while (this.#goesOn()) {
      const { pid, ready } = child;
      await this.#rest(this.#chance() * 2 * times * Math.max(startMs, SHORTEST_MEAN_MS));
      const diedAt = Date.now();
      if (this.#goesOn() && child.pid === pid && kill(pid)) this.#counts[name] += 1;
      while (this.#goesOn() && child.ready === ready) await sleep(20);
      startMs = Date.now() - diedAt;
    }
  }

  async #rest(ms: number): Promise<void> {
    const until = Date.now() + ms;
    while (this.#goesOn() && Date.now() < until) await sleep(Math.min(50, until - Date.now()));
  }

  #goesOn(): boolean {
    return this.#running;
  }

  async stop(): Promise<void> {
    this.#running = false;
    await this.#done;
  }
}

function kill(pid: number): boolean {
  try {
    process.kill(pid, 'SIGKILL');
    return true;
  } catch {
    return false;
  }
}
