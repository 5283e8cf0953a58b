import type { Db } from '#subgraphs/shared/db/prisma.ts';

/** What has been announced of a case. Instants are business time, amounts are minor units of `currency`. */
export interface CaseFacts {
  readonly caseId: string;
  readonly invoiceId: string;
  readonly customerId: string;
  /** LOST is closed without the money, whatever the reason. */
  readonly state: 'IN_PROGRESS' | 'RECOVERED' | 'LOST';
  readonly currency: string;
  /** Unpaid when it was opened. */
  readonly amountMinor: bigint;
  /** 0 unless it is recovered. */
  readonly recoveredAmountMinor: bigint;
  readonly openedAt: Date;
  readonly recoveredAt: Date | null;
  readonly closedAt: Date | null;
  /** '' unless it is recovered. */
  readonly attribution: string;
  readonly declineClass: string;
}

/** The cases that were opened on a day (UTC), in a state, in a currency. */
export interface CaseGroup {
  /** `2026-11-20`. */
  readonly day: string;
  readonly state: string;
  readonly currency: string;
}

export interface CaseFigures extends CaseGroup {
  readonly cases: bigint;
  readonly amountMinor: bigint;
  /**
   * The sum, over its cases, of the first 60 bits of the MD5 of `id|invoice|customer|amount|recovered amount|opened at|ended at|attribution|decline class`,
   * instants as milliseconds and '' where there is none. Two groups of the same sum say the same of every case.
   */
  readonly fingerprint: bigint;
}

type FactsDb = Pick<Db, '$queryRawUnsafe'>;

const FACTS = `
  SELECT id, invoice_id, customer_id, CASE state WHEN 'OPEN' THEN 'IN_PROGRESS' WHEN 'RECOVERED' THEN 'RECOVERED' ELSE 'LOST' END AS state, currency,
         coalesce(failed_amount_minor, amount_minor) AS amount_minor,
         CASE state WHEN 'RECOVERED' THEN coalesce(recovered_amount_minor, amount_minor) ELSE 0 END AS recovered_amount_minor,
         opened_at, closed_at AS ended_at, coalesce(attribution, '') AS attribution, decline_class
  FROM recovery.recovery_case WHERE workspace_id = $1`;
const millis = (column: string): string => `round(extract(epoch FROM ${column}) * 1000)::bigint`;

export async function caseFigures(db: FactsDb, workspaceId: string): Promise<readonly CaseFigures[]> {
  const rows = await db.$queryRawUnsafe<(CaseGroup & { cases: bigint; amount: string; fingerprint: string })[]>(
    `SELECT (opened_at AT TIME ZONE 'UTC')::date::text AS day, state, currency, count(*) AS cases, sum(amount_minor)::text AS amount,
       sum(('x' || left(md5(concat_ws('|', id, invoice_id, customer_id, amount_minor, recovered_amount_minor, ${millis('opened_at')},
                                       coalesce(${millis('ended_at')}::text, ''), attribution, decline_class)), 15))::bit(60)::bigint)::text AS fingerprint
     FROM (${FACTS}) f GROUP BY 1, 2, 3`,
    workspaceId,
  );
  return rows.map(({ amount, fingerprint, ...group }) => ({
    ...group,
    amountMinor: BigInt(amount),
    fingerprint: BigInt(fingerprint),
  }));
}

/** Ids of a group in their order, past one of them; at most `limit`. */
export async function idsOfCaseGroup(
  db: FactsDb,
  workspaceId: string,
  { day, state, currency }: CaseGroup,
  after: string,
  limit: number,
): Promise<readonly string[]> {
  const rows = await db.$queryRawUnsafe<{ id: string }[]>(
    `SELECT id FROM (${FACTS}) f WHERE opened_at >= $2::date::timestamp AT TIME ZONE 'UTC' AND opened_at < ($2::date + 1)::timestamp AT TIME ZONE 'UTC'
       AND state = $3 AND currency = $4 AND id > $5 ORDER BY id LIMIT $6`,
    workspaceId,
    day,
    state,
    currency,
    after,
    limit,
  );
  return rows.map(({ id }) => id);
}

type FactsRow = Omit<CaseFacts, 'recoveredAt' | 'closedAt'> & { readonly endedAt: Date | null };

export async function caseFactsByIds(
  db: FactsDb,
  workspaceId: string,
  ids: readonly string[],
): Promise<readonly CaseFacts[]> {
  const rows = await db.$queryRawUnsafe<FactsRow[]>(
    `SELECT id AS "caseId", invoice_id AS "invoiceId", customer_id AS "customerId", state, currency, amount_minor AS "amountMinor",
       recovered_amount_minor AS "recoveredAmountMinor", opened_at AS "openedAt", ended_at AS "endedAt", attribution, decline_class AS "declineClass"
     FROM (${FACTS}) f WHERE id = ANY($2)`,
    workspaceId,
    ids,
  );
  return rows.map(({ endedAt, ...facts }) => ({
    ...facts,
    recoveredAt: facts.state === 'RECOVERED' ? endedAt : null,
    closedAt: facts.state === 'LOST' ? endedAt : null,
  }));
}
