import { connect, createServer, type Server, type Socket } from 'node:net';

/** A way to an engine that a test can cut: what a network does when a server is away. */
export interface Cuttable {
  /** The engine's URL by this way. */
  readonly url: string;
  /** Breaks every connection and refuses new ones. */
  cut(): void;
  /** Lets nothing through and breaks nothing: what a server does that is stopped, or a network that loses every packet. */
  freeze(): void;
  mend(): void;
  close(): Promise<void>;
}

export async function cuttable(targetUrl: string): Promise<Cuttable> {
  const target = new URL(targetUrl);
  const open = new Set<Socket>();
  let [isCut, isFrozen] = [false, false];
  const server: Server = createServer((client) => {
    if (isCut) {
      client.destroy();
      return;
    }
    const engine = connect({ host: target.hostname, port: Number(target.port) });
    for (const [socket, other] of [
      [client, engine],
      [engine, client],
    ] as const) {
      open.add(socket);
      socket.on('error', () => other.destroy());
      socket.on('close', () => {
        open.delete(socket);
        other.destroy();
      });
      socket.pipe(other);
      if (isFrozen) socket.pause();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const url = new URL(targetUrl);
  url.hostname = '127.0.0.1';
  url.port = String(typeof address === 'object' && address ? address.port : 0);
  const breakAll = (): void => {
    for (const socket of open) socket.destroy();
  };
  return {
    url: url.href.replace(/\/$/, targetUrl.endsWith('/') ? '/' : ''),
    cut: () => {
      isCut = true;
      breakAll();
    },
    freeze: () => {
      isFrozen = true;
      for (const socket of open) socket.pause();
    },
    mend: () => {
      [isCut, isFrozen] = [false, false];
      for (const socket of open) socket.resume();
    },
    close: () =>
      new Promise((resolve) => {
        breakAll();
        server.close(() => {
          resolve();
        });
      }),
  };
}
