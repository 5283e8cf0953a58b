import { createAmbient } from '#subgraphs/shared/ambient/ambient.ts';
import type { CallLane, ProviderCaller } from '#subgraphs/shared/resilience/provider-call.ts';
import type { StripeApi } from './client.ts';

interface Acting {
  readonly caller: ProviderCaller;
  /** The account that calls have to name, because the key is not its own. */
  readonly named: string | undefined;
}

const acting = createAmbient<Acting>('acting for');

/** Calls that nobody put their name to, as in a script: a breaker and a rate of their own, and no place in anybody's health. */
const NOBODY: ProviderCaller = { workspaceId: 'nobody', account: null, livemode: false, lane: 'live' };

/** In whose name Stripe is called at the moment. */
export function currentCaller(): ProviderCaller {
  return acting.get()?.caller ?? NOBODY;
}

/** What goes into `Stripe-Account` unless the call itself names an account. */
export function namedAccount(): string | undefined {
  return acting.get()?.named;
}

export interface StripeAccount {
  readonly account: string | null;
  readonly livemode: boolean;
  /** The key is a platform's that acts for the account. */
  readonly throughPlatform?: boolean;
}

/**
 * The same way to Stripe, in the name of a workspace's account: its calls count for that account's breaker, budget and rate, and for
 * no other's. Where the key is a platform's, each of them names the account.
 */
export function actingAs(
  api: StripeApi,
  { workspaceId }: { readonly workspaceId: string },
  { account, livemode, throughPlatform = false }: StripeAccount,
  lane: CallLane = 'live',
): StripeApi {
  const caller: ProviderCaller = { workspaceId, account, livemode, lane };
  const named = throughPlatform && account !== null ? account : undefined;
  return { call: (fn) => acting.run({ caller, named }, () => api.call(fn)) };
}
