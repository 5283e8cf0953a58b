export type NameOf = (sql: string) => string | undefined;

/** Where nothing may be prepared. */
export const unnamed: NameOf = () => undefined;

/** A text that was sent so often by this process will be sent again. */
const AFTER = 5;
/** A plan is some tens of kilobytes in each connection that has run it. */
const MOST = 250;
/** Texts that are counted at once; lists of values that are part of a text make ever new ones. */
const COUNTED = 2_000;

/**
 * Names for statements that come again and again: PostgreSQL then parses and plans each once a connection, instead of each time. The names
 * are those of one process: behind a pooler that shares connections it must keep them apart (PgBouncer 1.21's `max_prepared_statements`).
 * @returns the name of a text, or undefined for one that is rare.
 */
export function statementNames(): NameOf {
  const names = new Map<string, string>();
  const counts = new Map<string, number>();
  return (sql) => {
    const name = names.get(sql);
    if (name !== undefined || names.size >= MOST) return name;
    const count = (counts.get(sql) ?? 0) + 1;
    if (count >= AFTER) {
      counts.delete(sql);
      names.set(sql, `s${String(names.size)}`);
    } else {
      if (counts.size >= COUNTED) counts.clear();
      counts.set(sql, count);
    }
    return names.get(sql);
  };
}
