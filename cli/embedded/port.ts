import { createServer } from 'node:net';
import { freePort, until } from './processes.ts';

/**
 * Looks whether the gateway will get its port, before anything is started. With `patienceMs` it waits that long for a
 * predecessor that is just ending.
 * @throws PortTakenError
 */
export async function claimPort(port: number, host: string, patienceMs: number): Promise<number> {
  if (port === 0) return freePort();
  if (!(await until(() => isFree(port, host), patienceMs, 200))) throw new PortTakenError(port);
  return port;
}

export function isFree(port: number, host: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(false);
      else reject(new Error(`Port ${port} on ${host} cannot be used: ${error.message}. Set PORT to another one.`));
    });
    server.listen(port, host, () => server.close(() => resolve(true)));
  });
}

export class PortTakenError extends Error {
  readonly code = 'PORT_TAKEN';

  constructor(port: number) {
    super(
      `Port ${port} is taken by another program. Stop that program, or choose another port: PORT=${port + 1} make demo`,
    );
    this.name = 'PortTakenError';
  }
}
