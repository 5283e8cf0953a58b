import { setTimeout as pause } from 'node:timers/promises';
import type { ClickHouse } from '#subgraphs/shared/clickhouse/client.ts';
import type { UseCaseContext } from '#subgraphs/shared/db/context.ts';
import type { SystemDb } from '#subgraphs/shared/db/system.ts';
import { jobHandler, type JobHandler } from '#subgraphs/shared/jobs/define.ts';
import type { MirrorDifference } from '../domain/mirror-difference.ts';
import { reconcileJob } from '../jobs.ts';
import type { CasesPort, MirrorPort } from '../ports.ts';
import { saveReconciliation } from '../repositories/reconciliations.ts';
import { type Committed, committedNow, isShipped, newestPosition } from '../repositories/ship-cursor.ts';
import { copiedCases } from './copied-cases.ts';
import { copiedMirror } from './copied-mirror.ts';

export interface ReconcileDeps {
  readonly clickhouse: ClickHouse;
  readonly system: SystemDb;
  readonly mirror: MirrorPort;
  readonly cases: CasesPort;
}

/** Something that PostgreSQL holds and ClickHouse has a copy of. */
export interface Copied<Row> {
  /** What each side's groups add up to, as far as that differs, and how many groups and objects there are. */
  compare(
    ctx: UseCaseContext,
  ): Promise<{ readonly objects: number; readonly groups: number; readonly differing: readonly Differing[] }>;
  there(ctx: UseCaseContext, kind: string, ids: readonly string[]): Promise<ReadonlyMap<string, Row>>;
  here(ctx: UseCaseContext, kind: string, ids: readonly string[]): Promise<ReadonlyMap<string, Row>>;
  same(a: Row | undefined, b: Row | undefined): boolean;
  stripeIdOf(row: Row): string;
  /**
   * Writes these as PostgreSQL has them, and takes out those that it has not. `position` is where the stream stood before they were read: whatever
   * is announced of them after it has a greater version than what is written.
   */
  write(ctx: UseCaseContext, kind: string, rows: ReadonlyMap<string, Row | undefined>, position: bigint): Promise<void>;
}

/** A group that does not add up to the same on both sides. */
export interface Differing {
  readonly kind: string;
  /** Ids that one side counts to it, in their order, past `after`; at most `limit`. Both sides'. */
  readonly pages: readonly ((after: string, limit: number) => Promise<readonly string[]>)[];
}

/** Ids of one request: they travel in its address. */
const PAGE = 200;
/** How long what was committed may take to arrive before the comparison is put off. */
const SHIPPED_WITHIN_MS = 60_000;
const SHIPPED_POLL_MS = 200;
/** Differences that are shown; all are counted. */
const SHOWN = 100;

/** Objects of a kind that seem to differ, as PostgreSQL had them at the first look; undefined: it had none of this id. */
type Suspects<Row> = Map<string, Map<string, Row | undefined>>;

/** What the first look at a copy has found, and how the second one goes. */
interface FirstLook {
  readonly objects: number;
  readonly groups: number;
  readonly differingGroups: number;
  readonly suspects: number;
  secondLook(): Promise<MirrorDifference[]>;
}

/**
 * Compares counts, sums and fingerprints of groups, and looks at the objects of those that differ. What was on its way is no difference: suspects
 * are looked at once more when everything that was committed has arrived, and count if PostgreSQL still says the same of them and ClickHouse still
 * something else. They are written again as PostgreSQL has them; repeating it changes nothing.
 */
