import { z } from 'zod';
import { workspaceQuery } from '#subgraphs/shared/clickhouse/workspace-query.ts';

/** Ids of the objects of a kind that were created on a day, in a currency, past one of them. */
export const mirrorIds = workspaceQuery(
  'mirror-ids',
  `SELECT object_id FROM workspace_mirror(workspace_id = {workspace_id:String})
   WHERE kind = {kind:String} AND toDate(created_at, 'UTC') = {day:Date} AND currency = {currency:String} AND object_id > {after:String}
   ORDER BY object_id LIMIT {limit:UInt32}`,
  z.object({ object_id: z.string() }),
);
