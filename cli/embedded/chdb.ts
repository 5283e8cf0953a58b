import { createRequire } from 'node:module';
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { spawnChild } from './children.ts';

export interface Chdb {
  /** ClickHouse's HTTP interface, on loopback. It stays the same when the child is restarted. */
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  stop(): Promise<void>;
}

/**
 * Starts ClickHouse (chDB, the same engine as a library) in a child process, serving ClickHouse's HTTP interface.
 * @throws ChdbMissingError when the optional package was not installed.
 */
export async function startChdb(options: {
  readonly dataDir: string;
  readonly logFile: string;
  readonly onNotice?: (notice: string) => void;
}): Promise<Chdb> {
  assertInstalled();
  mkdirSync(options.dataDir, { recursive: true, mode: 0o700 });
  const child = await spawnChild({
    name: 'chdb',
    module: path.join(import.meta.dirname, `chdb-server${path.extname(import.meta.filename)}`),
    env: (last) => ({ CHDB_DATA_DIR: options.dataDir, CHDB_PORT: String(last?.['port'] ?? 0), TZ: 'UTC' }),
    logFile: options.logFile,
    ...(options.onNotice === undefined ? {} : { onNotice: options.onNotice }),
  });
  const port = Number(child.ready['port']);
  return {
    url: `http://127.0.0.1:${String(port)}`,
    port,
    get pid(): number {
      return child.pid;
    },
    stop: () => child.stop(),
  };
}

function assertInstalled(): void {
  const from = createRequire(import.meta.url);
  try {
    // The engine is in a package of its own for each platform, which chdb depends on optionally.
    createRequire(from.resolve('chdb')).resolve(platformPackage());
  } catch (cause) {
    throw new ChdbMissingError(cause);
  }
}

function platformPackage(): string {
  return `@chdb/lib-${process.platform}-${process.arch}${process.platform === 'linux' ? '-gnu' : ''}`;
}

export class ChdbMissingError extends Error {
  readonly code = 'CHDB_MISSING';

  constructor(cause: unknown) {
    super(
      `The embedded ClickHouse (${platformPackage()}) is not installed. Run \`npm ci\` without --omit=optional, ` +
        'or use a ClickHouse server of your own: set CLICKHOUSE_URL.',
      { cause },
    );
    this.name = 'ChdbMissingError';
  }
}
