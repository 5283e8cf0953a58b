import { z } from 'zod';
import { workspaceQuery } from '#subgraphs/shared/clickhouse/workspace-query.ts';

const Whole = z.string().transform(BigInt);

/**
 * What the cases add up to, per day on which they were opened, state and currency, each in its newest version. The fingerprint is the one that
 * PostgreSQL computes: 60 bits of MD5, read as a big-endian number.
 */
export const caseFigures = workspaceQuery(
  'case-figures',
  `SELECT toString(toDate(opened_at, 'UTC')) AS day, state, currency, toString(count()) AS cases, toString(sum(toInt128(amount_minor))) AS amount,
     toString(sum(toInt128(reinterpretAsInt64(reverse(unhex(concat('0', substring(hex(MD5(concat(
       case_id, '|', invoice_id, '|', customer_id, '|', toString(amount_minor), '|', toString(recovered_amount_minor), '|', toString(toUnixTimestamp64Milli(opened_at)), '|',
       ifNull(toString(toUnixTimestamp64Milli(coalesce(recovered_at, closed_at))), ''), '|', attribution, '|', decline_class))), 1, 15)))))))) AS fingerprint
   FROM workspace_recovery_cases(workspace_id = {workspace_id:String})
   GROUP BY day, state, currency`,
  z.object({
    day: z.string(),
    state: z.string(),
    currency: z.string(),
    cases: Whole,
    amount: Whole,
    fingerprint: Whole,
  }),
);
