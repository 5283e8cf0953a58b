import type { ChildProcess } from 'node:child_process';

export default async function globalTeardown(): Promise<void> {
  const guardian = (globalThis as Record<string, unknown>)['oppulenceGuardian'] as ChildProcess | undefined;
  if (guardian === undefined) return;
  if (guardian.exitCode !== null || guardian.signalCode !== null) return;
  const exited = new Promise((resolve) => guardian.once('exit', resolve));
  guardian.ref();
  guardian.stdin?.end();
  await exited;
}
