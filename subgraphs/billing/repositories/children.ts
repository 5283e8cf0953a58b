import { isDeepStrictEqual } from 'node:util';
import { groupBy } from '#subgraphs/shared/batching/group-by.ts';
import type { Query } from '#subgraphs/shared/db/prisma.ts';
import { CHILD_COLUMNS, type ChildTable } from '../domain/child-columns.ts';
import type { ObjectKind } from '../domain/kinds.ts';
import { type ChildList, childrenOf, type ChildRow } from '../stripe/normalise/children.ts';
import type { Owner } from '../stripe/normalise/fields.ts';
import { jsonValue, type MirrorRow } from './mirror.ts';
import { columnName, jsonParameter, type MirrorSql, mirrorSql } from './mirror-sql.ts';

const TABLES = Object.keys(CHILD_COLUMNS) as readonly ChildTable[];
const SQL = Object.fromEntries(TABLES.map((table) => [table, mirrorSql(table, CHILD_COLUMNS[table])])) as Record<
  ChildTable,
  MirrorSql
>;
/** Which column says whose a row is. */
const BELONGS_TO: Record<ChildTable, string> = {
  subscription_item: 'subscription_id',
  invoice_line: 'invoice_id',
  credit_note_line: 'credit_note_id',
  discount: 'owner_id',
  tax_amount: 'owner_id',
};

/** An object whose row in the mirror has just been written. */
export interface Parent {
  readonly kind: ObjectKind;
  readonly row: MirrorRow;
}

/** What there is to write of the rows that one object has in one table. */
interface Brood {
  readonly parent: MirrorRow;
  readonly table: ChildTable;
  /** New ones, and those that say something else than before. */
  readonly rows: readonly ChildRow[];
  /** Whether there may be rows that are not named any more. */
  readonly losing: boolean;
  readonly namedIds: readonly string[];
}

/**
 * Writes the rows inside objects: items of subscriptions, lines, discounts and taxes. To be called for objects whose rows in the mirror have
 * just been written, and for those alone: an older event must not touch what belongs to a newer one. What a complete list no longer names is
 * marked deleted; a list that Stripe cut takes nothing away. Two statements a table at the most, and none for what has not changed: `before`
 * has the rows as they were, of every parent that there was. `now` is wall time.
 */
export async function saveChildren(
  query: Query,
  workspaceId: string,
  parents: readonly Parent[],
  now: Date,
  before: ReadonlyMap<string, MirrorRow>,
): Promise<void> {
  const broods = parents.flatMap((parent) => broodsOf(workspaceId, parent, before.get(parent.row.id)));
  await Promise.all(
    [...groupBy(broods, ({ table }) => table)].flatMap(([table, own]) => [
      upsertRows(query, workspaceId, table, own, now),
      takeAway(query, workspaceId, table, own, now),
    ]),
  );
}

function broodsOf(workspaceId: string, { kind, row }: Parent, earlier: MirrorRow | undefined): Brood[] {
  const owner = { workspaceId, account: row.account };
  const lists = listsOf(kind, row, owner);
  // What was not there had no rows.
  const known = earlier === undefined ? [] : listsOf(kind, earlier, owner);
  return lists.flatMap(({ table, rows, complete }) => {
    const had = known.find((list) => list.table === table);
    const hadAll = earlier === undefined || had?.complete === true;
    const rowsBefore = new Map(hadAll ? had?.rows.map((each) => [each.id, each]) : []);
    const namedIds = rows.map(({ id }) => id);
    const gone = !hadAll || [...rowsBefore.keys()].some((id) => !namedIds.includes(id));
    const changed = rows.filter((each) => !isDeepStrictEqual(each, rowsBefore.get(each.id)));
    const losing = complete && gone;
    return changed.length > 0 || losing ? [{ parent: row, table, rows: changed, losing, namedIds }] : [];
  });
}

/** What an object had went with it. */
function listsOf(kind: ObjectKind, { content, deleted }: MirrorRow, owner: Owner): readonly ChildList[] {
  const lists = childrenOf(kind, content, owner);
  return deleted ? lists.map((list) => ({ ...list, rows: [], complete: true })) : lists;
}

async function upsertRows(
  query: Query,
  workspaceId: string,
  table: ChildTable,
  broods: readonly Brood[],
  now: Date,
): Promise<void> {
  const named = broods.flatMap(({ parent, rows }) => rows.map((row) => ({ parent, row })));
  if (named.length === 0) return;
  const known = await readUnsaid(query, workspaceId, table, named);
  const records = named.map(({ parent, row }) => ({
    raw: {},
    ...known.get(row.id),
    ...toRecord(table, workspaceId, parent, row, now),
  }));
  await query(SQL[table].upsertChanged, [jsonParameter(records)]);
}

async function takeAway(
  query: Query,
  workspaceId: string,
  table: ChildTable,
  broods: readonly Brood[],
  now: Date,
): Promise<void> {
  const losing = broods.filter((brood) => brood.losing);
  if (losing.length === 0) return;
  await query(
    `UPDATE stripe.${table} SET deleted_at = $1, synced_at = $1
     WHERE workspace_id = $2 AND ${BELONGS_TO[table]} = ANY($3) AND deleted_at IS NULL AND NOT (id = ANY($4))`,
    [now, workspaceId, losing.map(({ parent }) => parent.id), losing.flatMap(({ namedIds }) => namedIds)],
  );
}

/** What is known of rows of which not everything is said; asked for only when there are such. */
async function readUnsaid(
  query: Query,
  workspaceId: string,
  table: ChildTable,
  named: readonly { readonly row: ChildRow }[],
): Promise<ReadonlyMap<string, Record<string, unknown>>> {
  const fields = Object.keys(CHILD_COLUMNS[table]);
  const ids = named
    .filter(({ row }) => fields.some((field) => row.columns[field] === undefined))
    .map(({ row }) => row.id);
  if (ids.length === 0) return new Map();
  const found = await query<Record<string, unknown>>(SQL[table].read, [workspaceId, ids]);
  const columns = [...fields.map(columnName), 'raw'];
  return new Map(
    found.map((record) => [
      record['id'] as string,
      Object.fromEntries(columns.map((column) => [column, jsonValue(record[column])])),
    ]),
  );
}

function toRecord(
  table: ChildTable,
  workspaceId: string,
  parent: MirrorRow,
  row: ChildRow,
  now: Date,
): Record<string, unknown> {
  const { version } = parent;
  const values: Record<string, unknown> = {
    ...row.columns,
    workspaceId,
    id: row.id,
    account: parent.account,
    stripeId: row.stripeId,
    livemode: parent.livemode,
    connectionId: parent.connectionId,
    stripeCreatedAt: row.created === null ? parent.stripeCreatedAt : new Date(row.created * 1000),
    versionCreated: version.created,
    versionFrom: version.from,
    versionRank: version.rank,
    versionEventId: version.eventId,
    versionPrevious: null,
    // An id alone says nothing that could replace what is known.
    raw: Object.keys(row.raw).length === 0 ? undefined : row.raw,
    deletedAt: null,
    firstSeenAt: now,
    syncedAt: now,
  };
  return Object.fromEntries(
    SQL[table].columns
      .filter(({ field }) => values[field] !== undefined)
      .map(({ field, column }) => [column, jsonValue(values[field])]),
  );
}
