import type { SubgraphBuilder } from '#subgraphs/shared/graphql/builder.ts';
import type { Workspace } from '../domain/workspace.ts';
import { workspacesByIds } from '../repositories/workspaces.ts';
import type { GraphContext } from '#subgraphs/shared/graphql/context.ts';
import type { Ref } from './builder.ts';

export async function loadWorkspace(ctx: GraphContext, id: string): Promise<Workspace | null> {
  const { db, workspaceId } = ctx.useCases;
  return ctx.loader('workspace', (ids) => workspacesByIds(db, workspaceId, ids)).load(id);
}

export function addWorkspace(builder: SubgraphBuilder): Ref<Workspace> {
  const Mode = builder.enumType('WorkspaceMode', {
    description: 'Which side of a company’s pair a workspace is. Live and test data never meet.',
    values: {
      LIVE: { description: 'Real money, real customers, real time.' },
      TEST: { description: 'Test data of the providers; time can be moved with advanceTestClock.' },
    },
  });
  const WorkspaceType = builder.objectRef<Workspace>('Workspace').implement({
    description:
      'One side, live or test, of a company. An API key belongs to exactly one workspace, and a request acts in exactly that one.',
    fields: (t) => ({
      id: t.exposeID('id', { description: 'Begins with ws_.' }),
      mode: t.expose('mode', { type: Mode, description: 'LIVE or TEST; never changes.' }),
      name: t.exposeString('name', { description: 'The company’s name, the same on both sides.' }),
      slug: t.exposeString('slug', {
        description: 'A readable label for links and logs. It identifies nothing: use the id.',
      }),
      timezone: t.exposeString('timezone', {
        description: 'IANA name, such as Europe/Berlin: quiet hours and calendar days are meant in it.',
      }),
      counterpartId: t.exposeID('counterpartId', {
        description: 'The other side of the pair. It has API keys of its own.',
      }),
      createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was created, in real time.' }),
      businessNow: t.field({
        type: 'DateTime',
        description: 'What this workspace calls now: real time, or where its test clock stands.',
        resolve: ({ id, mode }, _args, { useCases }) => useCases.forWorkspace(id, mode).businessNow(),
      }),
    }),
  });
  builder.asEntity(WorkspaceType, {
    key: builder.selection<{ id: string }>('id'),
    resolveReference: ({ id }, ctx) => loadWorkspace(ctx, id),
  });
  builder.queryField('workspace', (t) =>
    t.field({
      type: WorkspaceType,
      nullable: true,
      description: 'The workspace that the caller’s key belongs to.',
      authScopes: { scope: 'workspace:read' },
      resolve: (_root, _args, ctx) => loadWorkspace(ctx, ctx.useCases.workspaceId),
    }),
  );
  return WorkspaceType;
}
