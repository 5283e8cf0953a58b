import type pg from 'pg';
import { CHILD_COLUMNS } from '#subgraphs/billing/domain/child-columns.ts';
import { sha256Hex } from '#subgraphs/shared/crypto/crypto.ts';
import { ID_PREFIXES } from '#subgraphs/shared/ids/ids.ts';
import type { DumpedWorkspace } from '../stripe-webhooks/mirror-dump.ts';

/** What is not Stripe's: whose row it is, and when and by what it was heard of, which depends on the order of arrival. */
const NOT_OF_THE_STATE = /^(workspace_id|id|connection_id|first_seen_at|synced_at|deleted_at|listed_as|version_\w+)$/;
/** No event tells of these: what is there of them depends on when the ledger was read. */
const ONLY_READ = 'balance_transaction';
const OUR_ID = new RegExp(`^(?:${ID_PREFIXES.join('|')})_[0-9A-Za-z]{20}$`);

type Row = Readonly<Record<string, unknown>>;

/**
 * The mirror of these workspaces as lines that are the same for the same state at Stripe: every table, every column, raw objects included.
 * Our ids, which differ between workspaces, stand as what they refer to. Of what was deleted it counts that it was; a row inside an object that is
 * gone leaves no trace, since an order of arrival in which nobody heard of it is as good.
 */
export async function mirrorState(admin: pg.Pool, workspaces: readonly DumpedWorkspace[]): Promise<readonly string[]> {
  const tables = await admin.query<{ name: string }>(
    `SELECT table_name AS name FROM information_schema.columns WHERE table_schema = 'stripe' AND column_name = 'stripe_id' AND table_name <> $1 ORDER BY 1`,
    [ONLY_READ],
  );
  const lines: string[] = [];
  for (const { workspaceId, livemode } of workspaces) {
    const rows: { readonly table: string; readonly row: Row }[] = [];
    for (const { name } of tables.rows) {
      const found = await admin.query<{ row: Row }>(
        `SELECT to_jsonb(t) AS row FROM stripe."${name}" t WHERE workspace_id = $1`,
        [workspaceId],
      );
      rows.push(...found.rows.map(({ row }) => ({ table: name, row })));
    }
    const there = rows.filter(({ table, row }) => !(table in CHILD_COLUMNS && isGone(row)));
    const names = new Map(there.map(({ table, row }) => [row['id'], nameOf(table, row)]));
    lines.push(...there.map(({ table, row }) => `${livemode ? 'live' : 'test'} ${lineOf(table, row, names)}`));
  }
  return lines.toSorted();
}

function lineOf(table: string, row: Row, names: ReadonlyMap<unknown, string>): string {
  if (isGone(row)) return `${nameOf(table, row)} is deleted`;
  const state = Object.entries(row)
    .filter(([column]) => !NOT_OF_THE_STATE.test(column))
    .map(([column, value]) => [column, isOurs(value) ? (names.get(value) ?? 'of an object that is not here') : value]);
  return `${nameOf(table, row)} ${JSON.stringify(Object.fromEntries(state))}`;
}

const isGone = (row: Row): boolean => (row['deleted_at'] ?? null) !== null;
const nameOf = (table: string, row: Row): string => [table, row['account'], row['stripe_id']].join(' ');
const isOurs = (value: unknown): boolean => typeof value === 'string' && OUR_ID.test(value);

export const hashOf = (state: readonly string[]): string => sha256Hex(state.join('\n')).slice(0, 16);
