import { isDeepStrictEqual } from 'node:util';
import type { UseCaseContext } from '#subgraphs/shared/db/context.ts';
import { jobHandler, type JobHandler } from '#subgraphs/shared/jobs/define.ts';
import type { Json } from '#subgraphs/shared/json/json.ts';
import { refetchJob } from '../jobs.ts';
import type { BillingDeps, StripeCredential } from '../ports.ts';
import { lockMirror, type MirrorRow, readMirror } from '../repositories/mirror.ts';
import { findRefetch, finishRefetch, type RefetchRequest } from '../repositories/refetch-requests.ts';
import { actingAs } from '../stripe/acting-as.ts';
import type { StripeApi, StripeAuth } from '../stripe/client.ts';
import type { ReadSpan } from '../stripe/read.ts';
import { type RetrievedObject, retrieveObject } from '../stripe/retrieve-object.ts';
import { applyEvidence } from './apply-evidence.ts';
import { sightingOf } from './fold-sightings.ts';

export interface RefetchDeps extends Pick<BillingDeps, 'credentials'> {
  readonly stripe: StripeApi;
}

/** Reads in a row before the job steps back: an object that changes faster than it can be read will calm down. */
const READS = 5;

export function createRefetchJob(deps: RefetchDeps): JobHandler {
  return jobHandler({
    contract: refetchJob,
    run: (ctx, { payload }) => refetch(ctx, deps, payload.requestId),
  });
}

/**
 * Settles what events could not: reads the object and takes the answer as the newest there is, which it is if nothing about the object came in
 * while it was read. Otherwise reads again. Clocks play no part in that, so it holds for objects on a test clock too.
 */
async function refetch(ctx: UseCaseContext, deps: RefetchDeps, requestId: string): Promise<Json> {
  for (let reads = 1; reads <= READS; reads++) {
    const asked = await whatIsKnown(ctx, requestId);
    if (asked === null) return { reads: reads - 1 };
    const credential = await deps.credentials.stripe(ctx, asked.request.connectionId);
    if (credential === null) {
      await ctx.transaction((tx) => finishRefetch(tx.db, ctx.workspaceId, requestId));
      return { reads: reads - 1, abandoned: 'the connection is no longer active' };
    }
    const api = actingAs(deps.stripe, ctx, credential);
    const read = await retrieveObject(
      api,
      authFor(credential, asked.request),
      asked.request.kind,
      asked.request.stripeId,
    );
    if (await settle(ctx, asked, read, credential.livemode)) return { reads };
  }
  throw new Error('The object changed each time while it was read');
}

/** An account that is connected to ours is asked for its own objects with our key. */
function authFor({ apiKey, account }: StripeCredential, request: RefetchRequest): StripeAuth {
  return request.account === account ? { apiKey } : { apiKey, stripeAccount: request.account };
}

interface Known {
  readonly request: RefetchRequest;
  readonly row: MirrorRow | null;
}

async function whatIsKnown(ctx: UseCaseContext, requestId: string): Promise<Known | null> {
  return ctx.transaction(async (tx) => {
    const request = await findRefetch(tx.db, ctx.workspaceId, requestId);
    if (request === null) return null;
    const rows = await readMirror(tx.query, ctx.workspaceId, request.kind, [request.objectId]);
    return { request, row: rows.get(request.objectId) ?? null };
  });
}

/**
 * Events of objects on a test clock are dated by that clock and answers are not, so in test mode the answer counts as just as old as what was
 * known: what happens next on the clock is then newer, wherever the clock stands.
 */
function spanOf(read: RetrievedObject, { row }: Known, livemode: boolean): ReadSpan {
  return livemode || row === null ? read.span : { from: row.version.created, to: row.version.created };
}

async function settle(ctx: UseCaseContext, asked: Known, read: RetrievedObject, livemode: boolean): Promise<boolean> {
  return ctx.transaction(async (tx) => {
    await lockMirror(tx.query, ctx.workspaceId);
    const request = await findRefetch(tx.db, ctx.workspaceId, asked.request.id);
    if (request === null) return true;
    const rows = await readMirror(tx.query, ctx.workspaceId, request.kind, [request.objectId]);
    if (
      request.doubts !== asked.request.doubts ||
      !isDeepStrictEqual(rows.get(request.objectId)?.version, asked.row?.version)
    )
      return false;
    const { connectionId, account, stripeId, kind } = request;
    const evidence = { source: 'READ', ...spanOf(read, asked, livemode), content: read.content, causal: true } as const;
    const source = { connectionId, account, livemode, origin: 'REFETCH' } as const;
    await applyEvidence(ctx, tx, [sightingOf(ctx.workspaceId, { kind, stripeId, source, evidence })]);
    await finishRefetch(tx.db, ctx.workspaceId, request.id);
    return true;
  });
}
