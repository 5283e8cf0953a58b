import { NotFoundError, ValidationError } from '#subgraphs/shared/errors/errors.ts';
import { RecoveryCaseNotOpenError } from '../../errors.ts';
import { cancelRecoveryCase } from '../../use-cases/cancel-recovery-case.ts';
import { builder } from '../builder.ts';
import { RecoveryCase } from '../recovery-case-ref.ts';

const CancelRecoveryCaseInput = builder.inputType('CancelRecoveryCaseInput', {
  description: 'Which case to stop, and why.',
  fields: (t) => ({
    caseId: t.id({ required: true, description: 'Begins with `case_`.' }),
    reason: t.string({
      required: true,
      description: 'For your own record, at most 500 characters; the customer never sees it.',
    }),
  }),
});

builder.mutationField('cancelRecoveryCase', (t) =>
  t.field({
    type: RecoveryCase,
    description:
      'Stops recovering an invoice: no further mail or retry leaves, and its links end. The invoice stays as it is. Repeating it changes nothing.',
    args: { input: t.arg({ type: CancelRecoveryCaseInput, required: true, description: 'Which case, and why.' }) },
    authScopes: { scope: 'recovery:write' },
    errors: {
      types: [NotFoundError, ValidationError, RecoveryCaseNotOpenError],
      union: { name: 'CancelRecoveryCaseResult', description: 'The case, or why it was not stopped.' },
    },
    resolve: (_root, { input }, ctx) => cancelRecoveryCase(ctx.useCases, input),
  }),
);

export const example = {
  input: { caseId: 'case_0Oq1kZ8bC3dE5fG7hJ9k', reason: 'The customer pays by bank transfer.' },
};
