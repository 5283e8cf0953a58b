import { z } from 'zod';
import { invalid, refused } from '../http/errors.ts';
import { operation, type Operation } from '../http/operation.ts';
import { listOperation } from '../http/paginate.ts';
import { list, mergedMetadata, metadata, positive, text } from '../http/parameters.ts';
import { buildCheckoutSession } from '../objects/checkout-session.ts';
import { buildSetupIntent } from '../objects/setup-intent.ts';
import type { CheckoutSession } from '../store/kinds.ts';
import type { UnitOfWork } from '../store/unit-of-work.ts';

const createShape = z.strictObject({
  mode: z.enum(['setup']),
  success_url: text,
  cancel_url: text.optional(),
  customer: text.optional(),
  customer_email: text.optional(),
  client_reference_id: text.optional(),
  currency: text.optional(),
  expires_at: positive.optional(),
  locale: text.optional(),
  metadata: metadata.optional(),
  allowed_payment_method_types: list(z.enum(['card'])).optional(),
  ui_mode: z.enum(['hosted_page']).optional(),
  setup_intent_data: z.strictObject({ description: text.optional(), metadata: metadata.optional() }).optional(),
});
type Input = z.output<typeof createShape>;
const HOUR_S = 3600;

async function create(work: UnitOfWork, input: Input): Promise<object> {
  for (const name of ['success_url', 'cancel_url'] as const) if (input[name] !== undefined) checkUrl(input[name], name);
  if (input.currency === undefined && input.allowed_payment_method_types === undefined) {
    throw invalid(
      'Missing required param: currency. A currency or allowed_payment_method_types must be given in setup mode.',
      { code: 'parameter_missing', param: 'currency' },
    );
  }
  const customer = input.customer === undefined ? null : await work.customerOf(input.customer);
  const at = await work.nowOfCustomer(customer?.id);
  const expiry = expiryOf(input.expires_at, at, work.wallNow());
  const intent = await work.insert(
    'setup_intent',
    buildSetupIntent(at, work.scope.livemode, {
      customer: customer?.id ?? null,
      description: input.setup_intent_data?.description ?? null,
      metadata: mergedMetadata(null, input.setup_intent_data?.metadata),
    }),
    {},
  );
  await work.announce('setup_intent.created', intent, at);
  const session = buildCheckoutSession({
    created: at,
    expiresAt: expiry.at,
    livemode: work.scope.livemode,
    publicUrl: work.publicUrl,
    customer,
    setupIntent: intent.id,
    fields: {
      success_url: input.success_url,
      cancel_url: input.cancel_url ?? null,
      client_reference_id: input.client_reference_id ?? null,
      currency: input.currency ?? null,
      customer_email: input.customer_email ?? null,
      allowed_payment_method_types: input.allowed_payment_method_types ?? null,
      metadata: mergedMetadata(null, input.metadata),
      locale: input.locale ?? null,
    },
  });
  return work.insert('checkout.session', session, { basis: expiry.basis });
}

/** Half an hour to a day ahead, by the customer's clock; by the machine's, if that is what the caller goes by. */
function expiryOf(
  given: number | undefined,
  customerNow: number,
  wallNow: number,
): { at: number; basis: 'wall' | 'customer' } {
  if (given === undefined) return { at: customerNow + 24 * HOUR_S, basis: 'customer' };
  const fits = (now: number): boolean => given >= now + HOUR_S / 2 - 5 && given <= now + 24 * HOUR_S + 5;
  if (fits(customerNow)) return { at: given, basis: 'customer' };
  if (fits(wallNow)) return { at: given, basis: 'wall' };
  throw invalid(
    'The `expires_at` timestamp must be at least 30 minutes and at most 24 hours from Checkout Session creation.',
    { param: 'expires_at' },
  );
}

function checkUrl(url: string, param: string): void {
  if (!URL.canParse(url.replaceAll(/[{}]/g, '')) || !/^https?:/.test(url))
    throw invalid('Not a valid URL', { code: 'url_invalid', param });
}

/** The session as it is now: an open one whose time is over is expired first. */
export async function currentSession(work: UnitOfWork, id: string): Promise<CheckoutSession> {
  const session = await work.get('checkout.session', id);
  const hidden = await work.hidden('checkout.session', id);
  const now = hidden?.basis === 'wall' ? work.wallNow() : await work.nowOfCustomer(session.customer);
  return session.status === 'open' && now >= session.expires_at ? expireSession(work, session, now) : session;
}

async function expireSession(work: UnitOfWork, session: CheckoutSession, at: number): Promise<CheckoutSession> {
  await work.lockAccount();
  const fresh = await work.get('checkout.session', session.id);
  if (fresh.status !== 'open') return fresh;
  const expired = await work.put('checkout.session', { ...fresh, status: 'expired', url: null });
  await work.announce('checkout.session.expired', expired, at);
  return expired;
}

async function expireNow(work: UnitOfWork, id: string): Promise<object> {
  const session = await currentSession(work, id);
  if (session.status !== 'open')
    throw refused(
      `Only Checkout Sessions with a status in ["open"] can be expired. This Checkout Session has a status of ${session.status ?? 'unknown'}.`,
    );
  return expireSession(work, session, await work.nowOfCustomer(session.customer));
}

export const checkoutSessions: readonly Operation[] = [
  operation('POST', '/v1/checkout/sessions', createShape, create),
  operation('GET', '/v1/checkout/sessions/:id', z.strictObject({}), (work, _input, id) => currentSession(work, id)),
  operation('POST', '/v1/checkout/sessions/:id/expire', z.strictObject({}), (work, _input, id) => expireNow(work, id)),
  listOperation('checkout.session', '/v1/checkout/sessions', {
    filters: { customer: ['customer'], status: ['status'] },
  }),
];
