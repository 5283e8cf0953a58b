import { createTemplates } from '#subgraphs/shared/mail/templates.ts';
import { formatMoney } from '#subgraphs/shared/money/money.ts';
import type { MessageKind } from '../domain/next-step.ts';
import type { InvoiceFacts } from '../ports.ts';

export interface MailFacts {
  readonly facts: InvoiceFacts;
  /** When the payment failed, business time. */
  readonly openedAt: Date;
  /** The customer's zone, in which dates are shown. */
  readonly timeZone: string;
  /** Null in a mail without a link. */
  readonly link: { readonly url: string; readonly expiresAt: Date } | null;
}

export interface MailContent {
  readonly subject: string;
  readonly html: string;
  readonly text: string;
}

export type MailRenderer = (kind: MessageKind, facts: MailFacts) => Promise<MailContent>;

const TEMPLATE_OF: Record<MessageKind, string> = {
  REMINDER: 'reminder',
  MAGIC_LINK: 'magic-link',
  FINAL_NOTICE: 'final-notice',
};

/**
 * The three mails of a case. They are transactional: about one payment, without offers, and therefore without an unsubscribe link. None
 * says why the bank refused: a card reported stolen must not learn of it here.
 */
export function createMailRenderer(): MailRenderer {
  const templates = createTemplates(import.meta.dirname);
  return async (kind, facts) => {
    if ((kind === 'REMINDER') !== (facts.link === null))
      throw new Error(`a mail of kind ${kind} with the wrong idea of a link`);
    const name = `mail/${TEMPLATE_OF[kind]}`;
    const data = dataOf(facts);
    const subject = oneLine(await templates.render(`${name}.subject`, data));
    const [html, text] = await Promise.all([
      templates.render(`${name}.html`, { ...data, subject }),
      templates.render(`${name}.txt`, data),
    ]);
    return { subject, html, text };
  };
}

function dataOf({ facts, openedAt, timeZone, link }: MailFacts): Record<string, string | null> {
  const { amountRemainingMinor, currency, preferredLocale } = facts;
  return {
    name: facts.customerName,
    merchant: facts.merchantName === '' ? 'the merchant' : facts.merchantName, // the provider may not say
    invoiceNumber: facts.number,
    amount: formatMoney({ amountMinor: amountRemainingMinor, currency }, preferredLocale ?? undefined),
    date: dayOf(openedAt, timeZone),
    payUrl: link?.url ?? null,
    linkExpires: link && dayOf(link.expiresAt, timeZone),
  };
}

// The text is English, so its dates are: day, month in words, year, which nobody misreads.
function dayOf(instant: Date, timeZone: string): string {
  return new Intl.DateTimeFormat('en-GB', { dateStyle: 'long', timeZone }).format(instant);
}

/** A merchant's or customer's name must not begin another header. */
function oneLine(text: string): string {
  return text.replace(/\p{Cc}+/gu, ' ').trim();
}
