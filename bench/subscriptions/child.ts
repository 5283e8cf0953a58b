import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** A process of the measurement, asked one thing at a time. */
export interface Child {
  ask<Answer>(request: unknown): Promise<Answer>;
  stop(): void;
}

export function startChild(module: 'server' | 'sockets'): Child {
  const child = fork(fileURLToPath(new URL(`./${module}.ts`, import.meta.url)), {
    execArgv: ['--import', 'tsx', '--expose-gc', '--disable-warning=MaxListenersExceededWarning'],
  });
  return {
    ask: async <Answer>(request: unknown) =>
      new Promise<Answer>((resolve, reject) => {
        const onExit = (code: number | null): void => {
          reject(new Error(`${module} ended with ${String(code)}`));
        };
        child.once('exit', onExit);
        child.once('message', (answer) => {
          child.off('exit', onExit);
          resolve(answer as Answer);
        });
        child.send(request as object);
      }),
    stop: () => child.kill('SIGKILL'),
  };
}

/** In the child: answers each request; ends with its parent. */
export function answerParent(answer: (request: never) => Promise<unknown>): void {
  process.on('message', (request: unknown) => {
    void answer(request as never).then((told) => process.send?.(told ?? null));
  });
  process.on('disconnect', () => process.exit(0));
}
