import type { Tx, UseCaseContext } from '#subgraphs/shared/db/context.ts';
import { type Subgraph, withSchema } from '#subgraphs/shared/graphql/subgraph.ts';
import { completeSetup } from './consumers/complete-setup.ts';
import { explainDecline } from './consumers/explain-decline.ts';
import { backfillJob, catchUpJob, compareJob } from './jobs.ts';
import { MIRROR_KINDS, type MirrorKind } from './domain/kinds.ts';
import type { BillingDeps } from './ports.ts';
import { type InvoiceFacts, readInvoiceFacts } from './repositories/invoice-facts.ts';
import {
  factsByIds,
  idsOfGroup,
  type MirroredFacts,
  type MirrorFigures,
  mirrorFigures,
  type MirrorGroup,
} from './repositories/mirror-facts.ts';
import { buildBillingSchema } from './schema/index.ts';
import {
  deauthorize,
  deleteWebhook,
  exchangeOAuthCode,
  isLive,
  readAccount,
  registerWebhook,
} from './stripe/account.ts';
import { systemClock } from '#subgraphs/shared/time/clock.ts';
import { actingAs } from './stripe/acting-as.ts';
import { createStripeApi } from './stripe/client.ts';
import { stripeInbox } from './use-cases/apply-stripe-events.ts';
import { createBackfillJob } from './use-cases/account-reading/backfill.ts';
import {
  openCardSetup,
  type OpenCardSetup,
  readCardSetup,
  replaceFailedPaymentMethod,
} from './use-cases/payments/card-setup.ts';
import { lookupRetry, retryInvoice, type RetryOutcome } from './use-cases/payments/retry-invoice.ts';
import { createProviderClocks, type ProviderClocks } from './use-cases/provider-clocks.ts';
import { createCatchUpJob } from './use-cases/catch-up.ts';
import { createCompareJob } from './use-cases/account-reading/compare.ts';
import { firstSchedule } from './sync-lane.ts';
import { saveSchedule } from './repositories/sync-schedule.ts';
import { createReadLedgerJob } from './use-cases/read-ledger.ts';
import { createRefetchJob } from './use-cases/refetch-object.ts';

export { DUE_SYNCS } from './repositories/sync-schedule.ts';
export { syncLane, type SyncLaneDeps } from './sync-lane.ts';
export type { BillingDeps, CredentialsPort, StripeConnection, StripeCredential } from './ports.ts';
export type { InvoiceFacts, OpenCardSetup, ProviderClocks, RetryOutcome };

/** What recovery may ask for. Everything but invoiceFacts is network: not inside a transaction. */
export interface Payments {
  invoiceFacts(ctx: UseCaseContext, invoiceId: string): Promise<InvoiceFacts | null>;
  retryInvoice(
    ctx: UseCaseContext,
    call: { readonly invoiceId: string; readonly idempotencyKey: string },
  ): Promise<RetryOutcome>;
  lookupRetry(
    ctx: UseCaseContext,
    call: { readonly invoiceId: string; readonly idempotencyKey: string; readonly since: Date },
  ): Promise<{ readonly sent: true; readonly outcome: RetryOutcome } | { readonly sent: false }>;
  openCardSetup(
    ctx: UseCaseContext,
    call: OpenCardSetup,
  ): Promise<{ readonly url: string; readonly sessionId: string }>;
  readCardSetup(
    ctx: UseCaseContext,
    call: { readonly invoiceId: string; readonly sessionId: string },
  ): Promise<{ readonly status: 'OPEN' | 'COMPLETE' | 'EXPIRED'; readonly paymentMethodStripeId: string | null }>;
  replaceFailedPaymentMethod(
    ctx: UseCaseContext,
    call: { readonly invoiceId: string; readonly paymentMethodStripeId: string; readonly idempotencyKey: string },
  ): Promise<void>;
}

/** What accounts may ask of Stripe. Network. `of` is the workspace that asks, and the account once it is known. */
export interface StripeAccounts {
  readAccount(
    apiKey: string,
    of: { readonly workspaceId: string },
  ): Promise<{ readonly account: string; readonly livemode: boolean; readonly displayName: string }>;
  registerWebhook(
    apiKey: string,
    endpoint: { readonly url: string; readonly idempotencyKey: string },
    of: { readonly workspaceId: string; readonly account: string },
  ): Promise<{ readonly secret: string; readonly providerEndpointId: string }>;
  exchangeOAuthCode(
    platformKey: string,
    code: string,
    of: { readonly workspaceId: string },
  ): Promise<{ readonly account: string; readonly livemode: boolean }>;
  readConnectedAccount(
    platformKey: string,
    account: string,
    of: { readonly workspaceId: string },
  ): Promise<{ readonly displayName: string }>;
  deauthorize(
    platform: { readonly apiKey: string; readonly clientId: string },
    account: string,
    of: { readonly workspaceId: string },
  ): Promise<void>;
  deleteWebhook(
    apiKey: string,
    providerEndpointId: string,
    of: { readonly workspaceId: string; readonly account: string },
  ): Promise<void>;
}

