import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

import type { Request } from './gateway-child.ts';

/** A gateway in a process of its own: its memory can be measured, and it can be killed. */
export interface GatewayProcess {
  readonly url: string;
  publish(count: number): Promise<void>;
  /** Bytes in use after a collection. */
  heap(): Promise<number>;
  /** As a crash: no goodbye. */
  kill(): Promise<void>;
}

export async function startGatewayProcess(request: Omit<Request & { kind: 'start' }, 'kind'>): Promise<GatewayProcess> {
  const child = fork(fileURLToPath(new URL('./gateway-child.ts', import.meta.url)), {
    execArgv: ['--import', 'tsx', '--expose-gc'],
    env: { ...process.env, NODE_OPTIONS: '' },
  });
  const ask = async (sent: Request): Promise<string | number> =>
    new Promise((resolve, reject) => {
      const onExit = (code: number | null): void => reject(new Error(`The gateway ended with ${String(code)}.`));
      child.once('exit', onExit);
      child.once('message', (told) => {
        child.off('exit', onExit);
        resolve(told as string | number);
      });
      child.send(sent);
    });
  const url = String(await ask({ kind: 'start', ...request }));
  const running: GatewayProcess = {
    url,
    publish: async (count) => {
      await ask({ kind: 'publish', count });
    },
    heap: async () => Number(await ask({ kind: 'heap' })),
    kill: async () => {
      const gone = new Promise((exited) => child.once('exit', exited));
      child.kill('SIGKILL');
      await gone;
    },
  };
  return running;
}