export function createReconcileJob(deps: ReconcileDeps): JobHandler {
  return jobHandler({
    contract: reconcileJob,
    run: async (ctx, job) => {
      const { askedBy, kind } = job.payload;
      const startedAt = ctx.wall.now();
      const looks: FirstLook[] = [];
      const [mirror, cases] = [copiedMirror(deps, kind), copiedCases(deps, kind)];
      if (mirror) looks.push(await firstLook(deps, ctx, mirror));
      if (cases) looks.push(await firstLook(deps, ctx, cases));
      const sum = (of: (look: FirstLook) => number): number => looks.reduce((total, look) => total + of(look), 0);
      const committed = await committedNow(deps.system, ctx.workspaceId);
      const done = sum(({ differingGroups }) => differingGroups);
      await job.report({ done, total: done, message: 'groups that add up differently' });
      if (sum(({ suspects }) => suspects) > 0) await untilShipped(deps, ctx, committed);
      const differences: MirrorDifference[] = [];
      for (const look of looks) differences.push(...(await look.secondLook()));
      const result = {
        objects: sum(({ objects }) => objects),
        groups: sum(({ groups }) => groups),
        differing: differences.length,
        repaired: differences.filter(({ repaired }) => repaired).length,
      };
      if (differences.length > 0)
        ctx.log.warn(
          { ...result, differences: differences.slice(0, SHOWN) },
          'ClickHouse said otherwise than PostgreSQL of some objects',
        );
      await ctx.transaction(async (tx) => {
        const isNew = await saveReconciliation(tx.db, {
          ...result,
          workspaceId: ctx.workspaceId,
          id: ctx.ids.next('rec'),
          jobId: job.id,
          askedByType: askedBy.type,
          askedById: askedBy.id,
          kind,
          differences: differences.slice(0, SHOWN),
          startedAt,
          finishedAt: ctx.wall.now(),
        });
        if (!isNew) return;
        tx.count('reconciliation_differences_total', { outcome: 'repaired' }, result.repaired);
        tx.count('reconciliation_differences_total', { outcome: 'left' }, result.differing - result.repaired);
      });
      return result;
    },
  });
}

/** The first look: every object that either side counts to a group that differs. */
async function firstLook<Row>(deps: ReconcileDeps, ctx: UseCaseContext, copied: Copied<Row>): Promise<FirstLook> {
  const { objects, groups, differing } = await copied.compare(ctx);
  const suspects: Suspects<Row> = new Map();
  for (const { kind, pages } of differing) {
    for (const page of pages) {
      for (let ids = await page('', PAGE); ids.length > 0; ids = await page(ids.at(-1) ?? '', PAGE)) {
        const [there, here] = [await copied.there(ctx, kind, ids), await copied.here(ctx, kind, ids)];
        for (const id of ids) {
          if (copied.same(there.get(id), here.get(id))) continue;
          const ofKind = suspects.get(kind) ?? new Map<string, Row | undefined>();
          suspects.set(kind, ofKind.set(id, there.get(id)));
        }
      }
    }
  }
  return {
    objects,
    groups,
    differingGroups: differing.length,
    suspects: suspects.size,
    secondLook: async () => {
      const differences: MirrorDifference[] = [];
      for (const [kind, ofKind] of suspects) {
        const ids = [...ofKind.keys()];
        for (let start = 0; start < ids.length; start += PAGE)
          differences.push(...(await mendPage(deps, ctx, copied, kind, ids.slice(start, start + PAGE), ofKind)));
      }
      return differences;
    },
  };
}

/** What was committed has arrived in ClickHouse when it returns. @throws when that takes too long. */
async function untilShipped(
  { system }: ReconcileDeps,
  { workspaceId }: UseCaseContext,
  committed: Committed,
): Promise<void> {
  for (let waited = 0; waited <= SHIPPED_WITHIN_MS; waited += SHIPPED_POLL_MS) {
    if (await isShipped(system, workspaceId, committed)) return;
    await pause(SHIPPED_POLL_MS);
  }
  throw new Error('Events are shipped too slowly to compare anything');
}

/** The second look at some objects of a kind. @returns those that differ for certain, and whether they do no more. */
async function mendPage<Row>(
  { system }: ReconcileDeps,
  ctx: UseCaseContext,
  copied: Copied<Row>,
  kind: string,
  ids: readonly string[],
  before: ReadonlyMap<string, Row | undefined>,
): Promise<MirrorDifference[]> {
  // Read before the rows, so that whatever is announced of them after it has a greater version than what is written here.
  const position = await newestPosition(system);
  const [there, here] = [await copied.there(ctx, kind, ids), await copied.here(ctx, kind, ids)];
  const wrong = ids.filter(
    (id) => copied.same(there.get(id), before.get(id)) && !copied.same(there.get(id), here.get(id)),
  );
  if (wrong.length === 0) return [];
  await copied.write(ctx, kind, new Map(wrong.map((id) => [id, there.get(id)])), position);
  const now = await copied.here(ctx, kind, wrong);
  return wrong.map((objectId): MirrorDifference => {
    const [truth, copy] = [there.get(objectId), here.get(objectId)];
    const what = truth === undefined ? 'EXTRA' : copy === undefined ? 'MISSING' : 'DIFFERENT';
    const known = truth ?? copy;
    const stripeId = known === undefined ? '' : copied.stripeIdOf(known);
    return { kind, objectId, stripeId, what, repaired: copied.same(truth, now.get(objectId)) };
  });
}
