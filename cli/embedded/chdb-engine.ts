import { createRequire } from 'node:module';
import type { Session as ChdbSession } from 'chdb';

/** One statement with everything that ClickHouse's HTTP interface takes beside it. */
export interface Statement {
  readonly sql: string;
  readonly database: string | null;
  /** Used when the statement names no format. */
  readonly format: string;
  readonly settings: ReadonlyMap<string, string>;
  /** Values of `{name:Type}`, as text in ClickHouse's escaped format. */
  readonly parameters: ReadonlyMap<string, string>;
}

export interface Engine {
  /** @throws an Error whose message is ClickHouse's: `Code: 60. DB::Exception: … (UNKNOWN_TABLE)`. */
  run(statement: Statement): Promise<Uint8Array>;
  close(): void;
}

/** Statements that run at the same time; each takes several threads by itself. */
const CONCURRENCY = 4;

/**
 * Expressions are interpreted: the data of one machine's instance is soon read, and compiling an expression that was met a few times costs
 * more than it saves there, and 18 MB for the compiler.
 */
const SETTINGS = ['compile_expressions', 'compile_aggregate_expressions', 'compile_sort_description'];
const CONNECTION = { connectionArgs: SETTINGS.map((setting) => `--${setting}=0`) };

/** Opens a data folder. Only one process may have it open. */
export function openEngine(dataDir: string): Engine {
  const { Session } = createRequire(import.meta.url)('chdb') as { Session: typeof ChdbSession };
  // The engine lives as long as one session is open.
  const keeper = new Session(dataDir, CONNECTION);
  keeper.query('SELECT 1');
  const gate = createGate(CONCURRENCY);
  return {
    run: (statement) =>
      gate(async () => {
        // A session of its own for each statement (half a millisecond): the current database, settings and parameters belong
        // to a session, and statements on one session wait for each other.
        const session = new Session(dataDir, CONNECTION);
        try {
          for (const preparation of preparations(statement)) await session.queryAsync(preparation);
          return (await session.queryAsync(statement.sql, { format: statement.format })).bytes();
        } finally {
          session.close();
        }
      }),
    close: (): void => {
      keeper.close();
    },
  };
}

function preparations({ database, settings, parameters }: Statement): string[] {
  const use = database === null ? [] : [`USE \`${database.replace(/[\\`]/g, '\\$&')}\``];
  const set = [...settings].map(([name, value]) => `SET ${identifier(name)} = ${literal(value)}`);
  const bind = [...parameters].map(([name, value]) => `SET param_${identifier(name)} = ${literal(value)}`);
  return [...use, ...set, ...bind];
}

function identifier(name: string): string {
  if (!/^\w+$/.test(name))
    throw new Error(`Code: 115. DB::Exception: ${name} is not the name of a setting. (UNKNOWN_SETTING)`);
  return name;
}

function literal(value: string): string {
  return `'${value.replace(/[\\']/g, '\\$&')}'`;
}

function createGate(limit: number): <T>(task: () => Promise<T>) => Promise<T> {
  const waiting: (() => void)[] = [];
  let running = 0;
  return async (task) => {
    if (running >= limit) await new Promise<void>((resolve) => waiting.push(resolve));
    else running += 1;
    try {
      return await task();
    } finally {
      const next = waiting.shift();
      // The place is handed over, so that nobody can slip in between.
      if (next === undefined) running -= 1;
      else next();
    }
  };
}
