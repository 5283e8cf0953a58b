import { z } from 'zod';
import type { LoggedEvent } from '#subgraphs/shared/events/log.ts';
import { mapFollowed } from '#subgraphs/shared/graphql/follow.ts';
import { RECOVERY_EVENTS } from '../events.ts';
import { loadAttempt, loadCase, loadMessage } from '../loaders.ts';
import { builder } from './builder.ts';
import { RecoveryMessage, RetryAttempt } from './case-parts.ts';
import { Customer, Invoice } from './external.ts';
import { RecoveryCase } from './recovery-case-ref.ts';

const DESCRIPTIONS = {
  CASE_OPENED: 'A failed payment is now being recovered.',
  CASE_CLASSIFIED: 'The bank’s reason became known, or changed.',
  MESSAGE_QUEUED: 'An e-mail was decided on.',
  MESSAGE_SENT: 'An e-mail left.',
  RETRY_SCHEDULED: 'An attempt to collect was decided on.',
  RETRY_SUCCEEDED: 'An attempt to collect went through.',
  RETRY_DECLINED: 'The bank declined an attempt to collect.',
  LINK_CREATED: 'A magic link was made; older ones ended.',
  LINK_OPENED: 'Somebody, perhaps a mail scanner, looked at the pay page for the first time.',
  CARD_UPDATED: 'The customer’s new card replaced the one that failed.',
  CASE_RECOVERED: 'The invoice was paid while its case was open.',
  CASE_CLOSED: 'The case ended without a payment.',
} as const;
type EventName = keyof typeof DESCRIPTIONS;

const TYPES = RECOVERY_EVENTS.map(({ type }) => type);

const payload = z.object({
  caseId: z.string(),
  invoiceId: z.string(),
  customerId: z.string(),
  messageId: z.string().optional(),
  attemptId: z.string().optional(),
});

interface Shown extends z.infer<typeof payload> {
  readonly cursor: string;
  readonly name: EventName;
  readonly at: Date;
}

const RecoveryEventType = builder.enumType('RecoveryEventType', {
  description: 'What happened in a recovery case.',
  values: Object.fromEntries(
    Object.entries(DESCRIPTIONS).map(([name, description]) => [name, { description }]),
  ) as Record<EventName, { description: string }>,
});

const RecoveryEvent = builder.objectRef<Shown>('RecoveryEvent').implement({
  description:
    'One thing that happened in a recovery case. What it refers to is shown as it is when the event is delivered.',
  fields: (t) => ({
    cursor: t.exposeString('cursor', {
      description: 'Pass the last one you saw as `after` to miss nothing. Bound to the workspace.',
    }),
    type: t.field({ type: RecoveryEventType, description: 'What happened.', resolve: (event) => event.name }),
    at: t.field({ type: 'DateTime', description: 'When it happened, in business time.', resolve: (event) => event.at }),
    case: t.field({
      type: RecoveryCase,
      nullable: true,
      description: 'The case.',
      resolve: (event, _args, ctx) => loadCase(ctx, event.caseId),
    }),
    invoice: t.field({
      type: Invoice,
      nullable: true,
      description: 'The invoice of the case.',
      resolve: (event) => ({ id: event.invoiceId }),
    }),
    customer: t.field({
      type: Customer,
      nullable: true,
      description: 'The customer of the case.',
      resolve: (event) => ({ id: event.customerId }),
    }),
    message: t.field({
      type: RecoveryMessage,
      nullable: true,
      description: 'The e-mail it is about, if it is about one.',
      resolve: (event, _args, ctx) => (event.messageId === undefined ? null : loadMessage(ctx, event.messageId)),
    }),
    attempt: t.field({
      type: RetryAttempt,
      nullable: true,
      description: 'The attempt it is about, if it is about one.',
      resolve: (event, _args, ctx) => (event.attemptId === undefined ? null : loadAttempt(ctx, event.attemptId)),
    }),
  }),
});

builder.subscriptionField('recoveryEvents', (t) =>
  t.field({
    type: RecoveryEvent,
    tag: 'live', // without a cursor it begins with what happens next, so that the gateway may let all who ask join one stream
    description:
      'What happens in the recovery cases of this workspace, in order: first what came after the cursor, then live. Without a cursor it begins with what happens next.',
    args: { after: t.arg.string({ description: 'Cursor of the last event you saw; at most seven days old.' }) },
    authScopes: { scope: 'recovery:read' },
    subscribe: (_root, { after }, ctx) =>
      mapFollowed(ctx.events.follow(ctx.useCases.workspaceId, { types: TYPES, after }), show),
    resolve: (event) => event,
  }),
);

/** `recovery.case.opened` is CASE_OPENED in the graph. */
function show({ event, cursor }: LoggedEvent): Shown {
  const name = event.type
    .replace(/^recovery\./, '')
    .replace('.', '_')
    .toUpperCase() as EventName;
  return { ...payload.parse(event.payload), cursor, name, at: event.occurredAt };
}
