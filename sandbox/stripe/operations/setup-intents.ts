import { z } from 'zod';
import { refused } from '../http/errors.ts';
import { operation, type Operation } from '../http/operation.ts';
import { listOperation } from '../http/paginate.ts';
import { flag, list, mergedMetadata, metadata, text } from '../http/parameters.ts';
import { buildSetupIntent } from '../objects/setup-intent.ts';
import type { SetupIntent } from '../store/kinds.ts';
import type { UnitOfWork } from '../store/unit-of-work.ts';
import { cardError, methodForAttaching } from './attach-payment-method.ts';
import { confirmSetup } from './confirm-setup.ts';

const createShape = z.strictObject({
  customer: text.optional(),
  payment_method: text.optional(),
  allowed_payment_method_types: list(z.enum(['card'])).optional(),
  usage: z.enum(['off_session', 'on_session']).optional(),
  description: text.optional(),
  metadata: metadata.optional(),
  confirm: flag.optional(),
  return_url: text.optional(),
  automatic_payment_methods: z
    .strictObject({ enabled: flag, allow_redirects: z.enum(['always', 'never']).optional() })
    .optional(),
});
const confirmShape = z.strictObject({ payment_method: text.optional(), return_url: text.optional() });

async function create(work: UnitOfWork, input: z.output<typeof createShape>): Promise<object> {
  if (input.customer !== undefined) await work.customerOf(input.customer);
  const at = await work.nowOfCustomer(input.customer);
  const method = input.payment_method === undefined ? null : await methodForAttaching(work, input.payment_method, at);
  const intent = await work.insert(
    'setup_intent',
    buildSetupIntent(at, work.scope.livemode, {
      customer: input.customer ?? null,
      description: input.description ?? null,
      metadata: mergedMetadata(null, input.metadata),
      usage: input.usage ?? 'off_session',
      allowed_payment_method_types: input.allowed_payment_method_types ?? null,
      payment_method: method?.id ?? null,
      status: method ? 'requires_confirmation' : 'requires_payment_method',
      automatic_payment_methods: input.automatic_payment_methods
        ? {
            enabled: input.automatic_payment_methods.enabled,
            allow_redirects: input.automatic_payment_methods.allow_redirects ?? 'always',
          }
        : null,
    }),
    {},
  );
  await work.announce('setup_intent.created', intent, at);
  return input.confirm ? confirm(work, intent, undefined) : intent;
}

async function confirm(work: UnitOfWork, intent: SetupIntent, methodId: string | undefined): Promise<object> {
  if (intent.status === 'succeeded' || intent.status === 'canceled') {
    throw refused(`You cannot confirm this SetupIntent because it has already ${intent.status}.`, {
      code: 'setup_intent_unexpected_state',
      setup_intent: intent,
    });
  }
  const at = await work.nowOfCustomer(intent.customer);
  const id = methodId ?? intent.payment_method;
  if (!id) {
    throw refused(
      "You cannot confirm this SetupIntent because it's missing a payment method. Update the SetupIntent with a payment method and then confirm it again.",
      { code: 'setup_intent_unexpected_state', setup_intent: intent },
    );
  }
  const method = await methodForAttaching(work, id, at);
  const outcome = await confirmSetup(work, intent, method, at);
  if (outcome.outcome === 'declined') throw cardError(outcome.decline, method, { setup_intent: outcome.intent }, true);
  return outcome.intent;
}

export const setupIntents: readonly Operation[] = [
  operation('POST', '/v1/setup_intents', createShape, create),
  operation('GET', '/v1/setup_intents/:id', z.strictObject({ client_secret: text.optional() }), (work, _input, id) =>
    work.get('setup_intent', id),
  ),
  operation('POST', '/v1/setup_intents/:id/confirm', confirmShape, async (work, input, id) =>
    confirm(work, await work.get('setup_intent', id), input.payment_method),
  ),
  listOperation('setup_intent', '/v1/setup_intents', {
    filters: { customer: ['customer'], payment_method: ['payment_method'] },
  }),
];
