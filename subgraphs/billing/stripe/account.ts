import { ProviderRefusedError } from '#subgraphs/shared/errors/errors.ts';
import { STRIPE_API_VERSION, type StripeApi } from './client.ts';

/** Read off the key itself: Stripe's account object does not say. */
export function isLive(apiKey: string): boolean {
  return /^(sk|rk)_live_/.test(apiKey);
}

/** Whose key this is; or, with a platform's key, the account that the call is made for. */
export async function readAccount(
  api: StripeApi,
  apiKey: string,
): Promise<{ readonly account: string; readonly livemode: boolean; readonly displayName: string }> {
  const account = await api.call((stripe) => stripe.accounts.retrieveCurrent({}, { apiKey }));
  const displayName =
    account.settings?.dashboard.display_name ?? account.business_profile?.name ?? account.email ?? account.id;
  return { account: account.id, livemode: isLive(apiKey), displayName };
}

/** What a code from Stripe's page for connecting stands for. Stripe takes a code once, so a call that broke off cannot be made again. */
export async function exchangeOAuthCode(
  api: StripeApi,
  platformKey: string,
  code: string,
): Promise<{ readonly account: string; readonly livemode: boolean }> {
  const granted = await api.call((stripe) =>
    stripe.oauth.token({ grant_type: 'authorization_code', code }, { apiKey: platformKey }),
  );
  if (granted.stripe_user_id === undefined) throw new Error('Stripe took the code without telling whose access it is');
  return { account: granted.stripe_user_id, livemode: granted.livemode ?? isLive(platformKey) };
}

/**
 * Asks for all events, in the version that this code was written for. Types that are not modelled are kept unread, to be applied when we learn
 * them; a list of types would have to be changed at Stripe first.
 */
export async function registerWebhook(
  api: StripeApi,
  apiKey: string,
  endpoint: { readonly url: string; readonly idempotencyKey: string },
): Promise<{ readonly secret: string; readonly providerEndpointId: string }> {
  const created = await api.call((stripe) =>
    stripe.webhookEndpoints.create(
      { url: endpoint.url, enabled_events: ['*'], api_version: STRIPE_API_VERSION, description: 'Oppulence' },
      { apiKey, idempotencyKey: endpoint.idempotencyKey },
    ),
  );
  if (created.secret === undefined)
    throw new Error('Stripe registered the webhook endpoint without telling its secret');
  return { secret: created.secret, providerEndpointId: created.id };
}

export async function deleteWebhook(api: StripeApi, apiKey: string, providerEndpointId: string): Promise<void> {
  await api.call((stripe) => stripe.webhookEndpoints.del(providerEndpointId, {}, { apiKey }));
}

/** Ends what an account's owner allowed the platform; that nothing is allowed any more is success, too. */
export async function deauthorize(
  api: StripeApi,
  { apiKey, clientId }: { readonly apiKey: string; readonly clientId: string },
  account: string,
): Promise<void> {
  try {
    await api.call((stripe) => stripe.oauth.deauthorize({ client_id: clientId, stripe_user_id: account }, { apiKey }));
  } catch (error) {
    // Stripe's OAuth has one word for an account that is not connected and for a client id that is not the key's: invalid_client.
    if (!(error instanceof ProviderRefusedError) || (await mayActFor(api, apiKey, account))) throw error;
  }
}

/** @throws {ProviderRefusedError} when it is the key itself that Stripe does not accept. */
async function mayActFor(api: StripeApi, platformKey: string, account: string): Promise<boolean> {
  try {
    const as = { apiKey: platformKey, stripeAccount: account };
    await api.call((stripe) => stripe.accounts.retrieveCurrent({}, as));
    return true;
  } catch (error) {
    if (error instanceof ProviderRefusedError && error.providerCode === 'account_invalid') return false;
    throw error;
  }
}
