import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { lockDataFolder } from '../lock.ts';
import { temporaryDataDir } from './fixtures/support.ts';

let data: ReturnType<typeof temporaryDataDir>;

beforeEach(() => {
  data = temporaryDataDir();
});
afterEach(() => data.remove());

const lockFile = (): string => path.join(data.dir, 'lock');

function leaveLockOf(holder: { pid: number; identity: string }): void {
  writeFileSync(lockFile(), JSON.stringify({ ...holder, token: 'left-behind' }));
}

it('takes over the lock of a process that is gone', async () => {
  const { pid } = spawnSync(process.execPath, ['-e', '']);
  leaveLockOf({ pid, identity: 'whatever' });

  expect((await lockDataFolder(data.dir)).takenOver).toBe(true);
});

it('takes over a lock whose number now belongs to another process', async () => {
  leaveLockOf({ pid: 1, identity: 'the start time of an earlier process 1' });

  expect((await lockDataFolder(data.dir)).takenOver).toBe(true);
});

it('gives a stale lock to one of many who want it at the same time', async () => {
  leaveLockOf({ pid: 1, identity: 'an earlier process 1' });
  const outcomes = await Promise.allSettled(Array.from({ length: 20 }, () => lockDataFolder(data.dir)));

  expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  expect(readdirSync(data.dir)).toEqual(['lock']);
});

it('is free again once released, and is refused with the holder’s number until then', async () => {
  const lock = await lockDataFolder(data.dir);
  await expect(lockDataFolder(data.dir)).rejects.toMatchObject({
    code: 'DATA_FOLDER_IN_USE',
    message: expect.stringContaining(`process ${process.pid}`),
  });
  lock.release();

  const again = await lockDataFolder(data.dir);
  expect(again.takenOver).toBe(false);
  expect(JSON.parse(readFileSync(lockFile(), 'utf8'))).toMatchObject({ pid: process.pid });
});

it('says which folder cannot be used and what to do, instead of naming a system call', async () => {
  const file = path.join(data.dir, 'a file');
  writeFileSync(file, '');

  await expect(lockDataFolder(path.join(file, 'inside'))).rejects.toMatchObject({
    code: 'DATA_FOLDER_UNUSABLE',
    message: expect.stringContaining('OPPULENCE_DATA_DIR='),
  });
});
