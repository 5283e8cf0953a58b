import type { SystemDb } from '../db/system.ts';
import { type IdPrefix, timeOfId } from '../ids/ids.ts';

/** What is partitioned by month, and the kind of ids whose time decides about the month. */
export const PARTITIONED = { inbox_event: 'inb', event: 'evt' } as const satisfies Readonly<Record<string, IdPrefix>>;
export type Log = keyof typeof PARTITIONED;

/** A stretch of a log: from `from` (null: since ever) up to `to`, which is not included. Both are null for what fits nowhere else. */
export interface Partition {
  readonly log: Log;
  readonly name: string;
  readonly from: Date | null;
  readonly to: Date | null;
  /** The bound as it stands in the catalogue. */
  readonly upperId: string | null;
}

interface PartitionRow {
  readonly log: Log;
  readonly name: string;
  readonly lower_id: string | null;
  readonly upper_id: string | null;
}

export async function readPartitions(system: SystemDb): Promise<readonly Partition[]> {
  const rows = await system.query<PartitionRow>('SELECT * FROM kernel.partitions()');
  const timeOf = (id: string | null): Date | null => (id === null ? null : timeOfId(id));
  return rows.map(({ log, name, lower_id, upper_id }) => ({
    log,
    name,
    from: timeOf(lower_id),
    to: timeOf(upper_id),
    upperId: upper_id,
  }));
}

/** Makes the months up to `until` that are not there yet. @returns their names. */
export async function makePartitions(system: SystemDb, until: Date): Promise<readonly string[]> {
  const rows = await system.query<{ name: string }>('SELECT * FROM kernel.make_partitions($1) AS name', [until]);
  return rows.map(({ name }) => name);
}

/**
 * Drops the oldest partition if all of it is older than `before`. Deliveries that are not applied, and events of `keep`, stay.
 * @returns its name; null when none is that old.
 * @throws when somebody holds the table for longer than three seconds, or when `before` is less than seven days ago.
 */
export async function retirePartition(
  system: SystemDb,
  log: Log,
  before: Date,
  keep: readonly string[],
): Promise<string | null> {
  const [row] = await system.query<{ name: string | null }>('SELECT kernel.retire_partition($1, $2, $3) AS name', [
    log,
    before,
    keep,
  ]);
  return row?.name ?? null;
}
