import type { ColumnSpec, ColumnType } from '../domain/columns.ts';

/** The columns that every table of the mirror has beside those of its kind. */
const COMMON = {
  workspaceId: 'text',
  id: 'text',
  account: 'text',
  stripeId: 'text',
  livemode: 'boolean',
  connectionId: 'text',
  stripeCreatedAt: 'timestamptz',
  versionCreated: 'bigint',
  versionFrom: 'bigint',
  versionRank: 'smallint',
  versionEventId: 'text',
  versionPrevious: 'jsonb',
  raw: 'jsonb',
  deletedAt: 'timestamptz',
  firstSeenAt: 'timestamptz',
  syncedAt: 'timestamptz',
} as const;

/** The columns that make a row another one; when it was heard of is not among them. */
const ALSO_COMPARED = ['raw', 'deleted_at'];

export interface MirrorSql {
  /** $1 workspace, $2 ids. */
  readonly read: string;
  /** $1 workspace, $2 account, $3 and $4 instants between which the object was created at Stripe. */
  readonly created: string;
  /** $1 one JSON array of rows, keyed as the table's columns. An id may appear once. */
  readonly upsert: string;
  /** The same, but leaves a row alone that says already what it is to say. */
  readonly upsertChanged: string;
  readonly columns: readonly { readonly field: string; readonly column: string }[];
}

/**
 * The two statements of a table, made once from its columns. Rows travel as one JSON parameter: for batches that is several times
 * cheaper than a statement per row, and one statement text per table keeps the list of prepared statements short.
 */
export function mirrorSql(table: string, spec: ColumnSpec): MirrorSql {
  const types: Readonly<Record<string, ColumnType | 'smallint' | 'jsonb'>> = { ...COMMON, ...spec };
  const columns = Object.keys(types).map((field) => ({
    field,
    column: columnName(field),
    type: types[field] ?? 'text',
  }));
  const names = columns.map(({ column }) => column).join(', ');
  const shape = columns.map(({ column, type }) => `${column} ${type}`).join(', ');
  const kept = new Set(['workspace_id', 'id', 'first_seen_at']);
  const updates = columns
    .filter(({ column }) => !kept.has(column))
    .map(({ column }) => `${column} = EXCLUDED.${column}`);
  const upsert =
    `INSERT INTO stripe.${table} AS known (${names}) SELECT ${names} FROM jsonb_to_recordset($1::jsonb) AS r(${shape}) ` +
    `ON CONFLICT (workspace_id, id) DO UPDATE SET ${updates.join(', ')}`;
  const compared = [...Object.keys(spec).map(columnName), ...ALSO_COMPARED];
  const valuesIn = (row: string): string => `(${compared.map((column) => `${row}.${column}`).join(', ')})`;
  return {
    read: `SELECT ${names} FROM stripe.${table} WHERE workspace_id = $1 AND id = ANY($2)`,
    created: `SELECT id, stripe_id AS "stripeId" FROM stripe.${table} WHERE workspace_id = $1 AND account = $2 AND stripe_created_at > $3 AND stripe_created_at < $4 AND deleted_at IS NULL`,
    upsert,
    upsertChanged: `${upsert} WHERE ${valuesIn('known')} IS DISTINCT FROM ${valuesIn('EXCLUDED')}`,
    columns,
  };
}

/** `nextPaymentAttemptAt` is `next_payment_attempt_at`; digits stay where they are (`last4`). */
export function columnName(field: string): string {
  return field.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

const UNSTORABLE = /\0|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;
/** How JSON writes NUL and half a character; it may also be text that says so, which costs time and nothing else. */
const PERHAPS_UNSTORABLE = /\\u(?:0000|d[89a-f])/;

/** Rows as the one JSON parameter. PostgreSQL's text can't hold NUL or half a character, which JSON can; one such name must not stop the mirror. */
export function jsonParameter(rows: readonly object[]): string {
  const json = JSON.stringify(rows);
  if (!PERHAPS_UNSTORABLE.test(json)) return json;
  return JSON.stringify(rows, (_field, value: unknown) =>
    typeof value === 'string' ? value.replace(UNSTORABLE, '\ufffd') : value,
  );
}
