import type { Tx, UseCaseContext } from '#subgraphs/shared/db/context.ts';
import type { InboxWriter } from '#subgraphs/shared/inbox/store.ts';
import type { Metrics } from '#subgraphs/shared/metrics/metrics.ts';
import type { ProviderPolicies } from '#subgraphs/shared/resilience/policies.ts';
import type { Clock } from '#subgraphs/shared/time/clock.ts';

/** Whose key to call Stripe with. Accounts keeps the keys; they are asked for at each use and stored nowhere here. */
export interface CredentialsPort {
  /** Null when the connection is not in this workspace or no longer active. */
  stripe(ctx: UseCaseContext, connectionId: string): Promise<StripeCredential | null>;
  stripeConnections(ctx: UseCaseContext): Promise<readonly StripeConnection[]>;
}

export interface StripeCredential {
  /** Of the webhook endpoint that belongs to the connection. */
  readonly endpointId: string;
  readonly apiKey: string;
  readonly account: string;
  readonly livemode: boolean;
  /** The key is that of a platform which acts for the account: each call has to name it. */
  readonly throughPlatform: boolean;
}

export interface StripeConnection {
  readonly connectionId: string;
  readonly account: string;
  readonly livemode: boolean;
}

/** How a pass over a connected account goes is told to accounts, which shows it. Each call is part of the given transaction. */
export interface SyncRunsPort {
  /** Once for each job, however often it is started again. @returns the run's id. */
  begin(
    ctx: UseCaseContext,
    tx: Tx,
    run: {
      readonly connectionId: string;
      readonly kind: 'BACKFILL' | 'CATCH_UP' | 'COMPARISON';
      readonly jobId: string;
    },
  ): Promise<string>;
  progress(
    ctx: UseCaseContext,
    tx: Tx,
    runId: string,
    progress: {
      readonly done: number;
      /** An estimate between 0 and 1; null when nothing can be told. */
      readonly fraction: number | null;
      readonly apiCalls: number;
      readonly counts: Readonly<Record<string, number>>;
    },
  ): Promise<void>;
  finish(
    ctx: UseCaseContext,
    tx: Tx,
    runId: string,
    result: {
      readonly done: number;
      readonly apiCalls: number;
      readonly counts: Readonly<Record<string, number>>;
      readonly differences?: readonly {
        readonly kind: string;
        readonly stripeId: string;
        readonly what: 'MISSING' | 'DIFFERENT' | 'GONE';
      }[];
      /** What Stripe would not show, by kind, with its reason. */
      readonly refused?: Readonly<Record<string, string>>;
    },
  ): Promise<void>;
}

export interface BillingDeps {
  /** Where Stripe's API is, without a path: https://api.stripe.com, or a sandbox. */
  readonly stripeApiBase: string;
  readonly credentials: CredentialsPort;
  /** Where requests to Stripe are counted. */
  readonly metrics?: Metrics;
  readonly runs: SyncRunsPort;
  /** Where events that were asked for are kept, as those that are delivered are. */
  readonly inbox: InboxWriter;
  /** What calls to Stripe are made under, shared by the process. Left out: policies of its own, in nobody's health. */
  readonly policies?: ProviderPolicies;
  readonly wall?: Clock;
}
