import type { SubgraphBuilder } from '#subgraphs/shared/graphql/builder.ts';
import type { Caller } from '#subgraphs/shared/graphql/context.ts';
import type { Workspace } from '../domain/workspace.ts';
import type { Ref } from './builder.ts';
import { loadWorkspace } from './workspace.ts';

export function addViewer(builder: SubgraphBuilder, WorkspaceType: Ref<Workspace>): void {
  const Kind = builder.enumType('ViewerKind', {
    description: 'What kind of caller you are.',
    values: {
      API_KEY: { description: 'A program with an API key.' },
      OPERATOR: { description: 'Whoever runs this installation.' },
      ANONYMOUS: { description: 'Nobody that is known.' },
    },
  });
  const Viewer = builder.objectRef<Caller>('Viewer').implement({
    description: 'The caller, as this API sees it.',
    fields: (t) => ({
      kind: t.field({ type: Kind, description: 'What kind of caller you are.', resolve: ({ kind }) => kind }),
      keyId: t.id({
        nullable: true,
        description: 'The API key you called with. Null for an operator.',
        resolve: (caller) => (caller.kind === 'API_KEY' ? caller.keyId : null),
      }),
      scopes: t.stringList({
        description: 'What you may do; see ApiKey.scopes. Empty for an operator.',
        resolve: (caller) => (caller.kind === 'API_KEY' ? [...caller.scopes] : []),
      }),
      workspace: t.field({
        type: WorkspaceType,
        nullable: true,
        description: 'The workspace you act in. Null for an operator, who acts in none.',
        resolve: (caller, _args, ctx) => (caller.kind === 'API_KEY' ? loadWorkspace(ctx, caller.workspaceId) : null),
      }),
    }),
  });
  builder.queryField('viewer', (t) =>
    t.field({
      type: Viewer,
      description: 'Who you are to this API: a first call to check a key with.',
      authScopes: { authenticated: true },
      resolve: (_root, _args, { caller }) => caller,
    }),
  );
}
