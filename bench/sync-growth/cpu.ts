import type { Embedded } from '#cli/embedded/supervisor.ts';
import { type ProcessReading, processes, processesOf } from '../support/proc.ts';

export const PARTS = ['web', 'worker', 'PostgreSQL'] as const;
export type Part = (typeof PARTS)[number];

/** Seconds of CPU so far, by part of the product. PostgreSQL's own housekeeping is left out: it is not of any event. */
export function cpuOf({ info, children }: Embedded): Readonly<Record<Part, number>> {
  const postgres = processesOf(info.dataDir).filter(
    ({ command }) => command.includes('postgres') && !/autovacuum|checkpointer|background writer/.test(command),
  );
  return {
    web: readingOf(children.web.pid)?.cpuS ?? NaN,
    worker: readingOf(children.worker.pid)?.cpuS ?? NaN,
    PostgreSQL: postgres.reduce((sum, { cpuS }) => sum + cpuS, 0),
  };
}

/** MB, pages that are shared by shares. */
export function memoryOf({ children }: Embedded): Readonly<Record<'web' | 'worker', number>> {
  const of = (pid: number): number => ((readingOf(pid)?.pssKiB ?? NaN) * 1_024) / 1e6;
  return { web: of(children.web.pid), worker: of(children.worker.pid) };
}

function readingOf(wanted: number): ProcessReading | undefined {
  return processes().find(({ pid }) => pid === wanted);
}
