import { ValidationError } from '#subgraphs/shared/errors/errors.ts';
import type { SubgraphBuilder } from '#subgraphs/shared/graphql/builder.ts';
import type { DeliveryCount } from '#subgraphs/shared/inbox/replay.ts';
import type { InboxState } from '../../domain/inbox-event.ts';
import type { Job } from '../../domain/job.ts';
import { type InboxReplay, replayInboxEvents } from '../../use-cases/replay-inbox-events.ts';
import type { Ref } from '../builder.ts';
import type { InboxStateRef } from '../inbox-event.ts';

export const example = { input: { states: ['DEAD', 'FAILED'], objectId: 'in_1QExample', dryRun: true } };

export function addReplayInboxEvents(builder: SubgraphBuilder, JobType: Ref<Job>, State: InboxStateRef): void {
  const Count = builder.objectRef<DeliveryCount>('InboxEventCount').implement({
    description: 'How many deliveries of one type are in one state.',
    fields: (t) => ({
      state: t.field({ type: State, description: 'Their state.', resolve: ({ state }) => state as InboxState }),
      type: t.exposeString('type', { nullable: true, description: 'Their type. Null: the body could not be read.' }),
      count: t.exposeInt('count', { description: 'How many.' }),
    }),
  });
  const Replay = builder.objectRef<InboxReplay>('InboxReplay').implement({
    description: 'Deliveries that are applied again.',
    fields: (t) => ({
      matched: t.exposeInt('matched', {
        description: 'How many are applied again; in a dry run, how many would be. Those on their way are not counted.',
      }),
      unreadable: t.exposeInt('unreadable', {
        description: 'How many match as well and stay as they are, because their body cannot be read.',
      }),
      counts: t.expose('counts', { type: [Count], description: 'The same by state and type, the most first.' }),
      job: t.expose('job', {
        type: JobType,
        nullable: true,
        description: 'Succeeded when all are back in the queue. Null for a dry run, and when nothing matched.',
      }),
    }),
  });
  const Input = builder.inputType('ReplayInboxEventsInput', {
    description: 'Which deliveries. All conditions must hold; at least one is needed.',
    fields: (t) => ({
      ids: t.idList({ description: 'These deliveries (inb_…).' }),
      states: t.field({ type: [State], description: 'In one of these states: `[DEAD]` for dead letters.' }),
      types: t.stringList({ description: 'Of one of these types: `invoice.paid`.' }),
      objectId: t.string({ description: 'About this object, by the provider’s id (in_…).' }),
      account: t.string({ description: 'About this account of the provider’s (acct_…).' }),
      since: t.field({ type: 'DateTime', description: 'First delivered at this instant or later, in real time.' }),
      until: t.field({
        type: 'DateTime',
        description: 'First delivered before this instant, in real time. Now, unless given.',
      }),
      dryRun: t.boolean({ defaultValue: false, description: 'Only counts, and changes nothing.' }),
    }),
  });
  builder.mutationField('replayInboxEvents', (t) =>
    t.field({
      type: Replay,
      description:
        'Applies kept deliveries again, dead letters and ignored ones too, as if they had just come in. What is known better by now stays, and nothing is announced twice.',
      args: { input: t.arg({ type: Input, required: true, description: 'Which deliveries.' }) },
      authScopes: { scope: 'webhooks:write' },
      errors: {
        types: [ValidationError],
        union: { name: 'ReplayInboxEventsResult', description: 'What is applied again, or why nothing is.' },
      },
      resolve: (_root, { input }, ctx) => replayInboxEvents(ctx.useCases, { ...input, dryRun: input.dryRun ?? false }),
    }),
  );
}
