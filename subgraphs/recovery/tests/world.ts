import type { UseCaseContext } from '#subgraphs/shared/db/context.ts';
import { inFlight, isQuiet, nextDueAt } from '#subgraphs/shared/db/quiescence.ts';
import { createUseCaseContext } from '#subgraphs/shared/db/use-case-context.ts';
import type { Subgraph } from '#subgraphs/shared/graphql/subgraph.ts';
import type { HttpRequest, HttpResponse } from '#subgraphs/shared/http/route.ts';
import { systemIds } from '#subgraphs/shared/ids/ids.ts';
import type { JsonObject } from '#subgraphs/shared/json/json.ts';
import { createMailSink, type CapturedMail } from '#subgraphs/shared/mail/mail-sink.ts';
import { ProviderUnavailableError } from '#subgraphs/shared/errors/errors.ts';
import type { MailPort } from '#subgraphs/shared/mail/mail.ts';
import { createHarness, type Harness } from '#subgraphs/shared/testing/harness.ts';
import { createRecoverySubgraph, type RecoverySubgraph } from '../index.ts';
import type { InvoiceFacts } from '../ports.ts';
import { createFakePayments, type FakePayments } from './fake-payments.ts';

export const PUBLIC_URL = 'https://pay.example';
/** A Wednesday noon in Berlin: nobody sleeps. */
export const NOON = new Date('2026-03-04T11:00:00Z');

export interface World {
  readonly harness: Harness;
  readonly payments: FakePayments;
  readonly subgraph: RecoverySubgraph;
  /** Mail fails for this many sends, before anything leaves. */
  breakMail(times: number): void;
  /** The next mail leaves and its server falls silent, as SMTP may: it can't be asked afterwards. */
  silenceMail(): void;
  close(): Promise<void>;
}

/** Recovery on a real database, with billing's port and the mail sink around it. */
export async function createWorld(): Promise<World> {
  const harness = await createHarness({ now: NOON });
  const payments = createFakePayments();
  const sink = createMailSink({ pool: harness.system.pool });
  let broken = 0;
  let silent = false;
  const mail: MailPort = {
    lookup: (key, workspaceId) => (silent ? Promise.resolve('UNKNOWABLE') : sink.lookup(key, workspaceId)),
    send: async (message) => {
      if (silent) {
        await sink.send(message);
        throw new ProviderUnavailableError('smtp', 'The mail server did not say whether it took this mail.');
      }
      if (broken === 0) return sink.send(message);
      broken -= 1;
      throw new Error('the mail provider does not answer');
    },
  };
  const subgraph = createRecoverySubgraph({
    payments,
    mail,
    mailFrom: 'billing@oppulence.example',
    publicUrl: PUBLIC_URL,
    checkoutOrigins: ['https://checkout.example'],
    workspaceTimeZone: () => Promise.resolve('Europe/Berlin'),
    system: harness.system,
    contextFor: ({ workspaceId, actor, requestId }) =>
      Promise.resolve(createUseCaseContext(harness.contextDeps, { workspaceId, mode: 'TEST', actor, requestId })),
    limits: { viewsPerLink: 1_000, submitsPerLink: 1_000, requestsPerAddress: 100_000 },
  });
  return {
    harness,
    payments,
    subgraph,
    silenceMail: () => {
      silent = true;
    },
    breakMail: (times) => {
      broken = times;
    },
    close: () => harness.close(),
  };
}

/** One workspace with one unpaid invoice in it. */
export interface Scene {
  readonly workspaceId: string;
  readonly invoiceId: string;
  readonly customerId: string;
  readonly ctx: UseCaseContext;
  announce(type: string, payload: JsonObject): Promise<void>;
  /** The renewal fails: what billing announces of it. */
  fail(options?: { attemptCount?: number; declineCode?: string }): Promise<void>;
  /** The provider says paid, and so does billing. */
  pay(): Promise<void>;
  pump(): Promise<void>;
  /** Moves business time from due instant to due instant, carrying out what falls due. */
  advanceTo(to: Date | string): Promise<void>;
  mails(): Promise<CapturedMail[]>;
  events(): Promise<string[]>;
  rows<Row extends object>(table: string): Promise<Row[]>;
  theCase(): Promise<CaseRow>;
  request(method: 'GET' | 'POST', path: string, ip?: string): Promise<HttpResponse>;
}

export interface CaseRow {
  id: string;
  state: string;
  close_reason: string | null;
  attribution: string | null;
  customer_id: string;
  decline_code: string | null;
  decline_class: string;
  attempt_count: number;
  current_step_id: string;
  opened_at: Date;
  closed_at: Date | null;
}

const AMOUNT = { amountMinor: '4900', currency: 'EUR' };

