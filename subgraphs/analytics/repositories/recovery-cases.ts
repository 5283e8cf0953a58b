import type { ClickHouse } from '#subgraphs/shared/clickhouse/client.ts';
import { toClickHouseTime } from '#subgraphs/shared/clickhouse/time.ts';
import { caseFigures } from '../clickhouse/queries/case-figures.ts';
import { caseIds } from '../clickhouse/queries/case-ids.ts';
import { casesById } from '../clickhouse/queries/cases-by-id.ts';
import { recoveredAmounts } from '../clickhouse/queries/recovered-amounts.ts';
import { recoveryCohorts } from '../clickhouse/queries/recovery-cohorts.ts';
import { MATURITY_DAYS, type CohortFigures } from '../domain/recovery-figures.ts';
import type { RecoveryCaseFacts } from '../domain/recovery-case.ts';
import type { CaseFigures, CaseGroup } from '../ports.ts';

/** Bound values travel in the request's address, which servers cap at 16 KiB: 200 ids of 25 characters stay far below. */
const IDS_PER_REQUEST = 200;
const DAY_MS = 86_400_000;

export interface CohortWindow {
  /** Cases opened at or after this business instant. */
  readonly from: Date;
  /** Cases opened before this business instant. */
  readonly to: Date;
  /** Business now: decides which cases are matured. */
  readonly now: Date;
}

export async function cohortsOf(
  ch: ClickHouse,
  workspaceId: string,
  { from, to, now }: CohortWindow,
): Promise<CohortFigures[]> {
  const rows = await recoveryCohorts.run(ch, workspaceId, {
    from: toClickHouseTime(from),
    to: toClickHouseTime(to),
    matured_before: toClickHouseTime(new Date(now.getTime() - MATURITY_DAYS * DAY_MS)),
    maturity_days: MATURITY_DAYS,
  });
  return rows.map((row) => ({
    currency: row.currency,
    month: row.month,
    casesOpened: row.cases_opened,
    casesRecovered: row.cases_recovered,
    casesInProgress: row.cases_in_progress,
    casesLost: row.cases_lost,
    failedAmountMinor: row.failed_amount,
    recoveredAmountMinor: row.recovered_amount,
    matured: {
      casesOpened: row.matured_opened,
      casesRecovered: row.matured_recovered,
      failedAmountMinor: row.matured_failed_amount,
      recoveredAmountMinor: row.matured_recovered_amount,
    },
  }));
}

/** By customer id, one amount per currency; a customer nothing was recovered from is absent. */
export async function recoveredAmountsOf(
  ch: ClickHouse,
  workspaceId: string,
  customerIds: readonly string[],
): Promise<Map<string, { amountMinor: bigint; currency: string }[]>> {
  const amounts = new Map<string, { amountMinor: bigint; currency: string }[]>();
  for (const ids of chunks(customerIds)) {
    for (const row of await recoveredAmounts.run(ch, workspaceId, { customer_ids: ids })) {
      const own = amounts.get(row.customer_id) ?? [];
      own.push({ amountMinor: row.amount_minor, currency: row.currency });
      amounts.set(row.customer_id, own);
    }
  }
  return amounts;
}

export async function findCases(
  ch: ClickHouse,
  workspaceId: string,
  caseIds: readonly string[],
): Promise<RecoveryCaseFacts[]> {
  const cases: RecoveryCaseFacts[] = [];
  for (const ids of chunks(caseIds)) {
    for (const row of await casesById.run(ch, workspaceId, { case_ids: ids })) {
      cases.push({
        workspaceId,
        caseId: row.case_id,
        version: row.version,
        invoiceId: row.invoice_id,
        customerId: row.customer_id,
        state: row.state,
        currency: row.currency,
        amountMinor: row.amount_minor,
        recoveredAmountMinor: row.recovered_amount_minor,
        openedAt: row.opened_at,
        recoveredAt: row.recovered_at,
        closedAt: row.closed_at,
        attribution: row.attribution,
        declineClass: row.decline_class,
      });
    }
  }
  return cases;
}

export async function figuresOfCases(ch: ClickHouse, workspaceId: string): Promise<readonly CaseFigures[]> {
  const rows = await caseFigures.run(ch, workspaceId, {});
  return rows.map(({ amount: amountMinor, ...figures }) => ({ ...figures, amountMinor }));
}

/** Ids of a group in their order, past `after`; at most `limit`. */
export async function idsOfCaseGroup(
  ch: ClickHouse,
  workspaceId: string,
  { day, state, currency }: CaseGroup,
  after: string,
  limit: number,
): Promise<readonly string[]> {
  const rows = await caseIds.run(ch, workspaceId, { day, state, currency, after, limit });
  return rows.map(({ case_id }) => case_id);
}

/** Takes rows of these cases out: all of them, or those from a version on. */
export async function removeCases(
  ch: ClickHouse,
  workspaceId: string,
  ids: readonly string[],
  from = 0n,
): Promise<void> {
  if (ids.length === 0) return;
  await ch.command(
    `DELETE FROM recovery_case_current WHERE workspace_id = {workspace_id:String} AND case_id IN {ids:Array(String)} AND version >= {from:UInt64}`,
    { workspace_id: workspaceId, ids, from: from.toString() },
  );
}

/** Adds a newer version of each case; the older ones vanish in merges and are never read. */
export async function saveCases(ch: ClickHouse, cases: readonly RecoveryCaseFacts[]): Promise<void> {
  await ch.insert(
    'recovery_case_current',
    cases.map((facts) => ({
      workspace_id: facts.workspaceId,
      case_id: facts.caseId,
      version: facts.version.toString(),
      invoice_id: facts.invoiceId,
      customer_id: facts.customerId,
      state: facts.state,
      currency: facts.currency,
      amount_minor: facts.amountMinor.toString(),
      recovered_amount_minor: facts.recoveredAmountMinor.toString(),
      opened_at: toClickHouseTime(facts.openedAt),
      recovered_at: facts.recoveredAt && toClickHouseTime(facts.recoveredAt),
      closed_at: facts.closedAt && toClickHouseTime(facts.closedAt),
      attribution: facts.attribution,
      decline_class: facts.declineClass,
    })),
  );
}

function* chunks(ids: readonly string[]): Generator<readonly string[]> {
  for (let start = 0; start < ids.length; start += IDS_PER_REQUEST) yield ids.slice(start, start + IDS_PER_REQUEST);
}
