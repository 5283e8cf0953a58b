import { ClickHouseLogLevel, createClient, type ClickHouseClient } from '@clickhouse/client';
import { clickHouseFault, ClickHouseQueryError, ClickHouseUnavailableError } from './errors.ts';

export interface ClickHouseOptions {
  /** ClickHouse's HTTP interface, for example `http://127.0.0.1:8123`. */
  readonly url: string;
  readonly database: string;
  readonly username?: string;
  readonly password?: string;
  /** How long one request may take, in milliseconds; 10,000 when absent. */
  readonly timeoutMs?: number;
}

/** Values bound to `{name:Type}` in a statement. They never become part of its text. */
export type ClickHouseParams = Readonly<Record<string, string | number | bigint | boolean | null | readonly string[]>>;

/**
 * ClickHouse over HTTP; an embedded engine and a cluster look the same from here.
 * Every call throws `ClickHouseUnavailableError` when asking again later may help, `ClickHouseQueryError` when it can't.
 */
export interface ClickHouse {
  readonly database: string;
  /**
   * Rows as ClickHouse writes JSON. Ask for 64-bit integers and decimals as text (`toString(…)`): JSON numbers lose digits.
   * For data of a workspace use a `workspaceQuery`, which can't forget the workspace.
   */
  query<T>(sql: string, params?: ClickHouseParams): Promise<T[]>;
  /** When it returns, the rows are stored and readable. Instants are text, `2026-11-20 09:30:00.000`, in UTC. */
  insert(table: string, rows: readonly Readonly<Record<string, unknown>>[]): Promise<void>;
  /** Runs a statement that answers no rows. */
  command(sql: string, params?: ClickHouseParams): Promise<void>;
  /** Creates the client's database if there is none; needs no right to do so when there is. */
  createDatabase(): Promise<void>;
  /** True when ClickHouse answers. Never throws. */
  ping(): Promise<boolean>;
  close(): Promise<void>;
}

const DEFAULT_TIMEOUT_MS = 10_000;

/** Opens no connection yet: the first call does. */
export function createClickHouse(options: ClickHouseOptions): ClickHouse {
  const client = connect(options);
  return {
    database: options.database,
    query: async <T>(sql: string, params?: ClickHouseParams): Promise<T[]> =>
      guarded(async () => {
        const result = await client.query({ query: sql, format: 'JSONEachRow', ...bound(params) });
        return result.json<T>();
      }),
    insert: async (table, rows): Promise<void> => {
      if (rows.length === 0) return;
      await guarded(async () => client.insert({ table, values: rows, format: 'JSONEachRow' }));
    },
    command: async (sql, params): Promise<void> => {
      await guarded(async () => client.command({ query: sql, ...bound(params) }));
    },
    createDatabase: async (): Promise<void> => {
      if (!(await isMissing(client))) return;
      // A request that names a missing database is refused whatever it says, so another one is named.
      const elsewhere = connect({ ...options, database: 'default' });
      await guarded(async () =>
        elsewhere.command({ query: `CREATE DATABASE IF NOT EXISTS ${plainName(options.database)}` }),
      );
      await elsewhere.close();
    },
    ping: async () => (await client.ping().catch(() => ({ success: false }))).success,
    close: async () => client.close(),
  };
}

function connect({
  url,
  database,
  username,
  password,
  timeoutMs = DEFAULT_TIMEOUT_MS,
}: ClickHouseOptions): ClickHouseClient {
  return createClient({
    url,
    database,
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    application: 'oppulence',
    request_timeout: timeoutMs,
    // Every fault is thrown to the caller, who logs it once and with its own words.
    log: { level: ClickHouseLogLevel.OFF },
    clickhouse_settings: {
      // An answered insert is stored: with async_insert a cluster may answer first and lose the rows after.
      async_insert: 0,
      date_time_input_format: 'best_effort',
      output_format_json_quote_64bit_integers: 1,
    },
  });
}

const UNKNOWN_DATABASE = '81';

async function isMissing(client: ClickHouseClient): Promise<boolean> {
  try {
    await guarded(async () => client.command({ query: 'SELECT 1' }));
    return false;
  } catch (fault) {
    if (fault instanceof ClickHouseQueryError && fault.clickHouseCode === UNKNOWN_DATABASE) return true;
    throw fault;
  }
}

function plainName(database: string): string {
  if (/^[A-Za-z][A-Za-z0-9_]*$/.test(database)) return database;
  throw new RangeError(`"${database}" can't name a ClickHouse database. Use letters, digits and underscores.`);
}

function bound(params: ClickHouseParams | undefined): { query_params?: Record<string, unknown> } {
  return params === undefined ? {} : { query_params: { ...params } };
}

async function guarded<T>(request: () => Promise<T>): Promise<T> {
  try {
    return await request();
  } catch (cause) {
    throw clickHouseFault(cause);
  }
}

/** True for trouble that passes by itself. */
export function isClickHouseUnavailable(error: unknown): error is ClickHouseUnavailableError {
  return error instanceof ClickHouseUnavailableError;
}
