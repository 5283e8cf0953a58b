import { z } from 'zod';
import { workspaceQuery } from '#subgraphs/shared/clickhouse/workspace-query.ts';
import { fromClickHouseTime } from '#subgraphs/shared/clickhouse/time.ts';

const Whole = z.string().transform(BigInt);
const Instant = z.string().transform(fromClickHouseTime);

/** Cases as the shipper last wrote them, to go on from there. The primary key serves it: (workspace_id, case_id). */
export const casesById = workspaceQuery(
  'cases-by-id',
  `SELECT
     case_id, toString(version) AS version, invoice_id, customer_id, state, currency,
     toString(amount_minor) AS amount_minor, toString(recovered_amount_minor) AS recovered_amount_minor,
     toString(opened_at) AS opened_at, toString(recovered_at) AS recovered_at, toString(closed_at) AS closed_at,
     attribution, decline_class
   FROM workspace_recovery_cases(workspace_id = {workspace_id:String})
   WHERE case_id IN {case_ids:Array(String)}`,
  z.object({
    case_id: z.string(),
    version: Whole,
    invoice_id: z.string(),
    customer_id: z.string(),
    state: z.enum(['IN_PROGRESS', 'RECOVERED', 'LOST']),
    currency: z.string(),
    amount_minor: Whole,
    recovered_amount_minor: Whole,
    opened_at: Instant,
    recovered_at: Instant.nullable(),
    closed_at: Instant.nullable(),
    attribution: z.string(),
    decline_class: z.string(),
  }),
);
