import { linkStateAt } from '../domain/magic-link.ts';
import { loadNow } from '../loaders.ts';
import type { RetryAttempt as AttemptRow } from '../repositories/attempts.ts';
import type { MagicLink as LinkRow } from '../repositories/links.ts';
import type { Message as MessageRow } from '../repositories/messages.ts';
import type { StepExecution, StepState } from '../repositories/steps.ts';
import { builder } from './builder.ts';
import {
  MagicLinkState,
  MessageKindEnum,
  MessageStateEnum,
  RetryAttemptState,
  RetryOrigin,
  StepStateEnum,
} from './enums.ts';

export const RecoveryStep = builder.objectRef<StepExecution>('RecoveryStep').implement({
  description: 'One step of a workflow as one case went through it. All instants are business time.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'Begins with `step_`.' }),
    stepId: t.exposeString('stepId', { description: 'Id of the step within the workflow’s definition.' }),
    type: t.exposeString('type', {
      description:
        'Type of the step in the definition: `email`, `wait`, `retry_payment`, `magic_link_email` or `close`.',
    }),
    visit: t.exposeInt('visit', { description: '1, or more when the workflow came back to the step.' }),
    state: t.field({
      type: StepStateEnum,
      description: 'How far it has come.',
      resolve: (row) => row.state as StepState,
    }),
    outcome: t.exposeString('outcome', {
      nullable: true,
      description:
        'How it ended (`SENT`, `ELAPSED`, `DECLINED`, …) or why it was skipped (`CLASS_FORBIDS`, `CAP_REACHED`).',
    }),
    startedAt: t.field({ type: 'DateTime', description: 'When it began.', resolve: (row) => row.startedAt }),
    dueAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'When a wait is over.',
      resolve: (row) => row.dueAt,
    }),
    finishedAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'When it ended.',
      resolve: (row) => row.finishedAt,
    }),
  }),
});

export const RetryAttempt = builder.objectRef<AttemptRow>('RetryAttempt').implement({
  description: 'One attempt of ours to collect an invoice. All instants are business time.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'Begins with `att_`.' }),
    origin: t.field({ type: RetryOrigin, description: 'Who decided on it.', resolve: (row) => row.origin }),
    state: t.field({ type: RetryAttemptState, description: 'How far it has come.', resolve: (row) => row.state }),
    declineCode: t.exposeString('declineCode', {
      nullable: true,
      description: 'The provider’s word for the decline, of a DECLINED attempt.',
    }),
    skipReason: t.exposeString('skipReason', {
      nullable: true,
      description:
        'Why a SKIPPED attempt was not sent: `CASE_ENDED`, `CLASS_FORBIDS`, `CAP_REACHED`, `INVOICE_PAID`, `INVOICE_VOID`, …',
    }),
    scheduledAt: t.field({
      type: 'DateTime',
      description: 'When it was decided on.',
      resolve: (row) => row.scheduledAt,
    }),
    dueAt: t.field({ type: 'DateTime', description: 'When it is sent at the earliest.', resolve: (row) => row.dueAt }),
    sendingAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'When it was first handed to the provider.',
      resolve: (row) => row.sendingAt,
    }),
    settledAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'When its outcome was known.',
      resolve: (row) => row.settledAt,
    }),
  }),
});

export const RecoveryMessage = builder.objectRef<MessageRow>('RecoveryMessage').implement({
  description: 'One e-mail to the customer. Its text is not kept. All instants are business time.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'Begins with `msg_`.' }),
    kind: t.field({ type: MessageKindEnum, description: 'Which mail it is.', resolve: (row) => row.kind }),
    state: t.field({ type: MessageStateEnum, description: 'How far it has come.', resolve: (row) => row.state }),
    recipient: t.exposeString('recipient', {
      nullable: true,
      description: 'E-mail address it goes to; null until it is about to leave.',
    }),
    dropReason: t.exposeString('dropReason', {
      nullable: true,
      description: 'Why a DROPPED mail was not sent: `CASE_ENDED`, `SETTLED`, `NO_RECIPIENT` or `REFUSED`.',
    }),
    queuedAt: t.field({ type: 'DateTime', description: 'When it was decided on.', resolve: (row) => row.queuedAt }),
    dueAt: t.field({
      type: 'DateTime',
      description: 'When it leaves at the earliest: the next morning when it was decided on at night.',
      resolve: (row) => row.dueAt,
    }),
    sentAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'When the mail provider took it.',
      resolve: (row) => row.sentAt,
    }),
  }),
});

export const MagicLink = builder.objectRef<LinkRow>('MagicLink').implement({
  description: 'The right to enter another card for one invoice. All instants are business time.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'Begins with `link_`. Not the token, which is stored nowhere.' }),
    state: t.field({
      type: MagicLinkState,
      description: 'Where it stands now.',
      resolve: async (row, _args, ctx) => linkStateAt(row, await loadNow(ctx)),
    }),
    issuedAt: t.field({
      type: 'DateTime',
      description: 'When the mail with it was made.',
      resolve: (row) => row.issuedAt,
    }),
    expiresAt: t.field({
      type: 'DateTime',
      description: 'When it ends at the latest, at most seven days after it was issued.',
      resolve: (row) => row.expiresAt,
    }),
    openedAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'When its page was first looked at.',
      resolve: (row) => row.openedAt,
    }),
    completedAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'When a card was saved through it.',
      resolve: (row) => row.completedAt,
    }),
  }),
});
