import { readFile, readdir } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import * as glue from '@prisma/schema-engine-wasm/schema_engine_bg';
import { PrismaPg } from '@prisma/adapter-pg';
import { bindMigrationAwareSqlAdapterFactory, ColumnTypeEnum } from '@prisma/driver-adapter-utils';
import type { MigrationList, SchemaEngine } from '@prisma/schema-engine-wasm';
import type pg from 'pg';

// Prisma's own migration engine, as WebAssembly: it keeps the standard `_prisma_migrations` table without the binary that
// the Prisma command line would download.

// @types/node declares no WebAssembly, and only these two calls are needed.
declare const WebAssembly: {
  Module: new (bytes: Uint8Array) => object;
  Instance: new (
    module: object,
    imports: Record<string, Record<string, unknown>>,
  ) => { exports: Record<string, unknown> };
};

const NO_FILTER = { externalTables: [], externalEnums: [] };

let loaded: Promise<void> | undefined;

function load(): Promise<void> {
  loaded ??= loadWasm();
  return loaded;
}

async function loadWasm(): Promise<void> {
  const entry = createRequire(import.meta.url).resolve('@prisma/schema-engine-wasm');
  const bytes = await readFile(path.join(path.dirname(entry), 'schema_engine_bg.wasm'));
  const imports: Record<string, unknown> = { ...glue };
  for (const name of Object.keys(imports).filter((key) => key.startsWith('__wbg_setTimeout_'))) {
    // The engine's 10-second timer for its advisory lock is never cleared and would keep the process alive that long.
    imports[name] = (callback: () => void, ms: number): NodeJS.Timeout => setTimeout(callback, ms).unref();
  }
  const instance = new WebAssembly.Instance(new WebAssembly.Module(bytes), { './schema_engine_bg.js': imports });
  glue.__wbg_set_wasm(instance.exports);
  (instance.exports['__wbindgen_start'] as () => void)();
}

/** Runs a whole script as one simple query, which PostgreSQL treats as one transaction. */
export type RunScript = (pool: pg.Pool, script: string) => Promise<void>;

class MigrationAdapter extends PrismaPg {
  readonly #pool: pg.Pool;
  readonly #runScript: RunScript;

  constructor(pool: pg.Pool, runScript: RunScript) {
    super(pool);
    this.#pool = pool;
    this.#runScript = runScript;
  }

  override async connect(): ReturnType<PrismaPg['connect']> {
    const adapter = await super.connect();
    // The adapter's own version cuts scripts at every `;`, also inside the $$-quoted body of a function.
    adapter.executeScript = (script: string): Promise<void> => this.#runScript(this.#pool, script);
    return adapter;
  }
}

/** `pool` must hold one connection (`max: 1`) and is ended by the caller: the engine leaves it open, with its lock held. */
export async function openSchemaEngine(pool: pg.Pool, runScript: RunScript): Promise<SchemaEngine> {
  await load();
  const adapter = bindMigrationAwareSqlAdapterFactory(new MigrationAdapter(pool, runScript));
  return glue.SchemaEngine.new({ datamodels: undefined }, () => undefined, adapter);
}

export async function applyMigrations(engine: SchemaEngine, migrationsDir: string): Promise<string[]> {
  const result = await engine.applyMigrations({
    migrationsList: await readMigrations(migrationsDir),
    filters: NO_FILTER,
  });
  return result.appliedMigrationNames;
}

/** In the order of application. */
export async function migrationNames(dir: string): Promise<string[]> {
  const entries = await readdir(dir, { withFileTypes: true });
  return entries
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort();
}

async function readMigrations(baseDir: string): Promise<MigrationList> {
  const names = await migrationNames(baseDir);
  const migrationDirectories = await Promise.all(
    names.map(async (name) => ({
      path: name,
      migrationFile: {
        path: 'migration.sql',
        content: { tag: 'ok' as const, value: await readFile(path.join(baseDir, name, 'migration.sql'), 'utf8') },
      },
    })),
  );
  return {
    baseDir,
    lockfile: { path: 'migration_lock.toml', content: 'provider = "postgresql"\n' },
    shadowDbInitScript: '',
    migrationDirectories,
  };
}

/** The SQL that leads from one folder of schema files to another; `null` stands for an empty database. */
export async function diffSchemas(fromDir: string | null, toDir: string): Promise<string> {
  await load();
  const offline = bindMigrationAwareSqlAdapterFactory(new OfflineAdapter());
  const engine = await glue.SchemaEngine.new({ datamodels: undefined }, () => undefined, offline);
  try {
    const result = await engine.diff({
      from: fromDir === null ? { tag: 'empty' } : { tag: 'schemaDatamodel', files: await readSchema(fromDir) },
      to: { tag: 'schemaDatamodel', files: await readSchema(toDir) },
      script: true,
      exitCode: null,
      filters: NO_FILTER,
    });
    return result.stdout ?? '';
  } finally {
    engine.free();
  }
}

/**
 * Comparing two folders reads no database, yet the engine asks for the server's version first. This adapter answers that
 * one question and refuses every other.
 */
class OfflineAdapter extends PrismaPg {
  constructor() {
    super('postgresql://offline.invalid/');
  }

  override async connect(): ReturnType<PrismaPg['connect']> {
    const adapter = await super.connect();
    adapter.queryRaw = ({ sql }): ReturnType<typeof adapter.queryRaw> =>
      sql.includes('server_version_num')
        ? Promise.resolve(VERSION_ANSWER)
        : Promise.reject(new Error(`No database to ask: ${sql}`));
    return adapter;
  }
}

const VERSION_ANSWER = {
  columnNames: ['exists', 'version', 'numeric_version'],
  columnTypes: [ColumnTypeEnum.Boolean, ColumnTypeEnum.Text, ColumnTypeEnum.Int32],
  rows: [[true, 'PostgreSQL 18.0', 180000]],
};

async function readSchema(dir: string): Promise<{ path: string; content: string }[]> {
  const names = (await readdir(dir)).filter((name) => name.endsWith('.prisma')).sort();
  return Promise.all(
    names.map(async (name) => ({ path: name, content: await readFile(path.join(dir, name), 'utf8') })),
  );
}
