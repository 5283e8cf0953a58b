/** The hosted page of a Checkout Session: plain forms, no JavaScript. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Pool } from 'pg';
import { z } from 'zod';
import { StripeError } from '../http/errors.ts';
import { parseForm } from '../http/parameters.ts';
import { currentSession } from '../operations/checkout-sessions.ts';
import { inTransaction } from '../store/in-transaction.ts';
import type { CheckoutSession } from '../store/kinds.ts';
import type { Scope, UnitOfWork } from '../store/unit-of-work.ts';
import { AUTHENTICATE, FORM, MESSAGE } from './checkout-templates.ts';
import { answerAuthentication, submitCard, type CardForm } from './complete-setup.ts';
import { renderPage } from './layout.ts';

export interface PageDeps {
  readonly pool: Pool;
  readonly publicUrl: () => string;
  readonly afterWrite: () => void;
}

const cardForm = z.object({
  number: z.string().max(40),
  exp: z.string().max(10),
  cvc: z.string().max(10),
  name: z.string().max(200).default(''),
});
const params = z.object({ id: z.string() });

export function addCheckoutRoutes(app: FastifyInstance, deps: PageDeps): void {
  app.get('/c/pay/:id', (request, reply) =>
    withSession(request, reply, deps, (work, session) => showForm(work, session, {})),
  );
  app.post('/c/pay/:id', (request, reply) =>
    withSession(request, reply, deps, (work, session) => takeCard(work, session, parseForm(textOf(request)))),
  );
  app.get('/c/pay/:id/authenticate', (request, reply) => withSession(request, reply, deps, showAuthentication));
  app.post('/c/pay/:id/authenticate', (request, reply) =>
    withSession(request, reply, deps, async (work, session) => {
      const passed = parseForm(textOf(request)).result === 'complete';
      const outcome = await answerAuthentication(work, session, passed);
      if (outcome.next === 'declined') return showForm(work, session, { error: outcome.message, status: 402 });
      return { redirect: successUrl(session) };
    }),
  );
}

/** Invoices link to a page of their own; here nothing can be paid on it. */
export function addInvoicePage(app: FastifyInstance): void {
  app.get('/i/*', async (_request, reply) =>
    reply.type('text/html; charset=utf-8').send(
      await renderPage(MESSAGE, 'Invoice', {
        heading: 'An invoice of the sandbox',
        message: 'Stripe would show the invoice here. The sandbox keeps it in its API only.',
        link: '/',
        link_text: 'What is in the sandbox',
      }),
    ),
  );
}

type PageAnswer = { readonly html: string; readonly status?: number } | { readonly redirect: string };

async function withSession(
  request: FastifyRequest,
  reply: FastifyReply,
  deps: PageDeps,
  act: (work: UnitOfWork, session: CheckoutSession) => Promise<PageAnswer>,
): Promise<FastifyReply> {
  const { id } = params.parse(request.params);
  const scope = await scopeOf(deps.pool, id);
  const answer =
    scope === null
      ? await unknownSession()
      : await inTransaction(deps.pool, scope, deps.publicUrl(), async (work) => {
          const session = await currentSession(work, id);
          return session.status === 'open' ? act(work, session) : finishedSession(session);
        });
  if (request.method === 'POST') deps.afterWrite();
  void reply
    .header('Cache-Control', 'no-store')
    .header('Referrer-Policy', 'no-referrer')
    .header('X-Frame-Options', 'DENY');
  if ('redirect' in answer) return reply.redirect(answer.redirect, 303);
  return reply
    .status(answer.status ?? 200)
    .type('text/html; charset=utf-8')
    .send(answer.html);
}

async function takeCard(work: UnitOfWork, session: CheckoutSession, raw: Record<string, unknown>): Promise<PageAnswer> {
  const parsed = cardForm.safeParse(raw);
  if (!parsed.success) return showForm(work, session, { error: 'Please fill in all fields.', status: 400 });
  try {
    const outcome = await submitCard(work, session, parsed.data);
    if (outcome.next === 'declined')
      return await showForm(work, session, { form: parsed.data, error: outcome.message, status: 402 });
    return { redirect: outcome.next === 'authenticate' ? `/c/pay/${session.id}/authenticate` : successUrl(session) };
  } catch (error) {
    if (!(error instanceof StripeError) || error.status !== 402) throw error;
    return showForm(work, session, {
      form: parsed.data,
      error: error.message,
      status: 402,
      wrong: fieldOf(error.body.param),
    });
  }
}

const fieldOf = (param: string | undefined): string => (param?.startsWith('exp') ? 'exp' : (param ?? ''));

interface FormState {
  readonly form?: CardForm;
  readonly error?: string;
  readonly status?: number;
  readonly wrong?: string;
}

/** Never sends a card number back. */
async function showForm(work: UnitOfWork, session: CheckoutSession, state: FormState): Promise<PageAnswer> {
  const html = await renderPage(FORM, 'Save your card', {
    merchant: await merchantOf(work),
    email: session.customer_details?.email ?? '',
    action: `/c/pay/${session.id}`,
    cancel_url: session.cancel_url ?? '',
    error: state.error ?? '',
    wrong: state.wrong ?? '',
    exp: state.form?.exp ?? '',
    name: state.form?.name ?? session.customer_details?.name ?? '',
  });
  return { html, status: state.status ?? 200 };
}

async function showAuthentication(work: UnitOfWork, session: CheckoutSession): Promise<PageAnswer> {
  const intent = await work.get('setup_intent', session.setup_intent ?? '');
  const method = intent.payment_method ? await work.find('payment_method', intent.payment_method) : null;
  if (intent.status !== 'requires_action' || !method) return { redirect: `/c/pay/${session.id}` };
  return {
    html: await renderPage(AUTHENTICATE, 'Confirm it is you', {
      merchant: await merchantOf(work),
      last4: method.card?.last4 ?? '',
      action: `/c/pay/${session.id}/authenticate`,
    }),
  };
}

async function finishedSession(session: CheckoutSession): Promise<PageAnswer> {
  const done = session.status === 'complete';
  const html = await renderPage(MESSAGE, done ? 'All done' : 'This page has expired', {
    heading: done ? 'Your card is saved' : 'This page has expired',
    message: done
      ? 'There is nothing more to do here. You can close this page.'
      : 'For your safety this page only works for a while. Please go back and start again.',
    link: done ? successUrl(session) : (session.cancel_url ?? ''),
    link_text: 'Go back',
  });
  return { html };
}

async function unknownSession(): Promise<PageAnswer> {
  const html = await renderPage(MESSAGE, 'Not found', {
    heading: 'We do not know this page',
    message: 'The address may be incomplete. Please open the link again.',
    link: '',
    link_text: '',
  });
  return { html, status: 404 };
}

const successUrl = (session: CheckoutSession): string =>
  (session.success_url ?? '').replaceAll('{CHECKOUT_SESSION_ID}', session.id);

async function merchantOf(work: UnitOfWork): Promise<string> {
  const { rows } = await work.client.query<{ name: string }>('SELECT name FROM accounts WHERE id = $1', [
    work.scope.account,
  ]);
  return rows[0]?.name ?? 'The merchant';
}

/** The page has no API key: the session's id, which nobody can guess, says whose it is. */
async function scopeOf(pool: Pool, id: string): Promise<Scope | null> {
  const { rows } = await pool.query<Scope>(
    `SELECT account, livemode FROM objects WHERE id = $1 AND kind = 'checkout.session' AND NOT deleted`,
    [id],
  );
  return rows[0] ?? null;
}

const textOf = (request: FastifyRequest): string => (typeof request.body === 'string' ? request.body : '');
