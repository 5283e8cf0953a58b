import type { Workflow, WorkflowVersion as VersionRow } from '#prisma/generated/client/client.ts';
import { workflowDefinitionSchema, type WorkflowDefinition } from '../domain/workflow-definition.ts';
import { COUNTED_TO, keysetQuery, type KeysetPage } from '#subgraphs/shared/graphql/keyset.ts';
import type { RecoveryDb } from './db.ts';
import { groupBy } from '#subgraphs/shared/batching/group-by.ts';

export type { Workflow };
export type WorkflowVersion = Omit<VersionRow, 'definition'> & { readonly definition: WorkflowDefinition };

/** Creates the workflow unless one with this key exists; either way returns it. */
export async function ensureWorkflow(db: RecoveryDb, fresh: Workflow): Promise<Workflow> {
  await db.workflow.createMany({ data: [fresh], skipDuplicates: true });
  return db.workflow.findUniqueOrThrow({
    where: { workspaceId_key: { workspaceId: fresh.workspaceId, key: fresh.key } },
  });
}

/** Creates this version unless its number is taken; either way returns the stored one. */
export async function ensureVersion(db: RecoveryDb, fresh: WorkflowVersion): Promise<WorkflowVersion> {
  const { workspaceId, workflowId, version } = fresh;
  await db.workflowVersion.createMany({ data: [fresh], skipDuplicates: true });
  return toVersion(
    await db.workflowVersion.findUniqueOrThrow({
      where: { workspaceId_workflowId_version: { workspaceId, workflowId, version } },
    }),
  );
}

export async function newestVersionOf(
  db: RecoveryDb,
  workspaceId: string,
  key: string,
): Promise<WorkflowVersion | null> {
  const row = await db.workflowVersion.findFirst({
    where: { workspaceId, workflow: { key } },
    orderBy: { version: 'desc' },
  });
  return row && toVersion(row);
}

/** @throws when there is none: a case always points at a stored version. */
export async function getVersion(db: RecoveryDb, workspaceId: string, id: string): Promise<WorkflowVersion> {
  return toVersion(await db.workflowVersion.findUniqueOrThrow({ where: { workspaceId_id: { workspaceId, id } } }));
}

export async function versionsByIds(
  db: RecoveryDb,
  workspaceId: string,
  ids: readonly string[],
): Promise<Map<string, WorkflowVersion>> {
  const rows = await db.workflowVersion.findMany({ where: { workspaceId, id: { in: [...ids] } } });
  return new Map(rows.map((row) => [row.id, toVersion(row)]));
}

/** Newest version first. */
export async function versionsByWorkflows(
  db: RecoveryDb,
  workspaceId: string,
  workflowIds: readonly string[],
): Promise<Map<string, WorkflowVersion[]>> {
  const rows = await db.workflowVersion.findMany({
    where: { workspaceId, workflowId: { in: [...workflowIds] } },
    orderBy: { version: 'desc' },
  });
  return groupBy(rows.map(toVersion), ({ workflowId }) => workflowId);
}

export async function workflowsByIds(
  db: RecoveryDb,
  workspaceId: string,
  ids: readonly string[],
): Promise<Map<string, Workflow>> {
  const rows = await db.workflow.findMany({ where: { workspaceId, id: { in: [...ids] } } });
  return new Map(rows.map((row) => [row.id, row]));
}

export async function listWorkflows(db: RecoveryDb, workspaceId: string, page: KeysetPage): Promise<Workflow[]> {
  const { where, ...rest } = keysetQuery('createdAt', page);
  return db.workflow.findMany({ where: { workspaceId, AND: [where] }, ...rest });
}

/** Exact up to COUNTED_TO. */
export async function countWorkflows(db: RecoveryDb, workspaceId: string): Promise<number> {
  return db.workflow.count({ where: { workspaceId }, take: COUNTED_TO });
}

function toVersion(row: VersionRow): WorkflowVersion {
  return { ...row, definition: workflowDefinitionSchema.parse(row.definition) };
}
