import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { enterNewCard } from '#cli/demo/customer.ts';
import { eventually, startStack, type Shop, type Stack } from '#cli/testing/stack.ts';
import { CATALOGUE } from '#subgraphs/shared/metrics/catalogue.ts';
import { startOtlpReceiver, type OtlpReceiver } from '../support/otlp-receiver.ts';
import { whenQuiet } from '../whole-schema/support/rows.ts';
import { caseIn, deliver, newestLink, untilLinkIsMailed } from './support.ts';

const CARD = { number: '4242424242424242', name: 'Ada Okafor' };
const DAY_MS = 86_400_000;

let stack: Stack;
let receiver: OtlpReceiver;
let shop: Shop;
let figures: Figures;

beforeAll(async () => {
  receiver = await startOtlpReceiver();
  stack = await startStack({ config: (config) => Promise.resolve({ ...config, otlpEndpoint: receiver.url }) });
  shop = await stack.connectedShop();
  await deliver(stack, shop, { duplicates: 1 });
  await untilLinkIsMailed(shop);
  await enterNewCard(await newestLink(stack, shop), CARD, { leaves: true }); // what follows begins at the webhook's door
  await caseIn(shop, 'RECOVERED');
  await liveCasesOfTwoMonths();
  await fetch(`${stack.url}/pay/${'x'.repeat(43)}`);
  await whenQuiet(stack.admin, 60_000); // claimed work too, which no lane shows as due
  await eventually(
    'everything carried out',
    async () => {
      const read = await scrape();
      return read.sum('queue_depth') === 0 && read.sum('ship_lag_events') === 0;
    },
    60_000,
  );
  figures = await scrape();
  await stack.kernel.tracing.flush();
}, 120_000);
afterAll(async () => {
  await stack.close();
  await receiver.close();
});

/** One recovered case and three lost ones that are old enough to be judged, and one that is not, in a LIVE workspace. */
async function liveCasesOfTwoMonths(): Promise<void> {
  const { rows } = await stack.admin.query<{ workspace_id: string }>(
    `SELECT workspace_id FROM kernel.workspace_clock WHERE mode = 'LIVE' LIMIT 1`,
  );
  const daysAgo = (days: number): Date => new Date(Date.now() - days * DAY_MS);
  const cases = [
    ['RECOVERED', daysAgo(40), daysAgo(38)],
    ['RECOVERED', daysAgo(40), daysAgo(2)], // after more than 28 days
    ['CLOSED', daysAgo(30), daysAgo(10)],
    ['OPEN', daysAgo(29), null],
    ['RECOVERED', daysAgo(5), daysAgo(4)],
  ] as const;
  const session = await stack.admin.connect();
  // Their workflow is of no interest: foreign keys look away.
  await session.query('SET session_replication_role = replica');
  for (const [index, [state, openedAt, closedAt]] of cases.entries())
    await session.query(
      `INSERT INTO recovery.recovery_case (workspace_id, id, invoice_id, customer_id, state, close_reason, attribution, amount_minor, currency, attempt_count,
         decline_class, time_zone, workflow_version_id, opened_at, closed_at)
       SELECT $1, 'case_' || $2, 'inv_' || $2, 'cus_1', $3, CASE WHEN $3 = 'CLOSED' THEN 'EXHAUSTED' END, CASE WHEN $3 = 'RECOVERED' THEN 'LINK' END,
         100, 'EUR', 1, 'SOFT_FUNDS', 'UTC', 'wfv_1', $4::timestamptz, $5::timestamptz`,
      [rows[0]?.workspace_id, String(index), state, openedAt, closedAt],
    );
  await session.query('RESET session_replication_role');
  session.release();
}

interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

class Figures {
  readonly samples: readonly Sample[];
  readonly text: string;

  constructor(text: string) {
    this.text = text;
    this.samples = text
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'))
      .map((line) => {
        const [, name = '', labels = '', value = ''] = /^(\w+)(?:\{(.*)\})? (\S+)$/.exec(line) ?? [];
        const pairs = [...labels.matchAll(/(\w+)="([^"]*)"/g)].map(([, key = '', text = '']) => [key, text] as const);
        return { name, labels: Object.fromEntries(pairs), value: Number(value) };
      });
  }

  sum(name: string, labels: Readonly<Record<string, string>> = {}): number {
    return this.samples
      .filter((sample) => sample.name === name)
      .filter((sample) => Object.entries(labels).every(([label, value]) => sample.labels[label] === value))
      .reduce((total, { value }) => total + value, 0);
  }

