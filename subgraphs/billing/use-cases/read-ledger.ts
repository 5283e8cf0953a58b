import { z } from 'zod';
import type { Tx, UseCaseContext } from '#subgraphs/shared/db/context.ts';
import { ProviderRefusedError } from '#subgraphs/shared/errors/errors.ts';
import { jobHandler, type JobHandler, type RunningJob } from '#subgraphs/shared/jobs/define.ts';
import type { Json } from '#subgraphs/shared/json/json.ts';
import { ledgerSince } from '../domain/ledger.ts';
import { ConnectionInactiveError } from '../errors.ts';
import { readLedgerJob } from '../jobs.ts';
import type { BillingDeps, StripeCredential } from '../ports.ts';
import { assignPayout, nextUnlistedPayout, notePayoutListed } from '../repositories/balance-transactions.ts';
import { noteUnread, otherAccounts } from '../repositories/heard-accounts.ts';
import { askLedgerFrom, noteLedgerRead, takeLedger } from '../repositories/ledger-schedule.ts';
import { actingAs } from '../stripe/acting-as.ts';
import type { StripeApi } from '../stripe/client.ts';
import { type ListFilter, listObjects, type Page } from '../stripe/list-objects.ts';
import { idOf } from '../stripe/normalise/fields.ts';
import { applyPages } from './account-reading/apply-pages.ts';

export interface ReadLedgerDeps extends Pick<BillingDeps, 'credentials'> {
  readonly stripe: StripeApi;
}

type Job = RunningJob<{ connectionId: string }>;

const payoutShape = z.object({
  id: z.string(),
  stripeId: z.string(),
  account: z.string(),
  listableAs: z.string(),
  /** Stripe's id of the transaction after which its list goes on. */
  after: z.string().nullable(),
});
type ListedPayout = z.output<typeof payoutShape>;

/** Where a reading stands. Written with each page, in its transaction: a page that is in the mirror is not asked for again. */
const checkpointShape = z.object({
  since: z.number().int(),
  /** Where it is earlier for an account: Stripe did not show its movements the last time. */
  earlier: z.record(z.string(), z.number().int()).default({}),
  /** Stripe's second at which the reading began to ask: up to when the ledger is read in the end. */
  began: z.number().nullable(),
  accounts: z.array(z.string()),
  /** Whose movements are being read, and after which the list goes on; behind the last come the payouts. */
  account: z.number().int(),
  after: z.string().nullable(),
  /** The payout whose transactions are being read. */
  payout: payoutShape.nullable(),
  /** Our id of the last payout that was taken up: they come in the order of their ids. */
  lastPayout: z.string(),
  movements: z.number().int(),
  payouts: z.number().int(),
  asked: z.number().int(),
  /** What Stripe would not show, by account or payout, with its reason. */
  refused: z.record(z.string(), z.string()),
});
type Checkpoint = z.output<typeof checkpointShape>;

/** The one who reads, and for whom. */
interface Reading {
  readonly ctx: UseCaseContext;
  readonly api: StripeApi;
  readonly credential: StripeCredential;
  readonly connectionId: string;
  readonly job: Job;
}

export function createReadLedgerJob(deps: ReadLedgerDeps): JobHandler {
  return jobHandler({ contract: readLedgerJob, run: (ctx, job) => readLedger(ctx, deps, job) });
}

/**
 * Reads what has moved the balance since the last time, of the account and of those connected to it, and then, payout by payout, what was paid
 * out in those whose transactions Stripe can list now. What Stripe will not show is passed over, and said.
 * @throws {ConnectionInactiveError} when the connection was taken away.
 */
async function readLedger(ctx: UseCaseContext, deps: ReadLedgerDeps, job: Job): Promise<Json> {
  const { connectionId } = job.payload;
  const credential = await deps.credentials.stripe(ctx, connectionId);
  if (credential === null) throw new ConnectionInactiveError(connectionId);
  const api = actingAs(deps.stripe, ctx, credential, 'backfill');
  const reading: Reading = { ctx, api, credential, connectionId, job };
  let at = job.checkpoint === null ? await takeUp(reading) : checkpointShape.parse(job.checkpoint);
  while (at.account < at.accounts.length) at = await readMovements(reading, at);
  for (;;) {
    const payout = at.payout ?? (await nextPayout(reading, at));
    if (payout === null) break;
    at = await readPayout(reading, at, payout);
  }
  await ctx.transaction((tx) => settle(reading, tx, at));
  const { movements, payouts, asked, refused } = at;
  return { movements, payouts, apiCalls: asked, ...(Object.keys(refused).length > 0 ? { refused } : {}) };
}

async function takeUp({ ctx, credential, connectionId, job }: Reading): Promise<Checkpoint> {
  return ctx.transaction(async (tx) => {
    const bounds = await takeLedger(tx.db, ctx.workspaceId, connectionId);
    const others = await otherAccounts(tx.db, ctx.workspaceId, connectionId, credential.account);
    const start: Checkpoint = {
      since: ledgerSince(bounds, ctx.wall.now()),
      began: null,
      earlier: Object.fromEntries(
        others.flatMap(({ account, ledgerFrom }) => (ledgerFrom === null ? [] : [[account, secondOf(ledgerFrom)]])),
      ),
      accounts: [credential.account, ...others.map(({ account }) => account)],
      account: 0,
      after: null,
      payout: null,
      lastPayout: '',
      movements: 0,
      payouts: 0,
      asked: 0,
      refused: {},
    };
    await job.report({ done: 0, checkpoint: start });
    return start;
  });
}

