import type { Query } from '#subgraphs/shared/db/prisma.ts';
import type { JsonObject } from '#subgraphs/shared/json/json.ts';
import { type AnyColumns, COLUMNS } from '../domain/columns.ts';
import { isMirrorKind, MIRROR_KINDS, type MirrorKind, type ObjectKind } from '../domain/kinds.ts';
import type { EventRank, MirrorState } from '../domain/ordering.ts';
import { jsonParameter, mirrorSql, type MirrorSql } from './mirror-sql.ts';

/** A row of the mirror: what it rests on, what Stripe said, and its columns. */
export interface MirrorRow extends MirrorState {
  readonly id: string;
  readonly account: string;
  readonly stripeId: string;
  readonly livemode: boolean;
  readonly connectionId: string;
  readonly stripeCreatedAt: Date;
  /** When Stripe no longer had it, in Stripe's time. */
  readonly deletedAt: Date | null;
  readonly columns: AnyColumns;
}

// The table of that name holds the links, which earlier versions of the API tell of without having the object.
const TABLES: Partial<Record<MirrorKind, string>> = { invoice_payment: 'invoice_payment_object' };
const SQL = Object.fromEntries(MIRROR_KINDS.map((kind) => [kind, mirrorSql(tableOf(kind), COLUMNS[kind])])) as Record<
  MirrorKind,
  MirrorSql
>;
/** Kinds without a table of their own share one, in which a row says its kind. */
const RAW = mirrorSql('object', { kind: 'text' });

/** In which table of the schema `stripe` objects of this kind are kept. */
export function tableOf(kind: ObjectKind): string {
  if (!isMirrorKind(kind)) return 'object';
  return TABLES[kind] ?? kind.replaceAll('.', '_');
}

function sqlOf(kind: ObjectKind): MirrorSql {
  return isMirrorKind(kind) ? SQL[kind] : RAW;
}

/**
 * Whoever writes the mirror of a workspace takes this first and holds it to the commit: applying events, a page of the backfill, a reread.
 * Deciding needs the row as it is, also when there is none to lock, and batches that took rows in different orders would deadlock.
 */
export async function lockMirror(query: Query, workspaceId: string): Promise<void> {
  await query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [`stripe-mirror:${workspaceId}`]);
}

/** The rows that exist of these ids. A kind that has no table of its own is read from the one for all the others, and has no columns. */
export async function readMirror(
  query: Query,
  workspaceId: string,
  kind: ObjectKind,
  ids: readonly string[],
): Promise<ReadonlyMap<string, MirrorRow>> {
  const found = await query<Record<string, unknown>>(sqlOf(kind).read, [workspaceId, ids]);
  return new Map(found.map((record) => [record['id'] as string, fromRecord(kind, record)]));
}

/** Rows of an account that exist, by when they were created at Stripe; both ends are left out. */
export async function rowsBetween(
  query: Query,
  workspaceId: string,
  kind: MirrorKind,
  { account, after, before }: { readonly account: string; readonly after: Date; readonly before: Date },
): Promise<readonly { readonly id: string; readonly stripeId: string }[]> {
  return query(SQL[kind].created, [workspaceId, account, after, before]);
}

/** Writes the rows, new or not; who calls has decided that they are newer. `now` is wall time. Ids must differ. */
export async function saveMirror(
  query: Query,
  workspaceId: string,
  kind: ObjectKind,
  rows: readonly MirrorRow[],
  now: Date,
): Promise<void> {
  if (rows.length === 0) return;
  const records = rows.map((row) => toRecord(kind, workspaceId, row, now));
  await query(sqlOf(kind).upsert, [jsonParameter(records)]);
}

function toRecord(kind: ObjectKind, workspaceId: string, row: MirrorRow, now: Date): Record<string, unknown> {
  const { version, columns } = row;
  const values: Record<string, unknown> = {
    ...columns,
    kind,
    workspaceId,
    id: row.id,
    account: row.account,
    stripeId: row.stripeId,
    livemode: row.livemode,
    connectionId: row.connectionId,
    stripeCreatedAt: row.stripeCreatedAt,
    versionCreated: version.created,
    versionFrom: version.from,
    versionRank: version.rank,
    versionEventId: version.eventId,
    versionPrevious: version.previous,
    raw: row.content,
    deletedAt: row.deletedAt,
    firstSeenAt: now,
    syncedAt: now,
  };
  return Object.fromEntries(sqlOf(kind).columns.map(({ field, column }) => [column, jsonValue(values[field])]));
}

/** Beyond 2^53 a JSON number is not exact, so amounts travel as text; PostgreSQL reads them as bigint all the same. */
export function jsonValue(value: unknown): unknown {
  return typeof value === 'bigint' ? value.toString() : (value ?? null);
}

function fromRecord(kind: ObjectKind, record: Record<string, unknown>): MirrorRow {
  const common = record as unknown as CommonRecord;
  const { version_from: from } = common;
  return {
    id: common.id,
    account: common.account,
    stripeId: common.stripe_id,
    livemode: common.livemode,
    connectionId: common.connection_id,
    stripeCreatedAt: common.stripe_created_at,
    deletedAt: common.deleted_at,
    deleted: common.deleted_at !== null,
    content: common.raw,
    version: {
      created: Number(common.version_created),
      from: from === null ? null : Number(from),
      rank: common.version_rank,
      eventId: common.version_event_id,
      previous: common.version_previous,
    },
    columns: isMirrorKind(kind) ? columnsIn(kind, record) : {},
  };
}

function columnsIn(kind: MirrorKind, record: Record<string, unknown>): AnyColumns {
  return Object.fromEntries(
    SQL[kind].columns
      .filter(({ field }) => field in COLUMNS[kind])
      .map(({ field, column }) => [field, record[column] as AnyColumns[string]]),
  );
}

/** The common columns as PostgreSQL's driver gives them. */
interface CommonRecord {
  readonly id: string;
  readonly account: string;
  readonly stripe_id: string;
  readonly livemode: boolean;
  readonly connection_id: string;
  readonly stripe_created_at: Date;
  readonly version_created: bigint;
  readonly version_from: bigint | null;
  readonly version_rank: EventRank;
  readonly version_event_id: string | null;
  readonly version_previous: JsonObject | null;
  readonly raw: JsonObject;
  readonly deleted_at: Date | null;
}
