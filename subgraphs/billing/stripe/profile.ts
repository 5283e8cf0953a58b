import type { ProviderProfile } from '#subgraphs/shared/resilience/provider-call.ts';

/** Calls per second that Stripe lets an account make, live and test (docs.stripe.com/rate-limits). */
const LIMIT = { live: 100, test: 25 };

/** We take at most four fifths: the merchant's own programs use the same account. */
export const STRIPE: ProviderProfile = {
  provider: 'STRIPE',
  name: 'Stripe',
  perSecond: (livemode) => Math.floor((livemode ? LIMIT.live : LIMIT.test) * 0.8),
};
