import { ValidationError } from '#subgraphs/shared/errors/errors.ts';
import type { Tx, UseCaseContext } from '#subgraphs/shared/db/context.ts';
import { createWorkspaceClock } from '#subgraphs/shared/db/test-clock.ts';
import { ADMIN_SCOPE } from '../domain/scopes.ts';
import { isTimezone, MAX_NAME_LENGTH, workspaceSlug, type Workspace, type WorkspaceMode } from '../domain/workspace.ts';
import { workspaceCreated } from '../events.ts';
import { insertWorkspace } from '../repositories/workspaces.ts';
import { issueApiKey } from './issue-api-key.ts';

export interface CreateWorkspace {
  readonly name: string;
  /** IANA name; UTC if absent. */
  readonly timezone?: string | null | undefined;
}

export interface WorkspaceWithKey {
  readonly workspace: Workspace;
  /** The first admin key, in clear, this once. */
  readonly apiKey: string;
}

export interface WorkspacePair {
  readonly live: WorkspaceWithKey;
  readonly test: WorkspaceWithKey;
}

/**
 * Creates a company's two workspaces, live and test, linked to each other, each with a first admin key that is shown in this answer only.
 * @throws {ValidationError} for an empty or too long name, or a time zone that is not an IANA name.
 */
export async function createWorkspace(ctx: UseCaseContext, input: CreateWorkspace): Promise<WorkspacePair> {
  const name = checkedName(input.name);
  const timezone = checkedTimezone(input.timezone ?? 'UTC');
  const [liveId, testId] = [ctx.ids.next('ws'), ctx.ids.next('ws')];
  const createdAt = ctx.wall.now();
  const side = (id: string, mode: WorkspaceMode, counterpartId: string): Workspace => ({
    id,
    mode,
    name,
    slug: workspaceSlug(name, liveId, mode),
    timezone,
    counterpartId,
    createdAt,
  });

  return ctx.transaction(async (tx) => ({
    live: await tx.inWorkspace(liveId, (other) => open(ctx, other, side(liveId, 'LIVE', testId))),
    test: await tx.inWorkspace(testId, (other) => open(ctx, other, side(testId, 'TEST', liveId))),
  }));
}

async function open(ctx: UseCaseContext, tx: Tx, workspace: Workspace): Promise<WorkspaceWithKey> {
  await insertWorkspace(tx.db, workspace);
  // Business time begins as wall time; the clock row of the TEST side is what advanceTestClock moves.
  await createWorkspaceClock(tx, workspace.mode);
  await tx.publish(
    workspaceCreated({
      subjectId: workspace.id,
      payload: { mode: workspace.mode, name: workspace.name, counterpartId: workspace.counterpartId },
    }),
  );
  const { secret } = await issueApiKey(tx, workspace.mode, {
    id: ctx.ids.next('key'),
    name: 'First admin key',
    scopes: [ADMIN_SCOPE],
    createdAt: workspace.createdAt,
    expiresAt: null,
  });
  return { workspace, apiKey: secret };
}

function checkedName(text: string): string {
  const name = text.trim();
  if (name === '') throw new ValidationError('A workspace needs a name. Give the name of the company.', 'input.name');
  if (name.length > MAX_NAME_LENGTH)
    throw new ValidationError(`A name has at most ${String(MAX_NAME_LENGTH)} characters. Shorten it.`, 'input.name');
  return name;
}

function checkedTimezone(text: string): string {
  if (!isTimezone(text))
    throw new ValidationError(
      'This is not a time zone. Use an IANA name such as Europe/Berlin or UTC.',
      'input.timezone',
    );
  return text;
}
