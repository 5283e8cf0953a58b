import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

type Step = () => void | Promise<void>;

/** What has to be undone in the end, last things first. */
export class Scratch {
  readonly #steps: Step[] = [];
  #running: Promise<void> | undefined;

  add(step: Step): void {
    this.#steps.push(step);
  }

  /** A folder that is gone in the end. Others may pass through: PostgreSQL, started by root, runs as another user. */
  folder(name: string): string {
    const folder = mkdtempSync(path.join(tmpdir(), `oppulence-${name}-`));
    chmodSync(folder, 0o711);
    this.add(() => {
      rmSync(folder, { recursive: true, force: true });
    });
    return folder;
  }

  async run(): Promise<void> {
    this.#running ??= (async () => {
      for (const step of this.#steps.reverse()) {
        try {
          await step();
        } catch (error) {
          console.error('cleaning up:', error);
        }
      }
    })();
    return this.#running;
  }
}

/** That of a whole program: undone as well when Ctrl-C ends it. */
export class Cleanup extends Scratch {
  constructor() {
    super();
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      process.once(signal, () => {
        void this.run().finally(() => process.exit(130));
      });
    }
  }
}
