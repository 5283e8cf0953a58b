import { Server } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { FastifyInstance } from 'fastify';

/**
 * How long connections stay open after the port is closed. Those in use are told within this time, by the header of their next answer, to
 * go elsewhere; closed without that word, one might be cut under a request that is on its way.
 */
const SETTLE_MS = 250;

export interface Draining {
  readonly isClosing: () => boolean;
  /** From now on no connection is taken, readiness is red, and every answer ends its connection. */
  begin(): void;
  /** Answers what is in flight; what is left after `withinMs` is cut. */
  finish(withinMs: number): Promise<void>;
}

/** Lets a server end without resetting anyone. Fastify must be told `return503OnClosing: false`. */
export function draining(server: FastifyInstance): Draining {
  let left: Promise<void> | null = null;
  server.addHook('onSend', async (_request, reply) => {
    if (left !== null) void reply.header('connection', 'close');
    return Promise.resolve();
  });
  // The port first, before any answer ends its connection: a client comes back at once, and whoever waits to be let in would be reset.
  const begin = (): Promise<void> => (left ??= portClosed(server));
  return {
    isClosing: () => left !== null,
    begin: () => void begin(),
    finish: async (withinMs) => {
      const late = setTimeout(() => server.server.closeAllConnections(), withinMs);
      const ended = begin();
      if ((await openConnections(server)) > 0) await sleep(Math.min(SETTLE_MS, withinMs));
      server.server.closeIdleConnections();
      await ended;
      await server.close();
      clearTimeout(late);
    },
  };
}

/**
 * Takes no new connection and leaves the others alone, where http's own `close` would cut those that are idle at this moment.
 * Resolves when the last connection has ended.
 */
async function portClosed(server: FastifyInstance): Promise<void> {
  return new Promise((resolve) => Server.prototype.close.call(server.server, () => resolve()));
}

async function openConnections(server: FastifyInstance): Promise<number> {
  return new Promise((resolve) => server.server.getConnections((error, count) => resolve(error === null ? count : 0)));
}
