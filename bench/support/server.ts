import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Scratch } from './scratch.ts';

export interface ServerSpec {
  readonly name: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly logFile: string;
  /** Asked until it answers anything at all. */
  readonly url: string;
  readonly withinMs?: number;
}

/** Loaded before the program: ends it when our end of the pipe closes, however we ended. */
const LEASH = `data:text/javascript,process.stdin.on('end',()=>process.exit()).resume()`;

/** A Node process that listens: started, waited for, and ended with the measurement. @throws with what it wrote when it does not answer in time. */
export async function startServer(spec: ServerSpec, cleanup: Scratch): Promise<ChildProcess> {
  const log = openSync(spec.logFile, 'a');
  const child = spawn(process.execPath, ['--import', LEASH, ...spec.args], {
    cwd: spec.cwd,
    env: { ...process.env, ...spec.env },
    stdio: ['pipe', log, log],
  });
  closeSync(log);
  cleanup.add(() => {
    child.kill('SIGKILL');
  });
  const deadline = Date.now() + (spec.withinMs ?? 60_000);
  while (!(await answers(spec.url))) {
    if (child.exitCode !== null || Date.now() > deadline)
      throw new Error(`${spec.name} did not start:\n${readFileSync(spec.logFile, 'utf8').slice(-2_000)}`);
    await sleep(100);
  }
  return child;
}

async function answers(url: string): Promise<boolean> {
  try {
    await (await fetch(url)).arrayBuffer();
    return true;
  } catch {
    return false;
  }
}

export async function freePort(): Promise<number> {
  const { createServer } = await import('node:net');
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.on('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => {
        resolve(typeof address === 'object' && address !== null ? address.port : 0);
      });
    });
  });
}
