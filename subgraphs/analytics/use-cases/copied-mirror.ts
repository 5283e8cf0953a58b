import { versionBeyond, versionOfRead } from '../domain/mirror-change.ts';
import { differingGroups, type MirrorGroup, sameObject } from '../domain/mirror-difference.ts';
import { RECOVERY_CASE } from '../domain/recovery-case.ts';
import type { MirroredObject } from '../ports.ts';
import {
  currentByIds,
  figuresOfMirror,
  idsOfGroup,
  lastStatesByIds,
  mendObjects,
  removeObjects,
} from '../repositories/mirror-objects.ts';
import type { Copied, ReconcileDeps } from './reconcile.ts';

const byId = (objects: readonly MirroredObject[]): ReadonlyMap<string, MirroredObject> =>
  new Map(objects.map((each) => [each.objectId, each]));
const nameOf = ({ kind, day, currency }: MirrorGroup): string => JSON.stringify([kind, day, currency]);

/** Billing's mirror, per kind, day and currency. Null where `kind` is none of its kinds. */
export function copiedMirror(
  { clickhouse, mirror }: Pick<ReconcileDeps, 'clickhouse' | 'mirror'>,
  kind: string | null,
): Copied<MirroredObject> | null {
  if (kind === RECOVERY_CASE) return null;
  return {
    compare: async (ctx) => {
      const [there, here] = [await mirror.figures(ctx, kind), await figuresOfMirror(clickhouse, ctx.workspaceId, kind)];
      const differing = differingGroups(there, here, { nameOf, countOf: ({ objects }) => objects });
      return {
        objects: there.reduce((sum, group) => sum + Number(group.objects), 0),
        groups: there.length,
        differing: differing.map((group) => ({
          kind: group.kind,
          pages: [
            (after, limit) => mirror.idsOf(ctx, group, after, limit),
            (after, limit) => idsOfGroup(clickhouse, ctx.workspaceId, group, after, limit),
          ],
        })),
      };
    },
    there: async (ctx, of, ids) => byId(await mirror.objects(ctx, of, ids)),
    here: async ({ workspaceId }, of, ids) => byId(await currentByIds(clickhouse, workspaceId, of, ids)),
    same: sameObject,
    stripeIdOf: ({ stripeId }) => stripeId,
    write: async ({ workspaceId, wall }, of, rows, position) => {
      const ids = [...rows.keys()];
      const [version, recordedAt] = [versionOfRead(position), wall.now()];
      const objects = [...rows.values()].flatMap((object) =>
        object === undefined ? [] : [{ ...object, workspaceId, version, recordedAt }],
      );
      await removeObjects(
        clickhouse,
        workspaceId,
        of,
        ids.filter((id) => rows.get(id) === undefined),
      );
      await removeObjects(clickhouse, workspaceId, of, ids, versionBeyond(position));
      const known = byId(await lastStatesByIds(clickhouse, workspaceId, of, ids));
      await mendObjects(
        clickhouse,
        objects,
        objects.filter((object) => !sameObject(object, known.get(object.objectId))),
      );
    },
  };
}