  by(name: string, label: string): Record<string, number> {
    const shown = this.samples.filter((sample) => sample.name === name && sample.value > 0);
    return Object.fromEntries(shown.map((sample) => [sample.labels[label] ?? '', sample.value]));
  }
}

async function scrape(): Promise<Figures> {
  const response = await fetch(`${stack.url}/metrics`);
  expect(response.headers.get('content-type')).toContain('text/plain');
  return new Figures(await response.text());
}

async function counted(sql: string): Promise<Record<string, number>> {
  const { rows } = await stack.admin.query<{ name: string; rows: string }>(sql);
  return Object.fromEntries(rows.map((row) => [row.name, Number(row.rows)]));
}

describe('/metrics after a recovered payment', () => {
  it('has a figure for everything in the catalogue', () => {
    const shown = new Set(figures.samples.map(({ name }) => name.replace(/_(?:bucket|sum|count)$/, '')));
    expect(Object.keys(CATALOGUE).filter((name) => !shown.has(name))).toEqual([]);
    expect(figures.samples.some(({ name }) => name === 'process_resident_memory_bytes')).toBe(true);
  });

  it('names no workspace, customer, object, request or address', () => {
    const labelled = figures.samples.filter(({ name }) => name in CATALOGUE);
    const values = new Set(labelled.flatMap(({ labels }) => Object.values(labels)));
    expect([...values].filter((value) => /[a-z]+_[0-9A-Za-z]{8,}/.test(value) && !/^[a-z_.]+$/.test(value))).toEqual(
      [],
    );
    for (const secret of [shop.workspace.apiKey, shop.workspace.workspaceId, 'x'.repeat(43), 'Northwind'])
      expect(figures.text).not.toContain(secret);
    expect(values).toContain('/pay/:token');
    expect(values).toContain('/v1/webhooks/:provider/:endpoint');
    expect(values).not.toContain('other /pay');
  });

  it('counts each event once: as many as there are rows', async () => {
    const events = await counted('SELECT type AS name, count(*) AS rows FROM kernel.event GROUP BY 1');
    expect(figures.by('events_published_total', 'type')).toEqual(events);
    const ofRecovery = Object.entries(events).filter(([type]) => type.startsWith('recovery.'));
    expect(ofRecovery.length).toBeGreaterThan(5);
    expect(figures.by('recovery_events_total', 'type')).toEqual(Object.fromEntries(ofRecovery));
    const [numbered] = Object.values(await counted(`SELECT 'all' AS name, count(*) AS rows FROM kernel.stream`));
    expect(figures.sum('events_numbered_total')).toBe(numbered);
    expect(figures.sum('dispatcher_last_position')).toBe(numbered);
  });

  it('tells a delivery from its repeats, and applies none twice', async () => {
    const [row] = (
      await stack.admin.query<{ stored: string; deliveries: string }>(
        'SELECT count(*) AS stored, sum(deliveries) AS deliveries FROM kernel.inbox_key',
      )
    ).rows;
    const stored = Number(row?.stored);
    expect(figures.sum('webhook_deliveries_total', { outcome: 'stored' })).toBe(stored);
    expect(figures.sum('webhook_deliveries_total', { outcome: 'repeat' })).toBe(Number(row?.deliveries) - stored);
    expect(figures.sum('webhook_deliveries_total', { outcome: 'repeat' })).toBeGreaterThan(5);
    const applied = await counted('SELECT lower(state) AS name, count(*) AS rows FROM kernel.inbox_event GROUP BY 1');
    expect(figures.by('inbox_deliveries_total', 'outcome')).toEqual(applied);
  });

  it('counts effects, timers, jobs and consumptions as their rows ended', async () => {
    const done = await counted(
      `SELECT kind AS name, count(*) AS rows FROM kernel.effect WHERE state = 'DONE' GROUP BY 1`,
    );
    for (const [kind, rows] of Object.entries(done))
      expect([kind, figures.sum('effects_total', { kind, outcome: 'done' })]).toEqual([kind, rows]);
    const fired = await counted(
      `SELECT kind AS name, count(*) AS rows FROM kernel.timer WHERE state = 'FIRED' GROUP BY 1`,
    );
    expect(figures.by('timers_total', 'kind')).toEqual(fired);
    const jobs = await counted(
      `SELECT kind AS name, count(*) AS rows FROM kernel.job WHERE state = 'SUCCEEDED' GROUP BY 1`,
    );
    for (const [kind, rows] of Object.entries(jobs))
      expect([kind, figures.sum('jobs_total', { kind, outcome: 'succeeded' })]).toEqual([kind, rows]);
    const consumed = await counted(
      `SELECT consumer AS name, count(*) AS rows FROM kernel.consumption WHERE state = 'DONE' GROUP BY 1`,
    );
    for (const [consumer, rows] of Object.entries(consumed))
      expect([consumer, figures.sum('event_consumptions_total', { consumer, outcome: 'done' })]).toEqual([
        consumer,
        rows,
      ]);
  });

  it('judges recovery by cases whose time is over, of LIVE workspaces alone', () => {
    expect(figures.by('recovery_rate_cases', 'currency')).toEqual({ EUR: 4 });
    expect(figures.by('recovery_rate', 'currency')).toEqual({ EUR: 0.25 });
  });

  it('shows who leads, what is connected and that every collector could read', () => {
    expect(figures.sum('dispatcher_leading')).toBe(1);
    expect(figures.sum('db_connection_pool_size', { pool: 'app' })).toBeGreaterThan(0);
    expect(figures.sum('db_connection_pool_max', { pool: 'app' })).toBe(10);
    expect(figures.sum('db_connections_waiting')).toBe(0);
    expect(figures.sum('dead_letters')).toBe(0);
    expect(figures.samples.filter(({ name, value }) => name === 'metrics_collector_up' && value === 0)).toEqual([]);
    expect(figures.sum('provider_requests_total', { provider: 'stripe', outcome: 'ok' })).toBeGreaterThan(3);
    expect(figures.sum('graphql_operations_total', { kind: 'mutation', outcome: 'ok' })).toBeGreaterThan(1);
  });
});

