/** Runs a round, then sleeps for as long as the round says or until woken; a round that fails is reported and tried again. */
const AFTER_ERROR_MS = 500;

export class Loop {
  readonly #round: () => Promise<number>;
  readonly #onError: (error: unknown) => void;
  readonly #finished: Promise<void>;
  #stopped = false;
  #pending = false;
  #release: (() => void) | null = null;

  constructor(round: () => Promise<number>, onError: (error: unknown) => void) {
    this.#round = round;
    this.#onError = onError;
    this.#finished = this.#run();
  }

  wake(): void {
    this.#pending = true;
    this.#release?.();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.wake();
    await this.#finished;
  }

  async #run(): Promise<void> {
    while (!this.#stopped) {
      this.#pending = false;
      await this.#sleep(await this.#once());
    }
  }

  async #once(): Promise<number> {
    try {
      return await this.#round();
    } catch (error) {
      if (!this.#stopped) this.#onError(error);
      return AFTER_ERROR_MS;
    }
  }

  async #sleep(ms: number): Promise<void> {
    if (this.#pending || this.#stopped) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#release = (): void => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.#release = null;
  }
}
