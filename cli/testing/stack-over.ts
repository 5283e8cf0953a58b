import { setTimeout as pause } from 'node:timers/promises';
import type { Config } from '#subgraphs/shared/config/config.ts';
import { connectStripeAt, type CreatedConnection } from '../commands/connection-create.ts';
import { createWorkspaceAt, type CreatedWorkspace } from '../commands/workspace-create.ts';
import type { Product } from '../composition.ts';
import { type Merchant, openShop } from '../demo/merchant.ts';
import { type Graph, graphAt } from '../graph.ts';
import type { Kernel } from '../kernel.ts';
import type { Foundation } from './foundation.ts';

/** The whole product on its own databases, served over HTTP, with a sandbox beside it: what a scenario acts on from outside. */
export interface Stack {
  readonly url: string;
  readonly sandboxUrl: string;
  readonly kernel: Kernel;
  readonly product: Product;
  /** Streams that the gateway has open; null where it is another process. */
  openStreams(): number | null;
  readonly admin: Foundation['admin'];
  readonly config: Config;
  /** How often the worker process was started again. */
  workerRestarts(): number;
  graph(token: string): Graph;
  createWorkspace(name?: string): Promise<CreatedWorkspace>;
  /** A merchant with subscribers, connected and backfilled. */
  connectedShop(options?: { slug?: string }): Promise<Shop>;
  close(): Promise<void>;
}

export interface Shop {
  readonly workspace: CreatedWorkspace;
  readonly connection: CreatedConnection;
  readonly merchant: Merchant;
  readonly graph: Graph;
  /** Moves business time there and waits until the journey is over. */
  travelTo(to: Date): Promise<void>;
}

/** Between two looks: a tenth of what was waited already, so that looking does not take the time of what is waited for. */
const [SHORTEST_PAUSE_MS, LONGEST_PAUSE_MS] = [25, 200];

/** Polls until `look` answers something. @throws with `what` after `withinMs`. */
export async function eventually<T>(
  what: string,
  look: () => Promise<T | undefined | null | false>,
  withinMs = 15_000,
): Promise<T> {
  const begun = Date.now();
  for (;;) {
    const found = await look();
    if (found !== undefined && found !== null && found !== false) return found;
    const waitedMs = Date.now() - begun;
    if (waitedMs > withinMs) throw new Error(`Not within ${String(withinMs / 1000)} s: ${what}`);
    await pause(Math.min(Math.max(waitedMs / 10, SHORTEST_PAUSE_MS), LONGEST_PAUSE_MS));
  }
}

const JOB = `query Job($id: ID!) { job(id: $id) { state error } }`;
const ADVANCE = `mutation Advance($input: AdvanceTestClockInput!) { advanceTestClock(input: $input) { __typename ... on Job { id } ... on UserError { message } } }`;

/** @param withinMs long enough for a job whose worker is killed on a machine that is busy with other things */
export async function jobDone(graph: Graph, id: string, withinMs = 150_000): Promise<void> {
  await eventually(
    `job ${id} done`,
    async () => {
      const { job } = await graph.run<{ job: { state: string; error: string | null } | null }>(JOB, { id });
      if (job?.state === 'FAILED') throw new Error(`Job failed: ${job.error ?? ''}`);
      return job?.state === 'SUCCEEDED';
    },
    withinMs,
  );
}

export async function travel(graph: Graph, to: Date): Promise<void> {
  const { advanceTestClock } = await graph.run<{ advanceTestClock: { id?: string; message?: string } }>(ADVANCE, {
    input: { to: to.toISOString() },
  });
  if (advanceTestClock.id === undefined) throw new Error(advanceTestClock.message);
  await jobDone(graph, advanceTestClock.id);
}

export interface StackOptions {
  /** Changes what the processes are told, such as the way to an engine. */
  readonly config?: (config: Config) => Promise<Config>;
  /** A worker process of its own instead of one in the test's: it dies at `crashpoint` once and is started again. */
  readonly worker?: {
    readonly crashpoint: string;
    /** `cli/embedded/worker.ts`, or what was built of it. Where every part is a process of its own, those know what they run. */
    readonly module: string;
  };
}

/** The product over a foundation, as everybody outside sees it. */
export function stackOver(
  foundation: Foundation,
  running: Pick<Stack, 'kernel' | 'product' | 'openStreams' | 'workerRestarts' | 'close'>,
): Stack {
  const { config, admin, sandboxUrl } = foundation;
  const graphqlUrl = `${config.publicUrl}/graphql`;
  const createWorkspace = (name = 'Acme'): Promise<CreatedWorkspace> =>
    createWorkspaceAt(graphqlUrl, config.operatorToken, { name });
  return {
    ...running,
    url: config.publicUrl,
    sandboxUrl,
    admin,
    config,
    graph: (token) => graphAt(graphqlUrl, token),
    createWorkspace,
    connectedShop: async ({ slug = Math.random().toString(36).slice(2, 12) } = {}) => {
      const workspace = await createWorkspace();
      const merchant = await openShop(sandboxUrl, `sk_test_${slug}00000000`, new Date());
      const connection = await connectStripeAt(graphqlUrl, workspace.apiKey, { apiKey: merchant.stripeKey });
      const graph = graphAt(graphqlUrl, workspace.apiKey);
      if (connection.jobId !== null) await jobDone(graph, connection.jobId);
      return { workspace, connection, merchant, graph, travelTo: (to) => travel(graph, to) };
    },
    close: async () => {
      await running.close();
      await foundation.close();
    },
  };
}
