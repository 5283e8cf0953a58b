import type { ZodType } from 'zod';
import type { ClickHouse, ClickHouseParams } from './client.ts';

export class UnscopedQueryError extends Error {
  override readonly name = 'UnscopedQueryError';
}

/** A read of one workspace's data. */
export interface WorkspaceQuery<Row> {
  readonly name: string;
  readonly sql: string;
  run(ch: ClickHouse, workspaceId: string, params?: ClickHouseParams): Promise<Row[]>;
}

/**
 * The only way to read a workspace's data from ClickHouse, where PostgreSQL's row-level security doesn't reach. A query may select from
 * parameterized views alone, each called as `some_view(workspace_id = {workspace_id:String})`; those views are the one place that names
 * tables. A statement that reads anything else is refused when its module loads, so it can't be deployed.
 * @param sql one SELECT; common table expressions and subqueries are fine as long as their sources are views.
 * @param row what one row must look like; a mismatch is a bug and throws.
 * @throws {UnscopedQueryError} on a source that is no workspace view.
 */
export function workspaceQuery<Row>(name: string, sql: string, row: ZodType<Row>): WorkspaceQuery<Row> {
  assertScoped(name, sql);
  return {
    name,
    sql,
    run: async (ch, workspaceId, params = {}): Promise<Row[]> => {
      if (workspaceId === '') throw new UnscopedQueryError(`Query ${name} was called without a workspace.`);
      const rows = await ch.query<unknown>(sql, { ...params, workspace_id: workspaceId });
      return rows.map((raw) => row.parse(raw));
    },
  };
}

/** What follows FROM or JOIN: a subquery's bracket, or a name with or without arguments. */
const SOURCE = /\b(?:FROM|JOIN)\s+(\(|[\w.`"]+)(\s*\([^)]*\))?/gi;
const WORKSPACE_ARGUMENT = /^\s*\(\s*workspace_id\s*=\s*\{workspace_id:String\}\s*[,)]/;

function assertScoped(name: string, sql: string): void {
  const bare = sql.replace(/--.*$/gm, ' ').replace(/'(?:[^'\\]|\\.)*'/g, "''");
  const named = new Set(
    [...bare.matchAll(/\b([A-Za-z_]\w*)\s+AS\s*\(\s*(?:SELECT|WITH)\b/gi)].map((match) => match[1]),
  );
  const sources = [...bare.matchAll(SOURCE)];
  if (sources.length === 0) throw new UnscopedQueryError(`Query ${name} reads from nothing.`);
  for (const { 0: match, 1: source = '', 2: args = '', index } of sources) {
    const scoped = source === '(' || (args === '' && named.has(source)) || WORKSPACE_ARGUMENT.test(args);
    if (!scoped)
      throw new UnscopedQueryError(
        `Query ${name} reads ${source} without a workspace. Read a view as view(workspace_id = {workspace_id:String}).`,
      );
    const end = source === '(' ? closingBracket(bare, index + match.indexOf('(')) : index + match.length;
    if (/^\s*(?:(?:AS\s+)?\w+\s*)?,/i.test(bare.slice(end)))
      throw new UnscopedQueryError(`Query ${name} lists sources with a comma. Use JOIN.`);
  }
  // ClickHouse reads a whole table for `x IN table`.
  if (/\bIN\s+[A-Za-z_]/i.test(bare))
    throw new UnscopedQueryError(`Query ${name} uses IN with a table. Use a subquery on a view.`);
}

/** The index after the bracket that closes the one at `open`. */
function closingBracket(sql: string, open: number): number {
  let depth = 0;
  for (let at = open; at < sql.length; at += 1) {
    if (sql[at] === '(') depth += 1;
    if (sql[at] === ')') depth -= 1;
    if (depth === 0) return at + 1;
  }
  return sql.length;
}
