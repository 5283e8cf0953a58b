import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { rootDir } from '#prisma/paths.ts';

/** Processes of the product as they are shipped. */
export interface Built {
  /** The file to run, of a source such as `cli/embedded/worker.ts`. */
  module(source: string): string;
  remove(): void;
}

/**
 * Builds processes for tests that start many: from its sources each compiles two thousand files before it does anything, which takes five times
 * as long. With OPPULENCE_TEST_BUILD set they are those that `npm run build` made.
 */
export async function builtProcesses(sources: readonly string[]): Promise<Built> {
  const made = process.env['OPPULENCE_TEST_BUILD'] !== undefined;
  const folder = made ? path.join(rootDir, 'dist') : newFolder();
  const module = (source: string): string => path.join(folder, source.replace(/\.ts$/, '.js'));
  if (!made) await promisify(execFile)(process.execPath, ['deploy/build.mjs', folder, ...sources], { cwd: rootDir });
  const missing = sources.map(module).filter((file) => !existsSync(file));
  if (missing.length > 0) throw new Error(`Not there: ${missing.join(', ')}. Run \`npm run build\`.`);
  return {
    module,
    remove: () => {
      if (!made) rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** In the repository: what is built asks for its package.json, and for packages that are found by their place. */
function newFolder(): string {
  const cache = path.join(rootDir, 'node_modules', '.cache', 'oppulence');
  mkdirSync(cache, { recursive: true });
  return mkdtempSync(path.join(cache, 'test-build-'));
}
