import type { Tx, UseCaseContext } from '#subgraphs/shared/db/context.ts';
import { ProviderRefusedError } from '#subgraphs/shared/errors/errors.ts';
import type { RunningJob } from '#subgraphs/shared/jobs/define.ts';
import { ConnectionInactiveError } from '../../errors.ts';
import type { BillingDeps, StripeCredential, SyncRunsPort } from '../../ports.ts';
import { actingAs } from '../../stripe/acting-as.ts';
import type { StripeApi } from '../../stripe/client.ts';
import { listObjects, type Page } from '../../stripe/list-objects.ts';
import { listTestClocks } from '../../stripe/test-clocks.ts';
import type { FrozenClocks } from './page-span.ts';
import { type Checkpoint, checkpointShape, CORE, type Difference, type Pass, passesOf, startOf } from './plan.ts';
import { readByCustomer } from './read-by-customer.ts';

export interface ReadAccountDeps extends Pick<BillingDeps, 'credentials'> {
  readonly stripe: StripeApi;
  readonly runs: SyncRunsPort;
}

export type ReadJob = RunningJob<{ connectionId: string }>;

/** A reading of a whole account: what it reads with, and where it stands. */
export interface Reading {
  readonly ctx: UseCaseContext;
  readonly connectionId: string;
  readonly credential: StripeCredential;
  readonly clocks: FrozenClocks;
  readonly at: Checkpoint;
}

/** What is done with pages, in the transaction that notes the place behind them. @returns what of them was not in the mirror as it should be. */
export type KeepPages = (
  reading: Reading,
  tx: Tx,
  pass: Pass,
  pages: readonly Page[],
) => Promise<readonly Difference[]>;

/**
 * Reads all that an account has, page by page, each page one transaction with the checkpoint that says it is done. Webhooks go on
 * meanwhile: the ordering rule decides between them and the pages. A list outside of the core that Stripe will not show is passed over, and said.
 * `end` runs once, in the transaction that ends the run.
 * @throws {ConnectionInactiveError} when the connection was taken away.
 */
export async function readAccount(
  ctx: UseCaseContext,
  deps: ReadAccountDeps,
  job: ReadJob,
  kind: 'BACKFILL' | 'COMPARISON',
  keep: KeepPages,
  end: (tx: Tx, at: Checkpoint) => Promise<void> = () => Promise.resolve(),
): Promise<Checkpoint> {
  const { connectionId } = job.payload;
  const credential = await deps.credentials.stripe(ctx, connectionId);
  if (credential === null) throw new ConnectionInactiveError(connectionId);
  const runId = await ctx.transaction((tx) => deps.runs.begin(ctx, tx, { connectionId, kind, jobId: job.id }));
  const api = actingAs(deps.stripe, ctx, credential, 'backfill');
  const clocks = new Map(
    (credential.livemode ? [] : await listTestClocks(api, credential.apiKey)).map(({ id, frozenAt }) => [
      id,
      frozenAt.getTime() / 1000,
    ]),
  );
  let at = job.checkpoint === null ? startOf([...clocks.keys()]) : checkpointShape.parse(job.checkpoint);
  const passes = passesOf(at.testClocks);
  while (at.pass < passes.length) {
    const pass = passes[at.pass];
    if (pass === undefined) break;
    at = await step(
      { ctx, connectionId, credential, clocks, at },
      { api, deps, job, runId, keep },
      pass,
      passes.length,
    );
  }
  if (at.pass === passes.length) at = await finish(ctx, { deps, job, runId }, at, end);
  return at;
}

interface Means {
  readonly api: StripeApi;
  readonly deps: ReadAccountDeps;
  readonly job: ReadJob;
  readonly runId: string;
  readonly keep: KeepPages;
}

interface Read {
  readonly pages: readonly Page[];
  readonly asked: number;
  readonly refused?: string;
  /** Where the pass goes on; null at its end. */
  readonly after: string | null;
}

/** One page, or the pages of a few customers. */
async function step(reading: Reading, means: Means, pass: Pass, passes: number): Promise<Checkpoint> {
  const { ctx, at } = reading;
  const { deps, job, runId, keep } = means;
  const read = await readOrRefused(reading, means.api, pass);
  const objects = read.pages.reduce((sum, page) => sum + page.objects.length, 0);
  const known = at.counts[pass.kind] ?? 0;
  const next: Checkpoint = {
    ...at,
    ...(read.after === null
      ? { pass: at.pass + 1, after: null, oldest: null }
      : { after: read.after, oldest: oldestOn(read.pages) }),
    asked: at.asked + read.asked,
    counts: objects > 0 || known > 0 ? { ...at.counts, [pass.kind]: known + objects } : at.counts,
    refused: read.refused === undefined ? at.refused : { ...at.refused, [pass.kind]: read.refused },
  };
  return ctx.transaction(async (tx) => {
    const differences = await keep(reading, tx, pass, read.pages);
    const done = { ...next, differences: [...at.differences, ...differences] };
    await job.report({
      done: total(done.counts),
      message: `${String(done.counts[pass.kind] ?? 0)} ${wordsFor(pass.kind)} read`,
      checkpoint: done,
    });
    await deps.runs.progress(ctx, tx, runId, {
      done: total(done.counts),
      fraction: done.pass / passes,
      apiCalls: done.asked,
      counts: done.counts,
    });
    return done;
  });
}

async function readOrRefused(reading: Reading, api: StripeApi, pass: Pass): Promise<Read> {
  try {
    return await readPages(reading, api, pass);
  } catch (error) {
    if (!(error instanceof ProviderRefusedError) || CORE.has(pass.kind)) throw error;
    return { pages: [], asked: 1, refused: error.message, after: null };
  }
}

async function readPages({ ctx, credential, at }: Reading, api: StripeApi, pass: Pass): Promise<Read> {
  const { apiKey, account } = credential;
  if (pass.byCustomer === true) {
    const { pages, asked, lastCustomer } = await readByCustomer(ctx, api, pass.kind, {
      apiKey,
      account,
      after: at.after,
    });
    return { pages, asked, after: lastCustomer };
  }
  const page = await listObjects(api, { apiKey }, pass.kind, pass.filter, at.after);
  return { pages: [page], asked: 1, after: page.next };
}

/** Once: the checkpoint behind it is written in the same transaction. */
async function finish(
  ctx: UseCaseContext,
  { deps, job, runId }: Pick<Means, 'deps' | 'job' | 'runId'>,
  at: Checkpoint,
  end: (tx: Tx, at: Checkpoint) => Promise<void>,
): Promise<Checkpoint> {
  const { counts, asked, refused, differences } = at;
  const done = total(counts);
  const over = { ...at, pass: at.pass + 1 };
  await ctx.transaction(async (tx) => {
    await end(tx, at);
    await deps.runs.finish(ctx, tx, runId, { done, apiCalls: asked, counts, refused, differences });
    await job.report({ done, total: done, message: 'Everything is read', checkpoint: over });
  });
  return over;
}

function oldestOn(pages: readonly Page[]): number | null {
  const created = pages.flatMap(({ objects }) => objects.map((object) => Number(object['created'] ?? 0)));
  return created.length === 0 ? null : Math.min(...created);
}

/** `radar.early_fraud_warning` reads as `early fraud warnings`. */
function wordsFor(kind: string): string {
  return `${kind.split('.').at(-1)?.replaceAll('_', ' ') ?? kind}s`;
}

function total(counts: Checkpoint['counts']): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}
