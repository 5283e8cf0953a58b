import { z } from 'zod';
import type { UseCaseContext } from '#subgraphs/shared/db/context.ts';
import { ProviderRefusedError } from '#subgraphs/shared/errors/errors.ts';
import type { EventConsumer } from '#subgraphs/shared/events/consume.ts';
import type { StoredEvent } from '#subgraphs/shared/events/define.ts';
import type { StripePlatforms } from '../domain/platform.ts';
import type { StripePort } from '../ports.ts';
import { connectionsByIds } from '../repositories/connections.ts';
import { disconnectConnection } from '../use-cases/disconnect-connection.ts';

const deauthorized = z.object({ connectionId: z.string(), account: z.string() });

/**
 * An account took our access away: its connection ends, and what was read stays. Events come late and again, and the account may have been
 * connected anew since, so Stripe is asked whether it is really so.
 */
export function endDeauthorized(deps: {
  readonly platforms: StripePlatforms;
  readonly stripe: StripePort;
}): EventConsumer {
  return {
    name: 'accounts.end-deauthorized',
    handlers: {
      'billing.account.deauthorized': {
        prepare: (ctx, event) => hasLostAccess(ctx, deps, event),
        handle: async (ctx, event, prepared) => {
          if (prepared === true)
            await disconnectConnection(ctx, { id: factsOf(event).connectionId, endedAtProvider: true });
        },
      },
    },
  };
}

const factsOf = (event: StoredEvent): z.output<typeof deauthorized> => deauthorized.parse(event.payload);

async function hasLostAccess(
  ctx: UseCaseContext,
  { platforms, stripe }: { readonly platforms: StripePlatforms; readonly stripe: StripePort },
  event: StoredEvent,
): Promise<boolean> {
  const { connectionId, account } = factsOf(event);
  const connection = (await connectionsByIds(ctx.db, ctx.workspaceId, [connectionId])).get(connectionId);
  // Of a platform that is connected with its key, it is about one of the accounts behind it.
  if (connection?.access !== 'OAUTH' || connection.account !== account) return false;
  const platform = platforms[ctx.mode];
  if (platform === null) return true;
  try {
    await stripe.readConnectedAccount(platform.apiKey, account, ctx);
    return false;
  } catch (error) {
    // Anything else that is refused says nothing of the account: a platform's key that has expired is refused for each of them.
    if (error instanceof ProviderRefusedError && error.providerCode === 'account_invalid') return true;
    throw error;
  }
}
