import type { Stack } from '#cli/testing/stack.ts';

/** What a reference is a reference to, where its name does not say. */
const REFERS_TO: Readonly<Record<string, string>> = {
  failure_balance_transaction_id: 'balance_transaction',
  source_charge_id: 'charge',
  invoice_item_id: 'invoiceitem',
  owner_id: 'invoice',
};
const FIXED: Readonly<Record<string, unknown>> = {
  raw: {},
  currency: 'EUR',
  minimum_amount_currency: 'EUR',
  livemode: false,
  version_rank: 0,
  version_from: null,
  version_previous: null,
  deleted_at: null,
};
const BY_TYPE: Readonly<Record<string, unknown>> = {
  bigint: 100,
  integer: 1,
  boolean: true,
  'timestamp with time zone': '2026-01-01T00:00:00Z',
};

interface Column {
  readonly name: string;
  readonly type: string;
}

/**
 * One row for each table of the mirror that the shop's life left empty (nobody disputes a charge there), tied to what the workspace has, so
 * that every field and every list of the graph has something to show. `mark` stands in all texts of its own.
 */
export async function fillMirror(stack: Stack, workspaceId: string, mark: string): Promise<void> {
  const { rows: tables } = await stack.admin.query<{ name: string; columns: Column[] }>(
    `SELECT table_name AS name, json_agg(json_build_object('name', column_name, 'type', data_type)) AS columns
     FROM information_schema.columns WHERE table_schema = 'stripe' GROUP BY table_name
     ORDER BY table_name = 'balance_transaction', table_name LIKE '%\\_line', table_name`,
  );
  for (const { name, columns } of tables) {
    const { rowCount } = await stack.admin.query(`SELECT FROM stripe.${name} WHERE workspace_id = $1 LIMIT 1`, [
      workspaceId,
    ]);
    if (rowCount !== 0) continue;
    const row: Record<string, unknown> = {};
    for (const column of columns) row[column.name] = await valueOf(stack, workspaceId, mark, name, column);
    await stack.admin.query(
      `INSERT INTO stripe.${name} SELECT * FROM jsonb_populate_record(NULL::stripe.${name}, $1)`,
      [row],
    );
  }
  // What the charges of the shop's life brought in has not been paid out.
  await stack.admin.query(
    'UPDATE stripe.balance_transaction SET payout_id = $2 WHERE workspace_id = $1 AND payout_id IS NULL',
    [workspaceId, await newestOf(stack, workspaceId, 'payout')],
  );
}

async function valueOf(
  stack: Stack,
  workspaceId: string,
  mark: string,
  table: string,
  { name, type }: Column,
): Promise<unknown> {
  if (name in FIXED) return FIXED[name];
  if (name === 'workspace_id') return workspaceId;
  if (/_(minor_)?decimal$|^percent|percentage$|_rate$/.test(name)) return '12.5';
  if (type !== 'text') return BY_TYPE[type];
  const target = REFERS_TO[name] ?? /^(?!.*stripe_id$)(.+)_id$/.exec(name)?.[1];
  const known = target === undefined ? null : await newestOf(stack, workspaceId, target);
  return known ?? (name === 'id' ? `${table}_${mark}` : `${name}-${table}-${mark}`);
}

async function newestOf(stack: Stack, workspaceId: string, table: string): Promise<string | null> {
  const { rows: exists } = await stack.admin.query<{ there: boolean }>(`SELECT to_regclass($1) IS NOT NULL AS there`, [
    `stripe.${table}`,
  ]);
  if (exists[0]?.there !== true) return null;
  const { rows } = await stack.admin.query<{ id: string }>(
    `SELECT id FROM stripe.${table} WHERE workspace_id = $1 ORDER BY stripe_created_at DESC, id DESC LIMIT 1`,
    [workspaceId],
  );
  return rows[0]?.id ?? null;
}
