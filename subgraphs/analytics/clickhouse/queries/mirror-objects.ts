import { z } from 'zod';
import { fromClickHouseTime } from '#subgraphs/shared/clickhouse/time.ts';
import { type WorkspaceQuery, workspaceQuery } from '#subgraphs/shared/clickhouse/workspace-query.ts';

const Instant = z.string().transform(fromClickHouseTime);
const filled = z.string().transform((text) => (text === '' ? null : text));
const Row = z.object({
  object_id: z.string(),
  stripe_id: z.string(),
  account: z.string(),
  created_at: Instant,
  at: Instant,
  deleted: z.coerce.boolean(),
  status: filled,
  currency: filled,
  amount_minor: z.string().transform(BigInt).nullable(),
  customer_id: filled,
});

const newestIn = (name: string, view: string): WorkspaceQuery<z.output<typeof Row>> =>
  workspaceQuery(
    name,
    `SELECT object_id, stripe_id, account, toString(created_at) AS created_at, toString(at) AS at, deleted, status, currency,
       toString(amount_minor) AS amount_minor, customer_id
     FROM ${view}(workspace_id = {workspace_id:String})
     WHERE kind = {kind:String} AND object_id IN {object_ids:Array(String)}
     ORDER BY object_id, version DESC LIMIT 1 BY object_id`,
    Row,
  );

/** Objects of a kind as they are now. */
export const currentObjects = newestIn('current-objects', 'workspace_mirror');
/** The last states that their history knows of. */
export const lastStates = newestIn('last-states', 'workspace_mirror_history');
