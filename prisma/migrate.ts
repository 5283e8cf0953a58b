import pg from 'pg';
import { migrationsDir } from './paths.ts';
import { ensureRoles } from './roles.ts';
import { applyMigrations, migrationNames, openSchemaEngine } from './schema-engine.ts';

// 'oppu' in ASCII. Apart from the engine's own lock, which gives up after ten seconds.
const MIGRATION_LOCK = 0x6f707075;

const UNFINISHED = 'finished_at IS NULL AND rolled_back_at IS NULL';

export interface Migrated {
  /** Names of the migrations that this call applied, oldest first; empty when the database was up to date. */
  readonly applied: readonly string[];
}

/**
 * Brings a database up to the newest migration. Callers at the same time wait for each other, and a run that was killed at
 * any point is taken up by the next one.
 *
 * A migration's script and the note that it is finished commit together, so an unfinished note always means that nothing
 * of its script was kept. The exception is a script with CONCURRENTLY, which PostgreSQL takes outside a transaction only:
 * it must hold one statement and be repeatable (`IF NOT EXISTS`).
 * @param url owner of the database, straight to PostgreSQL: the lock needs a session, which PgBouncer would not keep.
 */
export async function migrate(url: string, dir: string = migrationsDir): Promise<Migrated> {
  // One connection, so that the lock is held by the very session that executes the scripts: when this process is killed,
  // the server may still be busy with a script, and a successor must wait for it.
  const pool = new pg.Pool({
    connectionString: url,
    max: 1,
    idleTimeoutMillis: 0,
    application_name: 'oppulence-migrate',
  });
  pool.on('error', () => undefined);
  let failure: unknown;
  try {
    await pool.query('SELECT pg_advisory_lock($1)', [MIGRATION_LOCK]);
    await ensureRoles(pool);
    await forgetUnfinished(pool);
    if (await isUpToDate(pool, dir)) return { applied: [] };
    const engine = await openSchemaEngine(pool, async (scriptPool, script) => {
      await runScript(scriptPool, script).catch((error: unknown) => {
        // The engine reports it without PostgreSQL's words.
        failure = error;
        throw error;
      });
    });
    try {
      return { applied: await applyMigrations(engine, dir) };
    } finally {
      engine.free();
    }
  } catch (error) {
    throw new MigrationError(await unfinishedName(pool), failure ?? error);
  } finally {
    await pool.end();
  }
}

/** Most starts find nothing to do, and the engine is 5 MB of WebAssembly. */
async function isUpToDate(pool: pg.Pool, dir: string): Promise<boolean> {
  if (!(await hasHistory(pool))) return false;
  const { rows } = await pool.query<{ name: string }>(
    'SELECT migration_name AS name FROM public._prisma_migrations WHERE finished_at IS NOT NULL AND rolled_back_at IS NULL',
  );
  const applied = new Set(rows.map(({ name }) => name));
  return (await migrationNames(dir)).every((name) => applied.has(name));
}

async function runScript(pool: pg.Pool, script: string): Promise<void> {
  if (/\bCONCURRENTLY\b/i.test(script) || !(await hasHistory(pool))) {
    await pool.query(script);
    return;
  }
  await pool.query(`${script}\n;UPDATE public._prisma_migrations SET finished_at = now() WHERE ${UNFINISHED}`);
}

async function forgetUnfinished(pool: pg.Pool): Promise<void> {
  if (!(await hasHistory(pool))) return;
  await pool.query(`UPDATE public._prisma_migrations SET rolled_back_at = now() WHERE ${UNFINISHED}`);
}

/** The migration that just failed, if it came that far. */
async function unfinishedName(pool: pg.Pool): Promise<string | null> {
  try {
    const sql = `SELECT migration_name AS name FROM public._prisma_migrations WHERE ${UNFINISHED}`;
    return (await pool.query<{ name: string }>(sql)).rows[0]?.name ?? null;
  } catch {
    return null;
  }
}

async function hasHistory(pool: pg.Pool): Promise<boolean> {
  const { rows } = await pool.query<{ there: boolean }>(
    `SELECT to_regclass('public._prisma_migrations') IS NOT NULL AS there`,
  );
  return rows[0]?.there === true;
}

export class MigrationError extends Error {
  readonly code = 'MIGRATION_FAILED';

  constructor(name: string | null, cause: unknown) {
    const reason = `${name === null ? '' : `${name}: `}${cause instanceof Error ? cause.message : String(cause)}`;
    super(
      `The database could not be migrated: ${reason.trim()}. Nothing of the failed migration was kept; correct the cause and run it again.`,
      { cause },
    );
    this.name = 'MigrationError';
  }
}
