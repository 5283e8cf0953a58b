import { z } from 'zod';
import { defineEvent, type EventDefinition, type NewEvent } from '#subgraphs/shared/events/define.ts';
import { moneyJsonSchema } from '#subgraphs/shared/money/money-json.ts';
import { ATTRIBUTIONS } from './domain/attribution.ts';
import { CLOSE_REASONS } from './domain/case-status.ts';
import { DECLINE_CLASSES } from './domain/decline-classes.ts';
import { MESSAGE_KINDS } from './domain/next-step.ts';

/** Every event of recovery is about one case and names the invoice and the customer of it. Instants are business time. */
const aboutCase = { caseId: z.string(), invoiceId: z.string(), customerId: z.string() };
const declineClass = z.enum(DECLINE_CLASSES);
const origin = z.enum(['WORKFLOW', 'LINK']);

/** A failed payment is now being recovered. `amount` is what was unpaid. */
export const caseOpened = defineEvent({
  type: 'recovery.case.opened',
  version: 1,
  subject: 'RecoveryCase',
  payload: z.object({
    ...aboutCase,
    subscriptionId: z.string().nullable(),
    amount: moneyJsonSchema,
    declineCode: z.string().nullable(),
    declineClass,
    openedAt: z.string(),
  }),
});

/** The bank's reason became known or changed. */
export const caseClassified = defineEvent({
  type: 'recovery.case.classified',
  version: 1,
  subject: 'RecoveryCase',
  payload: z.object({ ...aboutCase, declineCode: z.string().nullable(), declineClass }),
});

/** A mail was decided on; it leaves at `dueAt`, which is later when it is night where the customer lives. */
export const messageQueued = defineEvent({
  type: 'recovery.message.queued',
  version: 1,
  subject: 'RecoveryCase',
  payload: z.object({ ...aboutCase, messageId: z.string(), kind: z.enum(MESSAGE_KINDS), dueAt: z.string() }),
});

export const messageSent = defineEvent({
  type: 'recovery.message.sent',
  version: 1,
  subject: 'RecoveryCase',
  payload: z.object({ ...aboutCase, messageId: z.string(), kind: z.enum(MESSAGE_KINDS) }),
});

export const retryScheduled = defineEvent({
  type: 'recovery.retry.scheduled',
  version: 1,
  subject: 'RecoveryCase',
  payload: z.object({ ...aboutCase, attemptId: z.string(), origin, dueAt: z.string() }),
});

export const retrySucceeded = defineEvent({
  type: 'recovery.retry.succeeded',
  version: 1,
  subject: 'RecoveryCase',
  payload: z.object({ ...aboutCase, attemptId: z.string(), origin }),
});

export const retryDeclined = defineEvent({
  type: 'recovery.retry.declined',
  version: 1,
  subject: 'RecoveryCase',
  payload: z.object({ ...aboutCase, attemptId: z.string(), origin, declineCode: z.string().nullable(), declineClass }),
});

export const linkCreated = defineEvent({
  type: 'recovery.link.created',
  version: 1,
  subject: 'RecoveryCase',
  payload: z.object({ ...aboutCase, linkId: z.string(), messageId: z.string(), expiresAt: z.string() }),
});

/** Somebody, or a mail scanner, looked at the page for the first time. */
export const linkOpened = defineEvent({
  type: 'recovery.link.opened',
  version: 1,
  subject: 'RecoveryCase',
  payload: z.object({ ...aboutCase, linkId: z.string() }),
});

/** The payment method that failed was replaced at the provider by the one the customer entered. */
export const cardUpdated = defineEvent({
  type: 'recovery.card.updated',
  version: 1,
  subject: 'RecoveryCase',
  payload: z.object({ ...aboutCase, linkId: z.string() }),
});

/** The invoice was paid while its case was open. `amount` is what was paid. */
export const caseRecovered = defineEvent({
  type: 'recovery.case.recovered',
  version: 1,
  subject: 'RecoveryCase',
  payload: z.object({
    ...aboutCase,
    amount: moneyJsonSchema,
    attribution: z.enum(ATTRIBUTIONS),
    declineClass,
    openedAt: z.string(),
    recoveredAt: z.string(),
  }),
});

export const caseClosed = defineEvent({
  type: 'recovery.case.closed',
  version: 1,
  subject: 'RecoveryCase',
  payload: z.object({
    ...aboutCase,
    amount: moneyJsonSchema,
    reason: z.enum(CLOSE_REASONS),
    declineClass,
    openedAt: z.string(),
    closedAt: z.string(),
  }),
});

/** All of them, in the order of a story: what `recoveryEvents` follows. */
export const RECOVERY_EVENTS = [
  caseOpened,
  caseClassified,
  messageQueued,
  messageSent,
  retryScheduled,
  retrySucceeded,
  retryDeclined,
  linkCreated,
  linkOpened,
  cardUpdated,
  caseRecovered,
  caseClosed,
] as const;

interface CaseIdentity {
  readonly id: string;
  readonly invoiceId: string;
  readonly customerId: string;
}

/** Announces something about a case: subject and the three ids are the case's. */
export function aboutCaseEvent<P extends { caseId: string; invoiceId: string; customerId: string }>(
  define: EventDefinition<P>,
  { id, invoiceId, customerId }: CaseIdentity,
  rest: Omit<P, 'caseId' | 'invoiceId' | 'customerId'>,
): NewEvent {
  // Omit of a generic type is opaque to the compiler; the definition's schema checks the sum.
  const payload = { caseId: id, invoiceId, customerId, ...rest } as unknown as P;
  return { ...define({ subjectId: id, payload }), countedAs: 'recovery_events_total' };
}
