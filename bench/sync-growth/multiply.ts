import type pg from 'pg';

/** What our own ids look like: made anew for each copy, the same wherever the same object is named. */
const OUR_ID = '^[a-z]+_[0-9A-Za-z]{20}$';

/**
 * Fills a workspace's mirror up to so many objects with copies of those that it has, in the database itself: rows as large as real ones, with ids as
 * scattered, and the rows inside them.
 * @returns how many objects it then has.
 */
export async function multiplyMirror(admin: pg.Pool, workspaceId: string, to: number): Promise<number> {
  const tables = await mirrorTables(admin);
  const before = await objectsOf(admin, workspaceId);
  const copies = Math.ceil(to / before) - 1;
  if (copies > 0)
    for (const { name, columns } of tables) {
      const values = columns.map((column) => valueOf(column)).join(', ');
      await admin.query(
        `INSERT INTO stripe."${name}" (${columns.map((column) => `"${column}"`).join(', ')})
         SELECT ${values} FROM stripe."${name}" t, generate_series(1, $2::int) AS n WHERE t.workspace_id = $1`,
        [workspaceId, copies],
      );
    }
  // Nothing is left for autovacuum to do beside the measurement.
  for (const { name } of tables) await admin.query(`VACUUM (ANALYZE) stripe."${name}"`);
  await admin.query('CHECKPOINT');
  return objectsOf(admin, workspaceId);
}

function valueOf(column: string): string {
  const own = `t."${column}"`;
  if (column === 'stripe_id' || column === 'payment_stripe_id') return `${own} || '_' || n`;
  if (column === 'workspace_id' || column === 'connection_id' || !/(^|_)id$/.test(column)) return own;
  return `CASE WHEN ${own} ~ '${OUR_ID}' THEN split_part(${own}, '_', 1) || '_' || left(md5(${own} || n), 20) ELSE ${own} END`;
}

interface Table {
  readonly name: string;
  readonly columns: readonly string[];
}

async function mirrorTables(admin: pg.Pool): Promise<readonly Table[]> {
  const { rows } = await admin.query<Table>(
    `SELECT table_name AS name, array_agg(column_name::text ORDER BY ordinal_position) AS columns FROM information_schema.columns
     WHERE table_schema = 'stripe' AND is_generated = 'NEVER' GROUP BY 1 ORDER BY 1`,
  );
  return rows.filter(({ columns }) => columns.includes('workspace_id'));
}

/** Objects, without the rows inside them. */
async function objectsOf(admin: pg.Pool, workspaceId: string): Promise<number> {
  let objects = 0;
  for (const { name, columns } of await mirrorTables(admin)) {
    if (!columns.includes('version_rank') || INSIDE.has(name)) continue;
    const { rows } = await admin.query<{ n: number }>(
      `SELECT count(*)::int AS n FROM stripe."${name}" WHERE workspace_id = $1`,
      [workspaceId],
    );
    objects += rows[0]?.n ?? 0;
  }
  return objects;
}

const INSIDE = new Set(['subscription_item', 'invoice_line', 'credit_note_line', 'discount', 'tax_amount']);
