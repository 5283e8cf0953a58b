import { setTimeout as sleep } from 'node:timers/promises';
import { createClient, type Client } from 'graphql-ws';
import WebSocket from 'ws';

const RETRIES = 40;
const PAUSE_MS = 500;

/** A socket to the graph that outlasts a restart of the gateway: a refused connection is tried again as a broken one is. */
export function socketTo(subscriptionsUrl: string, apiKey: string): Client {
  return createClient({
    url: subscriptionsUrl,
    webSocketImpl: WebSocket,
    connectionParams: { authorization: `Bearer ${apiKey}` },
    retryAttempts: RETRIES,
    retryWait: () => sleep(PAUSE_MS),
    shouldRetry: () => true,
  });
}

/** What graphql-ws ends a subscription with, the graph's errors or the socket's last event, as an error that says it. */
export function streamError(reason: unknown): Error {
  if (reason instanceof Error) return reason;
  const said: unknown[] = Array.isArray(reason) ? reason : [reason];
  const words = said.map((each) => {
    const { message, code } = (each ?? {}) as { message?: unknown; code?: unknown };
    return typeof message === 'string' ? message : `close code ${String(code)}`;
  });
  return new Error(`The subscription broke off: ${words.join('; ')}`);
}
