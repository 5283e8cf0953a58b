import { createHash } from 'node:crypto';
import type { ClickHouse } from './client.ts';

/**
 * One numbered step of ClickHouse's schema. ClickHouse has no transactional DDL, so a step must be harmless when it runs twice, at the
 * same time or after a crash half way: `CREATE TABLE IF NOT EXISTS`, `ADD COLUMN IF NOT EXISTS`, `CREATE OR REPLACE VIEW`.
 */
export interface ClickHouseMigration {
  /** Sorts in the order of application: `0001-events`. */
  readonly id: string;
  /** One statement, or several in order: the HTTP interface takes one at a time. */
  readonly sql: string | readonly string[];
}

export class ClickHouseMigrationError extends Error {
  override readonly name = 'ClickHouseMigrationError';
}

const LEDGER = `
  CREATE TABLE IF NOT EXISTS schema_migrations (id String, checksum String, applied_at DateTime64(3, 'UTC') DEFAULT now64(3))
  ENGINE = ReplacingMergeTree ORDER BY id`;

/**
 * Brings the client's database, created if need be, up to the last migration and returns the ids applied by this call. Several processes may start at once:
 * each applies what it finds missing, which is harmless because every step is idempotent, and the ledger keeps one row per id.
 * @throws {ClickHouseMigrationError} when ids repeat or are out of order, or when an applied step has been edited since.
 */
export async function migrateClickHouse(ch: ClickHouse, migrations: readonly ClickHouseMigration[]): Promise<string[]> {
  assertOrdered(migrations);
  await ch.createDatabase();
  await ch.command(LEDGER);
  const applied = await appliedChecksums(ch);
  const done: string[] = [];
  for (const migration of migrations) {
    const statements = typeof migration.sql === 'string' ? [migration.sql] : migration.sql;
    const checksum = createHash('sha256').update(statements.join(';\n')).digest('hex');
    const before = applied.get(migration.id);
    if (before === checksum) continue;
    if (before !== undefined)
      throw new ClickHouseMigrationError(
        `ClickHouse migration ${migration.id} has changed since it was applied. Restore it and add a new one.`,
      );
    for (const statement of statements) await ch.command(statement);
    await ch.insert('schema_migrations', [{ id: migration.id, checksum }]);
    done.push(migration.id);
  }
  return done;
}

function assertOrdered(migrations: readonly ClickHouseMigration[]): void {
  for (const [index, { id }] of migrations.entries()) {
    const previous = migrations[index - 1];
    if (previous && previous.id >= id)
      throw new ClickHouseMigrationError(
        `ClickHouse migration ${id} must come after ${previous.id}: each id once, in order.`,
      );
  }
}

async function appliedChecksums(ch: ClickHouse): Promise<Map<string, string>> {
  const rows = await ch.query<{ id: string; checksum: string }>('SELECT id, checksum FROM schema_migrations FINAL');
  return new Map(rows.map((row) => [row.id, row.checksum]));
}
