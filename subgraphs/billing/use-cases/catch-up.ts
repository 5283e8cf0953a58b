import { z } from 'zod';
import type { UseCaseContext } from '#subgraphs/shared/db/context.ts';
import type { Delivery, InboxWriter } from '#subgraphs/shared/inbox/store.ts';
import { jobHandler, type JobHandler, type RunningJob } from '#subgraphs/shared/jobs/define.ts';
import type { Json, JsonObject } from '#subgraphs/shared/json/json.ts';
import { planCatchUp } from '../domain/catch-up.ts';
import { ConnectionInactiveError } from '../errors.ts';
import { backfillJob, catchUpJob } from '../jobs.ts';
import type { BillingDeps, StripeCredential, SyncRunsPort } from '../ports.ts';
import { otherAccounts } from '../repositories/heard-accounts.ts';
import { findSchedule, noteCaughtUp } from '../repositories/sync-schedule.ts';
import { actingAs } from '../stripe/acting-as.ts';
import type { StripeApi } from '../stripe/client.ts';
import { EVENTS_KEPT_DAYS, listEvents } from '../stripe/list-events.ts';
import { part, text } from '../stripe/normalise/fields.ts';

export interface CatchUpDeps extends Pick<BillingDeps, 'credentials'> {
  readonly stripe: StripeApi;
  readonly inbox: InboxWriter;
  readonly runs: SyncRunsPort;
}

type Job = RunningJob<{ connectionId: string }>;

/** Where a run stands: the account that is asked, and how far. */
const checkpointShape = z.object({
  since: z.number().int(),
  /** Stripe's second at which the run began to ask: what it has caught up to in the end. */
  began: z.number().nullable(),
  accounts: z.array(z.string()),
  account: z.number().int(),
  after: z.string().nullable(),
  asked: z.number().int(),
  seen: z.number().int(),
  found: z.number().int(),
});
type Checkpoint = z.output<typeof checkpointShape>;

export function createCatchUpJob(deps: CatchUpDeps): JobHandler {
  return jobHandler({ contract: catchUpJob, run: (ctx, job) => catchUp(ctx, deps, job) });
}

/**
 * After an outage, ours or Stripe's: asks for all events since the last time, with an hour's overlap, of the account and of those connected to
 * it, and keeps in the inbox those that are not there. They are applied as if they had been delivered. When Stripe no longer has all of them,
 * the whole account is read again instead, and the answer says so.
 * @throws {ConnectionInactiveError} when the connection was taken away.
 */
async function catchUp(ctx: UseCaseContext, deps: CatchUpDeps, job: Job): Promise<Json> {
  const { connectionId } = job.payload;
  const credential = await deps.credentials.stripe(ctx, connectionId);
  if (credential === null) throw new ConnectionInactiveError(connectionId);
  const runId = await ctx.transaction((tx) =>
    deps.runs.begin(ctx, tx, { connectionId, kind: 'CATCH_UP', jobId: job.id }),
  );
  let at =
    job.checkpoint === null
      ? await firstCheckpoint(ctx, connectionId, credential)
      : checkpointShape.parse(job.checkpoint);
  if (at === null) return relist(ctx, deps, runId, connectionId);
  const api = actingAs(deps.stripe, ctx, credential, 'backfill');
  while (at.account < at.accounts.length) {
    at = await keepPage(ctx, deps, { api, credential, connectionId, job, runId }, at);
  }
  const { began, asked, seen, found } = at;
  await ctx.transaction(async (tx) => {
    if (began !== null) await noteCaughtUp(tx.db, ctx.workspaceId, connectionId, new Date(began * 1000));
    await deps.runs.finish(ctx, tx, runId, { done: seen, apiCalls: asked, counts: { event: seen, missed: found } });
  });
  return { seen, found };
}

