import { z } from 'zod';
import { workspaceQuery } from '#subgraphs/shared/clickhouse/workspace-query.ts';
import { fromClickHouseTime } from '#subgraphs/shared/clickhouse/time.ts';

/** The newest business time among a workspace's shipped events; `any` is false while none has been shipped. */
export const shippedUntil = workspaceQuery(
  'shipped-until',
  `SELECT toString(occurred_at) AS occurred_at, any
   FROM workspace_shipped(workspace_id = {workspace_id:String})`,
  z.object({
    occurred_at: z.string().transform(fromClickHouseTime),
    any: z.coerce.number().transform((flag) => flag === 1),
  }),
);
