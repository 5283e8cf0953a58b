import { ValidationError } from '#subgraphs/shared/errors/errors.ts';
import type { SubgraphBuilder } from '#subgraphs/shared/graphql/builder.ts';
import { RECOVERY_CASE } from '../../domain/recovery-case.ts';
import type { MirrorPort } from '../../ports.ts';
import { startReconciliation } from '../../use-cases/start-reconciliation.ts';
import type { Ref } from '../builder.ts';

export const example = { input: { kind: 'invoice' } };

export function addStartReconciliation(
  builder: SubgraphBuilder,
  JobRef: Ref<{ id: string }>,
  mirror: MirrorPort,
): void {
  const Started = builder.objectRef<{ readonly jobId: string }>('StartedReconciliation').implement({
    description: 'A comparison that is under way.',
    fields: (t) => ({
      job: t.field({
        type: JobRef,
        nullable: true,
        description: 'The job that carries it out; follow it with jobProgress.',
        resolve: ({ jobId }) => ({ id: jobId }),
      }),
    }),
  });
  const Input = builder.inputType('StartReconciliationInput', {
    description: 'What to compare.',
    fields: (t) => ({
      kind: t.string({
        description:
          'Only objects of this kind, by Stripe’s word for it: `invoice`; or `recovery_case`. All there are, unless given.',
      }),
    }),
  });
  builder.mutationField('startReconciliation', (t) =>
    t.field({
      type: Started,
      description:
        'Compares the copy that analytics reads with the billing objects and the recovery cases it is made from, and mends what differs. While a comparison of the same is under way, that one is answered and nothing is started. Everything is compared every day anyway.',
      args: { input: t.arg({ type: Input, required: true, description: 'What to compare.' }) },
      authScopes: { scope: 'analytics:write' },
      errors: {
        types: [ValidationError],
        union: { name: 'StartReconciliationResult', description: 'The comparison, or why there is none.' },
      },
      resolve: (_root, { input }, ctx) =>
        startReconciliation(ctx.useCases, { kind: input.kind, kinds: [...mirror.kinds, RECOVERY_CASE] }),
    }),
  );
}
