import { ValidationError } from '#subgraphs/shared/errors/errors.ts';

/** A log of numbered events in memory: what a subgraph's event log promises, without a database. A cursor is the number as text. */
export class EventSource {
  readonly #events: { readonly seq: number; readonly invoiceId: string }[] = [];
  readonly #listeners = new Set<() => void>();
  #openReaders = 0;
  #opened = 0;
  #cut: (() => void)[] = [];
  /** When set, the next readers fail to open. */
  failing = 0;

  get openReaders(): number {
    return this.#openReaders;
  }

  get newest(): number {
    return this.#events.length;
  }

  get timesOpened(): number {
    return this.#opened;
  }

  publish(...invoiceIds: string[]): void {
    for (const invoiceId of invoiceIds) this.#events.push({ seq: this.#events.length + 1, invoiceId });
    for (const wake of [...this.#listeners]) wake();
  }

  /** Breaks every reader, as a database that goes away does. */
  cutAll(): void {
    for (const cut of this.#cut.splice(0)) cut();
  }

  async *follow(after: string | null, signal: AbortSignal): AsyncGenerator<{ cursor: string; invoiceId: string }> {
    if (after === 'expired')
      throw new ValidationError('The cursor is too old. Read the current state and subscribe again.', 'after');
    if (this.failing > 0) {
      this.failing -= 1;
      throw new Error('connection refused');
    }
    let position = after === null ? this.#events.length : Number(after);
    const reader = { broken: false };
    this.#opened += 1;
    this.#openReaders += 1;
    try {
      while (!signal.aborted) {
        if (reader.broken) throw new Error('connection lost');
        const event = this.#events[position];
        if (event !== undefined) {
          position += 1;
          yield { cursor: String(event.seq), invoiceId: event.invoiceId };
          continue;
        }
        await new Promise<void>((resolve) => {
          const wake = (): void => {
            this.#listeners.delete(wake);
            signal.removeEventListener('abort', wake);
            resolve();
          };
          this.#listeners.add(wake);
          signal.addEventListener('abort', wake, { once: true });
          this.#cut.push(() => {
            reader.broken = true;
            wake();
          });
        });
      }
    } finally {
      this.#openReaders -= 1;
    }
  }
}
