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
