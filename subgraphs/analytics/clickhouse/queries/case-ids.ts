import { z } from 'zod';
import { workspaceQuery } from '#subgraphs/shared/clickhouse/workspace-query.ts';

/** Ids of the cases that were opened on a day, in a state, in a currency, past one of them. */
export const caseIds = workspaceQuery(
  'case-ids',
  `SELECT case_id FROM workspace_recovery_cases(workspace_id = {workspace_id:String})
   WHERE toDate(opened_at, 'UTC') = {day:Date} AND state = {state:String} AND currency = {currency:String} AND case_id > {after:String}
   ORDER BY case_id LIMIT {limit:UInt32}`,
  z.object({ case_id: z.string() }),
);
