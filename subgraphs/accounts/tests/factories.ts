import { ProviderRefusedError, ProviderUnavailableError } from '#subgraphs/shared/errors/errors.ts';
import { createUseCaseContext } from '#subgraphs/shared/db/use-case-context.ts';
import type { Subgraph } from '#subgraphs/shared/graphql/subgraph.ts';
import { defineJob } from '#subgraphs/shared/jobs/define.ts';
import { createHarness, type GraphCall, type Harness } from '#subgraphs/shared/testing/harness.ts';
import type { GraphQLSchema } from 'graphql';
import { z } from 'zod';
import { createAccountsPorts, createAccountsSubgraph, type AccountsPorts, type StripePort } from '../index.ts';

/**
 * Stripe as its port promises it: one account per key, one endpoint per idempotency key. Its network can be cut before or after it acted.
 */
export class FakeStripe implements StripePort {
  readonly accounts = new Map([
    ['sk_test_of_acme_12345', { account: 'acct_acme', livemode: false, displayName: 'Acme' }],
    ['rk_test_of_acme_67890', { account: 'acct_acme', livemode: false, displayName: 'Acme' }],
    ['sk_test_of_other_1234', { account: 'acct_other', livemode: false, displayName: 'Other' }],
    ['sk_live_of_acme_12345', { account: 'acct_acme', livemode: true, displayName: 'Acme' }],
  ]);
  readonly endpoints = new Map<string, { secret: string; providerEndpointId: string; url: string }>();
  /** What codes of Stripe's page for connecting stand for; each is taken once. */
  readonly codes = new Map<string, { account: string; livemode: boolean }>();
  /** Accounts that let the platform act for them. */
  readonly connected = new Set<string>();
  cut: 'BEFORE' | 'AFTER' | null = null;
  refuses = false;
  /** It answers what nobody understands. */
  breaks = false;
  /** What it was told of connections that ended. */
  readonly told: string[] = [];
  /** What happens with us while it registers an endpoint. */
  meanwhile: () => Promise<void> = () => Promise.resolve();

  reset(): void {
    this.meanwhile = () => Promise.resolve();
    this.told.length = 0;
    this.breaks = false;
    this.endpoints.clear();
    this.codes.clear();
    this.connected.clear();
    this.cut = null;
    this.refuses = false;
  }

  readAccount(apiKey: string): Promise<{ account: string; livemode: boolean; displayName: string }> {
    const found = this.accounts.get(apiKey);
    return found
      ? Promise.resolve(found)
      : Promise.reject(
          new ProviderRefusedError('stripe', 'Stripe does not know this key. Copy it again.', 'api_key_invalid'),
        );
  }

  exchangeOAuthCode(platformKey: string, code: string): Promise<{ account: string; livemode: boolean }> {
    const granted = this.codes.get(code);
    if (platformKey !== PLATFORM.apiKey || granted === undefined)
      return Promise.reject(new ProviderRefusedError('stripe', 'This code does not exist.', 'invalid_grant'));
    this.codes.delete(code);
    this.connected.add(granted.account);
    if (this.cut === 'AFTER')
      return Promise.reject(new ProviderUnavailableError('stripe', 'Stripe does not answer. Try again.'));
    return Promise.resolve(granted);
  }

  readConnectedAccount(_platformKey: string, account: string): Promise<{ displayName: string }> {
    if (this.refuses)
      return Promise.reject(new ProviderRefusedError('stripe', 'This key has expired.', 'api_key_expired'));
    return this.connected.has(account)
      ? Promise.resolve({ displayName: `Shop ${account}` })
      : Promise.reject(
          new ProviderRefusedError('stripe', 'Application access may have been revoked.', 'account_invalid'),
        );
  }

  async registerWebhook(
    apiKey: string,
    { url, idempotencyKey }: { url: string; idempotencyKey: string },
  ): Promise<{ secret: string; providerEndpointId: string }> {
    if (this.refuses)
      throw new ProviderRefusedError('stripe', 'This key may not write webhook endpoints. Give it that permission.');
    if (this.cut === 'BEFORE') throw new ProviderUnavailableError('stripe', 'Stripe does not answer. Try again.');
    const key = `${this.accounts.get(apiKey)?.account ?? ''}:${idempotencyKey}`;
    const endpoint = this.endpoints.get(key) ?? {
      secret: `whsec_${String(this.endpoints.size + 1)}`,
      providerEndpointId: `we_${String(this.endpoints.size + 1)}`,
      url,
    };
    this.endpoints.set(key, endpoint);
    await this.meanwhile();
    if (this.cut === 'AFTER') throw new ProviderUnavailableError('stripe', 'Stripe does not answer. Try again.');
    return endpoint;
  }

  deauthorize(platform: { apiKey: string; clientId: string }, account: string): Promise<void> {
    return this.hear(`deauthorize ${platform.clientId} ${account}`, () => {
      this.connected.delete(account);
      return null;
    });
  }

