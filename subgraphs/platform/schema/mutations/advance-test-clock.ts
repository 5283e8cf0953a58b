import type { SubgraphBuilder } from '#subgraphs/shared/graphql/builder.ts';
import { refusalType } from '#subgraphs/shared/graphql/kernel-types.ts';
import type { Job } from '../../domain/job.ts';
import { ClockMovingError, ClockTargetError, LiveClockError } from '../../errors.ts';
import { advanceTestClock } from '../../use-cases/advance-test-clock.ts';
import type { Ref } from '../builder.ts';

export const example = { input: { to: '2027-01-15T09:00:00Z' } };

export function addAdvanceTestClock(builder: SubgraphBuilder, JobType: Ref<Job>): void {
  refusalType(builder, LiveClockError, { description: 'The workspace is LIVE, and live time cannot be moved.' });
  refusalType(builder, ClockTargetError, { description: 'The instant is in the past, or too far ahead for one call.' });
  refusalType(builder, ClockMovingError, { description: 'The clock is on its way to another instant.' });
  builder.objectField(ClockMovingError, 'jobId', (t) =>
    t.exposeID('jobId', { description: 'The job that moves it; follow it with jobProgress.' }),
  );
  const Input = builder.inputType('AdvanceTestClockInput', {
    description: 'Where to move the clock.',
    fields: (t) => ({
      to: t.field({
        type: 'DateTime',
        required: true,
        description: 'The new business time: not before Workspace.businessNow and at most two years after it.',
      }),
    }),
  });
  builder.mutationField('advanceTestClock', (t) =>
    t.field({
      type: JobType,
      description:
        'Moves the business time of a TEST workspace forward, and the connected providers’ test clocks with it. Everything that falls due on the way happens, in order; the job has succeeded when it has all happened.',
      args: { input: t.arg({ type: Input, required: true, description: 'Where to move the clock.' }) },
      authScopes: { scope: 'workspace:write' },
      errors: {
        types: [LiveClockError, ClockTargetError, ClockMovingError],
        union: {
          name: 'AdvanceTestClockResult',
          description: 'The job that moves the clock, or why it was not moved.',
        },
      },
      resolve: (_root, { input }, ctx) => advanceTestClock(ctx.useCases, input),
    }),
  );
}
