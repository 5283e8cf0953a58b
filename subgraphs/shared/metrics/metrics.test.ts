import { describe, expect, it } from '@jest/globals';
import { silentLogger } from '../logging/logger.ts';
import { CATALOGUE } from './catalogue.ts';
import { createMetrics } from './metrics.ts';
import { metricsAccess, metricsRoute, type MetricsAccess } from './route.ts';

const scrapeOf = async (fill: (metrics: ReturnType<typeof createMetrics>) => void): Promise<string> => {
  const metrics = createMetrics(silentLogger);
  fill(metrics);
  return (await metrics.scrape()).text;
};

describe('a label', () => {
  it('says one of its list, and `other` for anything else', async () => {
    const text = await scrapeOf((metrics) => {
      metrics.count('webhook_deliveries_total', { provider: 'stripe', outcome: 'stored' });
      metrics.count('webhook_deliveries_total', { provider: 'ws_1234' as 'stripe', outcome: 'stored' });
    });
    expect(text).toContain('webhook_deliveries_total{provider="stripe",outcome="stored"} 1');
    expect(text).toContain('webhook_deliveries_total{provider="other",outcome="stored"} 1');
    expect(text).not.toContain('ws_1234');
  });

  it('says a name in code, as many as there may be, and `other` for what has not the shape of one', async () => {
    const text = await scrapeOf((metrics) => {
      for (let i = 0; i < 60; i += 1) metrics.count('timers_total', { kind: `kind-${String(i)}`, outcome: 'fired' });
      metrics.count('timers_total', { kind: 'case_01J9ZK Q', outcome: 'fired' });
      metrics.count('http_requests_total', { method: 'GET', route: '/pay/:token?x=hush', status: '200' });
    });
    expect(text.match(/^timers_total\{kind="kind-\d+"/gm)).toHaveLength(40);
    expect(text).toContain('timers_total{kind="other",outcome="fired"} 21');
    expect(text).not.toContain('hush');
  });
});

describe('a scrape', () => {
  it('shows every counter and histogram with closed labels from the start, so that a first increase is one', async () => {
    const text = await scrapeOf(() => undefined);
    for (const outcome of CATALOGUE.webhook_deliveries_total.labels.outcome)
      expect(text).toContain(`webhook_deliveries_total{provider="stripe",outcome="${outcome}"} 0`);
    expect(text).toContain('provider_request_duration_seconds_count{provider="stripe"} 0');
    expect(text).not.toMatch(/^ship_lag_seconds/m); // nobody measured it
    expect(text).toContain('process_resident_memory_bytes');
  });

  it('says which figures could not be read and shows none in their place, also not the last ones', async () => {
    const metrics = createMetrics(silentLogger);
    let away = false;
    metrics.collect({
      name: 'shipping',
      gauges: ['ship_lag_seconds', 'ship_lag_events'],
      read: (set) => {
        set('ship_lag_seconds', {}, 3);
        if (away) throw new Error('the database is away');
      },
    });
    expect((await metrics.scrape()).text).toMatch(/^ship_lag_seconds 3$/m);
    away = true;
    const { text } = await metrics.scrape();
    expect(text).not.toMatch(/^ship_lag_seconds/m);
    expect(text).toContain('metrics_collector_up{collector="shipping"} 0');
  });

  it('does not wait for figures that do not come', async () => {
    const metrics = createMetrics(silentLogger);
    metrics.collect({ name: 'queues', gauges: ['queue_depth'], read: () => new Promise(() => undefined) });
    const { text } = await metrics.scrape();
    expect(text).toContain('metrics_collector_up{collector="queues"} 0');
  });
});

describe('GET /metrics', () => {
  const ask = async (access: MetricsAccess, authorization?: string): Promise<number> => {
    const route = metricsRoute(createMetrics(silentLogger), access);
    const request = { params: {}, query: new URLSearchParams(), body: Buffer.alloc(0), ip: '127.0.0.1' };
    return (await route.handle({ ...request, url: '/metrics', requestId: 'req_1', headers: { authorization } })).status;
  };

  it.each([
    { host: '127.0.0.1', token: null, sent: undefined, status: 200 },
    { host: '::1', token: null, sent: undefined, status: 200 },
    { host: '0.0.0.0', token: null, sent: undefined, status: 401 },
    { host: '0.0.0.0', token: null, sent: 'Bearer anything', status: 401 },
    { host: '127.0.0.1', token: 'the-token-of-metrics', sent: undefined, status: 401 },
    { host: '0.0.0.0', token: 'the-token-of-metrics', sent: 'Bearer the-token-of-metrics', status: 200 },
    { host: '0.0.0.0', token: 'the-token-of-metrics', sent: 'Bearer another', status: 401 },
  ])('on $host with the token $token, sent $sent: $status', async ({ host, token, sent, status }) => {
    expect(await ask(metricsAccess({ host, token }), sent)).toBe(status);
  });
});
