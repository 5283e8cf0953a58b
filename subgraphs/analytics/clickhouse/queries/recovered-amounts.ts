import { z } from 'zod';
import { workspaceQuery } from '#subgraphs/shared/clickhouse/workspace-query.ts';

/** What each of some customers paid after all, by currency. Customers without a recovered case have no row. */
export const recoveredAmounts = workspaceQuery(
  'recovered-amounts',
  `SELECT customer_id, currency, toString(sum(toInt128(recovered_amount_minor))) AS amount_minor
   FROM workspace_recovery_cases(workspace_id = {workspace_id:String})
   WHERE state = 'RECOVERED' AND customer_id IN {customer_ids:Array(String)}
   GROUP BY customer_id, currency
   ORDER BY customer_id, currency`,
  z.object({ customer_id: z.string(), currency: z.string(), amount_minor: z.string().transform(BigInt) }),
);
