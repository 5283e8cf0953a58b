import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Scratch } from '../support/scratch.ts';

/** An account at Stripe that is large and never changes, made up as it is asked for. */
export interface LargeAccount {
  readonly url: string;
  /** How many objects of each kind it has. */
  readonly counts: Readonly<Record<string, number>>;
  /** Every list that was answered, in order. */
  readonly pages: readonly string[];
  /** The most requests within one second, of all that came. */
  busiestSecond(): number;
}

/** What of an account is what, in twentieths. Each customer costs two calls of its own, for payment methods and tax ids. */
const TWENTIETHS = { customers: 1, subscriptions: 1, invoices: 8, payment_intents: 5, charges: 5 } as const;
type List = keyof typeof TWENTIETHS;

const ACCOUNT = 'acct_1LargeAccount00';
const NOW_S = 1_795_000_000;

export async function largeAccount(objects: number, latencyMs: number, cleanup: Scratch): Promise<LargeAccount> {
  const counts = Object.fromEntries(
    Object.entries(TWENTIETHS).map(([list, share]) => [list, Math.round((objects * share) / 20)]),
  ) as Record<List, number>;
  const pages: string[] = [];
  const seconds = new Map<number, number>();
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://stripe');
    const second = Math.floor(performance.now() / 1_000);
    seconds.set(second, (seconds.get(second) ?? 0) + 1);
    setTimeout(() => {
      if (url.searchParams.has('limit') && !url.pathname.includes('test_helpers')) pages.push(request.url ?? '');
      response.writeHead(200, { 'content-type': 'application/json', date: new Date(NOW_S * 1_000).toUTCString() });
      response.end(JSON.stringify(answerTo(url, counts)));
    }, latencyMs);
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  cleanup.add(() => {
    server.closeAllConnections();
    server.close();
  });
  return {
    url: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`,
    counts,
    pages,
    busiestSecond: () => Math.max(0, ...seconds.values()),
  };
}

function answerTo(url: URL, counts: Readonly<Record<List, number>>): object {
  const [, , list = '', more] = url.pathname.split('/');
  if (list === 'account') return { id: ACCOUNT, object: 'account', charges_enabled: true, country: 'US' };
  const total = more === undefined && list in counts ? counts[list as List] : 0;
  const from = Number(/_(\d+)$/.exec(url.searchParams.get('starting_after') ?? '')?.[1] ?? -1) + 1;
  const to = Math.min(total, from + Number(url.searchParams.get('limit') ?? 10));
  const data = Array.from({ length: Math.max(0, to - from) }, (_, index) => OBJECTS[list as List](from + index));
  return { object: 'list', data, has_more: to < total, url: url.pathname };
}

/** Newest first, as Stripe lists. */
const created = (n: number): number => NOW_S - 1_000 - n;
const customerOf = (n: number): string => `cus_large_${String(Math.floor(n / 8))}`;

const OBJECTS: Readonly<Record<List, (n: number) => object>> = {
  customers: (n) => ({
    ...{
      id: `cus_large_${String(n)}`,
      object: 'customer',
      created: created(n),
      livemode: false,
      name: `Customer ${String(n)}`,
    },
    ...{ email: `customer${String(n)}@example.com`, invoice_settings: { default_payment_method: null }, metadata: {} },
  }),
  subscriptions: (n) => ({
    ...{ id: `sub_large_${String(n)}`, object: 'subscription', created: created(n), livemode: false, status: 'active' },
    ...{
      customer: `cus_large_${String(n)}`,
      currency: 'usd',
      items: { object: 'list', data: [], has_more: false },
      metadata: {},
    },
  }),
  invoices: (n) => ({
    ...{
      id: `in_large_${String(n)}`,
      object: 'invoice',
      created: created(n),
      livemode: false,
      status: 'paid',
      currency: 'usd',
    },
    ...{ customer: customerOf(n), amount_due: 900, amount_paid: 900, amount_remaining: 0, subtotal: 900, total: 900 },
    ...{ attempt_count: 1, attempted: true, auto_advance: false, billing_reason: 'subscription_cycle', metadata: {} },
    ...{
      collection_method: 'charge_automatically',
      period_start: created(n),
      period_end: created(n),
      number: `N-${String(n)}`,
    },
    status_transitions: {
      finalized_at: created(n),
      paid_at: created(n),
      voided_at: null,
      marked_uncollectible_at: null,
    },
    lines: { object: 'list', data: [], has_more: false },
  }),
  payment_intents: (n) => ({
    ...{
      id: `pi_large_${String(n)}`,
      object: 'payment_intent',
      created: created(n),
      livemode: false,
      status: 'succeeded',
    },
    ...{
      amount: 900,
      amount_received: 900,
      currency: 'usd',
      customer: customerOf(n),
      latest_charge: `ch_large_${String(n)}`,
    },
  }),
  charges: (n) => ({
    ...{
      id: `ch_large_${String(n)}`,
      object: 'charge',
      created: created(n),
      livemode: false,
      status: 'succeeded',
      paid: true,
    },
    ...{ amount: 900, amount_captured: 900, amount_refunded: 0, captured: true, disputed: false, currency: 'usd' },
    ...{ customer: customerOf(n), payment_intent: `pi_large_${String(n)}`, payment_method: null, metadata: {} },
  }),
};
