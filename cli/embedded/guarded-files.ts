import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  writeSync,
} from 'node:fs';
import path from 'node:path';

/** Replaces a file that only its owner may read. After a kill it holds either all of the old text or all of the new. */
export function writeGuarded(file: string, text: string): void {
  mkdirSync(path.dirname(file), { recursive: true });
  const fresh = `${file}.${String(process.pid)}.${randomBytes(4).toString('hex')}`;
  const fd = openSync(fresh, 'wx', 0o600);
  try {
    writeSync(fd, text);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
  chmodSync(fresh, 0o600);
  renameSync(fresh, file);
}

/** The text of a file, made by `create` the first time. */
export function readOrCreate(file: string, create: () => string): string {
  if (!existsSync(file)) writeGuarded(file, create());
  return readFileSync(file, 'utf8');
}
