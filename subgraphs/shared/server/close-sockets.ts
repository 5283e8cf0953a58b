import type { WebSocket } from 'ws';

const SERVICE_RESTART = 1012;
const CLOSED_AT_ONCE = 50;
const BETWEEN_MS = 50;

/** Says 1012 to every client, a few at a time so that they don't all come back at once; what is left after `withinMs` is cut. */
export async function closeSockets(
  clients: ReadonlySet<WebSocket>,
  { reason, withinMs }: { reason: string; withinMs: number },
): Promise<void> {
  const all = [...clients];
  const gone = Promise.all(all.map(async (client) => new Promise<void>((done) => client.once('close', () => done()))));
  for (let from = 0; from < all.length; from += CLOSED_AT_ONCE) {
    if (from > 0) await new Promise((next) => setTimeout(next, BETWEEN_MS));
    for (const client of all.slice(from, from + CLOSED_AT_ONCE)) client.close(SERVICE_RESTART, reason);
  }
  const late = setTimeout(() => all.forEach((client) => client.terminate()), withinMs);
  await gone;
  clearTimeout(late);
}

/** Answers an upgrade that does not become a socket. */
export function refuseUpgrade(socket: { end(text: string): unknown }, status: string): void {
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}
