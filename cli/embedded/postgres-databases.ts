import pg from 'pg';
import { APP_ROLE, ensureRoles, SYSTEM_ROLE } from '#prisma/roles.ts';
import type { Secrets } from './postgres.ts';

/**
 * Makes the roles and databases of the embedded server, as far as they are missing: `oppulence`, and one each for the queue
 * and the sandbox, which are other programs' data and have owners of their own. Repeatable, so a kill in between does no harm.
 */
export async function prepareDatabases(serverUrl: string, secrets: Secrets): Promise<void> {
  const pool = new pg.Pool({ connectionString: serverUrl, max: 1 });
  pool.on('error', () => undefined);
  try {
    await ensureRoles(pool);
    for (const role of ['queue', 'sandbox']) await ensureOwner(pool, role);
    await giveLogin(pool, APP_ROLE, secrets.app);
    await giveLogin(pool, SYSTEM_ROLE, secrets.system);
    await giveLogin(pool, 'queue', secrets.queue);
    await giveLogin(pool, 'sandbox', secrets.sandbox);
    await ensureDatabase(pool, 'oppulence', null);
    await ensureDatabase(pool, 'queue', 'queue');
    await ensureDatabase(pool, 'sandbox', 'sandbox');
  } finally {
    await pool.end();
  }
}

async function ensureOwner(pool: pg.Pool, role: string): Promise<void> {
  const { rowCount } = await pool.query('SELECT FROM pg_roles WHERE rolname = $1', [role]);
  if (rowCount === 0) await pool.query(`CREATE ROLE ${role} NOLOGIN NOSUPERUSER NOBYPASSRLS`);
}

async function giveLogin(pool: pg.Pool, role: string, password: string): Promise<void> {
  await pool.query(`ALTER ROLE ${role} LOGIN PASSWORD ${pg.escapeLiteral(password)}`);
}

async function ensureDatabase(pool: pg.Pool, name: string, owner: string | null): Promise<void> {
  const { rowCount } = await pool.query('SELECT FROM pg_database WHERE datname = $1', [name]);
  if (rowCount === 0) await pool.query(`CREATE DATABASE ${name} ${owner === null ? '' : `OWNER ${owner}`}`);
  // By default every role may connect to every database.
  await pool.query(`REVOKE CONNECT, TEMPORARY ON DATABASE ${name} FROM PUBLIC`);
  if (owner === null) await pool.query(`GRANT CONNECT ON DATABASE ${name} TO ${APP_ROLE}, ${SYSTEM_ROLE}`);
}
