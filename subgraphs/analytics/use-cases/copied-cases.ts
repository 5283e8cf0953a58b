import { differingGroups } from '../domain/mirror-difference.ts';
import { RECOVERY_CASE, sameCase } from '../domain/recovery-case.ts';
import type { CaseGroup, CaseInRecovery } from '../ports.ts';
import { figuresOfCases, findCases, idsOfCaseGroup, removeCases, saveCases } from '../repositories/recovery-cases.ts';
import { newestPosition } from '../repositories/ship-cursor.ts';
import type { Copied, ReconcileDeps } from './reconcile.ts';

const byId = (cases: readonly CaseInRecovery[]): ReadonlyMap<string, CaseInRecovery> =>
  new Map(cases.map((each) => [each.caseId, each]));
const nameOf = ({ day, state, currency }: CaseGroup): string => JSON.stringify([day, state, currency]);

/** Recovery's cases, per day on which they were opened, state and currency. Null where `kind` asks for something else. */
export function copiedCases(
  { clickhouse, system, cases }: Pick<ReconcileDeps, 'clickhouse' | 'system' | 'cases'>,
  kind: string | null,
): Copied<CaseInRecovery> | null {
  if (kind !== null && kind !== RECOVERY_CASE) return null;
  return {
    compare: async (ctx) => {
      const [there, here] = [await cases.figures(ctx), await figuresOfCases(clickhouse, ctx.workspaceId)];
      const differing = differingGroups(there, here, { nameOf, countOf: (group) => group.cases });
      return {
        objects: there.reduce((sum, group) => sum + Number(group.cases), 0),
        groups: there.length,
        differing: differing.map((group) => ({
          kind: RECOVERY_CASE,
          pages: [
            (after, limit) => cases.idsOf(ctx, group, after, limit),
            (after, limit) => idsOfCaseGroup(clickhouse, ctx.workspaceId, group, after, limit),
          ],
        })),
      };
    },
    there: async (ctx, _kind, ids) => byId(await cases.cases(ctx, ids)),
    here: async ({ workspaceId }, _kind, ids) => byId(await findCases(clickhouse, workspaceId, ids)),
    same: sameCase,
    stripeIdOf: () => '',
    write: async ({ workspaceId }, _kind, rows, position) => {
      const ids = [...rows.keys()];
      const gone = ids.filter((id) => rows.get(id) === undefined);
      await removeCases(clickhouse, workspaceId, gone);
      // What stands past the whole stream, which is asked after the rows were read, was not told by it.
      await removeCases(clickhouse, workspaceId, ids, (await newestPosition(system)) + 1n);
      // Events up to there are in it, and those after it are applied to it.
      const version = position;
      await saveCases(
        clickhouse,
        [...rows.values()].flatMap((row) => (row === undefined ? [] : [{ ...row, workspaceId, version }])),
      );
    },
  };
}
