import { grants } from '#subgraphs/shared/graphql/scopes.ts';
import { keysetConnection, type Connection } from '#subgraphs/shared/graphql/keyset.ts';
import {
  loadAttemptsOfCase,
  loadCase,
  loadMessagesOfCase,
  loadNewestLinkOfCase,
  loadStepsOfCase,
  loadWorkflowVersion,
} from '../loaders.ts';
import { countCases, listCases, type RecoveryCase as Row } from '../repositories/cases.ts';
import { builder } from './builder.ts';
import { MagicLink, RecoveryMessage, RecoveryStep, RetryAttempt } from './case-parts.ts';
import { DeclineClassEnum, RecoveryAttribution, RecoveryCaseState, RecoveryCloseReason } from './enums.ts';
import { Customer, Invoice } from './external.ts';
import { RecoveryCase } from './recovery-case-ref.ts';
import { WorkflowVersion } from './workflow.ts';

RecoveryCase.implement({
  description:
    'One attempt to win one unpaid invoice back: from its failed payment until it is paid or given up. An invoice has at most one open case.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'Begins with `case_`.' }),
    state: t.field({ type: RecoveryCaseState, description: 'Where the case stands.', resolve: (row) => row.state }),
    closeReason: t.field({
      type: RecoveryCloseReason,
      nullable: true,
      description: 'Only of a CLOSED case.',
      resolve: (row) => row.closeReason,
    }),
    closeNote: t.exposeString('closeNote', { nullable: true, description: 'What whoever canceled the case wrote.' }),
    attribution: t.field({
      type: RecoveryAttribution,
      nullable: true,
      description: 'Only of a RECOVERED case.',
      resolve: (row) => row.attribution,
    }),
    amount: t.field({
      type: 'Money',
      description: 'What was unpaid at the newest failure, in minor units of the invoice’s currency.',
      resolve: ({ amountMinor, currency }) => ({ amountMinor, currency }),
    }),
    attemptCount: t.exposeInt('attemptCount', {
      description: 'How many attempts the provider has counted on the invoice, whoever made them.',
    }),
    declineCode: t.exposeString('declineCode', {
      nullable: true,
      description: 'The provider’s word for the newest decline (`insufficient_funds`); null while unknown.',
    }),
    declineClass: t.field({
      type: DeclineClassEnum,
      description: 'What that decline means for the next attempt.',
      resolve: (row) => row.declineClass,
    }),
    timeZone: t.exposeString('timeZone', {
      description: 'IANA zone of the customer, which quiet hours (21:00 to 08:00) and calendar days are meant in.',
    }),
    openedAt: t.field({
      type: 'DateTime',
      description: 'When the failure opened the case, in business time.',
      resolve: (row) => row.openedAt,
    }),
    closedAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'When it left OPEN, in business time.',
      resolve: (row) => row.closedAt,
    }),
    currentStepId: t.exposeString('currentStepId', {
      nullable: true,
      description: 'Id, within the workflow, of the step it is at or ended at.',
    }),
    workflowVersion: t.field({
      type: WorkflowVersion,
      nullable: true,
      description: 'The version of the workflow that the case runs to its end, whatever is saved later.',
      resolve: (row, _args, ctx) => loadWorkflowVersion(ctx, row.workflowVersionId),
    }),
    invoice: t.field({
      type: Invoice,
      nullable: true,
      description: 'The unpaid invoice.',
      resolve: (row) => ({ id: row.invoiceId }),
    }),
    customer: t.field({
      type: Customer,
      nullable: true,
      description: 'Who owes it.',
      resolve: (row) => ({ id: row.customerId }),
    }),
    steps: t.field({
      type: [RecoveryStep],
      description: 'The steps begun or passed over, oldest first.',
      resolve: async (row, _args, ctx) => (await loadStepsOfCase(ctx, row.id)) ?? [],
    }),
    attempts: t.field({
      type: [RetryAttempt],
      description: 'Our own attempts to collect the invoice, oldest first.',
      resolve: async (row, _args, ctx) => (await loadAttemptsOfCase(ctx, row.id)) ?? [],
    }),
    messages: t.field({
      type: [RecoveryMessage],
      description: 'The e-mails to the customer, oldest first.',
      resolve: async (row, _args, ctx) => (await loadMessagesOfCase(ctx, row.id)) ?? [],
    }),
    link: t.field({
      type: MagicLink,
      nullable: true,
      description: 'The newest magic link, or null before one was sent. Its address is known to the mail alone.',
      resolve: (row, _args, ctx) => loadNewestLinkOfCase(ctx, row.id),
    }),
  }),
});

builder.asEntity(RecoveryCase, {
  key: builder.selection<{ id: string }>('id'),
  // A reference is a read like any other: another workspace's id, or a caller without the scope, finds nothing.
  resolveReference: ({ id }, ctx) =>
    ctx.caller.kind === 'API_KEY' && grants(ctx.caller.scopes, 'recovery:read') ? loadCase(ctx, id) : null,
});

builder.queryField('recoveryCase', (t) =>
  t.field({
    type: RecoveryCase,
    nullable: true,
    description: 'A case by its id; null when there is none in this workspace.',
    args: { id: t.arg.id({ required: true, description: 'Begins with `case_`.' }) },
    authScopes: { scope: 'recovery:read' },
    resolve: (_root, { id }, ctx) => loadCase(ctx, id),
  }),
);

builder.queryField('recoveryCases', (t) =>
  t.connection(
    {
      type: RecoveryCase,
      description: 'The cases of this workspace, newest first.',
      args: { state: t.arg({ type: RecoveryCaseState, required: false, description: 'Only cases in this state.' }) },
      authScopes: { scope: 'recovery:read' },
      resolve: (_root, { state, ...args }, { useCases: { db, workspaceId } }) => {
        const filter = { state: state ?? undefined };
        return keysetConnection<Row>(args, {
          key: ({ openedAt, id }) => ({ at: openedAt, id }),
          page: (page) => listCases(db, workspaceId, filter, page),
          count: () => countCases(db, workspaceId, filter),
        });
      },
    },
    {
      name: 'RecoveryCaseConnection',
      description: 'A page of recovery cases.',
      fields: (c) => ({
        totalCount: c.int({
          description: 'Exact up to 10,000.',
          resolve: (connection) => (connection as unknown as Connection<Row>).totalCount(),
        }),
      }),
    },
    { name: 'RecoveryCaseEdge', description: 'A case and its place in the list.' },
  ),
);
