import { html } from '#subgraphs/shared/http/responses.ts';
import type { HttpResponse } from '#subgraphs/shared/http/route.ts';
import { createTemplates } from '#subgraphs/shared/mail/templates.ts';
import { formatMoney } from '#subgraphs/shared/money/money.ts';
import path from 'node:path';
import type { PayPageState } from '../domain/pay-page-state.ts';
import type { InvoiceFacts } from '../ports.ts';
import type { LinkView } from '../use-cases/view-link.ts';
import { PAY_PAGE_CSS } from './styles.ts';

/** Something to say above the button. */
export type ReadyNotice = 'NOT_FINISHED' | 'RAN_OUT';

export interface PayPages {
  /** The page that fits the link's state. `after` the hosted page, "used" is what the customer expects: 200 and not 410. */
  ofLink(view: LinkView, options?: { after?: boolean; notice?: ReadyNotice; action?: string }): Promise<HttpResponse>;
  unknown(): Promise<HttpResponse>;
  tooMany(retryAfterS: number): Promise<HttpResponse>;
  unavailable(): Promise<HttpResponse>;
}

interface Notice {
  readonly status: number;
  readonly title: string;
  readonly text: string;
}

const NOTICES: Record<ReadyNotice, string> = {
  NOT_FINISHED: 'No card was saved yet. You can start again whenever you like.',
  RAN_OUT: 'The card page was open for too long and has closed. Nothing was saved; please start again.',
};

const STATES: Record<Exclude<PayPageState, 'READY'>, Notice> = {
  SETTLED: {
    status: 200,
    title: 'This is paid',
    text: 'Thank you: the payment has arrived, and there is nothing left to do.',
  },
  NOTHING_DUE: {
    status: 200,
    title: 'Nothing to pay',
    text: 'This invoice is no longer due. There is nothing left to do.',
  },
  COLLECTING: {
    status: 410,
    title: 'Your card was updated',
    text: 'Your new card is saved, and we are collecting the payment. You may close this page.',
  },
  REFUSED: {
    status: 410,
    title: 'That card did not work either',
    text: 'Your new card is saved, but the bank did not accept the payment. Nothing was charged. If it stays open, you will get a mail with a new link and can try another card. You can also ask your bank, or talk to the merchant.',
  },
  EXPIRED: {
    status: 410,
    title: 'This link has expired',
    text: 'Links work for a few days only. Please use the link in the newest mail, or ask the merchant to send you a new one.',
  },
  REVOKED: {
    status: 410,
    title: 'This link no longer works',
    text: 'There may be a newer mail with a newer link: please use that one, or ask the merchant to send you a new one.',
  },
};

/** @param formTargets origins of the hosted card page, to which the browser may be sent after the button was pressed. */
export function createPayPages({ formTargets }: { formTargets: readonly string[] }): PayPages {
  const templates = createTemplates(path.join(import.meta.dirname, '..', 'templates'));
  const empty = { css: PAY_PAGE_CSS, merchant: null, testMode: false, link: null };

  async function page(
    status: number,
    template: string,
    data: Record<string, unknown>,
    headers: Record<string, string> = {},
  ): Promise<HttpResponse> {
    return html(status, await templates.render(template, { ...empty, ...data }), {
      styles: [PAY_PAGE_CSS],
      formTargets,
      headers,
    });
  }

  return {
    ofLink: (view, { after = false, notice, action } = {}) => {
      if (view.state === 'READY' && view.facts)
        return page(200, 'pay/ready.html', {
          ...readyData(view.facts),
          notice: notice ? NOTICES[notice] : null,
          action: action ?? null,
        });
      const shown = STATES[view.state === 'READY' ? 'REVOKED' : view.state];
      const status = after && (view.state === 'COLLECTING' || view.state === 'REFUSED') ? 200 : shown.status;
      const again = after && view.state === 'COLLECTING' ? { href: '', label: 'See whether it has arrived' } : null;
      return page(status, 'pay/notice.html', {
        ...brand(view.facts),
        title: shown.title,
        text: shown.text,
        link: again,
      });
    },
    unknown: () =>
      page(404, 'pay/notice.html', {
        title: 'We do not know this link',
        text: 'Please open the link from your mail once more, and check that none of it is missing.',
      }),
    tooMany: (retryAfterS) =>
      page(
        429,
        'pay/notice.html',
        {
          title: 'Just a moment',
          text: `This page was opened very often. Please try again in ${String(retryAfterS)} seconds.`,
        },
        { 'retry-after': String(retryAfterS) },
      ),
    unavailable: () =>
      page(
        503,
        'pay/notice.html',
        {
          title: 'Please try again in a minute',
          text: 'The payment provider does not answer right now. Nothing was changed or charged.',
        },
        { 'retry-after': '60' },
      ),
  };
}

function brand(facts: InvoiceFacts | null): Record<string, unknown> {
  return {
    merchant: facts === null || facts.merchantName === '' ? null : facts.merchantName,
    testMode: facts?.livemode === false,
  };
}

/** Masked on purpose: no name, address or customer id of whoever should be reading this. */
function readyData(facts: InvoiceFacts): Record<string, unknown> {
  const { amountRemainingMinor, currency, preferredLocale, failedCard } = facts;
  return {
    ...brand(facts),
    title: 'Your payment did not go through',
    invoiceNumber: facts.number,
    amount: formatMoney({ amountMinor: amountRemainingMinor, currency }, preferredLocale ?? undefined),
    card: failedCard ? `${failedCard.brand.toUpperCase()} ···· ${failedCard.last4}` : null,
  };
}
