import { z } from 'zod';
import type { UseCaseContext } from '#subgraphs/shared/db/context.ts';
import {
  effectHandler,
  type ClaimedEffect,
  type EffectHandler,
  type Lookup,
} from '#subgraphs/shared/effects/define.ts';
import { ProviderRefusedError } from '#subgraphs/shared/errors/errors.ts';
import type { MailPort } from '#subgraphs/shared/mail/mail.ts';
import { crashpoint } from '#subgraphs/shared/testing/crashpoint.ts';
import { nextMailInstant } from '../domain/mail-hours.ts';
import { aboutCaseEvent, messageSent } from '../events.ts';
import type { InvoiceFacts, PaymentsPort } from '../ports.ts';
import { lockCase, type RecoveryCase } from '../repositories/cases.ts';
import { getMessage, updateMessage, type Message } from '../repositories/messages.ts';
import type { MailRenderer } from '../templates/render-mail.ts';
import { finishCaseStep } from '../use-cases/advance-case.ts';
import { mintLink, type MintedLink } from '../use-cases/mint-link.ts';
import { SEND_MESSAGE } from './kinds.ts';

const payload = z.object({ messageId: z.string() });
type Effect = ClaimedEffect<z.infer<typeof payload>>;

/** Why a mail that was decided on did not leave. */
type DropReason = 'CASE_ENDED' | 'SETTLED' | 'NO_RECIPIENT' | 'REFUSED';
type Outcome =
  { readonly sent: true; readonly providerMessageId: string } | { readonly sent: false; readonly reason: DropReason };

export interface SendMessageDeps {
  readonly payments: PaymentsPort;
  readonly mail: MailPort;
  readonly render: MailRenderer;
  /** The address all mails come from; its display name is the merchant's. */
  readonly mailFrom: string;
  /** Where the pay page is reachable for customers, without a slash at the end. */
  readonly publicUrl: string;
}

/** Sends one mail, once: whoever finds it half done asks the mail provider before sending again. */
export function sendMessage(deps: SendMessageDeps): EffectHandler {
  return effectHandler<z.infer<typeof payload>, Outcome>({
    kind: SEND_MESSAGE,
    payload,
    claim,
    send: (ctx, effect) => send(deps, ctx, effect),
    lookup: (ctx, effect) => lookup(deps, ctx, effect),
    settle,
    leaveUnknown,
  });
}

async function claim(
  ctx: UseCaseContext,
  { subjectId, payload: { messageId } }: Effect,
): Promise<'SEND' | 'DROP' | { deferUntil: Date }> {
  return ctx.transaction(async (tx) => {
    const theCase = await lockCase(tx.db, ctx.workspaceId, subjectId);
    const message = await getMessage(tx.db, ctx.workspaceId, messageId);
    if (theCase?.state !== 'OPEN') {
      await updateMessage(tx.db, message, { state: 'DROPPED', dropReason: 'CASE_ENDED' });
      return 'DROP';
    }
    // Due in the day, carried out in the night: the worker was away, or the clock was moved.
    const allowedAt = nextMailInstant(tx.now, theCase.timeZone);
    if (allowedAt > tx.now) {
      await updateMessage(tx.db, message, { dueAt: allowedAt });
      return { deferUntil: allowedAt };
    }
    await updateMessage(tx.db, message, { state: 'SENDING' });
    return 'SEND';
  });
}

async function send(deps: SendMessageDeps, ctx: UseCaseContext, effect: Effect): Promise<Outcome> {
  const { payments, mail, render, mailFrom, publicUrl } = deps;
  const { invoiceId } = await caseOf(ctx, effect);
  // Asked again right before sending: the invoice may be paid, and the news of it still on its way.
  const facts = await payments.invoiceFacts(ctx, invoiceId);
  if (facts?.status.toLowerCase() !== 'open') return { sent: false, reason: 'SETTLED' };
  if (!facts.customerEmail) return { sent: false, reason: 'NO_RECIPIENT' };

  const prepared = await prepare(ctx, effect, facts.customerEmail);
  if (prepared === null) return { sent: false, reason: 'CASE_ENDED' };
  const { message, theCase, minted } = prepared;
  if (minted) crashpoint('recovery.link.after-mint');

  const { openedAt, timeZone } = theCase;
  const link = minted && { url: `${publicUrl}/pay/${minted.token}`, expiresAt: minted.expiresAt };
  const content = await render(message.kind, { facts, openedAt, timeZone, link });
  try {
    const { providerMessageId } = await mail.send({
      key: effect.idempotencyKey,
      workspaceId: ctx.workspaceId,
      from: sender(facts, mailFrom),
      to: facts.customerEmail,
      headers: { 'Auto-Submitted': 'auto-generated' },
      ...content,
    });
    return { sent: true, providerMessageId };
  } catch (error) {
    if (error instanceof ProviderRefusedError) return { sent: false, reason: 'REFUSED' };
    throw error;
  }
}

