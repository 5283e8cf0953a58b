import type { SystemDb } from '#subgraphs/shared/db/system.ts';

export interface RecoveryRate {
  readonly currency: string;
  readonly cases: number;
  readonly recovered: number;
}

/** How long a case has to count as recovered, and how long until it counts at all. */
const MATURITY = '28 days';

/**
 * How many of the LIVE cases that were opened 28 to 56 days before `now` were recovered within 28 days, per currency: a cohort whose time is
 * over, so that a slow week does not look like a bad one. Over all workspaces, with the system role, which sees no more of a case than this.
 */
export async function readRecoveryRates(system: SystemDb, now: Date): Promise<RecoveryRate[]> {
  const rows = await system.query<{ currency: string; cases: string; recovered: string }>(
    `SELECT r.currency, count(*) AS cases,
            count(*) FILTER (WHERE r.state = 'RECOVERED' AND r.closed_at <= r.opened_at + $2::interval) AS recovered
     FROM recovery.recovery_case r JOIN kernel.workspace_clock c USING (workspace_id)
     WHERE c.mode = 'LIVE' AND r.opened_at > $1::timestamptz - 2 * $2::interval AND r.opened_at <= $1::timestamptz - $2::interval
     GROUP BY r.currency ORDER BY r.currency`,
    [now, MATURITY],
  );
  return rows.map(({ currency, cases, recovered }) => ({
    currency,
    cases: Number(cases),
    recovered: Number(recovered),
  }));
}
