import { accepted, graphAt, RESTART_PATIENCE_MS } from '../graph.ts';
import { rememberKey, runningInstance } from '../instance.ts';
import { outboxUrlFor } from '../outbox-url.ts';
import { UsageError } from '../usage-error.ts';

const CREATE_WORKSPACE = `mutation CreateWorkspace($input: CreateWorkspaceInput!) {
  createWorkspace(input: $input) {
    __typename
    ... on WorkspacePair { test { apiKey workspace { id } } live { apiKey workspace { id } } }
    ... on UserError { message }
  }
}`;

interface Side {
  apiKey: string;
  workspace: { id: string };
}

export interface CreatedWorkspace {
  readonly workspaceId: string;
  readonly apiKey: string;
  readonly live: { readonly workspaceId: string; readonly apiKey: string };
}

/** A LIVE/TEST pair. The TEST side stands first: it is where one begins. */
export async function createWorkspaceAt(
  graphqlUrl: string,
  operatorToken: string,
  input: { name: string; timezone?: string | undefined },
): Promise<CreatedWorkspace> {
  const { createWorkspace } = await graphAt(graphqlUrl, operatorToken, { patienceMs: RESTART_PATIENCE_MS }).run<{
    createWorkspace: { __typename: string; test: Side; live: Side };
  }>(CREATE_WORKSPACE, { input });
  const { test, live } = accepted(createWorkspace);
  return {
    workspaceId: test.workspace.id,
    apiKey: test.apiKey,
    live: { workspaceId: live.workspace.id, apiKey: live.apiKey },
  };
}

export async function workspaceCreate(options: {
  name: string | undefined;
  timezone: string | undefined;
  json: boolean;
}): Promise<void> {
  if (options.name === undefined)
    throw new UsageError('A workspace needs a name: npx oppulence workspace create --name Acme');
  const { info, operatorToken, masterKey } = runningInstance();
  const created = await createWorkspaceAt(info.graphqlUrl, operatorToken, {
    name: options.name,
    timezone: options.timezone,
  });
  rememberKey(info.dataDir, created.apiKey);
  const outboxUrl = await outboxUrlFor(info.url, masterKey, created.workspaceId);
  if (options.json) {
    console.log(JSON.stringify({ ...created, outboxUrl }, null, 2));
    return;
  }
  console.log(
    `TEST workspace  ${created.workspaceId}\n  API key       ${created.apiKey}\n  Outbox        ${outboxUrl}\nLIVE workspace  ${created.live.workspaceId}\n  API key       ${created.live.apiKey}`,
  );
  console.log('\nThe keys are shown this once. Next: npx oppulence connection create stripe');
}
