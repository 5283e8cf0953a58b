import { z } from 'zod';
import type { UseCaseContext } from '#subgraphs/shared/db/context.ts';
import { effectHandler, type ClaimedEffect, type EffectHandler } from '#subgraphs/shared/effects/define.ts';
import { DomainError, ProviderUnavailableError } from '#subgraphs/shared/errors/errors.ts';
import { aboutCaseEvent, cardUpdated } from '../events.ts';
import type { PaymentsPort } from '../ports.ts';
import { findCase, lockCase } from '../repositories/cases.ts';
import { findLink, type MagicLink } from '../repositories/links.ts';
import { scheduleRetry } from '../use-cases/schedule-retry.ts';
import { REPLACE_PAYMENT_METHOD } from './kinds.ts';

const payload = z.object({ linkId: z.string() });
type Effect = ClaimedEffect<z.infer<typeof payload>>;
interface Outcome {
  readonly result: 'REPLACED' | 'REFUSED' | 'ABANDONED';
}

/** Puts the customer's new card where the failed one was, then has the invoice collected. */
export function replacePaymentMethod({ payments }: { payments: PaymentsPort }): EffectHandler {
  return effectHandler<z.infer<typeof payload>, Outcome>({
    kind: REPLACE_PAYMENT_METHOD,
    payload,
    send: (ctx, effect) => send(payments, ctx, effect),
    // Writing the same card to the same field twice is one change: sending again is the way to find out.
    lookup: () => Promise.resolve({ sent: false }),
    settle,
  });
}

async function send(
  payments: PaymentsPort,
  ctx: UseCaseContext,
  { subjectId, idempotencyKey, payload: { linkId } }: Effect,
): Promise<Outcome> {
  const theCase = await findCase(ctx.db, ctx.workspaceId, subjectId);
  if (theCase?.state !== 'OPEN') return { result: 'ABANDONED' };
  const { invoiceId, paymentMethodStripeId } = await linkOf(ctx, linkId);
  if (paymentMethodStripeId === null) throw new Error(`link ${linkId} was completed without a payment method`);
  try {
    await payments.replaceFailedPaymentMethod(ctx, { invoiceId, paymentMethodStripeId, idempotencyKey });
    return { result: 'REPLACED' };
  } catch (error) {
    if (error instanceof ProviderUnavailableError || !(error instanceof DomainError)) throw error;
    ctx.log.warn({ err: error, linkId }, 'the new payment method was refused');
    return { result: 'REFUSED' };
  }
}

async function settle(
  ctx: UseCaseContext,
  { subjectId, payload: { linkId } }: Effect,
  { result }: Outcome,
): Promise<void> {
  if (result !== 'REPLACED') return; // the workflow goes on, and its next mail brings a new link
  await ctx.transaction(async (tx) => {
    const theCase = await lockCase(tx.db, ctx.workspaceId, subjectId);
    if (!theCase) throw new Error(`link ${linkId} belongs to no case`);
    await tx.publish(aboutCaseEvent(cardUpdated, theCase, { linkId }));
    if (theCase.state === 'OPEN') await scheduleRetry(ctx, tx, theCase, { origin: 'LINK', linkId }, tx.now);
  });
}

async function linkOf(ctx: UseCaseContext, linkId: string): Promise<MagicLink> {
  const link = await findLink(ctx.db, ctx.workspaceId, linkId);
  if (!link) throw new Error(`there is no link ${linkId}`);
  return link;
}
