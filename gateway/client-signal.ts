/** Of an AbortSignal, what a call to a subgraph needs: whether the client has gone, and when it does. */
export interface ClientSignal {
  readonly aborted: boolean;
  addEventListener(type: 'abort', listener: () => void, options?: { readonly once: boolean }): void;
  removeEventListener(type: 'abort', listener: () => void): void;
}

/** The same for a request over HTTP: an AbortSignal for each costs as much as signing a call, and hardly ever has anything to say. */
export class RequestSignal implements ClientSignal {
  aborted = false;
  readonly #listeners = new Set<() => void>();

  addEventListener(_type: 'abort', listener: () => void): void {
    this.#listeners.add(listener);
  }

  removeEventListener(_type: 'abort', listener: () => void): void {
    this.#listeners.delete(listener);
  }

  abort(): void {
    if (this.aborted) return;
    this.aborted = true;
    for (const listener of this.#listeners) listener();
    this.#listeners.clear();
  }
}

/** For those who hand it on to what takes nothing else. */
export function abortSignalOf(client: ClientSignal): AbortSignal {
  if (client instanceof AbortSignal) return client;
  const controller = new AbortController();
  if (client.aborted) controller.abort();
  else client.addEventListener('abort', () => controller.abort(), { once: true });
  return controller.signal;
}
