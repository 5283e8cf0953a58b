import { z } from 'zod';
import { workspaceQuery } from '#subgraphs/shared/clickhouse/workspace-query.ts';

const Whole = z
  .string()
  .regex(/^-?\d+$/)
  .transform(BigInt);

/**
 * Cases by currency and month of opening. The cohort is the date a case was opened, never the date something happened to it: money that
 * comes back in March for a case of February counts for February. `in_time` is what makes cohorts comparable, for an old one had longer to recover.
 * Amounts add up as Int128: Int64 sums of minor units could wrap around silently.
 */
export const recoveryCohorts = workspaceQuery(
  'recovery-cohorts',
  `WITH cohort AS (
     SELECT
       currency,
       toStartOfMonth(opened_at, 'UTC') AS month,
       state,
       toInt128(amount_minor) AS failed,
       toInt128(recovered_amount_minor) AS recovered,
       opened_at <= {matured_before:DateTime64(3, 'UTC')} AS mature,
       state = 'RECOVERED' AND recovered_at <= opened_at + toIntervalDay({maturity_days:UInt16}) AS in_time
     FROM workspace_recovery_cases(workspace_id = {workspace_id:String})
     WHERE opened_at >= {from:DateTime64(3, 'UTC')} AND opened_at < {to:DateTime64(3, 'UTC')}
   )
   SELECT
     currency,
     toString(month) AS month,
     toString(count()) AS cases_opened,
     toString(countIf(state = 'RECOVERED')) AS cases_recovered,
     toString(countIf(state = 'IN_PROGRESS')) AS cases_in_progress,
     toString(countIf(state = 'LOST')) AS cases_lost,
     toString(sum(failed)) AS failed_amount,
     toString(sumIf(recovered, state = 'RECOVERED')) AS recovered_amount,
     toString(countIf(mature)) AS matured_opened,
     toString(countIf(mature AND in_time)) AS matured_recovered,
     toString(sumIf(failed, mature)) AS matured_failed_amount,
     toString(sumIf(recovered, mature AND in_time)) AS matured_recovered_amount
   FROM cohort
   GROUP BY currency, month
   ORDER BY currency, month`,
  z.object({
    currency: z.string(),
    month: z.string(),
    cases_opened: Whole,
    cases_recovered: Whole,
    cases_in_progress: Whole,
    cases_lost: Whole,
    failed_amount: Whole,
    recovered_amount: Whole,
    matured_opened: Whole,
    matured_recovered: Whole,
    matured_failed_amount: Whole,
    matured_recovered_amount: Whole,
  }),
);