/** What was not shown of the connection's own account stays to be read. */
async function settle({ ctx, credential, connectionId }: Reading, tx: Tx, at: Checkpoint): Promise<void> {
  const { workspaceId } = ctx;
  if (credential.account in at.refused) await askLedgerFrom(tx.db, workspaceId, connectionId, instantOf(at.since));
  if (at.began !== null) await noteLedgerRead(tx.db, workspaceId, connectionId, instantOf(at.began));
}

/** What was not shown of an account that is connected to it, too; that holds up no other. */
async function noteShown(
  { ctx, connectionId, credential }: Reading,
  tx: Tx,
  account: string,
  unreadSince: number | null,
): Promise<void> {
  if (account === credential.account) return;
  const from = unreadSince === null ? null : instantOf(unreadSince);
  await noteUnread(tx.db, ctx.workspaceId, { connectionId, account }, from);
}

const secondOf = (instant: Date): number => Math.floor(instant.getTime() / 1000);
const instantOf = (second: number): Date => new Date(second * 1000);

/** One page of what has moved an account's balance. */
async function readMovements(reading: Reading, at: Checkpoint): Promise<Checkpoint> {
  const account = at.accounts[at.account] ?? reading.credential.account;
  const since = Math.min(at.since, at.earlier[account] ?? at.since);
  const page = await pageOrRefused(reading, account, { since }, at.after);
  const next = 'refused' in page ? null : page.next;
  const done: Checkpoint = {
    ...at,
    ...(next === null ? { account: at.account + 1, after: null } : { after: next }),
    ...counted(at, account, page),
    began: at.began ?? ('refused' in page ? null : page.span.to),
  };
  await reading.ctx.transaction(async (tx) => {
    await keep(reading, tx, account, page);
    if (next === null) await noteShown(reading, tx, account, 'refused' in page ? since : null);
    await report(reading.job, done);
  });
  return done;
}

async function nextPayout({ ctx }: Reading, at: Checkpoint): Promise<ListedPayout | null> {
  const payout = await ctx.transaction((tx) => nextUnlistedPayout(tx.db, ctx.workspaceId, at.accounts, at.lastPayout));
  return payout === null ? null : { ...payout, after: null };
}

/** One page of what was paid out in a payout. Its transactions come with it, so it doesn't matter which of them are known. */
async function readPayout(reading: Reading, at: Checkpoint, payout: ListedPayout): Promise<Checkpoint> {
  const { ctx, job } = reading;
  const { workspaceId } = ctx;
  const { id, stripeId, account, listableAs } = payout;
  const page = await pageOrRefused(reading, account, { payout: stripeId }, payout.after);
  const next = 'refused' in page ? null : page.next;
  const done: Checkpoint = {
    ...at,
    payout: next === null ? null : { ...payout, after: next },
    lastPayout: id,
    payouts: at.payouts + (next === null && !('refused' in page) ? 1 : 0),
    ...counted(at, stripeId, page),
  };
  await ctx.transaction(async (tx) => {
    const now = ctx.wall.now();
    const movements = await keep(reading, tx, account, page);
    await assignPayout(tx.db, workspaceId, id, movements, now);
    if (next === null && !('refused' in page)) await notePayoutListed(tx.db, workspaceId, id, listableAs, now);
    await report(job, done);
  });
  return done;
}

type PageOrRefused = Page | { readonly refused: string };

async function pageOrRefused(
  { api, credential: { apiKey, account: own } }: Reading,
  account: string,
  filter: ListFilter,
  after: string | null,
): Promise<PageOrRefused> {
  const auth = { apiKey, ...(account === own ? {} : { stripeAccount: account }) };
  try {
    return await listObjects(api, auth, 'balance_transaction', filter, after);
  } catch (error) {
    if (!(error instanceof ProviderRefusedError)) throw error;
    return { refused: error.message };
  }
}

/** @returns our ids of the transactions on the page. */
async function keep(
  { ctx, connectionId, credential }: Reading,
  tx: Tx,
  account: string,
  page: PageOrRefused,
): Promise<readonly string[]> {
  if ('refused' in page) return [];
  const reader = { ctx, connectionId, credential: { ...credential, account }, clocks: NO_CLOCKS };
  await applyPages(reader, tx, 'balance_transaction', [page]);
  const owner = { workspaceId: ctx.workspaceId, account };
  return page.objects.flatMap(({ id }) => (typeof id === 'string' ? [idOf('balance_transaction', id, owner)] : []));
}

/** A balance transaction belongs to no customer and hangs on no clock: answers about it are as old as they say. */
const NO_CLOCKS: ReadonlyMap<string, number> = new Map();

function counted(at: Checkpoint, of: string, page: PageOrRefused): Pick<Checkpoint, 'movements' | 'asked' | 'refused'> {
  const asked = at.asked + 1;
  if ('refused' in page) return { movements: at.movements, asked, refused: { ...at.refused, [of]: page.refused } };
  return { movements: at.movements + page.objects.length, asked, refused: at.refused };
}

async function report(job: Job, at: Checkpoint): Promise<void> {
  await job.report({
    done: at.movements,
    message: `${String(at.movements)} movements of the balance and ${String(at.payouts)} payouts read`,
    checkpoint: at,
  });
}