interface Prepared {
  readonly theCase: RecoveryCase;
  readonly message: Message;
  readonly minted: MintedLink | null;
}

/** The last word before a mail leaves, in a short transaction of its own: is it still wanted, to whom, and with which link. */
async function prepare(
  ctx: UseCaseContext,
  { subjectId, payload: { messageId } }: Effect,
  recipient: string,
): Promise<Prepared | null> {
  return ctx.transaction(async (tx) => {
    const theCase = await lockCase(tx.db, ctx.workspaceId, subjectId);
    if (theCase?.state !== 'OPEN') return null;
    const found = await getMessage(tx.db, ctx.workspaceId, messageId);
    const message = await updateMessage(tx.db, found, { state: 'SENDING', recipient });
    const minted = message.kind === 'REMINDER' ? null : await mintLink(ctx, tx, theCase, message);
    return { theCase, message, minted };
  });
}

async function lookup(deps: SendMessageDeps, ctx: UseCaseContext, effect: Effect): Promise<Lookup<Outcome>> {
  await ctx.transaction(async (tx) => {
    await updateMessage(tx.db, await getMessage(tx.db, ctx.workspaceId, effect.payload.messageId), {
      state: 'UNKNOWN',
    });
  });
  const found = await deps.mail.lookup(effect.idempotencyKey, ctx.workspaceId);
  if (found === 'UNKNOWABLE') return { sent: found };
  return found ? { sent: true, outcome: { sent: true, ...found } } : { sent: false };
}

async function settle(
  ctx: UseCaseContext,
  { subjectId, payload: { messageId } }: Effect,
  outcome: Outcome,
): Promise<void> {
  await ctx.transaction(async (tx) => {
    const theCase = await lockCase(tx.db, ctx.workspaceId, subjectId);
    const message = await getMessage(tx.db, ctx.workspaceId, messageId);
    if (!theCase) throw new Error(`message ${messageId} belongs to no case`);
    if (outcome.sent) {
      await updateMessage(tx.db, message, {
        state: 'SENT',
        sentAt: tx.now,
        dropReason: null,
        providerMessageId: outcome.providerMessageId,
      });
      await tx.publish(aboutCaseEvent(messageSent, theCase, { messageId, kind: message.kind }));
    } else {
      await updateMessage(tx.db, message, { state: 'DROPPED', dropReason: outcome.reason });
    }
    if (message.stepExecutionId)
      await finishCaseStep(ctx, tx, theCase, message.stepExecutionId, outcome.sent ? 'SENT' : 'DROPPED');
  });
}

/** The message stays UNKNOWN for everybody to see, and the workflow goes on as if it had arrived: the other mistake would be two of them. */
async function leaveUnknown(ctx: UseCaseContext, { subjectId, payload: { messageId } }: Effect): Promise<void> {
  await ctx.transaction(async (tx) => {
    const theCase = await lockCase(tx.db, ctx.workspaceId, subjectId);
    const { stepExecutionId } = await getMessage(tx.db, ctx.workspaceId, messageId);
    if (theCase && stepExecutionId) await finishCaseStep(ctx, tx, theCase, stepExecutionId, 'SENT');
  });
}

async function caseOf(ctx: UseCaseContext, { subjectId }: Effect): Promise<RecoveryCase> {
  return ctx.transaction(async (tx) => {
    const theCase = await lockCase(tx.db, ctx.workspaceId, subjectId);
    if (!theCase) throw new Error(`there is no case ${subjectId}`);
    return theCase;
  });
}

function sender({ merchantName }: InvoiceFacts, address: string): string {
  // A display name is a quoted string: what could end it or begin another header is taken out.
  const name = merchantName.replace(/["\\<>\p{Cc}]/gu, ' ').trim();
  return name === '' ? address : `"${name}" <${address}>`;
}
