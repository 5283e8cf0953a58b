import type { SubgraphBuilder } from '#subgraphs/shared/graphql/builder.ts';
import { ValidationError } from '#subgraphs/shared/errors/errors.ts';
import type { Workspace } from '../../domain/workspace.ts';
import { createWorkspace, type WorkspacePair, type WorkspaceWithKey } from '../../use-cases/create-workspace.ts';
import type { Ref } from '../builder.ts';

export const example = { input: { name: 'Acme', timezone: 'Europe/Berlin' } };

export function addCreateWorkspace(builder: SubgraphBuilder, WorkspaceType: Ref<Workspace>): void {
  const Input = builder.inputType('CreateWorkspaceInput', {
    description: 'The company that gets a pair of workspaces.',
    fields: (t) => ({
      name: t.string({ required: true, description: 'The company’s name, 1 to 100 characters.' }),
      timezone: t.string({ description: 'IANA name, such as Europe/Berlin. UTC when left out.' }),
    }),
  });
  const Side = builder.objectRef<WorkspaceWithKey>('WorkspaceWithKey').implement({
    description: 'A new workspace and its first key.',
    fields: (t) => ({
      workspace: t.expose('workspace', { type: WorkspaceType, description: 'The workspace.' }),
      apiKey: t.exposeString('apiKey', {
        description: 'The secret of its first admin key. Keep it now: it is not shown again.',
      }),
    }),
  });
  const Pair = builder.objectRef<WorkspacePair>('WorkspacePair').implement({
    description: 'The two sides of a new company.',
    fields: (t) => ({
      live: t.expose('live', { type: Side, description: 'For real money.' }),
      test: t.expose('test', { type: Side, description: 'For trying things out.' }),
    }),
  });
  builder.mutationField('createWorkspace', (t) =>
    t.field({
      type: Pair,
      description:
        'Creates a company’s live and test workspaces, linked to each other, each with a first admin key. For operators only.',
      args: { input: t.arg({ type: Input, required: true, description: 'The company.' }) },
      authScopes: { operator: true },
      errors: {
        types: [ValidationError],
        union: { name: 'CreateWorkspaceResult', description: 'The pair, or why it was not created.' },
      },
      resolve: (_root, { input }, ctx) => createWorkspace(ctx.useCases, input),
    }),
  );
}
