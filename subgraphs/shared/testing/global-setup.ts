import { spawn } from 'node:child_process';
import path from 'node:path';

// Jest loads this file outside its ESM registry, so it uses nothing but Node: the engines live in a process of their own.

type Message = { type: 'ready'; env: Record<string, string> } | { type: 'failed'; reason: string };

export default async function globalSetup(config: { rootDir: string }): Promise<void> {
  const guardian = spawn(
    process.execPath,
    ['--import', 'tsx', path.join(config.rootDir, 'subgraphs/shared/testing/guardian.ts')],
    // Detached: Ctrl-C ends the run, and the guardian cleans up after it.
    { cwd: config.rootDir, detached: true, stdio: ['pipe', 'inherit', 'inherit', 'ipc'] },
  );
  const message = await new Promise<Message>((resolve) => {
    guardian.once('message', (received) => {
      resolve(received as Message);
    });
    guardian.once('exit', (code) => {
      resolve({ type: 'failed', reason: `the guardian process ended with code ${String(code)}` });
    });
  });
  if (message.type === 'failed') throw new Error(`The engines for the tests did not start: ${message.reason}`);
  Object.assign(process.env, message.env);
  guardian.unref();
  guardian.channel?.unref();
  (guardian.stdin as unknown as { unref(): void }).unref();
  (globalThis as Record<string, unknown>)['oppulenceGuardian'] = guardian;
}