  deleteWebhook(apiKey: string, providerEndpointId: string): Promise<void> {
    const account = this.accounts.get(apiKey)?.account;
    if (account === undefined)
      return Promise.reject(new ProviderRefusedError('stripe', 'This key has expired.', 'api_key_expired'));
    const [key] = [...this.endpoints].find(([, { providerEndpointId: id }]) => id === providerEndpointId) ?? [];
    return this.hear(`delete ${account} ${providerEndpointId}`, () =>
      key !== undefined && this.endpoints.delete(key)
        ? null
        : new ProviderRefusedError('stripe', 'There is no such endpoint.', 'resource_missing'),
    );
  }

  /** A call that Stripe may not get, or may not get to answer. */
  private hear(what: string, act: () => ProviderRefusedError | null): Promise<void> {
    const away = new ProviderUnavailableError('stripe', 'Stripe does not answer. Try again.');
    if (this.breaks) return Promise.reject(new Error('An answer that says nothing'));
    if (this.cut === 'BEFORE') return Promise.reject(away);
    this.told.push(what);
    const refusal = act();
    if (this.cut === 'AFTER') return Promise.reject(away);
    return refusal === null ? Promise.resolve() : Promise.reject(refusal);
  }
}

/** Us as a platform at Stripe, in test mode alone. */
export const PLATFORM = { apiKey: 'sk_test_of_platform', clientId: 'ca_test', webhookSecrets: ['whsec_platform'] };
const PLATFORMS = { LIVE: null, TEST: PLATFORM };

const backfillJob = defineJob({
  kind: 'test.backfill',
  queue: 'jobs',
  attempts: 1,
  payload: z.object({ connectionId: z.string() }),
});

export const PUBLIC_URL = 'http://127.0.0.1:4000';

export interface AccountsBench {
  readonly harness: Harness;
  readonly stripe: FakeStripe;
  readonly ports: AccountsPorts;
  readonly subgraph: Subgraph;
  readonly schema: GraphQLSchema;
  run(
    call: GraphCall,
    source: string,
    variables?: Record<string, unknown>,
  ): Promise<{ data: Record<string, unknown> | null | undefined; codes: readonly unknown[] }>;
  /** Through Stripe's page and back. @returns the connection's id. */
  connectByOAuth(call: GraphCall, account: string): Promise<string>;
  close(): Promise<void>;
}

const START = `mutation { startStripeAuthorization(input: { returnUrl: "https://app.example.com" }) { ... on StartedStripeAuthorization { url } } }`;

export async function createAccountsBench(): Promise<AccountsBench> {
  const harness = await createHarness();
  const stripe = new FakeStripe();
  const { vault } = harness.contextDeps;
  const subgraph = createAccountsSubgraph({
    vault,
    stripe,
    publicUrl: PUBLIC_URL,
    onStripeConnected: (tx, { connectionId }) =>
      tx.enqueueJob(backfillJob, { connectionId }, { uniqueKey: connectionId }),
    platforms: PLATFORMS,
    connectBase: 'https://connect.stripe.com',
    system: harness.system,
    contextFor: async ({ workspaceId, actor, requestId }) => {
      const { mode } = await harness.contexts.of(workspaceId, requestId);
      return createUseCaseContext(harness.contextDeps, { workspaceId, mode, actor, requestId });
    },
    log: harness.contextDeps.log,
    enqueueSync: (tx, { connectionId }) => tx.enqueueJob(backfillJob, { connectionId }, { uniqueKey: connectionId }),
  });
  const run: AccountsBench['run'] = async (call, source, variables = {}) => {
    const { data, errors = [] } = await harness.run(subgraph.schema, source, variables, call);
    return {
      data: data as Record<string, unknown> | null,
      codes: errors.map((error) => (error.originalError as { code?: unknown } | undefined)?.code ?? error.message),
    };
  };
  return {
    harness,
    stripe,
    subgraph,
    run,
    schema: subgraph.schema,
    ports: createAccountsPorts({ system: harness.system, vault, wall: harness.wall, platforms: PLATFORMS }),
    connectByOAuth: async (call, account) => {
      const started = (await run(call, START)).data?.['startStripeAuthorization'] as { url: string };
      const code = `ac_${account}_${call.workspaceId}`;
      stripe.codes.set(code, { account, livemode: false });
      const state = new URL(started.url).searchParams.get('state') ?? '';
      const back = await subgraph.routes?.[0]?.handle({
        params: {},
        query: new URLSearchParams({ state, code }),
        headers: {},
        body: Buffer.alloc(0),
        ip: '127.0.0.1',
        url: '/v1/oauth/stripe/callback',
        requestId: 'req_test',
      });
      return new URL(back?.headers?.['location'] ?? '').searchParams.get('connection') ?? '';
    },
    close: () => harness.close(),
  };
}
