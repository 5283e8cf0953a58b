import type pg from 'pg';

/** What must find nothing. $1: the workspace. Each row that is found tells of one thing that happened twice, or not at all. */
const FINDINGS: Readonly<Record<string, string>> = {
  'announced more than once': `
    SELECT type || ' ' || (payload->>'invoiceId') || CASE WHEN type = 'billing.invoice.payment_failed' THEN ' ' || (payload->>'attemptCount') ELSE '' END AS what
    FROM kernel.event WHERE workspace_id = $1 AND type LIKE 'billing.invoice.%' GROUP BY 1 HAVING count(*) > 1`,
  'settled and not announced, or announced and not settled': `
    WITH settled AS (
      SELECT id, CASE status WHEN 'PAID' THEN 'billing.invoice.paid' WHEN 'VOID' THEN 'billing.invoice.voided' ELSE 'billing.invoice.marked_uncollectible' END AS type
      FROM stripe.invoice WHERE workspace_id = $1 AND status IN ('PAID', 'VOID', 'UNCOLLECTIBLE') AND deleted_at IS NULL
    ), announced AS (
      SELECT payload->>'invoiceId' AS id, type FROM kernel.event
      WHERE workspace_id = $1 AND type IN ('billing.invoice.paid', 'billing.invoice.voided', 'billing.invoice.marked_uncollectible')
    )
    SELECT coalesce(s.type, a.type) || ' ' || coalesce(s.id, a.id) AS what FROM settled s FULL JOIN announced a USING (id, type) WHERE s.id IS NULL OR a.id IS NULL`,
  // A change is what one delivery or one reread has done: no object can have more of them than there was news of it. Of the ledger there is no news, it is read.
  'changed more often than there was news': `
    WITH changes AS (
      SELECT c->>'kind' AS kind, c->>'account' AS account, c->>'stripeId' AS id, count(*) AS n
      FROM kernel.event, jsonb_array_elements(payload->'changes') c WHERE workspace_id = $1 AND type = 'billing.mirror.changed' AND c->>'kind' <> 'balance_transaction' GROUP BY 1, 2, 3
    ), news AS (
      SELECT o->>'object' AS kind, account, o->>'id' AS id, count(*) AS n
      FROM (SELECT account, convert_from(body, 'UTF8')::jsonb->'data'->'object' AS o FROM kernel.inbox_event WHERE workspace_id = $1 AND state = 'APPLIED') told GROUP BY 1, 2, 3
    ), beyond AS (SELECT coalesce(sum(greatest(c.n - coalesce(n.n, 0), 0)), 0) AS n FROM changes c LEFT JOIN news n USING (kind, account, id)
    ), rereads AS (SELECT coalesce(sum((result->>'reads')::int), 0) AS n FROM kernel.job WHERE workspace_id = $1 AND kind = 'billing.refetch')
    SELECT beyond.n || ' changes beyond the news, and ' || rereads.n || ' rereads' AS what FROM beyond, rereads WHERE beyond.n > rereads.n`,
  'with lines that are not complete or do not add up': `
    SELECT 'invoice ' || i.stripe_id || ' of ' || i.subtotal_minor AS what FROM stripe.invoice i WHERE i.workspace_id = $1 AND i.deleted_at IS NULL AND (i.lines_partial OR i.subtotal_minor <>
      (SELECT coalesce(sum(l.amount_minor), 0) FROM stripe.invoice_line l WHERE l.workspace_id = $1 AND l.invoice_id = i.id AND l.deleted_at IS NULL))`,
  'not numbered once': `
    SELECT e.type || ' ' || e.id AS what FROM kernel.event e LEFT JOIN kernel.stream s ON s.workspace_id = e.workspace_id AND s.event_id = e.id
    WHERE e.workspace_id = $1 GROUP BY e.id, e.type HAVING count(s.seq) <> 1`,
  'given up by a consumer': `
    SELECT consumer || ': ' || coalesce(left(last_error, 200), '') AS what FROM kernel.consumption WHERE workspace_id = $1 AND state <> 'DONE'`,
  'with more than one case': `
    SELECT 'invoice ' || invoice_id AS what FROM recovery.recovery_case WHERE workspace_id = $1 GROUP BY invoice_id HAVING count(*) > 1`,
  'mailed more than once, or not at all': `
    WITH sent AS (SELECT count(*) AS n FROM recovery.message WHERE workspace_id = $1 AND state = 'SENT'), captured AS (SELECT count(*) AS n FROM kernel.captured_mail WHERE workspace_id = $1)
    SELECT captured.n || ' mails of ' || sent.n AS what FROM sent, captured WHERE sent.n <> captured.n`,
  'jobs that failed': `SELECT kind || ': ' || coalesce(left(error, 200), '') AS what FROM kernel.job WHERE workspace_id = $1 AND state = 'FAILED'`,
};

/** Whether anything was done twice, or left undone: in words, nothing when all is as it should be. */
export async function wrongEffects(admin: pg.Pool, workspaceId: string): Promise<readonly string[]> {
  const found: string[] = [];
  for (const [finding, sql] of Object.entries(FINDINGS)) {
    const { rows } = await admin.query<{ what: string }>(`${sql} LIMIT 10`, [workspaceId]);
    found.push(...rows.map(({ what }) => `${finding}: ${what}`));
  }
  return found;
}
