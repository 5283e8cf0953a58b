import pg from 'pg';
import { statementNames, unnamed } from './statement-names.ts';

/**
 * The system role: finds work across workspaces and the workspace behind a key or an endpoint. It has row policies of its own on the
 * few tables it needs and no rights elsewhere. What it finds is then done in that workspace, with the app's role.
 */
export interface SystemDb {
  query<Row extends object>(sql: string, params?: readonly unknown[]): Promise<Row[]>;
  readonly pool: pg.Pool;
  /** A connection of its own, for LISTEN and session locks; the caller ends it. Needs a direct connection, not PgBouncer. */
  dedicated(): Promise<pg.Client>;
  close(): Promise<void>;
}

/** @param options.directUrl where `dedicated` connects; `systemDatabaseUrl` unless given, which may then not be PgBouncer's. */
export function connectSystem(options: {
  systemDatabaseUrl: string;
  directUrl?: string;
  max?: number;
  /** See `Config.preparedStatements`. */
  preparedStatements: boolean;
}): SystemDb {
  const nameOf = options.preparedStatements ? statementNames() : unnamed;
  const pool = new pg.Pool({
    connectionString: options.systemDatabaseUrl,
    max: options.max ?? 5,
    connectionTimeoutMillis: 5_000,
  });
  pool.on('error', () => undefined);
  pool.on('connect', (client) => client.on('error', () => undefined)); // the pool listens to idle ones only
  return {
    pool,
    query: async <Row extends object>(sql: string, params: readonly unknown[] = []): Promise<Row[]> =>
      (await pool.query<Row>({ name: nameOf(sql), text: sql, values: [...params] })).rows,
    dedicated: async () => {
      const client = new pg.Client({
        connectionString: options.directUrl ?? options.systemDatabaseUrl,
        keepAlive: true,
      });
      client.on('error', () => undefined);
      await client.connect();
      return client;
    },
    close: async () => {
      if (!pool.ended) await pool.end();
    },
  };
}
