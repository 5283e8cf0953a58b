import { createAmbient } from '#subgraphs/shared/ambient/ambient.ts';
import type { Stripe } from 'stripe';
import type { Metrics } from '#subgraphs/shared/metrics/metrics.ts';
import { createProviderPolicies, type ProviderPolicies } from '#subgraphs/shared/resilience/policies.ts';
import { DEFAULT_SETTINGS } from '#subgraphs/shared/resilience/settings.ts';
import { type Clock, systemClock } from '#subgraphs/shared/time/clock.ts';
import { currentCaller, namedAccount } from './acting-as.ts';
import { providerErrorOf } from './errors.ts';
import { createHttpClient } from './http-client.ts';
import { observedHttp } from './observed-http.ts';

/** What responses are rendered in, and what the registered webhook endpoints send. The SDK is pinned to it as well. */
export const STRIPE_API_VERSION = '2026-10-28.endive';

/** Whose objects a call is about: the key's own account, or one that is connected to it. */
export interface StripeAuth {
  readonly apiKey: string;
  readonly stripeAccount?: string;
}

/** The one way to Stripe. Every call names the key it acts with; nothing is kept between calls. See acting-as.ts for whose calls they are. */
export interface StripeApi {
  /**
   * @throws {ProviderRefusedError} when Stripe said no: the same call will be refused again.
   * @throws {ProviderUnavailableError} when no usable answer came; whether a POST was carried out is unknown then, unless `notSent`.
   */
  call<T>(fn: (stripe: Stripe) => Promise<T>): Promise<T>;
}

export interface StripeApiOptions {
  readonly stripeApiBase: string;
  /** Left out: policies of its own, which nobody else sees. */
  readonly policies?: ProviderPolicies | undefined;
  readonly wall?: Clock | undefined;
  /** Where each request is counted and timed. */
  readonly metrics?: Metrics | undefined;
}

/** One `call`, and whether anything of it has left the house. */
interface Run {
  sent: boolean;
}

export function createStripeApi(options: StripeApiOptions): StripeApi {
  const runs = createAmbient<Run>('call to Stripe');
  const sending = (): void => {
    const run = runs.get();
    if (run !== undefined) run.sent = true;
  };
  let client: Promise<Stripe> | undefined;
  return {
    call: async (fn) => {
      client ??= connect(options, sending);
      const stripe = await client;
      const run: Run = { sent: false };
      try {
        return await runs.run(run, () => fn(stripe));
      } catch (error) {
        throw providerErrorOf(error, run);
      }
    },
  };
}

/** Loaded when it is first needed: most processes and most tests never call Stripe. */
async function connect(options: StripeApiOptions, sending: () => void): Promise<Stripe> {
  const { default: StripeSdk } = await import('stripe');
  const url = new URL(options.stripeApiBase);
  const protocol = url.protocol === 'http:' ? 'http' : 'https';
  return new StripeSdk('sk_none', {
    apiVersion: STRIPE_API_VERSION,
    host: url.hostname,
    port: url.port === '' ? (protocol === 'http' ? 80 : 443) : Number(url.port),
    protocol,
    // Retries have one owner, the policies; the SDK's would multiply theirs.
    maxNetworkRetries: 0,
    // The SDK's watches for silence and frees the socket; the policies' bounds the whole attempt.
    timeout: DEFAULT_SETTINGS.attemptMs,
    telemetry: false,
    httpClient: createHttpClient({
      inner: observedHttp(StripeSdk.createNodeHttpClient(), options.metrics),
      policies: options.policies ?? createProviderPolicies(),
      wall: options.wall ?? systemClock,
      caller: currentCaller,
      namedAccount,
      sending,
    }),
  });
}
