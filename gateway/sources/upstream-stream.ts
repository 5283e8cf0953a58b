import { refusal } from '#subgraphs/shared/errors/refusal.ts';

import { isOpening, STREAM_WINDOW, TAKEN_AT_ONCE } from '#subgraphs/shared/server/stream-protocol.ts';

import { downstreamError } from '../refusals.ts';

import type { FetchResult } from './source.ts';

export interface UpstreamStreamEvents {
  taken(count: number): void;
  end(): void;
}

/**
 * One stream of an `UpstreamSocket`, pulled by its reader, to whose pace the subgraph is held. (graphql-ws's own iterator would keep any
 * number of answers.)
 */
export class UpstreamStream implements AsyncIterator<FetchResult, undefined> {
  /** Resolves with the subgraph's word that the source is open, rejects with why it is not. */
  readonly opened: Promise<void>;
  readonly #on: UpstreamStreamEvents;
  #taken = 0;
  readonly #waiting: FetchResult[] = [];
  #settle: { resolve(): void; reject(error: Error): void } = { resolve: () => undefined, reject: () => undefined };
  #release: () => void = () => undefined;
  #wake: (() => void) | null = null;
  #failure: Error | null = null;
  #ended = false;

  constructor(on: UpstreamStreamEvents) {
    this.#on = on;
    this.opened = new Promise((resolve, reject) => (this.#settle = { resolve, reject }));
    this.opened.catch(() => undefined); // whoever opens it hears of it; nobody else must
  }

  /** @param release tells the subgraph that nobody reads any more. */
  started(release: () => void): void {
    this.#release = release;
    if (this.#ended) release();
  }

  push(result: FetchResult): void {
    if (this.#ended) return;
    if (isOpening(result)) this.#settle.resolve();
    else if (this.#waiting.length < STREAM_WINDOW) this.#waiting.push(result);
    else this.fail(refusal(downstreamError)); // it was not to send more
    this.#wake?.();
  }

  fail(error: Error): void {
    if (this.#ended) return;
    this.#failure = error;
    this.#end();
  }

  finish(): void {
    this.#end();
  }

  async next(): Promise<IteratorResult<FetchResult, undefined>> {
    for (;;) {
      const result = this.#waiting.shift();
      if (result !== undefined) {
        this.#count();
        return { done: false, value: result };
      }
      if (this.#failure !== null) throw this.#failure;
      if (this.#ended) return { done: true, value: undefined };
      await new Promise<void>((wake) => (this.#wake = wake));
    }
  }

  async return(): Promise<IteratorResult<FetchResult, undefined>> {
    this.#waiting.length = 0;
    this.#end();
    return Promise.resolve({ done: true, value: undefined });
  }

  #count(): void {
    this.#taken += 1;
    if (this.#taken < TAKEN_AT_ONCE) return;
    this.#taken = 0;
    if (!this.#ended) this.#on.taken(TAKEN_AT_ONCE);
  }

  #end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#settle.reject(this.#failure ?? refusal(downstreamError));
    this.#release();
    this.#wake?.();
    this.#on.end();
  }
}
