import { mkdtempSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

/**
 * Where data folders of tests go: into memory, when there is enough of it (Docker gives /dev/shm 64 MB, which a few
 * databases fill), else to the disk.
 */
export function fastFolder(): string {
  try {
    const { bavail, bsize } = statfsSync('/dev/shm');
    if (bavail * bsize > 1_500_000_000) return '/dev/shm';
  } catch {
    // No such folder on this system.
  }
  return tmpdir();
}

export function makeTemporaryFolder(prefix: string): string {
  return mkdtempSync(path.join(fastFolder(), prefix));
}
