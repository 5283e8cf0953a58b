import { z } from 'zod';
import { fromClickHouseTime } from '#subgraphs/shared/clickhouse/time.ts';
import { workspaceQuery } from '#subgraphs/shared/clickhouse/workspace-query.ts';

const Instant = z.string().transform(fromClickHouseTime);
const filled = z.string().transform((text) => (text === '' ? null : text));

/** The states of objects of billing's mirror, newest first. Their kind need not be known: ids differ between kinds. */
export const objectHistory = workspaceQuery(
  'object-history',
  `SELECT kind, toString(at) AS at, toString(recorded_at) AS recorded_at, deleted, status, currency, toString(amount_minor) AS amount_minor
   FROM workspace_mirror_history(workspace_id = {workspace_id:String})
   WHERE object_id IN {object_ids:Array(String)}
   ORDER BY version DESC
   LIMIT {limit:UInt32}`,
  z.object({
    kind: z.string(),
    at: Instant,
    recorded_at: Instant,
    deleted: z.coerce.boolean(),
    status: filled,
    currency: filled,
    amount_minor: z.string().transform(BigInt).nullable(),
  }),
);
