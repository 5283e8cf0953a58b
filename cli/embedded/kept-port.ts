import { readFileSync } from 'node:fs';
import { writeGuarded } from './guarded-files.ts';
import { isFree } from './port.ts';
import { until } from './processes.ts';

/**
 * The port that was kept in `file` by an earlier run, once it is free; 0, so that the system chooses, when there is none or it stays taken
 * for `patienceMs`. Addresses that were given out, such as an open card page of the sandbox, then lead somewhere after a restart.
 */
export async function keptPort(file: string, patienceMs: number): Promise<number> {
  const port = read(file);
  if (port === 0) return 0;
  return (await until(() => isFree(port, '127.0.0.1'), patienceMs, 100)) ? port : 0;
}

export function keepPort(file: string, port: number): void {
  if (port > 0 && port !== read(file)) writeGuarded(file, `${String(port)}\n`);
}

function read(file: string): number {
  try {
    const port = Number(readFileSync(file, 'utf8'));
    return Number.isInteger(port) && port > 0 && port < 65_536 ? port : 0;
  } catch {
    return 0;
  }
}
