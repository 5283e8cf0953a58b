import type { Db } from '#subgraphs/shared/db/prisma.ts';

/** What is needed to act on an invoice at Stripe. */
export interface InvoiceHandle {
  readonly id: string;
  readonly stripeId: string;
  readonly connectionId: string;
  readonly account: string;
  readonly status: string;
  readonly currency: string;
  /** Our id; the customer itself may not have been seen yet. */
  readonly customerId: string | null;
}

export async function findInvoice(
  db: Pick<Db, 'invoice'>,
  workspaceId: string,
  invoiceId: string,
): Promise<InvoiceHandle | null> {
  return db.invoice.findUnique({
    where: { workspaceId_id: { workspaceId, id: invoiceId } },
    select: {
      id: true,
      stripeId: true,
      connectionId: true,
      account: true,
      status: true,
      currency: true,
      customerId: true,
    },
  });
}

export interface InvoiceFacts {
  readonly invoiceId: string;
  readonly number: string | null;
  /** DRAFT, OPEN, PAID, VOID or UNCOLLECTIBLE. */
  readonly status: string;
  readonly amountDueMinor: bigint;
  readonly amountRemainingMinor: bigint;
  readonly currency: string;
  readonly customerId: string;
  readonly customerName: string | null;
  readonly customerEmail: string | null;
  /** ISO 3166-1 alpha-2. */
  readonly customerCountry: string | null;
  /** BCP 47. */
  readonly preferredLocale: string | null;
  /** Empty when Stripe does not say. */
  readonly merchantName: string;
  readonly livemode: boolean;
  /** The card that was declined last, as far as it may be shown (visa, 0341); null when it is not known or not a card. */
  readonly failedCard: { readonly brand: string; readonly last4: string } | null;
}

type FactsDb = Pick<Db, 'invoice' | 'customer' | 'invoicePayment' | 'charge' | 'paymentMethod'>;

/** What a message about an invoice is written from. The customer as known now, else as the invoice was issued to. Null for nobody's invoice. */
export async function readInvoiceFacts(
  db: FactsDb,
  workspaceId: string,
  invoiceId: string,
): Promise<InvoiceFacts | null> {
  const invoice = await db.invoice.findUnique({
    where: { workspaceId_id: { workspaceId, id: invoiceId } },
    omit: { raw: true },
  });
  if (!invoice?.customerId || invoice.deletedAt !== null) return null;
  const customer = await db.customer.findUnique({
    where: { workspaceId_id: { workspaceId, id: invoice.customerId } },
    omit: { raw: true },
  });
  return {
    invoiceId: invoice.id,
    number: invoice.number,
    status: invoice.status,
    amountDueMinor: invoice.amountDueMinor,
    amountRemainingMinor: invoice.amountRemainingMinor,
    currency: invoice.currency,
    customerId: invoice.customerId,
    customerName: customer?.name ?? invoice.customerName,
    customerEmail: customer?.email ?? invoice.customerEmail,
    customerCountry: customer?.country ?? invoice.customerCountry,
    preferredLocale: customer?.preferredLocale ?? null,
    merchantName: invoice.merchantName ?? '',
    livemode: invoice.livemode,
    failedCard: await lastDeclinedCard(db, workspaceId, invoiceId),
  };
}

async function lastDeclinedCard(
  db: FactsDb,
  workspaceId: string,
  invoiceId: string,
): Promise<InvoiceFacts['failedCard']> {
  const links = await db.invoicePayment.findMany({
    where: { workspaceId, invoiceId },
    select: { paymentIntentId: true },
  });
  const intents = links.map((link) => link.paymentIntentId).filter((id) => id !== null);
  if (intents.length === 0) return null;
  const charge = await db.charge.findFirst({
    where: { workspaceId, paymentIntentId: { in: intents }, status: 'FAILED', paymentMethodId: { not: null } },
    orderBy: [{ stripeCreatedAt: 'desc' }, { syncedAt: 'desc' }],
    select: { paymentMethodId: true },
  });
  const method = charge?.paymentMethodId
    ? await db.paymentMethod.findUnique({
        where: { workspaceId_id: { workspaceId, id: charge.paymentMethodId } },
        select: { brand: true, last4: true },
      })
    : null;
  return method?.brand && method.last4 ? { brand: method.brand, last4: method.last4 } : null;
}
