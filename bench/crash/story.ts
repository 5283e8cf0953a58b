import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { enterNewCard } from '#cli/demo/customer.ts';
import { type Merchant, openShop } from '#cli/demo/merchant.ts';
import type { Embedded } from '#cli/embedded/supervisor.ts';
import { accepted, graphAt, type Graph } from '#cli/graph.ts';
import { outboxUrlFor } from '#cli/outbox-url.ts';

const DAY_MS = 24 * 60 * 60 * 1000;
/** How long a call is repeated while nobody answers, and how long a step may take once the kills have ended. */
const CALL_PATIENCE_MS = 900_000;
const CALM_PATIENCE_MS = 240_000;
const CREATE_WORKSPACE = `mutation CreateWorkspace($input: CreateWorkspaceInput!) { createWorkspace(input: $input) {
  __typename ... on WorkspacePair { test { apiKey workspace { id } } } ... on UserError { message }
} }`;
const CONNECT = `mutation CreateConnection($input: CreateConnectionInput!) { createConnection(input: $input) {
  __typename ... on CreatedConnection { job { id } } ... on UserError { message }
} }`;
const JOB = `query Job($id: ID!) { job(id: $id) { state error } }`;
const ADVANCE = `mutation Advance($input: AdvanceTestClockInput!) { advanceTestClock(input: $input) { __typename ... on Job { id } ... on UserError { message } } }`;
const CASES = `{ recoveryCases(first: 10) { edges { node {
  state attribution invoice { stripeId status } attempts { state origin } messages { kind state }
} } } }`;

export interface Told {
  readonly merchant: Merchant;
  readonly workspaceId: string;
  readonly graph: Graph;
}

export interface CaseSeen {
  readonly state: string;
  readonly attribution: string | null;
  readonly invoice: { readonly stripeId: string; readonly status: string } | null;
  readonly attempts: readonly { readonly state: string; readonly origin: string }[];
  readonly messages: readonly { readonly kind: string; readonly state: string }[];
}

/** One failed renewal, from the connection to the recovered payment, as a merchant and a customer go through it who try again when nobody answers. */
export async function tell(instance: Embedded, listener: Listener): Promise<Told> {
  const { info, env } = instance;
  const merchant = await openShop(info.sandbox?.url ?? '', `sk_test_${randomBytes(10).toString('hex')}`, new Date());
  const [unlucky] = merchant.subscribers;
  if (unlucky === undefined) throw new Error('The shop has no subscribers');
  listener.step('workspace');
  const operator = graphAt(info.graphqlUrl, env['OPPULENCE_OPERATOR_TOKEN'] ?? '', { patienceMs: CALL_PATIENCE_MS });
  const { apiKey, workspaceId } = await createWorkspace(operator);
  const graph = graphAt(info.graphqlUrl, apiKey, { patienceMs: CALL_PATIENCE_MS });
  listener.step('connection');
  const { createConnection } = await graph.run<{ createConnection: { __typename: string; job: { id: string } } }>(
    CONNECT,
    {
      input: { provider: 'STRIPE', stripe: { apiKey: merchant.stripeKey } },
    },
  );
  await jobDone(graph, accepted(createConnection).job.id, listener);

  listener.step('renewal');
  await merchant.letCardFail(unlucky);
  await travel(graph, new Date(merchant.renewsAt.getTime() + 2 * DAY_MS), listener);

  listener.step('link');
  const outbox = await outboxUrlFor(info.url, env['OPPULENCE_MASTER_KEY'] ?? '', workspaceId);
  const link = await eventually('a link that is mailed', listener, () => magicLink(outbox, apiKey));
  listener.step('card');
  await payWith(link, unlucky.name, graph, listener);
  listener.step('recovered');
  await eventually('a recovered case', listener, async () =>
    (await casesOf(graph)).find(({ state }) => state === 'RECOVERED'),
  );
  return { merchant, workspaceId, graph };
}

async function createWorkspace(operator: Graph): Promise<{ apiKey: string; workspaceId: string }> {
  const { createWorkspace: created } = await operator.run<{
    createWorkspace: { __typename: string; test: { apiKey: string; workspace: { id: string } } };
  }>(CREATE_WORKSPACE, { input: { name: 'Crash' } });
  const { test } = accepted(created);
  return { apiKey: test.apiKey, workspaceId: test.workspace.id };
}

/** A job that was killed as often as it may be tried says so, and that it may be asked for again: a merchant would. */
async function travel(graph: Graph, to: Date, listener: Listener): Promise<void> {
  for (let asked = 1; ; asked += 1) {
    const { advanceTestClock } = await graph.run<{ advanceTestClock: { id?: string; message?: string } }>(ADVANCE, {
      input: { to: to.toISOString() },
    });
    if (advanceTestClock.id === undefined) throw new Error(advanceTestClock.message ?? 'The clock was not moved');
    try {
      await jobDone(graph, advanceTestClock.id, listener);
      return;
    } catch (error) {
      if (asked === 5) throw error;
      listener.askedAgain();
    }
  }
}

export async function casesOf(graph: Graph): Promise<CaseSeen[]> {
  const { recoveryCases } = await graph.run<{ recoveryCases: { edges: { node: CaseSeen }[] } }>(CASES);
  return recoveryCases.edges.map(({ node }) => node);
}

export interface Listener {
  step(name: string): void;
  /** A job had failed, and was asked for once more. */
  askedAgain(): void;
  /** While processes are killed a story may take as long as it takes. */
  disturbed(): boolean;
}

/** Trouble while looking is what the kills bring; only time ends the patience, and only once they are over. */
async function eventually<T>(what: string, listener: Listener, look: () => Promise<T | undefined>): Promise<T> {
  let deadline = Date.now() + CALM_PATIENCE_MS;
  let trouble: unknown;
  while (Date.now() < deadline) {
    try {
      const found = await look();
      if (found !== undefined) return found;
    } catch (error) {
      trouble = error;
    }
    if (listener.disturbed()) deadline = Date.now() + CALM_PATIENCE_MS;
    await sleep(200);
  }
  throw new Error(`Not within ${String(CALM_PATIENCE_MS / 1_000)} s: ${what}`, { cause: trouble });
}

async function jobDone(graph: Graph, id: string, listener: Listener): Promise<void> {
  const failed = await eventually(`job ${id} done`, listener, async () => {
    const { job } = await graph.run<{ job: { state: string; error: string | null } | null }>(JOB, { id });
    if (job?.state === 'SUCCEEDED') return '';
    return job?.state === 'FAILED' ? `A job failed: ${job.error ?? ''}` : undefined;
  });
  if (failed !== '') throw new Error(failed);
}

async function magicLink(outboxUrl: string, apiKey: string): Promise<string | undefined> {
  const answer = await fetch(outboxUrl, { headers: { accept: 'application/json', authorization: `Bearer ${apiKey}` } });
  return /https?:\/\/[^\s"\\]+\/pay\/[A-Za-z0-9_-]+/.exec(await answer.text())?.[0];
}

/** A customer whose page does not come tries again, unless the money was taken meanwhile. */
async function payWith(link: string, name: string, graph: Graph, listener: Listener): Promise<void> {
  await eventually('a card that is accepted', listener, async () => {
    try {
      return await enterNewCard(link, { number: '4242424242424242', name });
    } catch (error) {
      if ((await casesOf(graph)).some(({ state }) => state === 'RECOVERED')) return 'recovered';
      throw error;
    }
  });
}
