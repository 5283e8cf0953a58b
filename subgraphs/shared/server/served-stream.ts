import { GraphQLError } from 'graphql';
import { publicError } from '../errors/public-error.ts';
import { refusal, temporarilyUnavailable } from '../errors/refusal.ts';
import type { DoorOperations, Fetch, FetchResult } from '../graphql/door-operations.ts';
import type { GatewayRequest } from '../graphql/door.ts';
import type { CallContext } from '../signed-context/signed-context.ts';
import { OPENED, STREAM_WINDOW } from './stream-protocol.ts';

export interface ServedStreamOptions {
  readonly operations: DoorOperations;
  readonly fetch: Fetch;
  readonly context: CallContext;
  readonly leaseMs: number;
  onEnd(): void;
}

/**
 * One subscription of a gateway: the answers for its events, each made for the caller as last heard of, until the lease on that
 * caller runs out. Not an async generator, because `return()` of one waits for a pending `next()`.
 */
export class ServedStream implements AsyncGenerator<FetchResult, undefined, undefined> {
  readonly #options: ServedStreamOptions;
  readonly #closed = new AbortController();
  #context: CallContext;
  #source: AsyncIterator<unknown> | null = null;
  #lease: NodeJS.Timeout | undefined;
  #saidOpen = false;
  #underWay = 0;
  #wakeEnded: (() => void) | null = null;
  #wakeRoom: (() => void) | null = null;
  #failure: GraphQLError | null = null;

  constructor(options: ServedStreamOptions) {
    this.#options = options;
    this.#context = options.context;
  }

  /** @throws {GraphQLError} fit for the client, when it is refused or does not open. */
  async open(): Promise<void> {
    const { operations, fetch } = this.#options;
    try {
      this.#source = await operations.open(fetch, this.#context.caller, this.#request());
      this.#extend();
    } catch (error) {
      this.#end();
      throw this.#told(error);
    }
  }

  /** The caller as the gateway knows it now; what it may see is looked at anew for the next event. */
  renew(context: CallContext): void {
    this.#context = context;
    this.#extend();
  }

  /** The gateway has taken this many more answers. */
  taken(count: number): void {
    this.#underWay -= count;
    if (this.#underWay < STREAM_WINDOW) this.#wakeRoom?.();
  }

  async next(): Promise<IteratorResult<FetchResult, undefined>> {
    if (!this.#saidOpen) {
      this.#saidOpen = true;
      return { done: false, value: OPENED as FetchResult };
    }
    await this.#room();
    const read = await this.#read();
    if (this.#failure !== null) throw this.#failure;
    if (read === null || read.done === true) {
      this.#end();
      return { done: true, value: undefined };
    }
    const { operations, fetch } = this.#options;
    this.#underWay += 1;
    try {
      return {
        done: false,
        value: await operations.run(fetch, this.#context.caller, this.#request(), read.value),
      };
    } catch (error) {
      this.#fail(error);
      return this.next(); // which throws it
    }
  }

  async return(): Promise<IteratorResult<FetchResult, undefined>> {
    this.#end();
    return Promise.resolve({ done: true, value: undefined });
  }

  async throw(error: unknown): Promise<IteratorResult<FetchResult, undefined>> {
    this.#end();
    return Promise.reject(error instanceof Error ? error : new Error(String(error)));
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  async #room(): Promise<void> {
    while (this.#underWay >= STREAM_WINDOW && !this.#closed.signal.aborted) {
      await new Promise<void>((wake) => (this.#wakeRoom = wake));
    }
  }

  /** Null when the stream ended meanwhile: a source that is asleep would say so only when it wakes. */
  async #read(): Promise<IteratorResult<unknown> | null> {
    const source = this.#source;
    if (source === null) return null;
    const ended = new Promise<null>((resolve) => (this.#wakeEnded = () => resolve(null)));
    const read = source.next().catch((error: unknown) => {
      this.#fail(error);
      return null;
    });
    return Promise.race([read, ended]);
  }

  #fail(error: unknown): void {
    if (this.#closed.signal.aborted) return; // a source that was told to stop may do so with an error
    this.#failure = this.#told(error);
    this.#end();
  }

  #told(error: unknown): GraphQLError {
    const { message, extensions } = publicError(error, this.#options.operations.place(this.#context.requestId));
    return new GraphQLError(message, { extensions: extensions ?? {} });
  }

  #request(): GatewayRequest {
    const { caller: _caller, ...request } = this.#context;
    return { ...request, signal: this.#closed.signal };
  }

  #extend(): void {
    clearTimeout(this.#lease);
    this.#lease = setTimeout(() => {
      this.#failure = refusal(temporarilyUnavailable);
      this.#end();
    }, this.#options.leaseMs);
    this.#lease.unref();
  }

  #end(): void {
    if (this.#closed.signal.aborted) return;
    clearTimeout(this.#lease);
    this.#closed.abort();
    // Not awaited: a source that is asleep in `next` may answer `return` only when it wakes.
    this.#source?.return?.().catch(() => undefined);
    this.#source = null;
    this.#wakeEnded?.();
    this.#wakeRoom?.();
    this.#options.onEnd();
  }
}
