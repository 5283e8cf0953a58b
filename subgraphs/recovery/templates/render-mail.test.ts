import { describe, expect, it } from '@jest/globals';
import { MESSAGE_KINDS } from '../domain/next-step.ts';
import type { InvoiceFacts } from '../ports.ts';
import { createMailRenderer, type MailFacts } from './render-mail.ts';

const facts: InvoiceFacts = {
  invoiceId: 'inv_1',
  number: 'ACME-0042',
  status: 'open',
  amountDueMinor: 123_456n,
  amountRemainingMinor: 123_456n,
  currency: 'EUR',
  customerId: 'cus_secret',
  customerName: 'Ada Lovelace',
  customerEmail: 'ada@customer.example',
  customerCountry: 'DE',
  preferredLocale: 'de-DE',
  merchantName: 'Acme Cloud',
  livemode: true,
  failedCard: { brand: 'visa', last4: '9995' },
};
const link = { url: `https://pay.example/pay/${'t'.repeat(43)}`, expiresAt: new Date('2026-03-11T22:30:00Z') };
const render = createMailRenderer();

// Words that threaten, that name the law, or that tell why a bank refused.
const NEVER =
  /\b(cancel|suspend|terminate|delete|collections?|legal|court|lawyer|debt|penalt|fraud|stolen|lost card|insufficient|declined because|last chance|immediately|urgent)/i;

describe.each(MESSAGE_KINDS)('the mail %s', (kind) => {
  const mail: MailFacts = {
    facts,
    openedAt: new Date('2026-03-04T23:30:00Z'),
    timeZone: 'Europe/Berlin',
    link: kind === 'REMINDER' ? null : link,
  };

  it('names amount, merchant, invoice and date, in text and in HTML', async () => {
    const { subject, html, text } = await render(kind, mail);
    for (const body of [html, text]) {
      expect(body).toContain('1.234,56\u00a0€'); // as the customer's locale writes it
      expect(body).toContain('Acme Cloud');
      expect(body).toContain('ACME-0042');
      expect(body).toContain('5 March 2026'); // the day in the customer's zone
      expect(body).toContain('Hello Ada Lovelace,');
    }
    expect(subject).toContain('Acme Cloud');
    expect(subject).not.toMatch(/[\r\n]/);
  });

  it('threatens nobody, gives no reason away and shows no id, card or address', async () => {
    const { subject, html, text } = await render(kind, mail);
    const words = [subject, text, html.replace(/<style>[^]*<\/style>/, '')].join('\n');
    expect(words).not.toMatch(NEVER);
    expect(words).not.toMatch(/cus_secret|inv_1|9995|ada@customer\.example/);
  });

  it('carries the link only if it is one that has a link, and says until when it works', async () => {
    const { html, text } = await render(kind, mail);
    expect(text.includes(link.url)).toBe(kind !== 'REMINDER');
    expect(html.includes(`href="${link.url}"`)).toBe(kind !== 'REMINDER');
    expect(text.includes('until 11 March 2026')).toBe(kind !== 'REMINDER');
  });

  it('does without the merchant’s name', async () => {
    const { subject, text } = await render(kind, { ...mail, facts: { ...facts, merchantName: '' } });
    expect(`${subject}\n${text}`).toContain('the merchant');
  });

  it('does without a name, an invoice number and a locale', async () => {
    const { text } = await render(kind, {
      ...mail,
      facts: { ...facts, customerName: null, number: null, preferredLocale: null },
    });
    expect(text).toContain('Hello,');
    expect(text).toContain('€1,234.56');
    expect(text).not.toContain('Invoice');
  });

  it('cannot be bent by names', async () => {
    const evil = {
      ...facts,
      merchantName: '<script>x</script>\r\nBcc: all@example.com',
      customerName: '{{ payUrl }}"><img src=x>',
    };
    const { subject, html } = await render(kind, { ...mail, facts: evil });
    expect(subject).not.toMatch(/[\r\n]/);
    expect(html).not.toMatch(/<script|<img/);
  });

  it('is a whole document in its language, readable in light and dark', async () => {
    const { html } = await render(kind, mail);
    expect(html).toMatch(/^<!doctype html>\n<html lang="en">/);
    expect(html).toContain('prefers-color-scheme: dark');
    expect(html).not.toMatch(/<script|src="http|@import|url\(/); // nothing is loaded, nobody is tracked
  });
});

describe('a mail that asks for a card', () => {
  it('is not written without its link', async () => {
    await expect(render('MAGIC_LINK', { facts, openedAt: new Date(), timeZone: 'UTC', link: null })).rejects.toThrow(
      'MAGIC_LINK',
    );
  });
});
