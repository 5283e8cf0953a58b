import type { Dispatcher, Pool } from 'undici';

/** What a subgraph said. The body is read whole. */
export interface Answer {
  readonly status: number;
  readonly body: string;
}

/**
 * One request on its way and its answer, as undici tells of it: a stream for the body, which its own `request` makes, and an AbortSignal take longer
 * than the rest of a short call.
 */
export class Exchange implements Dispatcher.DispatchHandler {
  readonly answer: Promise<Answer>;
  #settle!: { resolve(answer: Answer): void; reject(error: Error): void };
  #controller: Dispatcher.DispatchController | null = null;
  #reason: Error | null = null;
  #status = 0;
  #chunks: Buffer[] = [];

  constructor(pool: Pool, request: Dispatcher.DispatchOptions) {
    this.answer = new Promise((resolve, reject) => (this.#settle = { resolve, reject }));
    pool.dispatch(request, this);
  }

  /** `answer` rejects with the reason, at once: also while the request waits for a connection, on which it is not sent any more then. */
  breakOff(reason: Error): void {
    this.#reason ??= reason;
    this.#controller?.abort(this.#reason);
    this.#settle.reject(this.#reason);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    if (this.#reason !== null) controller.abort(this.#reason);
    this.#controller = controller;
    this.#chunks = [];
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number): void {
    this.#status = status;
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#chunks.push(chunk);
  }

  onResponseEnd(): void {
    const [first, ...more] = this.#chunks;
    const body = first === undefined ? '' : (more.length === 0 ? first : Buffer.concat(this.#chunks)).toString();
    this.#settle.resolve({ status: this.#status, body });
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.#settle.reject(error);
  }
}
