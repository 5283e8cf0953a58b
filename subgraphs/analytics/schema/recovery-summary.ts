import type { SubgraphBuilder } from '#subgraphs/shared/graphql/builder.ts';
import { summarizeRecovery, type AnalyticsReads, type RecoverySummary } from '../use-cases/summarize-recovery.ts';
import { addRecoveryFigures } from './recovery-figures.ts';

export function addRecoverySummary(builder: SubgraphBuilder, reads: AnalyticsReads): void {
  const CurrencyRecovery = addRecoveryFigures(builder);
  const Summary = builder.objectRef<RecoverySummary>('RecoverySummary').implement({
    description:
      'What became of failed payments. Numbers follow the events by a few seconds; `asOf` and `lagSeconds` say how far they are.',
    fields: (t) => ({
      currencies: t.field({
        type: [CurrencyRecovery],
        description:
          'One entry per currency in which a case was opened, in alphabetical order; empty when there was none.',
        resolve: ({ currencies }) => [...currencies],
      }),
      asOf: t.field({
        type: 'DateTime',
        nullable: true,
        description: 'Business time of the newest event in these numbers; null before the first.',
        resolve: ({ asOf }) => asOf,
      }),
      lagSeconds: t.int({
        nullable: true,
        description:
          'Whole seconds (real time) since everything that had happened was in these numbers; null before that was so for the first time.',
        resolve: ({ lagSeconds }) => lagSeconds,
      }),
    }),
  });
  const Input = builder.inputType('RecoverySummaryInput', {
    description: 'The period in which the cases were opened.',
    fields: (t) => ({
      from: t.field({
        type: 'DateTime',
        description: 'Start of the period, included (business time). From the beginning when left out.',
      }),
      to: t.field({
        type: 'DateTime',
        description: 'End of the period, not included (business time). Until now when left out.',
      }),
    }),
  });
  builder.queryField('recoverySummary', (t) =>
    t.field({
      type: Summary,
      // Nullable, so that a dashboard gets the rest of its answer while the numbers are away.
      nullable: true,
      description:
        'How many failed payments were won back, by currency. Null with the error ANALYTICS_UNAVAILABLE while the numbers cannot be read: try again.',
      args: { input: t.arg({ type: Input, description: 'Which cases to count; all when left out.' }) },
      authScopes: { scope: 'analytics:read' },
      resolve: async (_root, { input }, { useCases }) => summarizeRecovery(useCases, reads, input ?? {}),
    }),
  );
}
