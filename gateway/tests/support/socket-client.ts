import { createClient } from 'graphql-ws';
import { WebSocket } from 'ws';

import { KEY } from './gateway.ts';

import type { Client, ClientOptions, FormattedExecutionResult } from 'graphql-ws';

export interface Received {
  readonly data?: Record<string, unknown> | null;
  readonly errors?: readonly { message: string; extensions: Record<string, unknown> }[];
  readonly extensions?: { cursor?: string };
}

/** One connection with the good key (or the one given), which never retries by itself. */
export function connect(url: string, options: Partial<ClientOptions> & { key?: string | null } = {}): Client {
  const { key = KEY, ...rest } = options;
  return createClient({
    url: `${url.replace('http', 'ws')}/graphql`,
    webSocketImpl: WebSocket,
    connectionParams: key === null ? {} : { authorization: `Bearer ${key}` },
    retryAttempts: 0,
    lazy: true,
    ...rest,
  });
}

export interface Collected {
  readonly events: Received[];
  /** Resolves when the operation ended; holds the error messages or the close event when it did not end well. */
  readonly ended: Promise<unknown>;
  stop(): void;
}

export function collect(client: Client, query: string, variables?: Record<string, unknown>): Collected {
  const events: Received[] = [];
  let stop = (): void => undefined;
  const ended = new Promise<unknown>((resolve) => {
    stop = client.subscribe(
      { query, ...(variables === undefined ? {} : { variables }) },
      {
        next: (result: FormattedExecutionResult) => void events.push(result as Received),
        error: resolve,
        complete: () => resolve(undefined),
      },
    );
  });
  return { events, ended, stop: () => stop() };
}

/** The errors that an operation was refused with. */
export async function refusals(
  client: Client,
  query: string,
  variables?: Record<string, unknown>,
): Promise<NonNullable<Received['errors']>> {
  const ended = await collect(client, query, variables).ended;
  if (!Array.isArray(ended)) throw new Error(`Not refused: ${String(ended)}`);
  return ended as NonNullable<Received['errors']>;
}
