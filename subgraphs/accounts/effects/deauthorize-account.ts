import { z } from 'zod';
import type { UseCaseContext } from '#subgraphs/shared/db/context.ts';
import type { SystemDb } from '#subgraphs/shared/db/system.ts';
import {
  effectHandler,
  type ClaimedEffect,
  type EffectHandler,
  type Lookup,
} from '#subgraphs/shared/effects/define.ts';
import type { StripePlatform, StripePlatforms } from '../domain/platform.ts';
import type { StripePort } from '../ports.ts';
import { connectedAccounts } from '../use-cases/connected-accounts.ts';
import { DEAUTHORIZE_ACCOUNT } from './kinds.ts';

const payload = z.object({ account: z.string(), livemode: z.boolean() });
type Effect = ClaimedEffect<z.infer<typeof payload>>;
interface Outcome {
  readonly result: 'DEAUTHORIZED' | 'CONNECTED_AGAIN';
}

interface DeauthorizeDeps {
  readonly stripe: StripePort;
  readonly platforms: StripePlatforms;
  readonly system: SystemDb;
}

/**
 * Gives an account's access back at Stripe. An account is authorized for the platform as a whole, however many workspaces have connected it, so
 * that the one that ends last gives it back.
 */
export function deauthorizeAccount(deps: DeauthorizeDeps): EffectHandler {
  return effectHandler<z.infer<typeof payload>, Outcome>({
    kind: DEAUTHORIZE_ACCOUNT,
    payload,
    claim: (ctx, effect) => claim(deps, ctx, effect),
    send: (ctx, effect) => send(deps, ctx, effect),
    lookup: (_ctx, effect) => lookup(deps, effect),
    settle: () => Promise.resolve(),
  });
}

/**
 * Not while the account is connected by OAuth anywhere, in the same mode: in another workspace, or anew, since Stripe may have been away for days.
 * Of two connections that end at once each asks for this after its own commit, so that the later one finds nobody. One that is being made this very
 * second is not seen; it hears of the end from Stripe (accounts.end-deauthorized), as of any other.
 */
async function claim(deps: DeauthorizeDeps, ctx: UseCaseContext, effect: Effect): Promise<'SEND' | 'DROP'> {
  if (await isConnected(deps, effect)) return 'DROP';
  platformOf(deps, ctx);
  return 'SEND';
}

async function send(deps: DeauthorizeDeps, ctx: UseCaseContext, { payload: { account } }: Effect): Promise<Outcome> {
  await deps.stripe.deauthorize(platformOf(deps, ctx), account, ctx);
  return { result: 'DEAUTHORIZED' };
}

/** @throws for a mistake of whoever runs this process: the effect is tried again, and then waits for them. */
function platformOf({ platforms }: DeauthorizeDeps, { mode }: UseCaseContext): StripePlatform {
  const platform = platforms[mode];
  if (platform === null) throw new Error(`An account stays authorized: STRIPE_CONNECT_${mode}_KEY is not set`);
  return platform;
}

async function isConnected(deps: DeauthorizeDeps, { payload: { account, livemode } }: Effect): Promise<boolean> {
  return (await connectedAccounts(deps, account, livemode)).length > 0;
}

/** Withdrawing it twice does no harm, so sending again is the way to find out, unless the account was connected since. */
async function lookup(deps: DeauthorizeDeps, effect: Effect): Promise<Lookup<Outcome>> {
  return (await isConnected(deps, effect)) ? { sent: true, outcome: { result: 'CONNECTED_AGAIN' } } : { sent: false };
}
