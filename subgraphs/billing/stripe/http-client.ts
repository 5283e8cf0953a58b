import { isNativeError } from 'node:util/types';
import type { Stripe } from 'stripe';
import { DomainError } from '#subgraphs/shared/errors/errors.ts';
import type { ProviderPolicies } from '#subgraphs/shared/resilience/policies.ts';
import type { ProviderCaller } from '#subgraphs/shared/resilience/provider-call.ts';
import type { Clock } from '#subgraphs/shared/time/clock.ts';
import { STRIPE } from './profile.ts';
import { type Headers, type StripeAnswer, verdictOf, verdictOfError } from './verdict.ts';

type Response = Stripe.HttpClientResponse;

interface Exchange extends StripeAnswer {
  readonly response: Response;
}

export interface HttpClientDeps {
  readonly inner: Stripe.HttpClient;
  readonly policies: ProviderPolicies;
  readonly wall: Clock;
  caller(): ProviderCaller;
  /** The account that a request is about, where the key is not its own and the request does not say. */
  namedAccount(): string | undefined;
  /** Told before a request leaves. */
  sending(): void;
}

/**
 * What the SDK sends with: each HTTP request is one call under the policies, so that a retry is the same request with the same key, and
 * an SDK call of several requests (pages of a list) repeats only the one that failed.
 */
export function createHttpClient(deps: HttpClientDeps): Stripe.HttpClient {
  const { inner, policies, wall } = deps;
  return {
    getClientName: () => inner.getClientName(),
    makeRequest: async (host, port, path, method, given, ...rest) => {
      const account = deps.namedAccount();
      const headers = account === undefined ? given : { 'Stripe-Account': account, ...given };
      try {
        const exchange = await policies.execute(STRIPE, deps.caller(), {
          repeatable: isRepeatable(method, headers),
          send: async () => {
            deps.sending();
            return readWhole(await inner.makeRequest(host, port, path, method, headers, ...rest));
          },
          judge: (answer: Exchange) => verdictOf(answer, wall.now()),
          judgeError: verdictOfError,
        });
        return exchange.response;
      } catch (error) {
        throw withoutCode(error);
      }
    },
  };
}

/** The SDK gives every POST a key. Its own is gone with the call, so it makes nothing safe to ask for again later, and is no key here. */
const SDK_KEY = 'stripe-node-retry-';

function isRepeatable(method: string, headers: Headers): boolean {
  if (method !== 'POST') return true;
  const key = headers['Idempotency-Key'];
  return typeof key === 'string' && key !== '' && !key.startsWith(SDK_KEY);
}

/** Reads the body here, so that a connection that breaks within it fails the attempt; the SDK gets what was read. */
async function readWhole(response: Response): Promise<Exchange> {
  const status = response.getStatusCode();
  const headers: Headers = response.getHeaders();
  const read = (toJSON: Response['toJSON']): Response => ({
    getStatusCode: () => status,
    getHeaders: () => response.getHeaders(),
    getRawResponse: () => response.getRawResponse(),
    toStream: (done) => response.toStream(done),
    toJSON,
  });
  try {
    const body: unknown = await response.toJSON();
    return { status, headers, body, response: read(() => Promise.resolve(body)) };
  } catch (error) {
    // Complete, but no JSON: a page of something in between.
    if (isNativeError(error) && 'rawBody' in error)
      return { status, headers, body: undefined, response: read(() => Promise.reject(error)) };
    throw error;
  }
}

/** The SDK sends a request again on its own when the code says that the connection was closed, retries switched off or not. */
function withoutCode(error: unknown): unknown {
  if (error instanceof DomainError || !isNativeError(error)) return error;
  return new Error(error.message, { cause: error });
}
