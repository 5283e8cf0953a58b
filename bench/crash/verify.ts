import type pg from 'pg';
import { casesOf, type Told } from './story.ts';

/** What was lost, done twice or left undone in one story, in words; nothing when all is as it should be. */
export async function wrongIn(told: Told, admin: pg.Pool): Promise<string[]> {
  return [...(await wrongAtStripe(told)), ...(await wrongWithUs(told)), ...(await unfinished(told, admin))];
}

/** The sandbox's side: of all invoices that are paid, each was paid by one charge, and none of the money is unexplained. */
async function wrongAtStripe({ merchant }: Told): Promise<string[]> {
  const wrong: string[] = [];
  const invoices = await merchant.stripe.invoices.list({ limit: 100, expand: ['data.payments'] });
  for (const { id, status, payments } of invoices.data) {
    const paid = (payments?.data ?? []).filter((payment) => payment.status === 'paid').length;
    if (status !== 'paid') wrong.push(`lost: invoice ${id} is ${status ?? 'nothing'} at Stripe`);
    else if (paid !== 1) wrong.push(`repeated: invoice ${id} was paid by ${String(paid)} payments`);
  }
  const charges = await merchant.stripe.charges.list({ limit: 100 });
  const succeeded = charges.data.filter(({ status }) => status === 'succeeded').length;
  if (succeeded !== invoices.data.length)
    wrong.push(
      `${succeeded > invoices.data.length ? 'repeated' : 'lost'}: ${String(succeeded)} charges for ${String(invoices.data.length)} invoices`,
    );
  return wrong;
}

/** Our side: one case, recovered by the link, with one attempt of each kind; each mail once, as the recipient got it. */
async function wrongWithUs({ graph }: Told): Promise<string[]> {
  const cases = await casesOf(graph);
  const seen = JSON.stringify(
    cases.map(({ state, attribution, invoice, attempts, messages }) => ({
      state,
      attribution,
      invoice: invoice?.status,
      attempts: attempts.map((attempt) => `${attempt.origin} ${attempt.state}`),
      messages: messages.map((message) => `${message.kind} ${message.state}`),
    })),
  );
  const should = JSON.stringify([
    {
      state: 'RECOVERED',
      attribution: 'LINK',
      invoice: 'PAID',
      attempts: ['WORKFLOW DECLINED', 'LINK SUCCEEDED'],
      messages: ['REMINDER SENT', 'MAGIC_LINK SENT'],
    },
  ]);
  return seen === should ? [] : [`the case is ${seen}`];
}

const LEFT: Readonly<Record<string, string>> = {
  'deliveries not applied': `SELECT count(*)::int AS n FROM kernel.inbox_event WHERE workspace_id = $1 AND state NOT IN ('APPLIED', 'IGNORED')`,
  'effects not settled': `SELECT count(*)::int AS n FROM kernel.effect WHERE workspace_id = $1 AND finished_at IS NULL`,
  'jobs not finished': `SELECT count(*)::int AS n FROM kernel.job WHERE workspace_id = $1 AND finished_at IS NULL`,
  'mails beyond the two': `SELECT count(*)::int - 2 AS n FROM kernel.captured_mail WHERE workspace_id = $1`,
};

async function unfinished({ workspaceId }: Told, admin: pg.Pool): Promise<string[]> {
  const wrong: string[] = [];
  for (const [what, sql] of Object.entries(LEFT)) {
    const { rows } = await admin.query<{ n: number }>(sql, [workspaceId]);
    const n = rows[0]?.n ?? NaN;
    if (n !== 0) wrong.push(`${String(n)} ${what}`);
  }
  return wrong;
}
