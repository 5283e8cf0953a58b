import type pg from 'pg';

/** Serves requests; sees the rows of one workspace at a time. */
export const APP_ROLE = 'oppulence_app';
/** Serves the dispatcher, the sweeper and the doors at which no workspace is known yet, under policies of its own. */
export const SYSTEM_ROLE = 'oppulence_system';

/**
 * Makes sure the two roles exist that migrations grant to. Roles belong to the whole cluster: where they exist already
 * nothing is changed, so whoever owns the server may have given them a login and a password.
 */
export async function ensureRoles(pool: pg.Pool): Promise<void> {
  for (const role of [APP_ROLE, SYSTEM_ROLE]) await ensureRole(pool, role);
}

async function ensureRole(pool: pg.Pool, role: string): Promise<void> {
  const existing = await pool.query<{ unsafe: boolean }>(
    'SELECT rolsuper OR rolbypassrls AS unsafe FROM pg_roles WHERE rolname = $1',
    [role],
  );
  const found = existing.rows[0];
  if (found?.unsafe === true) {
    throw new Error(
      `The role ${role} is a superuser or has BYPASSRLS, which would switch row-level security off. ` +
        `Run: ALTER ROLE ${role} NOSUPERUSER NOBYPASSRLS`,
    );
  }
  if (found !== undefined) return;
  // Migrations of two databases of one cluster may arrive here together.
  await pool.query(`
    DO $$ BEGIN
      CREATE ROLE ${role} NOLOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS;
    EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
    END $$`);
}
