import { NotFoundError } from '#subgraphs/shared/errors/errors.ts';
import { RecoveryCaseNotOpenError } from '../../errors.ts';
import { resendMagicLink } from '../../use-cases/resend-magic-link.ts';
import { builder } from '../builder.ts';
import { RecoveryMessage } from '../case-parts.ts';

const ResendMagicLinkInput = builder.inputType('ResendMagicLinkInput', {
  description: 'Whose customer gets a fresh link.',
  fields: (t) => ({ caseId: t.id({ required: true, description: 'Begins with `case_`.' }) }),
});

builder.mutationField('resendMagicLink', (t) =>
  t.field({
    type: RecoveryMessage,
    description:
      'Sends the customer a fresh link by e-mail, at night the next morning; older links end when it leaves. While such a mail waits, that one is returned.',
    args: { input: t.arg({ type: ResendMagicLinkInput, required: true, description: 'Which case.' }) },
    authScopes: { scope: 'recovery:write' },
    errors: {
      types: [NotFoundError, RecoveryCaseNotOpenError],
      union: { name: 'ResendMagicLinkResult', description: 'The mail, or why none is sent.' },
    },
    resolve: (_root, { input }, ctx) => resendMagicLink(ctx.useCases, input),
  }),
);

export const example = { input: { caseId: 'case_0Oq1kZ8bC3dE5fG7hJ9k' } };
