import type { Query } from '#subgraphs/shared/db/prisma.ts';
import { mirrorId } from '#subgraphs/shared/ids/ids.ts';
import type { PaymentLink } from '../stripe/normalise/payment-links.ts';
import { jsonParameter } from './mirror-sql.ts';
import type { Owner } from '../stripe/normalise/fields.ts';

/** A link and the second (Stripe's clock) as of which it was told. */
export interface ToldLink {
  readonly owner: Owner;
  readonly link: PaymentLink;
  readonly second: number;
}

/** Of a link that was only named: older than anything that says how it stands, whenever it was named. */
const NAMED_ONLY = 0;

// A link is never taken back. What is said about it later, or more than nothing, replaces what was said before; "paid" and "canceled" are final.
const UPSERT = `
  INSERT INTO stripe.invoice_payment AS known (workspace_id, invoice_id, payment_stripe_id, account, payment_intent_id, charge_id, stripe_id, status,
                                               amount_paid_minor, currency, is_default, version_created, synced_at)
  SELECT workspace_id, invoice_id, payment_stripe_id, account, payment_intent_id, charge_id, stripe_id, status, amount_paid_minor, currency, is_default,
         version_created, synced_at
  FROM jsonb_to_recordset($1::jsonb) AS r(workspace_id text, invoice_id text, payment_stripe_id text, account text, payment_intent_id text, charge_id text,
       stripe_id text, status text, amount_paid_minor bigint, currency text, is_default boolean, version_created bigint, synced_at timestamptz)
  ON CONFLICT (workspace_id, invoice_id, payment_stripe_id) DO UPDATE SET
    payment_intent_id = coalesce(known.payment_intent_id, EXCLUDED.payment_intent_id), charge_id = coalesce(EXCLUDED.charge_id, known.charge_id),
    stripe_id = coalesce(EXCLUDED.stripe_id, known.stripe_id), status = coalesce(EXCLUDED.status, known.status),
    amount_paid_minor = coalesce(EXCLUDED.amount_paid_minor, known.amount_paid_minor), currency = coalesce(EXCLUDED.currency, known.currency),
    is_default = coalesce(EXCLUDED.is_default, known.is_default), version_created = greatest(EXCLUDED.version_created, known.version_created),
    synced_at = EXCLUDED.synced_at
  WHERE EXCLUDED.version_created >= known.version_created AND NOT (known.status IN ('PAID', 'CANCELED') AND EXCLUDED.status = 'OPEN')
     OR known.stripe_id IS NULL AND EXCLUDED.stripe_id IS NOT NULL`;

/** What is told twice about one link counts as it was told last: in a statement each may stand once. */
export async function saveInvoicePayments(query: Query, told: readonly ToldLink[], now: Date): Promise<void> {
  const records = new Map<string, Record<string, unknown>>();
  for (const { owner, link, second } of told) {
    const record = toRecord(owner, link, second, now);
    const key = `${String(record['invoice_id'])} ${paymentOf(link)}`;
    records.set(key, merged(records.get(key), record));
  }
  if (records.size > 0) await query(UPSERT, [jsonParameter([...records.values()])]);
}

/** As the statement would merge them one after the other. */
function merged(known: Record<string, unknown> | undefined, told: Record<string, unknown>): Record<string, unknown> {
  if (known === undefined) return told;
  const knownSecond = Number(known['version_created']);
  const newer = Number(told['version_created']) >= knownSecond && !(isFinal(known) && told['status'] === 'OPEN');
  const named = known['stripe_id'] === null && told['stripe_id'] !== null;
  if (!newer && !named) return known;
  const saying = Object.entries(told).filter(([, value]) => value !== null);
  return {
    ...known,
    ...Object.fromEntries(saying),
    payment_intent_id: known['payment_intent_id'] ?? told['payment_intent_id'],
    version_created: Math.max(knownSecond, Number(told['version_created'])),
  };
}

const isFinal = ({ status }: Record<string, unknown>): boolean => status === 'PAID' || status === 'CANCELED';

/** The payment intent where there is one: a charge of its own is an older way to pay. */
function paymentOf(link: PaymentLink): string {
  return link.paymentIntentStripeId ?? link.chargeStripeId ?? '';
}

function toRecord(
  { workspaceId, account }: Owner,
  link: PaymentLink,
  second: number,
  now: Date,
): Record<string, unknown> {
  return {
    workspace_id: workspaceId,
    invoice_id: mirrorId('inv', workspaceId, account, link.invoiceStripeId),
    payment_stripe_id: paymentOf(link),
    account,
    payment_intent_id:
      link.paymentIntentStripeId === null ? null : mirrorId('pi', workspaceId, account, link.paymentIntentStripeId),
    charge_id: link.chargeStripeId === null ? null : mirrorId('ch', workspaceId, account, link.chargeStripeId),
    stripe_id: link.stripeId,
    status: link.status,
    amount_paid_minor: link.amountPaidMinor?.toString() ?? null,
    currency: link.currency,
    is_default: link.isDefault,
    version_created: link.stripeId === null ? NAMED_ONLY : second,
    synced_at: now,
  };
}
