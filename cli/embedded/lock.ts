import { randomUUID } from 'node:crypto';
import { existsSync, linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { identityOf } from './processes.ts';

interface Holder {
  readonly pid: number;
  /** Start time of the process, so that a later one with the same number is not taken for it. */
  readonly identity: string;
  readonly token: string;
}

export interface DataLock {
  /** True when the last holder did not release it: its children may still be about to end. */
  readonly takenOver: boolean;
  release(): void;
}

const SETTLE_MS = 30;

/**
 * Guards a data folder: one supervisor at a time. The lock of a process that was killed is taken over.
 * @throws DataFolderInUseError while another process holds it. @throws DataFolderUnusableError where nothing can be written.
 */
export async function lockDataFolder(dataDir: string): Promise<DataLock> {
  usable(dataDir, () => mkdirSync(dataDir, { recursive: true, mode: process.getuid?.() === 0 ? 0o711 : 0o700 }));
  const file = path.join(dataDir, 'lock');
  const mine: Holder = { pid: process.pid, identity: identityOf(process.pid) ?? '', token: randomUUID() };
  let takenOver = false;
  for (let attempt = 0; attempt < 5; attempt += 1) {
    if (usable(dataDir, () => place(file, mine))) {
      // Somebody who was just taking over a stale lock may have moved ours aside and put it back; see below.
      await sleep(SETTLE_MS);
      if (read(file)?.token === mine.token) return { takenOver, release: () => release(file, mine) };
    }
    const holder = read(file);
    if (holder !== null && isHeld(holder)) throw new DataFolderInUseError(dataDir, holder.pid);
    if (holder === null) continue;
    takenOver = true;
    removeStale(file, holder);
  }
  throw new DataFolderInUseError(dataDir, read(file)?.pid ?? 0);
}

function isHeld(holder: Holder): boolean {
  return identityOf(holder.pid) === holder.identity;
}

/** A link appears together with its content, and only where there was none. */
function place(file: string, holder: Holder): boolean {
  const draft = `${file}.${holder.token}`;
  writeFileSync(draft, JSON.stringify(holder), { mode: 0o600 });
  try {
    linkSync(draft, file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    rmSync(draft, { force: true });
  }
}

/** Two may find the same stale lock. The slower one then moves the faster one's new lock away, sees it, and puts it back. */
function removeStale(file: string, stale: Holder): void {
  const aside = `${file}.${randomUUID()}`;
  try {
    renameSync(file, aside);
  } catch {
    return; // The other was faster.
  }
  if (read(aside)?.token !== stale.token) {
    try {
      linkSync(aside, file);
    } catch {
      // A third has taken the place; the owner of this one notices when it looks again.
    }
  }
  rmSync(aside, { force: true });
}

function read(file: string): Holder | null {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Holder;
  } catch {
    return null;
  }
}

function release(file: string, mine: Holder): void {
  if (read(file)?.token === mine.token) rmSync(file, { force: true });
}

function usable<T>(dataDir: string, write: () => T): T {
  try {
    return write();
  } catch (error) {
    throw new DataFolderUnusableError(dataDir, error);
  }
}

export class DataFolderUnusableError extends Error {
  readonly code = 'DATA_FOLDER_UNUSABLE';

  constructor(dataDir: string, cause: unknown) {
    super(
      `The data folder ${dataDir} cannot be written to (${cause instanceof Error ? cause.message : String(cause)}). ` +
        'Free it, or choose another: OPPULENCE_DATA_DIR=…',
      { cause },
    );
    this.name = 'DataFolderUnusableError';
  }
}

export class DataFolderInUseError extends Error {
  readonly code = 'DATA_FOLDER_IN_USE';

  constructor(dataDir: string, pid: number) {
    const url = urlOfRunning(dataDir);
    super(
      `Oppulence is already running on ${dataDir} (process ${pid}${url === null ? '' : `, ${url}`}). ` +
        'Use that one, stop it, or give this one a folder and a port of its own: OPPULENCE_DATA_DIR=… PORT=…',
    );
    this.name = 'DataFolderInUseError';
  }
}

function urlOfRunning(dataDir: string): string | null {
  const file = path.join(dataDir, 'run.json');
  if (!existsSync(file)) return null;
  try {
    const url = (JSON.parse(readFileSync(file, 'utf8')) as { url?: unknown }).url;
    return typeof url === 'string' ? url : null;
  } catch {
    return null;
  }
}
