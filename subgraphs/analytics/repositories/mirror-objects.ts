import type { ClickHouse } from '#subgraphs/shared/clickhouse/client.ts';
import { toClickHouseTime } from '#subgraphs/shared/clickhouse/time.ts';
import { mirrorFigures } from '../clickhouse/queries/mirror-figures.ts';
import { mirrorIds } from '../clickhouse/queries/mirror-ids.ts';
import { currentObjects, lastStates } from '../clickhouse/queries/mirror-objects.ts';
import { objectHistory } from '../clickhouse/queries/object-history.ts';
import type { MirrorChange } from '../domain/mirror-change.ts';
import type { MirrorFigures, MirrorGroup } from '../domain/mirror-difference.ts';
import type { MirroredObject } from '../ports.ts';

/** Adds the states to the history, and the newest of each object to the current ones. Repeating it changes nothing that is read. */
export async function saveMirrorChanges(ch: ClickHouse, changes: readonly MirrorChange[]): Promise<void> {
  const rows = changes.map(asRow);
  const newest = new Map(rows.map((row) => [`${row.workspace_id} ${row.kind} ${row.object_id}`, row]));
  await ch.insert('mirror_history', rows);
  await ch.insert('mirror_current', [...newest.values()]);
}

interface ChangeRow extends Readonly<Record<string, unknown>> {
  readonly workspace_id: string;
  readonly kind: string;
  readonly object_id: string;
}

function asRow(change: MirrorChange): ChangeRow {
  return {
    workspace_id: change.workspaceId,
    kind: change.kind,
    object_id: change.objectId,
    version: change.version.toString(),
    stripe_id: change.stripeId,
    account: change.account,
    created_at: toClickHouseTime(change.createdAt),
    at: toClickHouseTime(change.at),
    deleted: change.deleted,
    status: change.status ?? '',
    currency: change.currency ?? '',
    amount_minor: change.amountMinor?.toString() ?? null,
    customer_id: change.customerId ?? '',
    recorded_at: toClickHouseTime(change.recordedAt),
  };
}

/** A state of an object of billing's mirror. */
export interface ObjectState {
  readonly kind: string;
  readonly at: Date;
  readonly recordedAt: Date;
  readonly deleted: boolean;
  readonly status: string | null;
  readonly currency: string | null;
  readonly amountMinor: bigint | null;
}

export async function statesOf(
  ch: ClickHouse,
  workspaceId: string,
  objectId: string,
  limit: number,
): Promise<ObjectState[]> {
  const rows = await objectHistory.run(ch, workspaceId, { object_ids: [objectId], limit });
  return rows.map(({ recorded_at: recordedAt, amount_minor: amountMinor, ...state }) => ({
    ...state,
    recordedAt,
    amountMinor,
  }));
}

/** Of a kind, or of all. */
export async function figuresOfMirror(
  ch: ClickHouse,
  workspaceId: string,
  kind: string | null,
): Promise<readonly MirrorFigures[]> {
  const rows = await mirrorFigures.run(ch, workspaceId, { kind: kind ?? '' });
  return rows.map(({ amount: amountMinor, ...figures }) => ({ ...figures, amountMinor }));
}

/** Ids of a group in their order, past `after`; at most `limit`. */
export async function idsOfGroup(
  ch: ClickHouse,
  workspaceId: string,
  { kind, day, currency }: MirrorGroup,
  after: string,
  limit: number,
): Promise<readonly string[]> {
  const rows = await mirrorIds.run(ch, workspaceId, { kind, day, currency, after, limit });
  return rows.map(({ object_id }) => object_id);
}

/** Objects of a kind by their ids, as they are now. At most as many as an address may hold: 200. */
export const currentByIds = newestOf(currentObjects);
/** The same by the last state that their history knows of. */
export const lastStatesByIds = newestOf(lastStates);

function newestOf(
  query: typeof currentObjects,
): (ch: ClickHouse, workspaceId: string, kind: string, ids: readonly string[]) => Promise<readonly MirroredObject[]> {
  return async (ch, workspaceId, kind, ids) => {
    const rows = await query.run(ch, workspaceId, { kind, object_ids: ids });
    return rows.map((row) => ({
      kind,
      objectId: row.object_id,
      stripeId: row.stripe_id,
      account: row.account,
      createdAt: row.created_at,
      at: row.at,
      deleted: row.deleted,
      status: row.status,
      currency: row.currency,
      amountMinor: row.amount_minor,
      customerId: row.customer_id,
    }));
  };
}

/** Writes objects as they are now. `history` are those of them whose history does not know that state. */
export async function mendObjects(
  ch: ClickHouse,
  objects: readonly MirrorChange[],
  history: readonly MirrorChange[],
): Promise<void> {
  await ch.insert('mirror_history', history.map(asRow));
  await ch.insert('mirror_current', objects.map(asRow));
}

/** Takes rows of these objects out: all of them, or those past a version that no event can have. */
export async function removeObjects(
  ch: ClickHouse,
  workspaceId: string,
  kind: string,
  ids: readonly string[],
  past = 0n,
): Promise<void> {
  if (ids.length === 0) return;
  for (const table of past === 0n ? ['mirror_current'] : ['mirror_current', 'mirror_history'])
    await ch.command(
      `DELETE FROM ${table} WHERE workspace_id = {workspace_id:String} AND kind = {kind:String} AND object_id IN {ids:Array(String)} AND version > {past:UInt64}`,
      { workspace_id: workspaceId, kind, ids, past: past.toString() },
    );
}
