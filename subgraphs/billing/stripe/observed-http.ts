import type { Stripe } from 'stripe';
import type { Metrics } from '#subgraphs/shared/metrics/metrics.ts';
import { inSpan, SpanKind } from '#subgraphs/shared/tracing/span.ts';

type HttpClient = NonNullable<Stripe.StripeConfig['httpClient']>;
type Send = HttpClient['makeRequest'];

/**
 * Counts, times and traces every request to Stripe, the SDK's own repeats each by itself. Of a request its method and the pattern of its
 * path are told, of the answer its status and Stripe's id of it, by which their support finds it: no parameter, no body, no key.
 */
export function observedHttp(inner: HttpClient, metrics: Pick<Metrics, 'count' | 'observe'> | undefined): HttpClient {
  const makeRequest: Send = (...request) => {
    const [, , path, method] = request;
    const pattern = patternOf(path);
    const attributes = { 'http.request.method': method, 'url.template': pattern, 'oppulence.provider': 'stripe' };
    const startedAt = performance.now();
    const done = (status: number | null): void => {
      metrics?.count('provider_requests_total', { provider: 'stripe', outcome: outcomeOf(status) });
      const seconds = (performance.now() - startedAt) / 1_000;
      metrics?.observe('provider_request_duration_seconds', { provider: 'stripe' }, seconds);
    };
    return inSpan({ name: `stripe ${method} ${pattern}`, kind: SpanKind.CLIENT, attributes }, async (span) => {
      try {
        const response = await inner.makeRequest(...request);
        span.setAttribute('http.response.status_code', response.getStatusCode());
        const requestId: unknown = response.getHeaders()['request-id'];
        if (typeof requestId === 'string') span.setAttribute('stripe.request_id', requestId);
        done(response.getStatusCode());
        return response;
      } catch (error) {
        done(null);
        throw error;
      }
    });
  };
  return { getClientName: () => inner.getClientName(), makeRequest };
}

/** `/v1/invoices/:id/pay`: ids begin with their kind. What follows the question mark may name a customer. */
export function patternOf(path: string): string {
  return (path.split('?')[0] ?? '').replace(/\/[a-z]+_[A-Za-z0-9_]+(?=\/|$)/g, (segment) =>
    /\d|[A-Z]/.test(segment) ? '/:id' : segment,
  );
}

/** As errors.ts tells a refusal from trouble. */
function outcomeOf(status: number | null): 'ok' | 'refused' | 'unavailable' {
  if (status === null || status >= 500 || status === 429 || status === 409) return 'unavailable';
  return status >= 400 ? 'refused' : 'ok';
}