export async function createScene(world: World, facts: Partial<InvoiceFacts> = {}, at: Date = NOON): Promise<Scene> {
  const { harness, payments, subgraph } = world;
  const workspaceId = await harness.newWorkspace('TEST');
  await harness.setBusinessNow(workspaceId, at);
  const invoiceId = systemIds.next('inv');
  const customerId = systemIds.next('cus');
  payments.invoices.set(invoiceId, { ...invoiceFacts(invoiceId, customerId), ...facts });
  const ctx = harness.context(workspaceId);
  const pump = (): Promise<void> => harness.pump([subgraph]);

  const rows = async <Row extends object>(table: string): Promise<Row[]> =>
    (
      await harness.admin.query<Row>(`SELECT * FROM ${table} WHERE workspace_id = $1 ORDER BY id COLLATE "C"`, [
        workspaceId,
      ])
    ).rows;
  const announce = async (type: string, payload: JsonObject): Promise<void> => {
    await ctx.transaction(async (tx) => {
      await tx.publish({ type, version: 1, subjectType: 'Invoice', subjectId: invoiceId, payload });
    });
  };

  return {
    workspaceId,
    invoiceId,
    customerId,
    ctx,
    announce,
    fail: async ({ attemptCount = 1, declineCode = 'insufficient_funds' } = {}) => {
      await announce('billing.invoice.payment_failed', {
        invoiceId,
        stripeId: 'in_1',
        customerId,
        subscriptionId: 'sub_1',
        attemptCount,
        amountRemaining: AMOUNT,
        failedAt: at.toISOString(),
      });
      await announce('billing.payment.declined', {
        invoiceId,
        attemptCount,
        declineCode,
        adviceCode: null,
        networkDeclineCode: null,
        paymentMethodId: null,
        chargeId: null,
      });
      await pump();
    },
    pay: async () => {
      payments.settle(invoiceId, 'paid');
      await announce('billing.invoice.paid', {
        invoiceId,
        customerId,
        amountPaid: AMOUNT,
        paidAt: at.toISOString(),
        attemptCount: 2,
      });
      await pump();
    },
    pump,
    advanceTo: (to) => advanceTo(world, workspaceId, new Date(to)),
    mails: async () => (await createMailSink({ pool: harness.system.pool }).list(workspaceId)).toReversed(),
    events: async () => {
      const logged = await harness.admin.query<{ type: string }>(
        `SELECT e.type FROM kernel.stream s JOIN kernel.event e ON e.workspace_id = s.workspace_id AND e.id = s.event_id
         WHERE s.workspace_id = $1 AND e.type LIKE 'recovery.%' ORDER BY s.seq`,
        [workspaceId],
      );
      return logged.rows.map(({ type }) => type.replace('recovery.', ''));
    },
    rows,
    theCase: async () => {
      const [only, ...more] = await rows<CaseRow>('recovery.recovery_case');
      if (!only || more.length > 0) throw new Error(`expected one case, found ${String(more.length + (only ? 1 : 0))}`);
      return only;
    },
    request: (method, path, ip = '203.0.113.7') => request(subgraph, method, path, ip),
  };
}

async function advanceTo({ harness, subgraph }: World, workspaceId: string, to: Date): Promise<void> {
  const { system, wall } = harness;
  await harness.pump([subgraph]);
  for (let due = await nextDueAt(system, workspaceId); due && due <= to; due = await nextDueAt(system, workspaceId)) {
    await harness.setBusinessNow(workspaceId, due);
    await harness.pump([subgraph]);
    // What waits for a retry after trouble waits in wall time.
    for (let i = 0; i < 20 && !isQuiet(await inFlight(system, wall, workspaceId)); i += 1) {
      wall.advance({ minutes: 5 });
      await harness.pump([subgraph]);
    }
  }
  await harness.setBusinessNow(workspaceId, to);
  await harness.pump([subgraph]);
}

/** Calls the route that fits, as the gateway would. */
async function request(subgraph: Subgraph, method: 'GET' | 'POST', url: string, ip: string): Promise<HttpResponse> {
  const { pathname, searchParams } = new URL(url, PUBLIC_URL);
  for (const route of subgraph.routes ?? []) {
    const names = route.path.split('/');
    const parts = pathname.split('/');
    if (route.method !== method || names.length !== parts.length) continue;
    if (!names.every((name, i) => name.startsWith(':') || name === parts[i])) continue;
    const params = Object.fromEntries(
      names.flatMap((name, i) => (name.startsWith(':') ? [[name.slice(1), parts[i] ?? '']] : [])),
    );
    const req: HttpRequest = {
      params,
      query: searchParams,
      headers: {},
      body: Buffer.alloc(0),
      ip,
      url: pathname,
      requestId: 'req_test',
    };
    return route.handle(req);
  }
  throw new Error(`no route for ${method} ${pathname}`);
}

function invoiceFacts(invoiceId: string, customerId: string): InvoiceFacts {
  return {
    invoiceId,
    customerId,
    number: 'ACME-0042',
    status: 'open',
    amountDueMinor: 4900n,
    amountRemainingMinor: 4900n,
    currency: 'EUR',
    customerName: 'Ada Lovelace',
    customerEmail: 'ada@customer.example',
    customerCountry: 'DE',
    preferredLocale: 'en-IE',
    merchantName: 'Acme Cloud',
    livemode: false,
    failedCard: { brand: 'visa', last4: '9995' },
  };
}

/** The path of the pay page in the newest mail that has one. */
export function payPathIn(mails: readonly CapturedMail[]): string {
  const found = mails
    .map(({ text }) => /https:\/\/pay\.example(\/pay\/[\w-]{43})/.exec(text)?.[1])
    .findLast((path) => path !== undefined);
  if (found === undefined) throw new Error('no mail carries a link');
  return found;
}
