import type { z } from 'zod';
import type { UseCaseContext } from '#subgraphs/shared/db/context.ts';
import type { EventConsumer } from '#subgraphs/shared/events/consume.ts';
import type { StoredEvent } from '#subgraphs/shared/events/define.ts';
import { setupCompleted, setupSubmitted } from '../events.ts';
import { actingAs } from '../stripe/acting-as.ts';
import { type CardSetup, retrieveCardSetup } from '../stripe/card-setup.ts';
import { idOf } from '../stripe/normalise/fields.ts';
import type { PaymentDeps } from '../use-cases/payments/reach-invoice.ts';

type Submission = z.output<typeof setupSubmitted.payload>;

/** Finds out which payment method a finished setup has left, and announces it. */
export function completeSetup(deps: PaymentDeps): EventConsumer {
  return {
    name: 'billing.complete-setup',
    handlers: {
      [setupSubmitted.type]: {
        prepare: (ctx, event) => ask(ctx, deps, submissionOf(event)),
        handle: (ctx, event, prepared) => tell(ctx, submissionOf(event), prepared as CardSetup | null),
      },
    },
  };
}

const submissionOf = (event: StoredEvent): Submission => setupSubmitted.payload.parse(event.payload);

async function ask(
  ctx: UseCaseContext,
  deps: PaymentDeps,
  { connectionId, checkoutSessionId }: Submission,
): Promise<CardSetup | null> {
  const credential = await deps.credentials.stripe(ctx, connectionId);
  if (credential === null) return null;
  return retrieveCardSetup(actingAs(deps.stripe, ctx, credential), credential.apiKey, checkoutSessionId);
}

/** A setup that came to nothing, or of an account that was disconnected meanwhile, is nobody's news. */
async function tell(
  ctx: UseCaseContext,
  { connectionId, account, checkoutSessionId }: Submission,
  setup: CardSetup | null,
): Promise<void> {
  if (!setup?.paymentMethodStripeId) return;
  const { paymentMethodStripeId, setupIntentStripeId: setupIntentId, customerStripeId } = setup;
  const customerId =
    customerStripeId === null ? null : idOf('customer', customerStripeId, { workspaceId: ctx.workspaceId, account });
  const payload = { connectionId, checkoutSessionId, setupIntentId, paymentMethodStripeId, customerId };
  await ctx.transaction((tx) => tx.publish(setupCompleted({ subjectId: checkoutSessionId, payload })));
}
