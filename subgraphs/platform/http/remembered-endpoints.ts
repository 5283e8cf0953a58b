import { LRUCache } from 'lru-cache';
import type { EndpointsPort, WebhookEndpoint } from '../ports.ts';

/** For so long a secret that was taken away, or an endpoint that was disconnected, may still count. */
const REMEMBERED_MS = 1_000;
const MOST = 1_000;

/** Looks an endpoint that is posted to all the time up once a second; what is unknown each time. */
export function rememberedEndpoints(endpoints: EndpointsPort): EndpointsPort {
  const known = new LRUCache<string, WebhookEndpoint, { provider: string; endpointPath: string }>({
    max: MOST,
    ttl: REMEMBERED_MS,
    fetchMethod: async (_key, _stale, { context: { provider, endpointPath } }) =>
      (await endpoints.resolve(provider, endpointPath)) ?? undefined,
  });
  return {
    ...endpoints,
    resolve: async (provider, endpointPath, { fresh } = { fresh: false }) =>
      (await known.fetch(`${provider}/${endpointPath}`, {
        context: { provider, endpointPath },
        forceRefresh: fresh,
      })) ?? null,
  };
}
