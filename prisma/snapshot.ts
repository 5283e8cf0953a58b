import { existsSync } from 'node:fs';
import { cp, mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { migrationsDir, schemaDir, snapshotDir } from './paths.ts';
import { diffSchemas } from './schema-engine.ts';

/** The SQL that leads from the newest migration to the working schema files; null when they agree. */
export async function pendingSql(): Promise<string | null> {
  const sql = await diffSchemas(existsSync(snapshotDir) ? snapshotDir : null, schemaDir);
  const statements = sql.replace(/^\s*--.*$/gm, '').trim();
  return statements === '' ? null : `${sql.trim()}\n`;
}

/** Keeps the working schema files as the state that the next migration starts from. */
export async function takeSnapshot(): Promise<void> {
  await rm(snapshotDir, { recursive: true, force: true });
  await mkdir(snapshotDir, { recursive: true });
  const names = (await readdir(schemaDir)).filter((name) => name.endsWith('.prisma'));
  await Promise.all(names.map((name) => cp(path.join(schemaDir, name), path.join(snapshotDir, name))));
}

/** Writes `migrations/<UTC time>_<name>/migration.sql` and returns its path. */
export async function writeMigration(name: string, now: Date, sql: string): Promise<string> {
  const stamp = now.toISOString().replace(/\D/g, '').slice(0, 14);
  const dir = path.join(migrationsDir, `${stamp}_${name}`);
  await mkdir(dir, { recursive: true });
  const file = path.join(dir, 'migration.sql');
  await writeFile(file, sql, { flag: 'wx' });
  return file;
}
