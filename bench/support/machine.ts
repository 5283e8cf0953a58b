import { cpus, loadavg, totalmem } from 'node:os';

/** What a reading belongs to. The load tells whether other work ran beside it. */
export function machine(postgresVersion?: string): string {
  const memoryGiB = Math.round(totalmem() / 2 ** 30);
  const postgres = postgresVersion === undefined ? '' : `, PostgreSQL ${postgresVersion}`;
  const [load = 0] = loadavg();
  return `${String(cpus().length)} cores (${cpus()[0]?.model.trim() ?? 'unknown'}), ${String(memoryGiB)} GiB, Node ${process.versions.node}${postgres}; load ${load.toFixed(1)}`;
}
