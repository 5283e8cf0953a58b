import { groupBy } from '#subgraphs/shared/batching/group-by.ts';
import type { Tx, UseCaseContext } from '#subgraphs/shared/db/context.ts';
import type { ObjectKind } from '../domain/kinds.ts';
import { refetchJob } from '../jobs.ts';
import { type Parent, saveChildren } from '../repositories/children.ts';
import { saveInvoicePayments } from '../repositories/invoice-payments.ts';
import { lockMirror, type MirrorRow, readMirror, saveMirror } from '../repositories/mirror.ts';
import { type Doubt, requestRefetches } from '../repositories/refetch-requests.ts';
import { paymentLinks } from '../stripe/normalise/payment-links.ts';
import { changesOf } from './announce-changes.ts';
import { announcementsOf } from './announce-invoice.ts';
import { foldSightings, type Sighting, type Step, secondOf } from './fold-sightings.ts';
import { noticeMovements } from './notice-movements.ts';

/**
 * The only way into the mirror, for one event as for hundreds: decides by the ordering rule, writes what is newer, asks for a reread where only
 * Stripe can tell, and announces what happened, all in the running transaction. A handful of statements, however many sightings there are;
 * several may be of one object, and count in the order given.
 * @returns what each did, in their order.
 */
export async function applyEvidence(
  ctx: UseCaseContext,
  tx: Tx,
  sightings: readonly Sighting[],
): Promise<readonly Step[]> {
  await lockMirror(tx.query, ctx.workspaceId);
  const known = await readKnown(ctx, tx, sightings);
  const { steps, rows, doubts } = foldSightings(ctx.workspaceId, known, sightings);
  // Statements that do not need each other's answers are sent at once.
  await Promise.all([saveRows(ctx, tx, known, rows), saveParts(ctx, tx, steps, known)]);
  await askForRereads(ctx, tx, doubts);
  await noticeMovements(ctx, tx, steps);
  await tx.publishAll([...changesOf(steps), ...steps.flatMap(announcementsOf)]);
  countVerdicts(tx, steps);
  return steps;
}

const COUNTED_AS = { APPLY: 'applied', STALE: 'stale', AMBIGUOUS: 'ambiguous' } as const;

function countVerdicts(tx: Tx, steps: readonly Step[]): void {
  for (const { kind, verdict } of steps) tx.count('mirror_sightings_total', { kind, verdict: COUNTED_AS[verdict] });
}

async function readKnown(
  ctx: UseCaseContext,
  tx: Tx,
  sightings: readonly Sighting[],
): Promise<ReadonlyMap<string, MirrorRow>> {
  const ids = groupBy(sightings, ({ kind }) => kind);
  const found = await Promise.all(
    [...ids].map(([kind, of]) =>
      readMirror(tx.query, ctx.workspaceId, kind, [...new Set(of.map(({ objectId }) => objectId))]),
    ),
  );
  return new Map(found.flatMap((rows) => [...rows]));
}

/** The rows that ended differently from how they were, each once. */
async function saveRows(
  ctx: UseCaseContext,
  tx: Tx,
  known: ReadonlyMap<string, MirrorRow>,
  rows: ReadonlyMap<string, { readonly kind: ObjectKind; readonly row: MirrorRow }>,
): Promise<void> {
  const changed = [...rows].filter(([id, { row }]) => row !== known.get(id)).map(([, of]) => of);
  await Promise.all(
    [...groupBy(changed, ({ kind }) => kind)].map(([kind, of]) =>
      saveMirror(
        tx.query,
        ctx.workspaceId,
        kind,
        of.map(({ row }) => row),
        ctx.wall.now(),
      ),
    ),
  );
}

/** What an object carries inside and has tables of its own: only from what was newer, except for links, which are never undone. */
async function saveParts(
  ctx: UseCaseContext,
  tx: Tx,
  steps: readonly Step[],
  known: ReadonlyMap<string, MirrorRow>,
): Promise<void> {
  const now = ctx.wall.now();
  const told = steps.flatMap(({ evidence, owner }) =>
    evidence.content === null
      ? []
      : paymentLinks(evidence.content).map((link) => ({ owner, link, second: secondOf(evidence) })),
  );
  await Promise.all([
    saveChildren(tx.query, ctx.workspaceId, newest(steps), now, known),
    saveInvoicePayments(tx.query, told, now),
  ]);
}

/** The last state of each object that became a newer one. */
function newest(steps: readonly Step[]): readonly Parent[] {
  const rows = steps.flatMap(({ kind, verdict, after }) =>
    verdict === 'APPLY' && after !== null ? [[after.id, { kind, row: after }] as const] : [],
  );
  return [...new Map(rows).values()];
}

/** One request per object, and one unfinished job per request: the job of a request that nobody could carry out is replaced by the next doubt. */
export async function askForRereads(ctx: UseCaseContext, tx: Tx, doubts: readonly Doubt[]): Promise<void> {
  if (doubts.length === 0) return;
  const requestIds = await requestRefetches(tx.db, ctx.workspaceId, () => ctx.ids.next('req'), doubts, ctx.wall.now());
  for (const requestId of requestIds) await tx.enqueueJob(refetchJob, { requestId }, { uniqueKey: requestId });
}