describe('a trace', () => {
  it("goes from the webhook's door through inbox, consumers and effects to the request to Stripe", () => {
    const charges = receiver.spans.filter(({ name }) => name === 'stripe POST /v1/invoices/:id/pay');
    const paths = charges.map((charge) => receiver.upwards(charge).map(({ name }) => name));
    const fromDoor = paths.filter((path) => path.at(-1) === 'POST /v1/webhooks/:provider/:endpoint');
    // The retry that followed the new card; the one before it was a timer's.
    expect(fromDoor).toHaveLength(1);
    expect(fromDoor[0]).toEqual(
      expect.arrayContaining([
        'apply webhook',
        expect.stringMatching(/^consume billing/),
        expect.stringMatching(/^consume recovery/),
        expect.stringMatching(/^effect recovery/),
      ]),
    );
    for (const { attributes } of charges) {
      expect(attributes['stripe.request_id']).toMatch(/^req_/);
      expect(attributes['http.response.status_code']).toEqual(expect.any(Number));
    }
  });

  it('goes from a request to the graph through the plan to the subgraph that answers', () => {
    const subgraph = receiver.spans.find(
      (span) => span.name === 'subgraph recovery' && receiver.upwards(span).at(-1)?.name === 'POST /graphql',
    );
    if (subgraph === undefined) throw new Error('no subgraph was traced under a request');
    const path = receiver.upwards(subgraph);
    expect(path.map(({ name }) => name)).toEqual(expect.arrayContaining(['gateway.fetch', 'gateway.request']));
    expect(path.at(-1)?.attributes).toMatchObject({ 'graphql.operation.type': 'query', 'http.route': '/graphql' });
  });

  it('says no amount, no name or address of anybody, and no secret', () => {
    const told = receiver.spans.map(({ text }) => text).join('\n');
    const { apiKey } = shop.workspace;
    const { webhookSecret, webhookUrl } = shop.connection;
    const secrets = [
      apiKey,
      shop.merchant.stripeKey,
      webhookSecret,
      new URL(webhookUrl).pathname,
      'Northwind',
      'Ada Okafor',
      '@',
      '14700',
      '147.00',
    ];
    expect(secrets.filter((secret) => told.includes(secret))).toEqual([]);
    expect(/\/pay\/[A-Za-z0-9_-]{20}/.exec(told)).toBeNull();
  });
});

it('readiness names each engine', async () => {
  const response = await fetch(`${stack.url}/health/ready`);
  expect(await response.json()).toMatchObject({
    status: 'ready',
    checks: { postgres: 'ok', queue: 'ok', clickhouse: 'ok' },
  });
});
