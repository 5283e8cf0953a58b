import { NotFoundError } from '#subgraphs/shared/errors/errors.ts';
import type { SubgraphBuilder } from '#subgraphs/shared/graphql/builder.ts';
import { refusalType } from '#subgraphs/shared/graphql/kernel-types.ts';
import type { SyncRunKind } from '../../domain/sync-run.ts';
import { ConnectionNotActiveError } from '../../errors.ts';
import { type EnqueueSync, startSync } from '../../use-cases/start-sync.ts';
import type { EnumOf, Ref } from '../builder.ts';

export const example = { input: { connectionId: 'conn_0002QnPvZ1dK9xFq7LmA', kind: 'CATCH_UP' } };

export function addStartSync(
  builder: SubgraphBuilder,
  { Kind, JobRef }: { readonly Kind: EnumOf<SyncRunKind>; readonly JobRef: Ref<{ id: string }> },
  enqueue: EnqueueSync,
): void {
  refusalType(builder, ConnectionNotActiveError, {
    description: 'The connection has no credential that works: connect the account again.',
  });
  const Started = builder.objectRef<{ readonly jobId: string }>('StartedSync').implement({
    description: 'A pass over a connected account that is under way.',
    fields: (t) => ({
      job: t.field({
        type: JobRef,
        nullable: true,
        description: 'The job that carries it out; follow it with jobProgress, or the pass with syncEvents.',
        resolve: ({ jobId }) => ({ id: jobId }),
      }),
    }),
  });
  const Input = builder.inputType('StartSyncInput', {
    description: 'What to do with which account.',
    fields: (t) => ({
      connectionId: t.id({ required: true, description: 'Begins with conn_.' }),
      kind: t.field({ type: Kind, required: true, description: 'What the pass is for.' }),
    }),
  });
  builder.mutationField('startSync', (t) =>
    t.field({
      type: Started,
      description:
        'Starts a pass over a connected account. While one of the kind is under way, that one is answered and nothing is started.',
      args: { input: t.arg({ type: Input, required: true, description: 'What to do with which account.' }) },
      authScopes: { scope: 'connections:write' },
      errors: {
        types: [NotFoundError, ConnectionNotActiveError],
        union: { name: 'StartSyncResult', description: 'The pass, or why it was not started.' },
      },
      resolve: (_root, { input }, ctx) => startSync(ctx.useCases, enqueue, input),
    }),
  );
}