export interface BillingSubgraph extends Subgraph {
  readonly payments: Payments;
  readonly stripe: StripeAccounts;
  /** Part of the transaction that makes a connection active: starts reading the account. */
  onStripeConnected(tx: Tx, connection: { readonly connectionId: string }): Promise<{ readonly jobId: string }>;
  /** The job of a pass over a connected account; the one under way if there is one of the kind. */
  enqueueSync(
    tx: Tx,
    sync: { readonly connectionId: string; readonly kind: keyof typeof SYNC_JOBS },
  ): Promise<{ readonly jobId: string; readonly created: boolean }>;
  readonly providerClocks: ProviderClocks;
  readonly mirror: MirrorReads;
}

/** The mirror by groups and by ids, for whoever keeps a copy and wants to know whether it is right. */
export interface MirrorReads {
  /** Those with a table of their own. */
  readonly kinds: readonly MirrorKind[];
  /** Of one of these kinds, or of all that there is. */
  figures(ctx: UseCaseContext, kind: string | null): Promise<readonly MirrorFigures[]>;
  /** Ids of a group in their order, past `after`; at most `limit`. */
  idsOf(ctx: UseCaseContext, group: MirrorGroup, after: string, limit: number): Promise<readonly string[]>;
  /** Those of these objects that there are. */
  objects(ctx: UseCaseContext, kind: string, ids: readonly string[]): Promise<readonly MirroredFacts[]>;
}

const SYNC_JOBS = { BACKFILL: backfillJob, CATCH_UP: catchUpJob, COMPARISON: compareJob } as const;

export function createBillingSubgraph(given: BillingDeps): BillingSubgraph {
  const { credentials, runs, inbox, wall = systemClock } = given;
  const stripe = createStripeApi(given);
  const deps = { credentials, stripe, runs, inbox };
  return withSchema(buildBillingSchema, {
    name: 'billing',
    inbox: [stripeInbox],
    consumers: [explainDecline(deps), completeSetup(deps)],
    jobs: [
      createBackfillJob(deps),
      createCatchUpJob(deps),
      createCompareJob(deps),
      createReadLedgerJob(deps),
      createRefetchJob(deps),
    ],
    payments: {
      invoiceFacts: (ctx, invoiceId) => readInvoiceFacts(ctx.db, ctx.workspaceId, invoiceId),
      retryInvoice: (ctx, call) => retryInvoice(ctx, deps, call),
      lookupRetry: (ctx, call) => lookupRetry(ctx, deps, call),
      openCardSetup: (ctx, call) => openCardSetup(ctx, deps, call),
      readCardSetup: (ctx, call) => readCardSetup(ctx, deps, call),
      replaceFailedPaymentMethod: (ctx, call) => replaceFailedPaymentMethod(ctx, deps, call),
    },
    stripe: {
      readAccount: (apiKey, of) =>
        readAccount(actingAs(stripe, of, { account: null, livemode: isLive(apiKey) }), apiKey),
      registerWebhook: (apiKey, endpoint, of) =>
        registerWebhook(actingAs(stripe, of, { account: of.account, livemode: isLive(apiKey) }), apiKey, endpoint),
      exchangeOAuthCode: (platformKey, code, of) =>
        exchangeOAuthCode(actingAs(stripe, of, { account: null, livemode: isLive(platformKey) }), platformKey, code),
      readConnectedAccount: (platformKey, account, of) =>
        readAccount(
          actingAs(stripe, of, { account, livemode: isLive(platformKey), throughPlatform: true }),
          platformKey,
        ),
      // It is the platform's own business, so it does not name the account as the one that is acted for.
      deauthorize: (platform, account, of) =>
        deauthorize(actingAs(stripe, of, { account, livemode: isLive(platform.apiKey) }), platform, account),
      deleteWebhook: (apiKey, providerEndpointId, of) =>
        deleteWebhook(
          actingAs(stripe, of, { account: of.account, livemode: isLive(apiKey) }),
          apiKey,
          providerEndpointId,
        ),
    },
    onStripeConnected: async (tx, { connectionId }) => {
      await saveSchedule(tx.db, tx.workspaceId, connectionId, firstSchedule(wall.now()));
      const { jobId } = await tx.enqueueJob(backfillJob, { connectionId }, { uniqueKey: connectionId });
      return { jobId };
    },
    enqueueSync: (tx, { connectionId, kind }) =>
      tx.enqueueJob(SYNC_JOBS[kind], { connectionId }, { uniqueKey: connectionId }),
    providerClocks: createProviderClocks(deps),
    mirror: {
      kinds: MIRROR_KINDS,
      figures: (ctx, kind) => ctx.transaction((tx) => mirrorFigures(tx.db, ctx.workspaceId, kind)),
      idsOf: (ctx, group, after, limit) =>
        ctx.transaction((tx) => idsOfGroup(tx.db, ctx.workspaceId, group, after, limit)),
      objects: (ctx, kind, ids) => ctx.transaction((tx) => factsByIds(tx.db, ctx.workspaceId, kind, ids)),
    },
  });
}
