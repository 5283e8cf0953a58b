import { createInboxWriter } from '#subgraphs/shared/inbox/store.ts';
import { createHarness, type GraphCall, type Harness } from '#subgraphs/shared/testing/harness.ts';
import { createMailSink } from '#subgraphs/shared/mail/mail-sink.ts';
import { signStripePayload } from '#subgraphs/shared/webhooks/stripe.ts';
import type { HttpRequest, HttpResponse } from '#subgraphs/shared/http/route.ts';
import {
  createPlatformSubgraph,
  type EndpointSecret,
  type PlatformDeps,
  type PlatformSubgraph,
  type WebhookEndpoint,
} from '../index.ts';

export const OPERATOR_TOKEN = 'operator-token-of-the-tests';
const OPERATOR: GraphCall = { workspaceId: '', caller: { kind: 'OPERATOR', id: 'operator' } };

export interface Side {
  readonly workspaceId: string;
  readonly apiKey: string;
}

export interface Answer {
  readonly data: Record<string, unknown> | null | undefined;
  readonly codes: readonly unknown[];
}

/** Platform on a database of its own, with the ports that other domains fill held by the test. */
export interface PlatformBench {
  readonly harness: Harness;
  readonly platform: PlatformSubgraph;
  /** What the endpoints port knows, by path. */
  readonly endpoints: Map<string, WebhookEndpoint>;
  /** What the endpoints port was told about secrets, in order. */
  readonly matched: { readonly workspaceId: string; readonly secretId: string }[];
  newPair(name?: string): Promise<{ live: Side; test: Side }>;
  /** Adds an endpoint of this workspace; answers its path. */
  newEndpoint(workspaceId: string, over?: Partial<WebhookEndpoint>): string;
  run(call: Partial<GraphCall>, source: string, variables?: Record<string, unknown>): Promise<Answer>;
  http(method: 'GET' | 'POST', path: string, request: Partial<HttpRequest>): Promise<HttpResponse>;
  close(): Promise<void>;
}

export async function createPlatformBench(
  over: Partial<PlatformDeps> | ((harness: Harness) => Partial<PlatformDeps>) = {},
): Promise<PlatformBench> {
  const harness = await createHarness();
  const endpoints = new Map<string, WebhookEndpoint>();
  const matched: { workspaceId: string; secretId: string }[] = [];
  const platform = createPlatformSubgraph({
    system: harness.system,
    contexts: harness.contexts,
    inbox: createInboxWriter(harness.contextDeps),
    wall: harness.wall,
    log: harness.contextDeps.log,
    bus: harness.bus,
    endpoints: {
      resolve: (provider, path) => Promise.resolve(provider === 'stripe' ? (endpoints.get(path) ?? null) : null),
      noteMatch: (workspaceId, secretId) => {
        matched.push({ workspaceId, secretId });
      },
      platformSecrets: [],
      connected: () => Promise.resolve([]),
    },
    providerClocks: {
      nextChangeAt: () => Promise.resolve(null),
      advanceTo: () => Promise.resolve(),
      settled: () => Promise.resolve(true),
    },
    operatorToken: OPERATOR_TOKEN,
    masterKey: Buffer.alloc(32, 7),
    outbox: createMailSink({ pool: harness.system.pool }),
    ...(typeof over === 'function' ? over(harness) : over),
  });

  const run: PlatformBench['run'] = async (call, source, variables = {}) => {
    const { data, errors = [] } = await harness.run(platform.schema, source, variables, { ...OPERATOR, ...call });
    return {
      data: data as Answer['data'],
      codes: errors.map((error) => (error.originalError as { code?: unknown } | undefined)?.code ?? error.message),
    };
  };
  return {
    harness,
    platform,
    endpoints,
    matched,
    run,
    newPair: async (name = 'Acme') => {
      const { data } = await run(
        {},
        `mutation ($name: String!) { createWorkspace(input: { name: $name }) { ... on WorkspacePair { live { workspace { id } apiKey } test { workspace { id } apiKey } } } }`,
        { name },
      );
      const pair = data?.['createWorkspace'] as Record<'live' | 'test', { workspace: { id: string }; apiKey: string }>;
      const side = ({ workspace, apiKey }: (typeof pair)['live']): Side => ({ workspaceId: workspace.id, apiKey });
      return { live: side(pair.live), test: side(pair.test) };
    },
    newEndpoint: (workspaceId, more = {}) => {
      const path = `whe_${harness.contextDeps.ids.next('whe').slice(4).padEnd(43, 'x')}`;
      const account = 'acct_1';
      endpoints.set(path, {
        workspaceId,
        mode: 'TEST',
        connectionId: 'conn_1',
        endpointId: path.slice(0, 24),
        secrets: [secretOf('whs_1')],
        account,
        livemode: false,
        ...more,
      });
      return path;
    },
    http: async (method, path, request) => {
      const route = platform.routes?.find(
        (candidate) => candidate.method === method && matches(candidate.path, path) !== null,
      );
      if (route === undefined) throw new Error(`No route for ${method} ${path}`);
      return route.handle({
        params: matches(route.path, path) ?? {},
        query: new URLSearchParams(),
        headers: {},
        body: Buffer.alloc(0),
        ip: '127.0.0.1',
        url: path,
        requestId: 'req_test',
        ...request,
      });
    },
    close: () => harness.close(),
  };
}

export const SECRET = 'whsec_of_the_tests';

export const secretOf = (id: string, secret = SECRET, expires = false): EndpointSecret => ({ id, secret, expires });

/** The caller of a mutation or query with the key of this side. */
export const asKey = (
  side: Side,
  scopes: readonly string[] = ['admin:*'],
  mode: 'LIVE' | 'TEST' = 'TEST',
): GraphCall => ({
  workspaceId: side.workspaceId,
  mode,
  scopes,
  caller: { kind: 'API_KEY', keyId: 'key_00000000000000000000', workspaceId: side.workspaceId, mode, scopes },
});

export const stripeEvent = (over: Record<string, unknown> = {}): string =>
  JSON.stringify({
    id: 'evt_1',
    object: 'event',
    type: 'invoice.paid',
    created: 1_790_000_000,
    livemode: false,
    api_version: '2026-10-28.endive',
    data: { object: { id: 'in_1' } },
    ...over,
  });

export const signed = (body: Buffer | string, now: Date, secret = SECRET): Record<string, string> => ({
  'stripe-signature': signStripePayload(body, secret, now),
});

function matches(pattern: string, path: string): Record<string, string> | null {
  const [wanted, given] = [pattern.split('/'), path.split('/')];
  if (wanted.length !== given.length) return null;
  const params: Record<string, string> = {};
  for (const [i, part] of wanted.entries()) {
    const value = given[i] ?? '';
    if (part.startsWith(':')) params[part.slice(1)] = value;
    else if (part !== value) return null;
  }
  return params;
}
