import { existsSync } from 'node:fs';
import path from 'node:path';

function findRoot(from: string): string {
  if (existsSync(path.join(from, 'package.json'))) return from;
  const parent = path.dirname(from);
  if (parent === from)
    throw new Error('package.json of Oppulence was not found above its own code: the installation is incomplete.');
  return findRoot(parent);
}

/** The folder with package.json, from the sources as well as from the build in dist/. */
export const rootDir = findRoot(import.meta.dirname);
export const schemaDir = path.join(rootDir, 'prisma', 'schema');
export const migrationsDir = path.join(rootDir, 'prisma', 'migrations');
/** The schema files as they were when the newest migration was made. */
export const snapshotDir = path.join(rootDir, 'prisma', 'schema.snapshot');
