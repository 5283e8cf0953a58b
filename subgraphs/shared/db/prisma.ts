import { setFlagsFromString } from 'node:v8';
import { PrismaPg } from '@prisma/adapter-pg';
import pg from 'pg';
import { PrismaClient } from '#prisma/generated/client/client.ts';
import type { Prisma } from '#prisma/generated/client/client.ts';
import type { PoolFigures } from '../metrics/kernel-collectors.ts';
import { withLentClient } from './lent-client.ts';
import { type NameOf, statementNames, unnamed } from './statement-names.ts';
import { WorkspacePool } from './workspace-pool.ts';

export type PrismaTransactionClient = Prisma.TransactionClient;

/** What reads take: the client, or the transaction they are part of. Domains narrow it to their own models with `Pick`. */
export type Db = PrismaTransactionClient;

/**
 * One statement as it is, for hot paths with statements of their own: through the client library each costs several times as much. Statements
 * that are not awaited one by one travel together. `bigint` columns are bigint, `jsonb` is parsed, everything else is as the driver gives it.
 */
export type Query = <Row extends object>(sql: string, values?: readonly unknown[]) => Promise<Row[]>;

export interface Database {
  readonly prisma: PrismaClient;
  /** How many connections there are and who waits for one. */
  readonly pool: PoolFigures;
  /** One transaction, in the workspace in scope. Inside, `query` sends statements on its connection. */
  transaction<T>(fn: (db: PrismaTransactionClient, query: Query) => Promise<T>): Promise<T>;
  /** Outside a transaction, in the workspace in scope. */
  readonly query: Query;
  close(): Promise<void>;
}

/**
 * The client's query compiler, WebAssembly, is asked once for each kind of query. V8 would optimize its functions after a handful of calls: seconds
 * of both cores while a process starts, and 40 MB that it never gives back. With this budget, 55 times V8's, it does so for those that stay hot.
 */
setFlagsFromString('--wasm-tiering-budget=100000000');

const TYPES: pg.CustomTypesConfig = {
  getTypeParser: (oid, format) =>
    oid === pg.types.builtins.INT8 ? BigInt : (pg.types.getTypeParser(oid, format) as never),
};

const queryOn =
  (target: () => Pick<pg.ClientBase, 'query'> | pg.Pool, nameOf: NameOf): Query =>
  async <Row extends object>(text: string, values: readonly unknown[] = []): Promise<Row[]> =>
    (await target().query<Row>({ name: nameOf(text), text, values: [...values], types: TYPES })).rows;

/** The app's role: no BYPASSRLS, one workspace at a time. `databaseUrl` may point at PgBouncer in transaction mode. */
export function connectDatabase(options: {
  databaseUrl: string;
  max?: number;
  /** See `Config.preparedStatements`. */
  preparedStatements: boolean;
}): Database {
  const pool = new WorkspacePool({
    connectionString: options.databaseUrl,
    max: options.max ?? 10,
    connectionTimeoutMillis: 5_000,
  });
  const nameOf = options.preparedStatements ? statementNames() : unnamed;
  // The adapter's type knows no statement without a name; the driver does.
  const adapter = new PrismaPg(pool, { statementNameGenerator: ({ sql }) => (nameOf as (sql: string) => string)(sql) });
  const prisma = new PrismaClient({ adapter, transactionOptions: { maxWait: 10_000, timeout: 60_000 } });
  return {
    prisma,
    pool,
    transaction: (fn) =>
      withLentClient((client) => {
        const query = queryOn(client, nameOf);
        return prisma.$transaction((db) => fn(db, query));
      }),
    query: queryOn(() => pool, nameOf),
    close: async () => {
      await prisma.$disconnect();
      if (!pool.ended) await pool.end();
    },
  };
}
