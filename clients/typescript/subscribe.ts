import type { TypedDocumentNode } from '@graphql-typed-document-node/core';
import { print } from 'graphql';
import { createClient, type Client as SocketClient, type FormattedExecutionResult } from 'graphql-ws';
import { OppulenceError, type GraphError } from './errors.ts';
import { trouble } from './send.ts';

export interface SocketEndpoint {
  readonly url: string;
  readonly apiKey: string;
  readonly webSocket: unknown;
}

export interface SubscribeOptions {
  /** The cursor to go on after. */
  readonly after?: string | undefined;
  readonly signal?: AbortSignal;
  /** Told of every break, with the cursor that the stream goes on after. */
  readonly onReconnect?: (break_: { readonly cause: unknown; readonly after: string | undefined }) => void;
}

export interface Delivered<T> {
  readonly data: T;
  /** Keep it, and a later process can go on after this event. */
  readonly cursor: string | undefined;
  /** What could not be joined into this event; the fields concerned are null. */
  readonly errors: readonly GraphError[];
}

type Result<T> = FormattedExecutionResult<T, { cursor?: string }>;

/** Answers that asking again may change. */
const PASSING = new Set([
  'STREAM_LOST',
  'TEMPORARILY_UNAVAILABLE',
  'DOWNSTREAM_SERVICE_ERROR',
  'AUTHENTICATION_UNAVAILABLE',
]);
/** WebSocket close codes from 4400 on are the server's word about this client; these two only say that it was too slow to connect. */
const PASSING_CLOSES = new Set([4408, 4504]);

export async function* subscribe<T, V>(
  endpoint: SocketEndpoint,
  document: TypedDocumentNode<T, V>,
  variables: V,
  options: SubscribeOptions = {},
): AsyncGenerator<Delivered<T>, void> {
  const { signal, onReconnect } = options;
  const query = print(document);
  const client = await connect(endpoint);
  let cursor = options.after;
  let failures = 0;
  try {
    while (signal?.aborted !== true) {
      try {
        for await (const { data, errors, extensions } of results<T>(
          client,
          query,
          { ...variables, ...(cursor === undefined ? {} : { after: cursor }) },
          signal,
        )) {
          if (data === undefined || data === null)
            throw new OppulenceError(errors ?? [trouble('An event came without data.', 'NO_DATA')]);
          failures = 0;
          cursor = extensions?.cursor ?? cursor;
          yield { data, cursor, errors: errors ?? [] };
        }
        return;
      } catch (cause) {
        if (isFinal(cause)) throw asError(cause);
        cursor = cursorIn(cause) ?? cursor;
        failures += 1;
        onReconnect?.({ cause, after: cursor });
        await pause(failures, signal);
      }
    }
  } finally {
    await client.dispose();
  }
}

async function connect({ url, apiKey, webSocket }: SocketEndpoint): Promise<SocketClient> {
  const native = (globalThis as { WebSocket?: unknown }).WebSocket;
  return createClient({
    url,
    webSocketImpl: webSocket ?? native ?? (await import('ws')).WebSocket,
    connectionParams: { authorization: `Bearer ${apiKey}` },
    // It would subscribe again with the variables of the first time, and repeat or lose events: we go on after the last cursor ourselves.
    retryAttempts: 0,
  });
}

/** One subscription until it ends or breaks; an abort ends it at once, also while it waits for an event. */
async function* results<T>(
  client: SocketClient,
  query: string,
  variables: Record<string, unknown>,
  signal: AbortSignal | undefined,
): AsyncGenerator<Result<T>, void> {
  const events = client.iterate<T, { cursor?: string }>({ query, variables });
  const leave = (): void => void events.return?.();
  signal?.addEventListener('abort', leave, { once: true });
  try {
    for (;;) {
      const step = await events.next();
      if (step.done === true || signal?.aborted === true) return;
      yield step.value;
    }
  } finally {
    signal?.removeEventListener('abort', leave);
    await events.return?.();
  }
}

function isFinal(cause: unknown): boolean {
  const errors = errorsIn(cause);
  if (errors !== null) return !errors.every(({ extensions }) => PASSING.has(extensions?.code ?? ''));
  const code = closeCodeOf(cause);
  return code !== undefined && code >= 4400 && !PASSING_CLOSES.has(code);
}

function asError(cause: unknown): OppulenceError {
  if (cause instanceof OppulenceError) return cause;
  const errors = errorsIn(cause);
  if (errors !== null) return new OppulenceError(errors);
  const reason = (cause as { reason?: unknown }).reason;
  const message = typeof reason === 'string' && reason !== '' ? reason : 'The server closed the connection.';
  return new OppulenceError([trouble(message, `SOCKET_${closeCodeOf(cause) ?? 'CLOSED'}`)], null, { cause });
}

function cursorIn(cause: unknown): string | undefined {
  return errorsIn(cause)?.find(({ extensions }) => extensions?.cursor !== undefined)?.extensions?.cursor;
}

/** What the server said; null when the connection broke without a word. */
function errorsIn(cause: unknown): readonly GraphError[] | null {
  if (cause instanceof OppulenceError) return cause.errors;
  return Array.isArray(cause) ? (cause as readonly GraphError[]) : null;
}

function closeCodeOf(cause: unknown): number | undefined {
  const code = typeof cause === 'object' && cause !== null ? (cause as { code?: unknown }).code : undefined;
  return typeof code === 'number' ? code : undefined;
}

/** Doubles from a quarter of a second to eight seconds, with jitter, so that many clients don't come back at once. */
async function pause(failures: number, signal: AbortSignal | undefined): Promise<void> {
  const ceiling = Math.min(250 * 2 ** (failures - 1), 8_000);
  await new Promise<void>((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ceiling * (0.5 + Math.random() / 2));
    signal?.addEventListener('abort', done, { once: true });
  });
}
