import { execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { closeSync, openSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { CreatedConnection } from '#cli/commands/connection-create.ts';
import type { CreatedWorkspace } from '#cli/commands/workspace-create.ts';
import { followJob } from '#cli/demo/jobs.ts';
import { type Merchant, openShop } from '#cli/demo/merchant.ts';
import { until } from '#cli/embedded/processes.ts';
import { readRunFile, type RunInfo } from '#cli/embedded/run-file.ts';
import { temporaryDataDir } from '#cli/embedded/tests/fixtures/support.ts';
import { graphAt, type Graph } from '#cli/graph.ts';
import { outboxUrlFor } from '#cli/outbox-url.ts';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const ADVANCE = `mutation Advance($input: AdvanceTestClockInput!) { advanceTestClock(input: $input) { __typename ... on Job { id } ... on UserError { message } } }`;

/** `oppulence dev` on a data folder and port of its own, with one merchant connected: what a person would have in front of them. */
export interface Instance {
  readonly url: string;
  readonly sandboxUrl: string;
  /** The outbox, as a link that opens in a browser. */
  readonly outboxUrl: string;
  readonly apiKey: string;
  readonly merchant: Merchant;
  readonly graph: Graph;
  /** Moves business time there, and waits until everything that fell due on the way has happened. */
  travelTo(to: Date): Promise<void>;
  stop(): Promise<void>;
}

export async function startInstance(): Promise<Instance> {
  const folder = temporaryDataDir();
  const env = { ...process.env, OPPULENCE_DATA_DIR: folder.dir, PORT: '0' };
  const stopDev = await startDev(folder.dir, env);
  const stop = async (): Promise<void> => {
    await stopDev();
    await folder.remove();
  };
  try {
    return { ...(await connectMerchant(folder.dir, env)), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function connectMerchant(dataDir: string, env: NodeJS.ProcessEnv): Promise<Omit<Instance, 'stop'>> {
  const oppulence = async <Answer>(...words: string[]): Promise<Answer> => {
    const { stdout } = await promisify(execFile)(process.execPath, ['cli/bin.mjs', ...words, '--json'], {
      cwd: ROOT,
      env,
    });
    return JSON.parse(stdout) as Answer;
  };
  const run = await oppulence<RunInfo>('info');
  const sandboxUrl = run.sandbox?.url ?? '';
  const { apiKey, workspaceId } = await oppulence<CreatedWorkspace>('workspace', 'create', '--name', 'Acme');
  const merchant = await openShop(sandboxUrl, `sk_test_${randomBytes(10).toString('hex')}`, new Date());
  const { jobId } = await oppulence<CreatedConnection>(
    'connection',
    'create',
    'stripe',
    '--stripe-key',
    merchant.stripeKey,
  );
  const graph = graphAt(run.graphqlUrl, apiKey);
  if (jobId !== null) await followJob(run.subscriptionsUrl, apiKey, jobId, () => undefined);
  const masterKey = readFileSync(path.join(dataDir, 'master.key'), 'utf8').trim();
  return {
    url: run.url,
    sandboxUrl,
    outboxUrl: await outboxUrlFor(run.url, masterKey, workspaceId),
    apiKey,
    merchant,
    graph,
    travelTo: async (to) => {
      const { advanceTestClock } = await graph.run<{ advanceTestClock: { id?: string; message?: string } }>(ADVANCE, {
        input: { to: to.toISOString() },
      });
      if (advanceTestClock.id === undefined) throw new Error(advanceTestClock.message);
      await followJob(run.subscriptionsUrl, apiKey, advanceTestClock.id, () => undefined);
    },
  };
}

/** @returns how to stop it. @throws with what it printed, when it does not come up. */
async function startDev(dataDir: string, env: NodeJS.ProcessEnv): Promise<() => Promise<void>> {
  const output = path.join(dataDir, 'dev.log');
  const log = openSync(output, 'a');
  const dev = spawn(process.execPath, ['cli/bin.mjs', 'dev'], { cwd: ROOT, env, stdio: ['ignore', log, log] });
  closeSync(log);
  const exited = new Promise<void>((resolve) => {
    dev.once('exit', () => {
      resolve();
    });
  });
  const ended = (): boolean => dev.exitCode !== null || dev.signalCode !== null;
  const stop = async (): Promise<void> => {
    if (!ended()) dev.kill('SIGTERM');
    await exited;
  };
  await until(() => readRunFile(dataDir) !== null || ended(), 60_000, 100);
  if (readRunFile(dataDir) === null) {
    await stop();
    throw new Error(`\`oppulence dev\` did not come up:\n${readFileSync(output, 'utf8')}`);
  }
  return stop;
}
