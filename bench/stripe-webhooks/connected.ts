import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { connectStripeAt } from '#cli/commands/connection-create.ts';
import { createWorkspaceAt } from '#cli/commands/workspace-create.ts';
import { graphAt, RESTART_PATIENCE_MS } from '#cli/graph.ts';
import type { Target } from './contestant.ts';
import type { DumpedWorkspace } from './mirror-dump.ts';

const SECRET = 'whsec_bench';
const JOB = `query Job($id: ID!) { job(id: $id) { state error } }`;
const CONNECTION = `query Connection($id: ID!) { connection(id: $id) { account } }`;
const DISCONNECT = `mutation Disconnect($input: DisconnectConnectionInput!) { disconnectConnection(input: $input) { __typename } }`;

/** The product as it is reached from outside, and its database. */
export interface ProductAt {
  readonly graphqlUrl: string;
  readonly operatorToken: string;
  readonly admin: pg.Pool;
}

/** A workspace with Stripe connected. */
export interface Connected extends DumpedWorkspace {
  readonly target: Target;
  readonly apiKey: string;
  readonly connectionId: string;
}

/** Both modes of one account, connected to a workspace; live mode only if it was asked for. */
export interface ConnectedPair {
  readonly test: Connected;
  readonly live: Connected | null;
}

/** A new workspace, to which every event is new. Its backfills are over: what Stripe has from now on it is to tell by itself. */
export async function connectPair(
  { graphqlUrl, operatorToken }: ProductAt,
  { live }: { readonly live: boolean },
): Promise<ConnectedPair> {
  const workspace = await createWorkspaceAt(graphqlUrl, operatorToken, { name: 'Bench' });
  const [test, other] = await Promise.all([
    connect(graphqlUrl, 'test', workspace),
    live ? connect(graphqlUrl, 'live', workspace.live) : null,
  ]);
  return { test, live: other };
}

export const modesOf = ({ test, live }: ConnectedPair): readonly Connected[] => (live === null ? [test] : [test, live]);

async function connect(
  graphqlUrl: string,
  mode: 'test' | 'live',
  workspace: { readonly workspaceId: string; readonly apiKey: string },
): Promise<Connected> {
  const beginning = await beginConnecting(graphqlUrl, mode, workspace);
  return { ...beginning, account: await accountOf(graphqlUrl, beginning) };
}

/** Whose account it is is known once its backfill, which has begun, is over. */
export type Connecting = Omit<Connected, 'account'> & { readonly jobId: string | null };

export async function beginConnecting(
  graphqlUrl: string,
  mode: 'test' | 'live',
  { workspaceId, apiKey }: { readonly workspaceId: string; readonly apiKey: string },
): Promise<Connecting> {
  const created = await connectStripeAt(graphqlUrl, apiKey, {
    apiKey: `sk_${mode}_benchbench`,
    webhookSecret: SECRET,
  });
  const url = created.webhookUrl.replace('//localhost:', '//127.0.0.1:');
  const { connectionId, jobId } = created;
  return { workspaceId, apiKey, connectionId, jobId, livemode: mode === 'live', target: { url, secret: SECRET } };
}

/** Once the backfill is over, whose connection it is. @throws when it fails, or is not over in time. */
export async function accountOf(
  graphqlUrl: string,
  { apiKey, connectionId, jobId }: Connecting,
  withinMs = 60_000,
): Promise<string> {
  const graph = graphAt(graphqlUrl, apiKey, { patienceMs: RESTART_PATIENCE_MS });
  const deadline = Date.now() + withinMs;
  while (jobId !== null) {
    const { job } = await graph.run<{ job: { state: string; error: string | null } | null }>(JOB, { id: jobId });
    if (job?.state === 'SUCCEEDED') break;
    if (job?.state === 'FAILED' || Date.now() > deadline)
      throw new Error(`The backfill did not end: ${job?.error ?? job?.state ?? ''}`);
    await sleep(50);
  }
  const { connection } = await graph.run<{ connection: { account: string } | null }>(CONNECTION, { id: connectionId });
  return connection?.account ?? '';
}

/** So that nobody asks its Stripe any more, which will be that of other traffic. */
export async function disconnectPair({ graphqlUrl }: ProductAt, pair: ConnectedPair): Promise<void> {
  for (const { apiKey, connectionId } of modesOf(pair)) {
    const graph = graphAt(graphqlUrl, apiKey, { patienceMs: RESTART_PATIENCE_MS });
    await graph.run(DISCONNECT, { input: { id: connectionId } });
  }
}
