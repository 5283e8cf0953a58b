import type { UseCaseContext } from '#subgraphs/shared/db/context.ts';
import type { BillingDeps } from '../ports.ts';
import { nextStripeChange } from '../repositories/next-change.ts';
import { countRefetches } from '../repositories/refetch-requests.ts';
import { actingAs } from '../stripe/acting-as.ts';
import type { StripeApi } from '../stripe/client.ts';
import { advanceTestClock, hasUndeliveredEvents, listTestClocks } from '../stripe/test-clocks.ts';

export interface ProviderClocks {
  /** The next instant at which Stripe does something by itself (renews, finalises, retries), as far as the mirror knows; null for never. */
  nextChangeAt(ctx: UseCaseContext): Promise<Date | null>;
  /** Moves every test clock of the workspace's accounts to `instant` and returns when all have arrived. Network. */
  advanceTo(ctx: UseCaseContext, instant: Date): Promise<void>;
  /** Whether all clocks stand still, every event was delivered, and no object waits to be read again. Network. */
  settled(ctx: UseCaseContext): Promise<boolean>;
}

const HOUR_MS = 3_600_000;

/** Stripe's test clocks, as the workspace's own clock moves them along. In a LIVE workspace there are none, and nothing happens. */
export function createProviderClocks(
  deps: Pick<BillingDeps, 'credentials'> & { readonly stripe: StripeApi },
): ProviderClocks {
  /** A way to each of the workspace's accounts. */
  async function accounts(ctx: UseCaseContext): Promise<readonly { stripe: StripeApi; apiKey: string }[]> {
    if (ctx.mode !== 'TEST') return [];
    const found = new Map<string, { stripe: StripeApi; apiKey: string }>();
    for (const { connectionId, account, livemode } of await deps.credentials.stripeConnections(ctx)) {
      const credential = livemode ? null : await deps.credentials.stripe(ctx, connectionId);
      if (credential === null) continue;
      found.set(account, { stripe: actingAs(deps.stripe, ctx, credential), apiKey: credential.apiKey });
    }
    return [...found.values()];
  }

  return {
    nextChangeAt: async (ctx) =>
      ctx.mode === 'TEST' ? nextStripeChange(ctx.db, ctx.workspaceId, await ctx.businessNow()) : null,
    advanceTo: async (ctx, instant) => {
      for (const { stripe, apiKey } of await accounts(ctx)) {
        for (const clock of await listTestClocks(stripe, apiKey))
          await advanceTestClock(stripe, apiKey, clock, instant);
      }
    },
    settled: async (ctx) => {
      if ((await countRefetches(ctx.db, ctx.workspaceId)) > 0) return false;
      for (const { stripe, apiKey } of await accounts(ctx)) {
        const clocks = await listTestClocks(stripe, apiKey);
        if (clocks.some(({ ready }) => !ready)) return false;
        const earliest = Math.min(ctx.wall.now().getTime(), ...clocks.map(({ frozenAt }) => frozenAt.getTime()));
        if (await hasUndeliveredEvents(stripe, apiKey, new Date(earliest - HOUR_MS))) return false;
      }
      return true;
    },
  };
}
