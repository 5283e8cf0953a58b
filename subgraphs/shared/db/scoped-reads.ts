import type { Database, Db } from './prisma.ts';
import { inWorkspace } from './workspace-scope.ts';

type Args = Record<string, unknown>;
type Find = (args: Args) => Promise<unknown>;

/**
 * Reads in one workspace, wherever their promise is awaited.
 *
 * Prisma gathers the `findUnique` calls of a tick and sends them later, all of them in the workspace of whoever asked first: the others
 * would find nothing. So a look-up by a unique key is sent as a `findFirst`, at once. (In a transaction it doesn't matter: a connection is
 * held there that has its workspace already.)
 */
export function scopedReads({ prisma }: Database, workspaceId: string): Db {
  return prisma.$extends({
    query: {
      $allOperations: ({ model, operation, args, query }) =>
        inWorkspace(workspaceId, async (): Promise<unknown> => {
          if (operation === 'findUnique' || operation === 'findUniqueOrThrow')
            return findOne(prisma, model ?? '', operation, args as Args);
          return (await query(args)) as unknown;
        }),
    },
  }) as unknown as Db;
}

async function findOne(
  prisma: Database['prisma'],
  model: string,
  operation: 'findUnique' | 'findUniqueOrThrow',
  args: Args,
): Promise<unknown> {
  const delegate = Reflect.get(prisma, model.charAt(0).toLowerCase() + model.slice(1)) as Record<string, Find>;
  const find = delegate[operation === 'findUnique' ? 'findFirst' : 'findFirstOrThrow'];
  if (!find) throw new Error(`Prisma has no model ${model}`);
  return await find({ ...args, where: withoutCompoundKeys((args['where'] ?? {}) as Args) });
}

/** `{ workspaceId_id: { workspaceId, id } }` is a name for a key that only `findUnique` knows; its parts say the same. */
function withoutCompoundKeys(where: Args): Args {
  const parts = Object.entries(where).map(([name, value]): Args => {
    const isCompound = typeof value === 'object' && value !== null && Object.keys(value).join('_') === name;
    return isCompound ? (value as Args) : { [name]: value };
  });
  return Object.assign({}, ...parts) as Args;
}
