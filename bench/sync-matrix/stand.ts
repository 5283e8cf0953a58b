import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Child, spawnChild } from '#cli/embedded/children.ts';
import { environmentOf, layFoundation } from '#cli/testing/foundation.ts';
import { stripeFront } from '../stripe-webhooks/stripe-front.ts';
import { ROOT } from '../support/root.ts';
import { Scratch } from '../support/scratch.ts';
import type { Victim } from './kills.ts';
import type { Stand } from './run.ts';

/** Where the drivers are; null when they are not beside this repository, and says so: a test that is left out looks like one that passed. */
export function driversOrNull(): string | null {
  const folder = path.join(ROOT, '../shared/bench/stripe-webhooks');
  if (existsSync(folder)) return folder;
  console.warn(`Left out: ${folder} is not there, so no traffic is sent while processes are killed.`);
  return null;
}

/** A stand on the engines of the tests: from the sources, or, with OPPULENCE_TEST_BUILD, from the build. */
export interface TestStand extends Stand {
  close(): Promise<void>;
}

const READY_WITHIN_MS = 90_000;

export async function testStand(tools: string): Promise<TestStand> {
  const scratch = new Scratch();
  try {
    const logs = scratch.folder('sync-stand');
    const stripe = await stripeFront(scratch);
    const foundation = await layFoundation((config) => Promise.resolve({ ...config, stripeApiBase: stripe.url }));
    scratch.add(() => foundation.close());
    const { config, admin } = foundation;
    const env = environmentOf(config);
    const start = async (name: Victim): Promise<Child> => {
      const child = await spawnChild({
        name,
        module: moduleOf(name),
        env: () => env,
        logFile: path.join(logs, `${name}.log`),
        readyTimeoutMs: READY_WITHIN_MS,
      });
      scratch.add(() => child.stop());
      return child;
    };
    const [web, worker] = await Promise.all([start('web'), start('worker')]);
    const product = { graphqlUrl: `${config.publicUrl}/graphql`, operatorToken: config.operatorToken, admin };
    return { product, children: { web, worker }, stripe, tools, close: () => scratch.run() };
  } catch (error) {
    await scratch.run();
    throw error;
  }
}

function moduleOf(name: Victim): string {
  const place =
    process.env['OPPULENCE_TEST_BUILD'] === undefined
      ? `../../cli/embedded/${name}.ts`
      : `../../dist/cli/embedded/${name}.js`;
  return fileURLToPath(new URL(place, import.meta.url));
}
