import { readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { writeGuarded } from './guarded-files.ts';
import { identityOf } from './processes.ts';

/** What `oppulence info` shows of a running instance, passwords included: only its owner may read the file. */
export interface RunInfo {
  /** The gateway. */
  readonly url: string;
  readonly graphqlUrl: string;
  readonly subscriptionsUrl: string;
  readonly port: number;
  readonly dataDir: string;
  readonly startedAt: string;
  readonly pid: number;
  readonly postgres: {
    readonly adminUrl: string;
    readonly appUrl: string;
    readonly systemUrl: string;
    readonly queueUrl: string;
    readonly port: number;
    readonly pid: number;
  };
  readonly clickhouse: { readonly url: string; readonly database: string; readonly pid: number };
  readonly sandbox: { readonly url: string; readonly databaseUrl: string; readonly pid: number } | null;
  readonly children: Readonly<
    Record<string, { readonly pid: number; readonly ready: Readonly<Record<string, string | number>> }>
  >;
}

interface Stored extends RunInfo {
  readonly identity: string;
}

export function writeRunFile(info: RunInfo): void {
  const stored: Stored = { ...info, identity: identityOf(info.pid) ?? '' };
  writeGuarded(path.join(info.dataDir, 'run.json'), `${JSON.stringify(stored, null, 2)}\n`);
}

/** The running instance on a data folder; null when there is none, also when its file was left behind by a kill. */
export function readRunFile(dataDir: string): RunInfo | null {
  try {
    const { identity, ...info } = JSON.parse(readFileSync(path.join(dataDir, 'run.json'), 'utf8')) as Stored;
    return identityOf(info.pid) === identity ? info : null;
  } catch {
    return null;
  }
}

export function removeRunFile(dataDir: string): void {
  rmSync(path.join(dataDir, 'run.json'), { force: true });
}
