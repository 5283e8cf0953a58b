import { isDeepStrictEqual } from 'node:util';
import type { Tx } from '#subgraphs/shared/db/context.ts';
import { jobHandler, type JobHandler } from '#subgraphs/shared/jobs/define.ts';
import { sameContent } from '../../domain/previous-attributes.ts';
import { compareJob } from '../../jobs.ts';
import { rowsBetween } from '../../repositories/mirror.ts';
import type { Page } from '../../stripe/list-objects.ts';
import { idOf } from '../../stripe/normalise/fields.ts';
import { normalise } from '../../stripe/normalise/normalise.ts';
import { askForRereads } from '../apply-evidence.ts';
import type { Step } from '../fold-sightings.ts';
import { applyPages } from './apply-pages.ts';
import type { Difference, Pass } from './plan.ts';
import { readAccount, type ReadAccountDeps, type Reading } from './read-account.ts';

/**
 * Compares the mirror with the account, object by object, and mends what differs: a hundred objects a call. An event that is still on its way
 * looks like a difference too; reading it again does no harm.
 */
export function createCompareJob(deps: ReadAccountDeps): JobHandler {
  return jobHandler({
    contract: compareJob,
    run: async (ctx, job) => {
      const { counts, differences, asked, refused } = await readAccount(ctx, deps, job, 'COMPARISON', compare);
      return {
        compared: Object.values(counts).reduce((sum, count) => sum + count, 0),
        differing: differences.length,
        apiCalls: asked,
        ...(Object.keys(refused).length > 0 ? { refused } : {}),
      };
    },
  });
}

async function compare(reading: Reading, tx: Tx, pass: Pass, pages: readonly Page[]): Promise<readonly Difference[]> {
  const steps = await applyPages(reading, tx, pass.kind, pages);
  const differing = steps.flatMap((step) => {
    const what = differenceOf(step);
    return what === null ? [] : [{ what, step }];
  });
  // What the page could not mend by itself is read again.
  await rereadAll(
    reading,
    tx,
    pass,
    differing.filter(({ step }) => step.verdict === 'STALE').map(({ step }) => step),
  );
  const named = differing.map(({ what, step: { kind, stripeId } }): Difference => ({ kind, stripeId, what }));
  return [...named, ...(await gone(reading, tx, pass, pages))];
}

function differenceOf(step: Step): Difference['what'] | null {
  const { before, after, evidence, verdict } = step;
  if (before === null) return after === null ? null : 'MISSING';
  if (saysOtherThanItsState(step)) return 'DIFFERENT';
  // The row is newer than the page.
  if (verdict === 'STALE' || evidence.content === null) return null;
  // That the page is newer than the row is no difference when they say the same.
  return before.deleted || !sameContent(before.content, evidence.content) ? 'DIFFERENT' : null;
}

/** Whether a column does not follow from what Stripe has said: somebody wrote it, or an older version of this program did. */
function saysOtherThanItsState({ kind, owner, before }: Step): boolean {
  if (before === null) return false;
  return Object.entries(normalise(kind, before.content, owner)).some(
    ([column, value]) => value !== undefined && !isDeepStrictEqual(value, before.columns[column]),
  );
}

async function rereadAll(
  { ctx, credential: { account }, connectionId }: Reading,
  tx: Tx,
  { kind }: Pass,
  objects: readonly { readonly stripeId: string }[],
): Promise<void> {
  const owner = { workspaceId: ctx.workspaceId, account };
  const doubts = objects.map(({ stripeId }) => {
    return { objectId: idOf(kind, stripeId, owner), kind, account, stripeId, connectionId };
  });
  await askForRereads(ctx, tx, doubts);
}

/** Rows that ought to stand on a page, by when they were created, and do not: each is read again, and ends deleted if Stripe has it no more. */
async function gone(reading: Reading, tx: Tx, pass: Pass, pages: readonly Page[]): Promise<Difference[]> {
  const { ctx, credential, at } = reading;
  const [page] = pages;
  if (page === undefined || !showsAll(reading, pass)) return [];
  const seen = new Set(page.objects.map((object) => object['id']));
  const created = page.objects.map((object) => Number(object['created'] ?? 0));
  const rows = await rowsBetween(tx.query, ctx.workspaceId, pass.kind, {
    account: credential.account,
    // What was created in the last second of a page may stand on the next one, which begins with that second.
    after: page.next === null ? new Date(0) : new Date(Math.min(...created) * 1000),
    before: new Date((at.oldest === null ? page.span.from : at.oldest + 1) * 1000),
  });
  const missing = rows.filter(({ stripeId }) => !seen.has(stripeId) && !(at.after === stripeId));
  await rereadAll(reading, tx, pass, missing);
  return missing.map(({ stripeId }) => ({ kind: pass.kind, stripeId, what: 'GONE' }));
}

/** Where a list leaves something out, absence proves nothing: one that is narrowed, one beside test clocks, and those of open reviews and own tax ids. */
function showsAll({ clocks }: Reading, { kind, filter, byCustomer }: Pass): boolean {
  const narrowed = byCustomer === true || Object.keys(filter).length > 0 || kind === 'review' || kind === 'tax_id';
  return !narrowed && clocks.size === 0;
}