/** Null when the events of the time between cannot be had any more. */
async function firstCheckpoint(
  ctx: UseCaseContext,
  connectionId: string,
  credential: StripeCredential,
): Promise<Checkpoint | null> {
  return ctx.transaction(async (tx) => {
    const schedule = await findSchedule(tx.db, ctx.workspaceId, connectionId);
    const caughtUpTo = schedule?.caughtUpTo ? Math.floor(schedule.caughtUpTo.getTime() / 1000) : null;
    const plan = planCatchUp(caughtUpTo, Math.floor(ctx.wall.now().getTime() / 1000), EVENTS_KEPT_DAYS);
    if ('relist' in plan) return null;
    const others = await otherAccounts(tx.db, ctx.workspaceId, connectionId, credential.account);
    const accounts = [credential.account, ...others.map((other) => other.account)];
    return { since: plan.since, began: null, accounts, account: 0, after: null, asked: 0, seen: 0, found: 0 };
  });
}

async function relist(ctx: UseCaseContext, deps: CatchUpDeps, runId: string, connectionId: string): Promise<Json> {
  const { jobId } = await ctx.transaction(async (tx) => {
    const job = await tx.enqueueJob(backfillJob, { connectionId }, { uniqueKey: connectionId });
    await deps.runs.finish(ctx, tx, runId, { done: 0, apiCalls: 0, counts: {} });
    return job;
  });
  return {
    relisted: true,
    backfillJobId: jobId,
    reason: `Stripe keeps events for ${String(EVENTS_KEPT_DAYS)} days only`,
  };
}

interface Asking {
  readonly api: StripeApi;
  readonly credential: StripeCredential;
  readonly connectionId: string;
  readonly job: Job;
  readonly runId: string;
}

/** The events are kept before the place behind them is: a run that is broken off in between keeps them again, as repeats. */
async function keepPage(ctx: UseCaseContext, deps: CatchUpDeps, asking: Asking, at: Checkpoint): Promise<Checkpoint> {
  const { api, credential, connectionId, job, runId } = asking;
  const account = at.accounts[at.account] ?? credential.account;
  const auth = { apiKey: credential.apiKey, ...(account === credential.account ? {} : { stripeAccount: account }) };
  const page = await listEvents(api, auth, at.since, at.after);
  const stored = await Promise.all(
    page.events.map((event) =>
      deps.inbox.store(ctx.workspaceId, deliveryOf(event, { connectionId, account, credential, now: ctx.wall.now() })),
    ),
  );
  const next: Checkpoint = {
    ...at,
    began: at.began ?? page.second,
    ...(page.next === null ? { account: at.account + 1, after: null } : { after: page.next }),
    asked: at.asked + 1,
    seen: at.seen + stored.length,
    found: at.found + stored.filter(({ first }) => first).length,
  };
  await ctx.transaction(async (tx) => {
    const { seen, found, asked } = next;
    await job.report({
      done: seen,
      message: `${String(seen)} events seen, ${String(found)} had not come`,
      checkpoint: next,
    });
    const fraction = next.account / next.accounts.length;
    await deps.runs.progress(ctx, tx, runId, {
      done: seen,
      fraction,
      apiCalls: asked,
      counts: { event: seen, missed: found },
    });
  });
  return next;
}

/** As the door would have kept it, but that nobody signed it: it was asked for. */
function deliveryOf(
  event: JsonObject,
  from: { connectionId: string; account: string; credential: StripeCredential; now: Date },
): Delivery {
  const created = event['created'];
  return {
    provider: 'STRIPE',
    endpointId: from.credential.endpointId,
    connectionId: from.connectionId,
    providerEventId: text(event, 'id') ?? '',
    eventType: text(event, 'type') ?? null,
    eventCreatedAt: typeof created === 'number' ? new Date(created * 1000) : null,
    account: text(event, 'account') ?? from.account,
    livemode: event['livemode'] === true,
    apiVersion: text(event, 'api_version') ?? null,
    objectId: text(part(part(event, 'data'), 'object'), 'id') ?? null,
    secretId: null,
    signedAt: from.now,
    body: Buffer.from(JSON.stringify(event)),
    state: 'RECEIVED',
  };
}
