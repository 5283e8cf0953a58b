import { setTimeout as pause } from 'node:timers/promises';
import type { ClickHouse } from '#subgraphs/shared/clickhouse/client.ts';
import type { UseCaseContext } from '#subgraphs/shared/db/context.ts';
import type { SystemDb } from '#subgraphs/shared/db/system.ts';
import { jobHandler, type JobHandler } from '#subgraphs/shared/jobs/define.ts';
import { versionBeyond, versionOfRead } from '../domain/mirror-change.ts';
import { differingGroups, type MirrorDifference, type MirrorGroup, sameObject } from '../domain/mirror-difference.ts';
import { reconcileJob } from '../jobs.ts';
import type { MirroredObject, MirrorPort } from '../ports.ts';
import {
  currentByIds,
  figuresOfMirror,
  idsOfGroup,
  lastStatesByIds,
  mendObjects,
  removeObjects,
} from '../repositories/mirror-objects.ts';
import { saveReconciliation } from '../repositories/reconciliations.ts';
import { type Committed, committedNow, isShipped, newestPosition } from '../repositories/ship-cursor.ts';

export interface ReconcileDeps {
  readonly clickhouse: ClickHouse;
  readonly system: SystemDb;
  readonly mirror: MirrorPort;
}

/** Ids of one request: they travel in its address. */
const PAGE = 200;
/** How long what was committed may take to arrive before the comparison is put off. */
const SHIPPED_WITHIN_MS = 60_000;
const SHIPPED_POLL_MS = 200;
/** Differences that are shown; all are counted. */
const SHOWN = 100;

type Objects = ReadonlyMap<string, MirroredObject>;
/** Objects of a kind that seem to differ, as PostgreSQL had them at the first look; undefined: it had none of this id. */
type Suspects = Map<string, Map<string, MirroredObject | undefined>>;

/**
 * Compares counts, sums and fingerprints per kind, day and currency, and looks at the objects of the groups that differ. What was on its way is
 * no difference: suspects are looked at once more when everything that was committed has arrived, and count if PostgreSQL still says the
 * same of them and ClickHouse still something else. They are written again as PostgreSQL has them; repeating it changes nothing.
 */
export function createReconcileJob(deps: ReconcileDeps): JobHandler {
  return jobHandler({
    contract: reconcileJob,
    run: async (ctx, job) => {
      const { askedBy, kind } = job.payload;
      const startedAt = ctx.wall.now();
      const inPostgres = await deps.mirror.figures(ctx, kind);
      const groups = differingGroups(inPostgres, await figuresOfMirror(deps.clickhouse, ctx.workspaceId, kind));
      const suspects: Suspects = new Map();
      for (const group of groups) await lookAt(deps, ctx, group, suspects);
      const committed = await committedNow(deps.system, ctx.workspaceId);
      await job.report({ done: groups.length, total: groups.length, message: 'groups that add up differently' });
      const differences = await mend(deps, ctx, suspects, committed);
      const objects = inPostgres.reduce((sum, group) => sum + Number(group.objects), 0);
      const result = {
        objects,
        groups: inPostgres.length,
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

const byId = (objects: readonly MirroredObject[]): Objects => new Map(objects.map((each) => [each.objectId, each]));

/** The first look: every object that either side counts to the group. */
async function lookAt(deps: ReconcileDeps, ctx: UseCaseContext, group: MirrorGroup, suspects: Suspects): Promise<void> {
  const { clickhouse, mirror } = deps;
  const pages: ((after: string) => Promise<readonly string[]>)[] = [
    (after) => mirror.idsOf(ctx, group, after, PAGE),
    (after) => idsOfGroup(clickhouse, ctx.workspaceId, group, after, PAGE),
  ];
  for (const page of pages) {
    for (let ids = await page(''); ids.length > 0; ids = await page(ids.at(-1) ?? '')) {
      const [there, here] = await bothSides(deps, ctx, group.kind, ids);
      for (const id of ids) {
        if (sameObject(there.get(id), here.get(id))) continue;
        const ofKind = suspects.get(group.kind) ?? new Map<string, MirroredObject | undefined>();
        suspects.set(group.kind, ofKind.set(id, there.get(id)));
      }
    }
  }
}

async function bothSides(
  { clickhouse, mirror }: ReconcileDeps,
  ctx: UseCaseContext,
  kind: string,
  ids: readonly string[],
): Promise<readonly [postgres: Objects, clickhouse: Objects]> {
  return [byId(await mirror.objects(ctx, kind, ids)), byId(await currentByIds(clickhouse, ctx.workspaceId, kind, ids))];
}

async function mend(
  deps: ReconcileDeps,
  ctx: UseCaseContext,
  suspects: Suspects,
  committed: Committed,
): Promise<MirrorDifference[]> {
  if (suspects.size === 0) return [];
  await untilShipped(deps, ctx, committed);
  const differences: MirrorDifference[] = [];
  for (const [kind, ofKind] of suspects) {
    const ids = [...ofKind.keys()];
    for (let start = 0; start < ids.length; start += PAGE)
      differences.push(...(await mendPage(deps, ctx, kind, ids.slice(start, start + PAGE), ofKind)));
  }
  return differences;
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
async function mendPage(
  deps: ReconcileDeps,
  ctx: UseCaseContext,
  kind: string,
  ids: readonly string[],
  before: ReadonlyMap<string, MirroredObject | undefined>,
): Promise<MirrorDifference[]> {
  const { clickhouse, system } = deps;
  const { workspaceId } = ctx;
  // Read before the rows, so that whatever is announced of them after it has a greater version than what is written here.
  const position = await newestPosition(system);
  const [there, here] = await bothSides(deps, ctx, kind, ids);
  const wrong = ids.filter(
    (id) => sameObject(there.get(id), before.get(id)) && !sameObject(there.get(id), here.get(id)),
  );
  const objects = wrong.flatMap((id) => {
    const object = there.get(id);
    return object === undefined
      ? []
      : [{ ...object, workspaceId, version: versionOfRead(position), recordedAt: ctx.wall.now() }];
  });
  const extra = wrong.filter((id) => !there.has(id));
  await removeObjects(clickhouse, workspaceId, kind, extra);
  await removeObjects(clickhouse, workspaceId, kind, wrong, versionBeyond(position));
  const known = byId(await lastStatesByIds(clickhouse, workspaceId, kind, wrong));
  await mendObjects(
    clickhouse,
    objects,
    objects.filter((object) => !sameObject(object, known.get(object.objectId))),
  );
  const now = byId(await currentByIds(clickhouse, workspaceId, kind, wrong));
  return wrong.map((objectId): MirrorDifference => {
    const [truth, copy] = [there.get(objectId), here.get(objectId)];
    const what = truth === undefined ? 'EXTRA' : copy === undefined ? 'MISSING' : 'DIFFERENT';
    const stripeId = truth?.stripeId ?? copy?.stripeId ?? '';
    return { kind, objectId, stripeId, what, repaired: sameObject(truth, now.get(objectId)) };
  });
}
