import type { SubgraphBuilder } from '#subgraphs/shared/graphql/builder.ts';
import type { GraphContext } from '#subgraphs/shared/graphql/context.ts';
import { inboxLag } from '#subgraphs/shared/inbox/lag.ts';
import type { Ref } from './builder.ts';

export interface Freshness {
  readonly lagSeconds: number;
  readonly pendingDeliveries: number;
}

export function addFreshness(builder: SubgraphBuilder): Ref<Freshness> {
  const type = builder.objectRef<Freshness>('Freshness');
  type.implement({
    description:
      'How current the copy of the provider’s data is, by what has been delivered to us and not been applied.',
    fields: (t) => ({
      lagSeconds: t.exposeInt('lagSeconds', {
        description: 'Seconds since the oldest delivery that waits to be applied came in, in real time. 0: none waits.',
      }),
      pendingDeliveries: t.exposeInt('pendingDeliveries', { description: 'How many wait to be applied.' }),
    }),
  });
  return type;
}

/** Asked once for a request, however many objects it shows. */
export async function loadFreshness(ctx: GraphContext): Promise<Freshness> {
  const { db, workspaceId, wall } = ctx.useCases;
  const read = async (): Promise<ReadonlyMap<string, Freshness>> => {
    const { pending, oldestReceivedAt } = await inboxLag(db, workspaceId);
    const lagMs = oldestReceivedAt === null ? 0 : wall.now().getTime() - oldestReceivedAt.getTime();
    return new Map([[workspaceId, { lagSeconds: Math.max(0, Math.ceil(lagMs / 1000)), pendingDeliveries: pending }]]);
  };
  return (await ctx.loader('billing.freshness', read).load(workspaceId)) ?? { lagSeconds: 0, pendingDeliveries: 0 };
}
