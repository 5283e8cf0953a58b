/** What one event became: what to send, and where a source can be taken up again after it (null: the event had no cursor). */
export interface Delivery<R> {
  readonly result: R;
  readonly cursor: string | null;
}

export interface EventSource<E> extends AsyncIterator<E> {
  /** The cursor after which this source began, once it is known: what a stream is taken up from before its first event. */
  startedAfter?(): string | null;
}

/** Thrown by a source that can go on elsewhere: it is opened again at once, after the last cursor, and that is no trouble. */
export class Displaced extends Error {}

export interface EventStreamOptions<E, R> {
  /** Opens the source after a cursor (null: from now on). */
  open(after: string | null): Promise<EventSource<E>>;
  /** Turns the source's event into what the client asked for. Called when the client is ready for it, one event at a time. */
  deliver(event: E): Promise<Delivery<R>>;
  /** Whether the source takes an `after` and its events carry cursors. */
  readonly resumable: boolean;
  readonly after: string | null;
  readonly bufferedEvents: number;
  readonly reopenTries: number;
  /** Whether an error is the answer (a refusal, an expired cursor) and not trouble that may pass. */
  isFinal(error: unknown): boolean;
  /** The error that tells a client that its stream ended, and with which cursor it can come back. */
  lost(cursor: string | null): Error;
  onTrouble(error: unknown, attempt: number): void;
  /** Waits before the given try (from 1) to reopen. */
  pause(attempt: number): Promise<void>;
  onClose(): void;
}

type Upstream = 'READING' | 'CLOSED' | 'BEHIND' | 'DISPLACED' | 'CUT' | 'ENDED' | 'FAILED';

const TO_REOPEN: readonly Upstream[] = ['BEHIND', 'DISPLACED', 'CUT'];

/**
 * The events of one subscription, in order, each once, with a bounded number read ahead of the client.
 *
 * The source is read eagerly, so that it never waits for a slow client. When more than `bufferedEvents` are waiting, the source is
 * closed; once the client has taken what was waiting, it is opened again after the last cursor that was delivered. A source that
 * breaks is reopened the same way. A source without cursors is read only as fast as the client takes.
 *
 * Not an async generator, because `return()` of one waits for a pending `next()`, and a quiet stream could then never be closed.
 */
export class EventStream<E, R> implements AsyncGenerator<R, undefined, undefined> {
  readonly #options: EventStreamOptions<E, R>;
  readonly #waiting: E[] = [];
  #source: EventSource<E> | null = null;
  #upstream: Upstream = 'CLOSED';
  #failure: unknown = null;
  #cursor: string | null;
  #attempt = 0;
  #closed = false;
  #wakeReader: (() => void) | null = null;
  #wakeClient: (() => void) | null = null;

  constructor(options: EventStreamOptions<E, R>) {
    this.#options = options;
    this.#cursor = options.after;
  }

  /** Opens the source for the first time. @throws what the source refuses with: here nothing is retried. */
  async start(): Promise<void> {
    await this.#open();
  }

  async next(): Promise<IteratorResult<R, undefined>> {
    while (!this.#closed) {
      if (this.#waiting.length > 0) return this.#deliverNext(this.#waiting.shift() as E);
      if (this.#upstream === 'ENDED') break;
      if (this.#upstream === 'FAILED') return this.#fail(this.#failure);
      if (TO_REOPEN.includes(this.#upstream)) await this.#reopen();
      else await new Promise<void>((wake) => (this.#wakeClient = wake));
    }
    this.#close();
    return { done: true, value: undefined };
  }

  async return(): Promise<IteratorResult<R, undefined>> {
    this.#close();
    return Promise.resolve({ done: true, value: undefined });
  }

  async throw(error: unknown): Promise<IteratorResult<R, undefined>> {
    this.#close();
    return Promise.reject(error instanceof Error ? error : new Error(String(error)));
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  async #deliverNext(event: E): Promise<IteratorResult<R, undefined>> {
    this.#wakeReader?.();
    const { result, cursor } = await this.#options.deliver(event);
    if (this.#closed) return { done: true, value: undefined };
    if (cursor !== null) {
      this.#cursor = cursor;
      this.#attempt = 0;
    }
    return { done: false, value: result };
  }

  async #open(): Promise<void> {
    const source = await this.#options.open(this.#cursor);
    if (this.#closed) {
      stop(source);
      return;
    }
    this.#source = source;
    this.#upstream = 'READING';
    void this.#read(source);
  }

  /** One try; `next` comes back here until it works, the tries are used up, or the answer is final. */
  async #reopen(): Promise<void> {
    // A stream that fell behind goes on at once; only a broken source is given time. Both count: without progress there is an end.
    if (this.#upstream !== 'DISPLACED') this.#attempt += 1;
    if (!this.#options.resumable || this.#cursor === null || this.#attempt > this.#options.reopenTries) {
      this.#upstream = 'FAILED';
      this.#failure = this.#options.lost(this.#cursor);
      return;
    }
    if (this.#upstream === 'CUT') await this.#options.pause(this.#attempt);
    if (this.#closed) return;
    try {
      await this.#open();
    } catch (error) {
      this.#broke(error);
    }
  }

  async #read(source: EventSource<E>): Promise<void> {
    try {
      for (;;) {
        const read = await source.next();
        if (this.#closed || source !== this.#source) return;
        if (read.done === true) {
          this.#stopReading('ENDED');
          return;
        }
        if (this.#waiting.length >= this.#options.bufferedEvents) {
          if (this.#options.resumable) {
            this.#fallBehind(source);
            return;
          }
          await this.#roomForOne();
          if (this.#isClosed()) return;
        }
        this.#waiting.push(read.value);
        this.#wakeClient?.();
      }
    } catch (error) {
      if (!this.#isClosed() && source === this.#source) this.#broke(error);
    }
  }

  async #roomForOne(): Promise<void> {
    while (!this.#closed && this.#waiting.length >= this.#options.bufferedEvents) {
      await new Promise<void>((wake) => (this.#wakeReader = wake));
    }
  }

  /** The event in hand is dropped: the source gives it again when it is reopened. */
  #fallBehind(source: EventSource<E>): void {
    stop(source);
    this.#stopReading('BEHIND');
  }

  #broke(error: unknown): void {
    if (error instanceof Displaced) {
      this.#stopReading('DISPLACED');
      return;
    }
    if (this.#options.isFinal(error)) {
      this.#failure = error;
      this.#stopReading('FAILED');
      return;
    }
    this.#options.onTrouble(error, this.#attempt);
    this.#stopReading('CUT');
  }

  #stopReading(upstream: Upstream): void {
    this.#cursor ??= this.#source?.startedAfter?.() ?? null;
    this.#source = null;
    this.#upstream = upstream;
    this.#wakeClient?.();
  }

  #fail(failure: unknown): never {
    this.#close();
    throw failure;
  }

  #isClosed(): boolean {
    return this.#closed;
  }

  #close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#waiting.length = 0;
    if (this.#source !== null) stop(this.#source);
    this.#source = null;
    this.#wakeReader?.();
    this.#wakeClient?.();
    this.#options.onClose();
  }
}

/** Not awaited: a source that is asleep in `next` may answer `return` only when it wakes. */
function stop(source: AsyncIterator<unknown>): void {
  source.return?.().catch(() => undefined);
}
